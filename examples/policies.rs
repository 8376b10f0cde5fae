//! Writes made-up policies, no two alike, into a new folder: `cargo run --release --example policies -- COUNT FOLDER`.
#![allow(clippy::unwrap_used, reason = "a tool for measuring")]

#[path = "../benches/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, folder] = arguments.as_slice() else { return ExitCode::from(2) };
    let Ok(count) = count.parse() else { return ExitCode::from(2) };
    support::write_fleet(Path::new(folder), count).unwrap();
    ExitCode::SUCCESS
}
