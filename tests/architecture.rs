//! Imports run one way. A module may use only what stands below it in this table; a new `use crate::...` against the
//! direction fails here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each top-level module may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("aws", &[]),
    ("source", &[]),
    ("policy", &["source"]),
    ("engine", &["aws", "policy", "source"]),
    ("words", &["aws", "engine", "policy", "source"]),
    ("finding", &["engine", "policy", "source"]),
    ("config", &["aws", "finding", "policy", "source"]),
    ("kind", &["aws", "policy", "source"]),
    ("diff", &["engine", "kind", "policy", "source"]),
    ("rules", &["aws", "config", "engine", "finding", "policy", "source"]),
    ("notation", &["source"]),
    ("lint", &["config", "engine", "finding", "kind", "notation", "policy", "rules", "source"]),
    ("fix", &["engine", "finding", "lint", "notation", "policy", "rules", "source"]),
    ("baseline", &["engine", "finding", "kind", "lint", "policy", "rules", "source"]),
    ("report", &["diff", "engine", "finding", "kind", "lint", "policy", "source", "words"]),
    ("page", &["config", "finding", "fix", "kind", "lint", "policy", "report", "rules"]),
    ("project", &["config", "kind", "lint", "policy", "rules"]),
    (
        "assist",
        &[
            "aws", "config", "engine", "finding", "kind", "lint", "policy", "report", "rules", "source",
            "words",
        ],
    ),
    (
        "lsp",
        &[
            "assist", "baseline", "config", "finding", "fix", "lint", "policy", "project", "report", "rules",
            "source",
        ],
    ),
    (
        "cli",
        &[
            "aws", "baseline", "config", "diff", "engine", "finding", "fix", "kind", "lint", "lsp", "page",
            "policy", "project", "report", "rules", "source",
        ],
    ),
];

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The top-level module of a file under `src/`.
fn module(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_run_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut all = Vec::new();
    files(Path::new("src"), &mut all);
    all.sort();
    assert!(all.len() > 50, "the sources are here");
    let mut wrong = Vec::new();
    for path in &all {
        let from = module(path);
        if from == "lib"
            || from == "main"
            || path.ends_with("tests.rs")
            || path.components().any(|c| c.as_os_str() == "tests")
        {
            continue;
        }
        let uses = allowed.get(from.as_str()).unwrap_or_else(|| panic!("{from} is not in the table"));
        let text = std::fs::read_to_string(path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for rest in code.split("crate::").skip(1) {
                // `use crate::{a::b, c};` on one line, or `crate::a::b`.
                let names =
                    rest.strip_prefix('{').map_or_else(|| vec![rest], |list| list.split(',').collect());
                for name in names {
                    let name: String =
                        name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    if allowed.contains_key(name.as_str()) && name != from && !uses.contains(&name.as_str()) {
                        wrong.push(format!("{}:{}: {from} uses {name}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    let place = |name: &str| ALLOWED.iter().position(|(n, _)| *n == name).unwrap();
    for (from, uses) in ALLOWED {
        for to in *uses {
            assert!(place(to) < place(from), "{from} uses {to}, which stands above it");
        }
    }
}

/// Only the command line, the file walk and the loaders of configuration and rules touch the world.
#[test]
fn the_core_does_no_io() {
    let mut all = Vec::new();
    for dir in ["src/engine", "src/policy", "src/aws", "src/report", "src/rules/grammar"] {
        files(Path::new(dir), &mut all);
    }
    for path in
        all.iter().filter(|p| !p.ends_with("tests.rs") && !p.components().any(|c| c.as_os_str() == "tests"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        for word in ["std::fs", "std::env", "std::process", "std::time", "println!", "eprintln!"] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

/// What is said depends on no clock, but for the day on which entries of `[[ignore]]` end. The bar of long runs counts seconds, and
/// the language server waits until somebody stops typing.
#[test]
fn one_place_knows_the_day() {
    let mut all = Vec::new();
    files(Path::new("src"), &mut all);
    let mut found = Vec::new();
    for path in all.iter().filter(|p| !p.ends_with("tests.rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        if ["SystemTime", "Instant", "chrono::Utc", "chrono::Local", "::now("]
            .iter()
            .any(|w| text.contains(w))
        {
            found.push(path.display().to_string());
        }
    }
    found.sort();
    assert_eq!(
        found,
        ["src/cli/progress.rs", "src/lsp/queue.rs", "src/lsp/server.rs", "src/project/today.rs"]
    );
}
