//! The same policies in each form of a template: the same verdicts, and labels over the same elements.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::expect_used,
    reason = "tests"
)]

use ringfence::finding::Finding;
use ringfence::kind::KindFrom;
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::policy::PolicyKind;
use ringfence::rules::RuleSet;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;

fn lint(name: &str, text: &str, kind: Option<PolicyKind>) -> FileReport {
    let linter = Linter::new(RuleSet::builtin().unwrap());
    let settings = Settings { kind: kind.map(|kind| (kind, KindFrom::Config)), ..Settings::default() };
    linter.lint(
        &FileInput { path: name, name, bytes: text.as_bytes(), explicit: false, named: true, around: &ringfence::source::Alone },
        &settings,
    )
}

/// What is found, and the words that are underlined: without quotes and white space, which differ from form to form.
fn verdicts(report: &FileReport, text: &str, told: impl Fn(&str) -> String) -> Vec<String> {
    let words = |f: &Finding| {
        let text: String = text[f.span.range()].chars().filter(|c| c.is_alphanumeric()).collect();
        // Containers look different in each form; a place at their beginning is the same.
        told(&text.chars().take(12).collect::<String>())
    };
    let is_scalar =
        |f: &Finding| text[f.span.range()].len() > 1 && !text[f.span.range()].contains(['{', '[', '\n']);
    report
        .findings
        .iter()
        .map(|f| {
            format!(
                "{} {:?} {:?} {}",
                f.rule,
                f.verdict,
                f.severity,
                if is_scalar(f) { words(f) } else { String::new() }
            )
        })
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// A value as YAML in block style.
fn yaml(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let key = if key.contains([':', '*']) { format!("\"{key}\"") } else { key.clone() };
                match value {
                    Value::Object(inner)
                        if inner.len() == 1 && inner.keys().all(|k| k == "Ref" || k.starts_with("Fn::")) =>
                    {
                        let (function, argument) = inner.iter().next().unwrap();
                        writeln!(out, "{pad}{key}: !{} {argument}", function.trim_start_matches("Fn::"))
                            .unwrap();
                    }
                    Value::Object(inner) if !inner.is_empty() => {
                        writeln!(out, "{pad}{key}:").unwrap();
                        yaml(value, indent + 2, out);
                    }
                    Value::Array(inner) if !inner.is_empty() => {
                        writeln!(out, "{pad}{key}:").unwrap();
                        yaml(value, indent + 2, out);
                    }
                    other => writeln!(out, "{pad}{key}: {other}").unwrap(),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(_) => {
                        let mut inner = String::new();
                        yaml(item, indent + 2, &mut inner);
                        writeln!(out, "{pad}- {}", inner.trim_start().trim_end()).unwrap();
                    }
                    other => writeln!(out, "{pad}- {other}").unwrap(),
                }
            }
        }
        other => writeln!(out, "{pad}{other}").unwrap(),
    }
}

/// The policy with references in place of its bucket's name and its endpoint's id.
fn referring(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "vpce-0a1b2c3d4e5f60718" => json!({ "Ref": "Endpoint" }),
        Value::String(text) if text.contains(":::train-data") => {
            json!({ "Fn::Sub": text.replace("arn:aws:s3:::train-data", "${Data.Arn}") })
        }
        Value::Array(items) => items.iter().map(referring).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(k, v)| (k.clone(), if k == "Sid" { v.clone() } else { referring(v) }))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn template(kind: PolicyKind, policy: &Value) -> Value {
    let resource = match kind {
        PolicyKind::Bucket => {
            json!({ "Type": "AWS::S3::BucketPolicy", "Properties": { "Bucket": { "Ref": "Data" }, "PolicyDocument": policy } })
        }
        PolicyKind::Endpoint => json!({ "Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "VpcId": { "Ref": "Vpc" }, "ServiceName": { "Fn::Sub": "com.amazonaws.${AWS::Region}.s3" }, "PolicyDocument": policy } }),
    };
    json!({ "Resources": { "Data": { "Type": "AWS::S3::Bucket" }, "Guarded": resource } })
}

/// A policy of `testdata/` that stands alone in its file, and what is found in it.
struct Raw {
    name: String,
    text: String,
    policy: Value,
    kind: PolicyKind,
    report: FileReport,
}

fn policies() -> Vec<Raw> {
    let mut out = Vec::new();
    for folder in ["testdata/good", "testdata/bad"] {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
            let text = fs::read_to_string(path).unwrap();
            let Ok(policy) = serde_json::from_str::<Value>(&text) else { continue };
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let report = lint(&name, &text, None);
            let [only] = report.policies.as_slice() else { continue };
            let Some(kind) = only.kind.filter(|_| policy.get("Statement").is_some()) else { continue };
            out.push(Raw { name, text, policy, kind, report });
        }
    }
    out
}

#[test]
fn each_form_has_the_same_verdicts() {
    let mut compared = 0;
    for Raw { name, text, policy, kind, report: raw } in policies() {
        // A key twice, and how long a text is, are not the same in another form.
        if raw.findings.iter().any(|f| matches!(&*f.rule, "policy-duplicate-key" | "policy-size")) {
            continue;
        }
        let same = str::to_owned;
        let wanted = verdicts(&raw, &text, same);
        let json = template(kind, &policy);
        let mut block = String::new();
        yaml(&json, 0, &mut block);
        let forms = [
            ("t.json", json.to_string()),
            ("t.template", format!("{json:#}")),
            ("t.yaml", block),
            ("flow.yml", json.to_string()),
            ("text.json", template(kind, &Value::from(policy.to_string())).to_string()),
            (
                "sub.json",
                template(kind, &json!({ "Fn::Sub": policy.to_string().replace("${", "${!") })).to_string(),
            ),
        ];
        for (form, text) in forms {
            let report = lint(form, &text, None);
            assert_eq!(report.policies.len(), 1, "{name} as {form}: {:?}", report.findings);
            assert_eq!(report.policies[0].kind, Some(kind));
            assert_eq!(verdicts(&report, &text, same), wanted, "{name} as {form}\n{text}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

/// With references, what is found is the same too, as long as no rule is about what a text looks like.
#[test]
fn references_change_no_verdict() {
    let mut compared = 0;
    for Raw { name, policy, kind, report: raw, .. } in policies() {
        let with = template(kind, &referring(&policy));
        if !with.to_string().contains("Data.Arn") && !with.to_string().contains("\"Endpoint\"") {
            continue;
        }
        let rules = |report: &FileReport| {
            let decided = report.findings.iter().filter(|f| !f.rule.starts_with("policy-"));
            decided.map(|f| (f.rule.to_string(), f.verdict, f.severity)).collect::<Vec<_>>()
        };
        let mut block = String::new();
        yaml(&with, 0, &mut block);
        let report = lint("t.yaml", &block, None);
        let (mut found, mut wanted) = (rules(&report), rules(&raw));
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{name}\n{block}");
        compared += 1;
    }
    assert!(compared > 10, "{compared}");
}
