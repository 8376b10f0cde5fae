//! Configuration: what is wrong with one is shown at its place, and one that is read can be used.

use super::check::check_file;
use super::{Given, LINTER, assert_shown};
use ringfence::config::Config;
use ringfence::lint::Settings;
use std::path::Path;

const POLICY: &str = include_str!("../../../testdata/bad/for-any-value-bucket-policy.json");

/// Any text, as a `ringfence.toml`.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let config = match Config::parse(text, Path::new("ringfence.toml"), "/project".into()) {
        Ok(config) => config,
        Err(error) => return assert_shown(&error, data),
    };
    let mut kinds = Vec::new();
    for path in ["/project/p.json", "/project/vpce/a/b.json", "/project/../x/p.json", "/elsewhere/p.json"] {
        match config.kind_of(Path::new(path)) {
            Ok(kind) => kinds.push(kind),
            Err(error) => assert_shown(&error, data),
        }
    }
    for path in ["/project/p.json", "/project/vpce/a/b.json"] {
        let file = config.file(Path::new(path));
        let _ = (file.is_excluded(), file.is_included(Path::new(path)));
        assert_eq!(file.levels().len(), file.levels_and_origins().len());
        assert!(file.ignores().count() <= config.ignores().len());
    }
    if let Err(error) =
        config.check_rules(|id| LINTER.rules().get(id).is_some(), |id| LINTER.rules().nearest(id))
    {
        assert_shown(&error, data);
    }
    // What is shown is what was read.
    let values =
        |key: &str| config.settings().into_iter().find(|(k, _)| *k == key).map(|(_, values)| values.len());
    assert_eq!(values("trusted.vpcs"), Some(config.trusted.vpcs.len()));
    assert_eq!(values("rule_folders"), Some(config.rule_folders.len()));
    let unused: Vec<usize> = (0..config.ignores().len()).collect();
    if let Some(report) = LINTER.unused_ignores(&config, &unused, &Settings::default()) {
        assert_eq!(report.findings.len(), unused.len());
    }
    kinds.dedup();
    for kind in kinds.into_iter().flatten() {
        let given =
            Given { kind: Some(kind), trusted: config.trusted.clone(), regions: config.regions.clone() };
        check_file(&LINTER, &given, POLICY.as_bytes());
    }
}
