//! What is offered for what, and what is not.

use super::*;
use crate::kind::KindFrom;
use crate::lint::Linter;
use crate::policy::PolicyKind;
use crate::rules::RuleSet;
use serde_json::{Value, json};
use std::sync::Arc;

fn settings(kind: PolicyKind) -> Settings {
    Settings { kind: Some((kind, KindFrom::Flag)), ..Settings::default() }
}

fn input(bytes: &[u8]) -> FileInput<'_> {
    FileInput {
        path: "p.json",
        name: "p.json",
        bytes,
        explicit: true,
        named: true,
        around: &super::super::lint::Alone,
        part: None,
    }
}

/// The fix for the first finding of the rule: `safe: TITLE`, `unsafe: TITLE: CAUTION`, `none`, and the text with it made.
fn fix_of(rule: &str, kind: PolicyKind, text: &str) -> (String, String) {
    let (linter, settings) = (Arc::new(Linter::new(RuleSet::builtin().unwrap())), settings(kind));
    let file = input(text.as_bytes());
    let mut report = linter.lint(&file, &settings);
    propose(&linter.session(), &file, &settings, &mut report);
    let all: Vec<_> = report.findings.iter().map(|f| &f.rule).collect();
    let finding =
        report.findings.iter().find(|f| &*f.rule == rule).unwrap_or_else(|| panic!("{rule}: {all:?}"));
    let Some(fix) = &finding.fix else { return ("none".to_owned(), text.to_owned()) };
    let new = text::changed(text.as_bytes(), &fix.edits).unwrap();
    let shown = match &fix.caution {
        None => format!("safe: {}", fix.title),
        Some(caution) => format!("unsafe: {}: {caution}", fix.title),
    };
    (shown, String::from_utf8(new).unwrap())
}

/// A bucket policy of one statement on the bucket and its objects.
fn bucket(effect: &str, action: &str, more: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "{effect}", "Principal": "*", "Action": "{action}", "Resource": ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"]{more}}}]}}"#
    )
}

