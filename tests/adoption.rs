//! The files by which others take Ringfence up name the version of this package, and each other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The package that pre-commit installs depends on the wheel of the same version; a change of the version must not forget one of
/// the places.
#[test]
fn one_version_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let package: toml::Table = read("pyproject.toml").parse().unwrap();
    let project = package["project"].as_table().unwrap();
    assert_eq!(project["version"].as_str(), Some(version));
    let wheel = format!("ringfence=={version}");
    assert_eq!(project["dependencies"].as_array().unwrap(), &[toml::Value::from(wheel.as_str())]);
    assert_ne!(
        project["name"].as_str(),
        Some("ringfence"),
        "it would be its own dependency, and hold nothing"
    );
    for (file, times) in
        [("action.yml", 1), ("templates/ringfence.yml", 1), ("docs/github.md", 1), ("docs/gitlab.md", 1)]
    {
        let named = read(file).matches("ringfence==").count();
        assert_eq!((named, read(file).matches(&wheel).count()), (times, times), "{file}");
    }
    // The wheel takes its version from Cargo.toml.
    let wheel: toml::Table = read("python/pyproject.toml").parse().unwrap();
    assert_eq!(wheel["project"]["name"].as_str(), Some("ringfence"));
    assert_eq!(wheel["project"]["dynamic"].as_array().unwrap(), &[toml::Value::from("version")]);
    assert_eq!(wheel["tool"]["maturin"]["bindings"].as_str(), Some("bin"));
}

/// The three hooks differ in how they are installed, and in nothing that they do.
#[test]
fn the_hooks_do_the_same() {
    let hooks = read(".pre-commit-hooks.yaml");
    let hooks: Vec<&str> = hooks.split("\n- ").skip(1).collect();
    assert_eq!(hooks.len(), 3);
    let common = |hook: &str| -> Vec<String> {
        let differs =
            |line: &str| ["id:", "language:", "description:", "#"].iter().any(|key| line.starts_with(key));
        hook.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !differs(line))
            .map(str::to_owned)
            .collect()
    };
    for (hook, (id, language)) in hooks.iter().zip([
        ("ringfence", "python"),
        ("ringfence-source", "rust"),
        ("ringfence-system", "system"),
    ]) {
        assert!(hook.starts_with(&format!("id: {id}\n")), "{hook}");
        assert!(hook.contains(&format!("\n  language: {language}\n")), "{hook}");
        assert_eq!(common(hook), common(hooks[0]));
    }
    assert!(common(hooks[0]).contains(&"entry: ringfence check --only-policies".to_owned()));
}
