//! Rule files: what is wrong with one is said with its place, and one that loads can be run.

use super::check::check_file;
use super::{Given, LINTER, assert_harmless, assert_shown};
use ringfence::config::Trusted;
use ringfence::lint::Linter;
use ringfence::source::LineIndex;
use std::sync::Arc;

/// One policy of each kind, with something in it for a rule to find.
const POLICIES: &[&str] = &[
    include_str!("../../../testdata/bad/for-any-value-bucket-policy.json"),
    include_str!("../../../testdata/good/data-perimeter-endpoint-policy.json"),
];

/// Any bytes, as a rule file.
pub fn rule_file(data: &[u8]) {
    let mut rules = LINTER.rules().clone();
    if let Err(error) = rules.load_file("rule.json", data) {
        let lines = LineIndex::new(data);
        assert!((1..=lines.line_count()).contains(&error.line) && error.column >= 1, "{error}");
        assert!(!error.message.is_empty());
        assert_shown(&error, data);
        return;
    }
    let new: Vec<_> = rules.rules().iter().filter(|rule| !rule.builtin).cloned().collect();
    assert_eq!(new.len(), 1);
    let linter = Arc::new(Linter::new(rules));
    for rule in &new {
        let examples = rule.examples().unwrap();
        let texts = examples.pass.iter().chain(&examples.fail).take(4).map(|example| example.text.as_str());
        for text in texts.chain(POLICIES.iter().copied()) {
            for &kind in &rule.applies_to {
                let given = Given { kind: Some(kind), trusted: Trusted::default(), regions: Vec::new() };
                check_file(&linter, &given, text.as_bytes());
            }
        }
        assert_harmless(&rule.id);
    }
}