fn condition(operator: &str, key: &str, value: &str) -> String {
    format!(r#", "Condition": {{"{operator}": {{"{key}": "{value}"}}}}"#)
}

const VPCE: &str = "vpce-0a1b2c3d4e5f60718";

/// The same mistake in a Deny, where correcting it can only deny more, and in an Allow, where it would allow more.
#[test]
fn a_correction_is_offered_where_it_opens_nothing() {
    let not_equals = |effect: &str, operator: &str| {
        bucket(effect, "s3:GetObject", &condition(operator, "aws:SourceVpce", VPCE))
    };
    let equals =
        |effect: &str, key: &str| bucket(effect, "s3:GetObject", &condition("StringEquals", key, VPCE));
    let cases: [(&str, String, &str, &str, &str); 12] = [
        (
            "policy-effect",
            bucket("deny", "s3:*", ""),
            "safe: write `Deny` in place of `deny`",
            "\"deny\"",
            "\"Deny\"",
        ),
        ("policy-effect", bucket("allow", "s3:*", ""), "none", "", ""),
        (
            "policy-unknown-action",
            bucket("Deny", "s3:GetObjects", ""),
            "unsafe: write `s3:GetObject` in place of `s3:GetObjects`: it guesses that `s3:GetObject` is meant",
            "s3:GetObjects",
            "s3:GetObject",
        ),
        ("policy-unknown-action", bucket("Allow", "s3:GetObjects", ""), "none", "", ""),
        (
            "policy-unknown-action",
            bucket("Deny", "getobject", ""),
            "safe: write `s3:GetObject` in place of `getobject`",
            "getobject",
            "s3:GetObject",
        ),
        (
            "policy-unknown-operator",
            not_equals("Deny", "stringNotEquals"),
            "safe: write `StringNotEquals` in place of `stringNotEquals`",
            "stringN",
            "StringN",
        ),
        (
            "policy-unknown-operator",
            not_equals("Deny", "StringNotEqual"),
            "unsafe: write `StringNotEquals` in place of `StringNotEqual`: it guesses that `StringNotEquals` is meant",
            "NotEqual",
            "NotEquals",
        ),
        ("policy-unknown-operator", not_equals("Allow", "stringNotEquals"), "none", "", ""),
        (
            "policy-unknown-condition-key",
            equals("Deny", "SourceVpce"),
            "safe: write `aws:SourceVpce` in place of `SourceVpce`",
            "SourceVpce",
            "aws:SourceVpce",
        ),
        ("policy-unknown-condition-key", equals("Allow", "SourceVpce"), "none", "", ""),
        (
            "policy-set-operator",
            not_equals("Deny", "ForAnyValue:StringNotEquals"),
            "safe: write `StringNotEquals` in place of `ForAnyValue:StringNotEquals`",
            "ForAnyValue:",
            "",
        ),
        ("policy-set-operator", not_equals("Allow", "ForAnyValue:StringNotEquals"), "none", "", ""),
    ];
    for (rule, text, wanted, old, new) in cases {
        let (shown, fixed) = fix_of(rule, PolicyKind::Bucket, &text);
        assert_eq!(shown, wanted, "{text}");
        let expected = if wanted == "none" { text } else { text.replacen(old, new, 1) };
        assert_eq!(fixed, expected);
    }
}

/// A Deny that must be as wide as it looks, and a misspelt key that shuts everybody out: correcting it opens something.
#[test]
fn what_opens_something_is_left_to_the_reader() {
    let text = bucket("Deny", "s3:*", &condition("StringNotEquals", "aws:SourceVcpe", VPCE));
    assert_eq!(fix_of("policy-unknown-condition-key", PolicyKind::Bucket, &text).0, "none");
    let text = bucket("Deny", "s3:*", &condition("StringNotEquals", "aws:SourceVpce", "vpce-*"));
    assert_eq!(fix_of("policy-literal-wildcard", PolicyKind::Bucket, &text).0, "none");
    let everything =
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;
    assert_eq!(fix_of("endpoint-full-access", PolicyKind::Endpoint, everything).0, "none");
}

/// The log delivery of the example: a fence without a hole would stop it.
#[test]
fn a_service_that_the_policy_names_keeps_what_it_has() {
    let statement = |principal: Value, action: &str| json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "arn:aws:s3:::b-1/*"});
    let fence = |operator: &str| json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"], "Condition": {operator: {"aws:SourceVpce": VPCE}}});
    let policy = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let role = statement(json!({"AWS": "arn:aws:iam::111122223333:role/R"}), "s3:GetObject");
    let logs = statement(json!({"Service": "logging.s3.amazonaws.com"}), "s3:PutObject");
    let open = fence("ForAnyValue:StringNotEquals");
    let (shown, _) = fix_of("policy-set-operator", PolicyKind::Bucket, &policy(json!([role, open])));
    assert_eq!(shown, "safe: write `StringNotEquals` in place of `ForAnyValue:StringNotEquals`");
    let (shown, _) = fix_of("policy-set-operator", PolicyKind::Bucket, &policy(json!([role, logs, open])));
    assert!(
        shown.starts_with("unsafe: ")
            && shown.contains("`s3:PutObject`")
            && shown.contains("logging.s3.amazonaws.com"),
        "{shown}"
    );
}

/// A wide Deny would take away more with the repositories in it: a statement of its own does not.
#[test]
fn what_a_rule_asks_for_is_all_that_is_taken_away() {
    let policy = |action: &str, tail: &str| {
        format!(
            r#"{{"Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}, {{"Effect": "Deny", "Principal": "*", "Action": "{action}", "Resource": ["arn:aws:s3:::secret/*"{tail}]}}]}}"#
        )
    };
    let (shown, fixed) =
        fix_of("endpoint-amazon-linux-2-repos", PolicyKind::Endpoint, &policy("s3:GetObject", ""));
    assert_eq!(shown, "safe: add `arn:aws:s3:::amazonlinux.*.amazonaws.com/*` to the Deny of statement 2");
    assert_eq!(fixed, policy("s3:GetObject", ", \"arn:aws:s3:::amazonlinux.*.amazonaws.com/*\""));
    let (shown, fixed) = fix_of("endpoint-amazon-linux-2-repos", PolicyKind::Endpoint, &policy("s3:*", ""));
    assert_eq!(shown, "safe: add a Deny statement");
    assert!(fixed.ends_with(r#"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amazonlinux.*.amazonaws.com/*"}]}"#), "{fixed}");
}

/// Whether `{"AWS": "*"}` covers AWS services is not documented: the doubt is the same before and after.
#[test]
fn a_doubt_that_both_versions_share_does_no_harm() {
    let text = bucket("Deny", "s3:GetObject", &condition("StringNotEquals", "aws:SourceVpce", VPCE))
        .replace("\"*\"", "{\"AWS\": \"*\"}")
        .replace("\"arn:aws:s3:::b-1\", \"arn:aws:s3:::b-1/*\"", "\"arn:aws:s3:::b-1\"");
    let (shown, fixed) = fix_of("policy-resource-type", PolicyKind::Bucket, &text);
    assert_eq!(shown, "safe: add `arn:aws:s3:::b-1/*`");
    assert!(fixed.contains("\"Resource\": [\"arn:aws:s3:::b-1\", \"arn:aws:s3:::b-1/*\"]"), "{fixed}");
}

#[test]
fn ids_from_the_configuration_make_a_fence_safe() {
    let text = bucket("Allow", "s3:GetObject", "")
        .replace("\"Principal\": \"*\"", "\"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:role/R\"}");
    let linter = Arc::new(Linter::new(RuleSet::builtin().unwrap()));
    let mut known = settings(PolicyKind::Bucket);
    known.trusted.vpc_endpoints = vec![VPCE.to_owned()];
    let file = input(text.as_bytes());
    let fixed = apply(&linter.session(), &file, &known, linter.lint(&file, &known), Safety::Safe);
    let titles: Vec<&str> = fixed.made.iter().map(|f| &*f.title).collect();
    assert_eq!(titles, ["add a Deny statement"], "{:?}", fixed.report.findings);
    let value: Value = serde_json::from_slice(&fixed.bytes).unwrap();
    assert_eq!(
        value["Statement"][1],
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"],
            "Condition": {"StringNotEquals": {"aws:SourceVpce": VPCE}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}})
    );
    // Without an id there is nothing to spare.
    let nothing = settings(PolicyKind::Bucket);
    let unknown = apply(&linter.session(), &file, &nothing, linter.lint(&file, &nothing), Safety::Unsafe);
    assert!(unknown.made.is_empty(), "{:?}", unknown.made);
}

