//! Puts the rule files of `rules/` into the program: each without its examples (what every run needs), and its examples
//! (what `ringfence test` and `ringfence explain` need). A new rule file is found by itself.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=rules");
    let mut files: Vec<_> = fs::read_dir("rules")?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut out = String::from("&[\n");
    for file in files {
        let path = file.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let is_rule = path.extension().is_some_and(|e| e == "json") && !name.ends_with(".schema.json");
        if !is_rule {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        let mut rule: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path)?).map_err(|e| format!("rules/{name}: {e}"))?;
        let examples = rule.as_object_mut().and_then(|r| r.remove("examples")).unwrap_or_default();
        writeln!(out, "    ({name:?}, {:?}, {:?}),", rule.to_string(), examples.to_string())?;
    }
    out.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("rules.rs"), out)?;
    Ok(())
}
