//! Configuration: what is wrong with one is shown at its place, and one that is read can be used.

use super::check::check_file;
use super::{Given, LINTER, assert_shown};
use ringfence::config::Config;
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
    kinds.dedup();
    for kind in kinds.into_iter().flatten() {
        let given =
            Given { kind: Some(kind), trusted: config.trusted.clone(), regions: config.regions.clone() };
        check_file(&LINTER, &given, POLICY.as_bytes());
    }
}
