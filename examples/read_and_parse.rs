//! The yardstick: reads files and parses each into a `serde_json::Value`, on one thread, and nothing else.
//!
//! `read_and_parse PATH...`: each a file, or a folder whose files are all read.
#![allow(clippy::print_stdout, reason = "a tool for measuring")]

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut files, mut bytes) = (0_usize, 0_usize);
    let mut one = |path: &Path| -> Result<(), Box<dyn Error>> {
        let text = std::fs::read(path)?;
        let value: serde_json::Value = serde_json::from_slice(&text)?;
        if !value.is_object() {
            return Err("not an object".into());
        }
        files += 1;
        bytes += text.len();
        Ok(())
    };
    for argument in std::env::args_os().skip(1) {
        let path = Path::new(&argument);
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                one(&entry?.path())?;
            }
        } else {
            one(path)?;
        }
    }
    println!("{files} files, {bytes} bytes");
    Ok(())
}