#[test]
fn statements_have_a_name_where_all_others_have_one() {
    let text = r#"{"Statement": {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
    let (shown, fixed) = fix_of("endpoint-amazon-linux-repos", PolicyKind::Endpoint, text);
    assert_eq!(shown, "safe: add a Deny statement");
    let value: Value = serde_json::from_str(&fixed).unwrap();
    assert_eq!(value["Statement"][1]["Sid"], "EndpointAmazonLinuxRepos");
    assert!(fixed.starts_with(r#"{"Statement": [{"Sid": "All""#), "{fixed}");
}

/// Text that is broken in other ways, duplicates and the like: nothing fails, and what is offered is proved all the same.
#[test]
fn hostile_texts() {
    let linter = Arc::new(Linter::new(RuleSet::builtin().unwrap()));
    let allow = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#;
    let texts = [
        format!(r#"{{"Statement":[{allow},]}}"#),
        format!(r#"{{"Statement":[{allow}],"Statement":[{allow}]}}"#),
        format!(r#"{{"Statement":[{allow}"#),
        format!("{{\"Statement\":[{allow}]}}{{\"Statement\":[{allow}]}}{{\"Statement\":[]}}"),
        format!("{{\"Statement\":[{allow}] // why\n}}"),
        r#"{"Statement":[]}"#.to_owned(),
        r#"{"Statement":[{}]}"#.to_owned(),
        r#"{"Statement":{"Effect":"deny"}}"#.to_owned(),
        r#"[{"Effect":"Deny","Principal":"*","Action":"GetObject","Resource":"*"}]"#.to_owned(),
        "{\"Statement\":[{\"Sid\":\"\\u001b[31m\",\"Sid\":\"\\u001b[31m\"},{\"Sid\":\"\\u001b[31m\"}]}".to_owned(),
        format!(r#"{{"Statement":[{}]}}"#, vec![r#"{"Sid":"A","Effect":"deny","Principal":"*","Action":"GetObject","Resource":"arn:aws:s3:::b-1"}"#; 40].join(",")),
        "\u{feff}{\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::é/*\"}]}".to_owned(),
    ];
    for text in &texts {
        for kind in [PolicyKind::Endpoint, PolicyKind::Bucket] {
            let (settings, file) = (settings(kind), input(text.as_bytes()));
            let mut report = linter.lint(&file, &settings);
            let before = report.findings.len();
            propose(&linter.session(), &file, &settings, &mut report);
            for fix in report.findings.iter().filter_map(|f| f.fix.as_ref()) {
                assert!(text::changed(text.as_bytes(), &fix.edits).is_some(), "{text}: {fix:?}");
                assert!(!fix.edits.is_empty());
            }
            let report = linter.lint(&file, &settings);
            let fixed = apply(&linter.session(), &file, &settings, report, Safety::Unsafe);
            assert!(fixed.report.findings.len() <= before, "{text}");
            assert!(fixed.made.len() <= MAX_FIXES);
        }
    }
    assert_eq!(proofs(&[]), MAX_PROOFS);
    assert_eq!(proofs(&vec![b' '; source::MAX_FILE_BYTES]), 4);
}
