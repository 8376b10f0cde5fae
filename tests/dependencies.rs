//! Every dependency is there for a reason that CONTRIBUTING tells, and README tells how many there are in all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The lines between `<!-- NAME -->` and `<!-- end of NAME -->`.
fn between<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).expect(name);
    rest.split_once(&format!("<!-- end of {name} -->")).expect(name).0
}

#[test]
fn each_has_its_line_in_contributing() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    // Of the package, and for some systems only.
    let by_system = manifest.get("target").and_then(toml::Value::as_table).into_iter();
    let all = by_system.flat_map(|t| t.values().filter_map(toml::Value::as_table)).chain([&manifest]);
    let sections = ["dependencies", "build-dependencies", "dev-dependencies"];
    let tables = all.flat_map(|t| sections.iter().filter_map(|s| t.get(*s)?.as_table()));
    let wanted: BTreeSet<&str> = tables.flat_map(toml::Table::keys).map(String::as_str).collect();
    assert!(wanted.len() > 10, "{wanted:?}");

    let page = read("CONTRIBUTING.md");
    let mut told = BTreeSet::new();
    for row in between(&page, "dependencies").lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 2 && cells[1].len() > 10, "a name and a reason: {row}");
        assert!(told.insert(cells[0].trim_matches('`')), "twice: {row}");
    }
    assert_eq!(
        told, wanted,
        "the table of dependencies in CONTRIBUTING.md (left) and Cargo.toml (right) differ"
    );
}

#[test]
fn readme_tells_how_many() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--frozen", "--edges=normal", "--prefix=none", "--target=x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    // `name v1.2.3`, perhaps with a mark behind it; the first is this package.
    let lines = String::from_utf8(tree.stdout).unwrap();
    let packages: BTreeSet<Vec<&str>> = lines.lines().map(|line| line.split(' ').take(2).collect()).collect();
    let count = packages.len() - 1;
    assert!(count > 20, "{count}");
    let fact = format!("{count} crates");
    let page = read("README.md");
    assert!(between(&page, "facts").contains(&fact), "README's facts do not say `{fact}`");
}
