//! Policies that are well formed, or nearly so: what `check` says of one must follow from what it means, not from how it is
//! written.

use super::check::check_file;
use super::choices::Choices;
use super::{CONFIGURED, Given, LINTER, grammar};
use ringfence::config::Trusted;
use ringfence::engine::Decision;
use ringfence::finding::Verdict;
use ringfence::lint::FileReport;
use ringfence::policy::PolicyKind;
use ringfence::rules::Body;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Any bytes, as choices of what to write into a policy.
pub fn policy(data: &[u8]) {
    let mut choices = Choices::new(data);
    let kind = [PolicyKind::Bucket, PolicyKind::Endpoint][choices.below(2)];
    let configured = choices.one_in(4);
    let given = Given {
        kind: Some(kind),
        trusted: if configured { CONFIGURED.trusted.clone() } else { Trusted::default() },
        regions: if configured { CONFIGURED.regions.clone() } else { Vec::new() },
    };
    let document = grammar::policy(&mut choices);
    let check = |document: &Value| check_file(&LINTER, &given, format!("{document:#}").as_bytes());
    let verdicts = verdicts(&check(&document));

    let statements =
        document["Statement"].as_array().cloned().unwrap_or_else(|| vec![document["Statement"].clone()]);
    let with = |statements: Vec<Value>| {
        let mut other = document.clone();
        other["Statement"] = Value::Array(statements);
        other
    };
    let reversed = with(statements.iter().rev().cloned().collect());
    assert_agree(&verdicts, &self::verdicts(&check(&reversed)), "backwards", &document);
    let doubled = with(statements.iter().flat_map(|s| [s.clone(), s.clone()]).collect());
    assert_agree(&verdicts, &self::verdicts(&check(&doubled)), "each statement twice", &document);

    let deny_all = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"});
    let shut = with(statements.into_iter().chain([deny_all]).collect());
    for finding in check(&shut).findings {
        let decision = finding.witness.map(|w| w.decision);
        assert!(
            decision.is_none_or(|d| d == Decision::ExplicitDeny),
            "{}: {decision:?} though everything is denied\n{shut}",
            finding.rule
        );
    }
}

/// What the decision rules say, by rule; a rule that is silent is missing.
fn verdicts(report: &FileReport) -> BTreeMap<String, Verdict> {
    let is_decision =
        |id: &str| LINTER.rules().get(id).is_some_and(|r| matches!(r.body, Body::Decision { .. }));
    let findings = report.findings.iter().filter(|f| is_decision(&f.rule));
    findings.map(|f| (f.rule.to_string(), f.verdict)).collect()
}

/// No rule fires on one and is silent on the other; that one is undecided is no contradiction.
fn assert_agree(
    one: &BTreeMap<String, Verdict>,
    other: &BTreeMap<String, Verdict>,
    how: &str,
    document: &Value,
) {
    for rule in one.keys().chain(other.keys()) {
        let said = [one.get(rule), other.get(rule)];
        let agree = said[0] == said[1] || said.contains(&Some(&Verdict::Undecided));
        assert!(agree, "{rule} on the policy and on it {how}: {said:?}\n{document}");
    }
}
