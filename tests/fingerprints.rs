//! Fingerprints of findings: the same for the same policy however it is written, different when what is concerned changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use fastrand::Rng;
use ringfence::config::Trusted;
use ringfence::finding::Finding;
use ringfence::lint::{FileInput, Linter, Settings};
use ringfence::policy::PolicyKind;
use ringfence::rules::RuleSet;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn linter() -> Linter {
    Linter::new(RuleSet::builtin().unwrap())
}

fn file<'a>(name: &'a str, text: &'a str) -> FileInput<'a> {
    let around = &ringfence::source::Alone;
    FileInput { path: name, name, bytes: text.as_bytes(), explicit: false, named: true, around, part: None }
}

fn lint_as(linter: &Linter, name: &str, text: &str) -> Vec<Finding> {
    let file = file(name, text);
    let settings = Settings { trusted: Trusted::default(), fingerprints: true, ..Settings::default() };
    linter.lint(&file, &settings).findings
}

/// Rule and fingerprint of each finding.
fn fingerprints_as(linter: &Linter, name: &str, text: &str) -> BTreeSet<String> {
    let findings = lint_as(linter, name, text);
    let out =
        findings.iter().map(|f| format!("{} {}", f.rule, f.fingerprint.unwrap())).collect::<BTreeSet<_>>();
    assert_eq!(out.len(), findings.len(), "no two are the same");
    out
}

fn fingerprints(value: &Value) -> BTreeSet<String> {
    fingerprints_as(&linter(), "bucket-policy.json", &value.to_string())
}

fn rule<'f>(of: &'f BTreeSet<String>, rule: &str) -> Vec<&'f str> {
    of.iter().filter_map(|f| f.strip_prefix(rule)?.strip_prefix(' ')).collect()
}

/// Two holes, two mistakes of form, and the same mistake twice.
fn policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "fence", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
          "Condition": { "ForAnyValue:StringNotEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" } } },
        { "Sid": "open", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjct"], "Resource": ["arn:aws:s3:::b/*"] },
        { "Sid": "more", "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": ["s3:PutObject", "s3:GetObjct"],
          "Resource": "arn:aws:s3:::b/*" },
    ]})
}

#[test]
fn a_fingerprint_is_the_same_everywhere_and_in_every_version() {
    let all = fingerprints(&policy());
    insta::assert_debug_snapshot!(all, @r#"
    {
        "bucket-outside-vpc-allowed 601bb0f04df46eb948ce7529301b077a:1",
        "policy-set-operator daa63479b60c3ae7ff84e6059896d133:1",
        "policy-unknown-action cb3e48c4967d01f4eeb92db713229414:1",
        "policy-unknown-action cb3e48c4967d01f4eeb92db713229414:2",
    }
    "#);
    let mut other = policy();
    other["Statement"].as_array_mut().unwrap().reverse();
    assert_eq!(fingerprints(&other), all);
}

/// The value written anew: members and lists in any order (but for statements, whose order may choose the one that is told of),
/// one value with or without brackets, other Sids.
fn rewritten(value: &Value, random: &mut Rng) -> String {
    match value {
        Value::Object(members) => {
            let mut parts: Vec<String> = Vec::new();
            for (key, value) in members {
                let value = if key == "Sid" {
                    json!(format!("S{}", random.u32(..))).to_string()
                } else {
                    rewritten(value, random)
                };
                let gap = if random.bool() { "\n\t " } else { "" };
                parts.push(format!("{gap}{}{gap}:{gap}{value}", json!(key)));
            }
            random.shuffle(&mut parts);
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(list) => {
            let mut parts: Vec<String> = list.iter().map(|value| rewritten(value, random)).collect();
            if !list.iter().any(Value::is_object) {
                random.shuffle(&mut parts);
            }
            match parts.as_slice() {
                [one] if random.bool() => one.clone(),
                _ => format!("[{}]", parts.join(", ")),
            }
        }
        // A key in place of a character: the text is the same.
        Value::String(text) if random.bool() => json!(text).to_string().replace('s', "\\u0073"),
        other => other.to_string(),
    }
}

#[test]
fn writing_a_policy_in_another_way_keeps_its_fingerprints() {
    let linter = linter();
    let mut random = Rng::with_seed(7);
    let mut seen = 0;
    let mut files: Vec<PathBuf> = ["bad", "good", "endpoint"]
        .iter()
        .flat_map(|folder| fs::read_dir(format!("testdata/{folder}")).unwrap().map(|e| e.unwrap().path()))
        .collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let before = fingerprints_as(&linter, name, &text);
        seen += before.len();
        let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
        for _ in 0..10 {
            let other = rewritten(&value, &mut random);
            assert_eq!(fingerprints_as(&linter, name, &other), before, "{name}: {other}");
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn what_is_concerned_makes_the_difference() {
    let before = fingerprints(&policy());
    let mut other = policy();
    other["Statement"][1]["Action"][0] = json!("s3:PutObject");
    let after = fingerprints(&other);
    assert_ne!(rule(&before, "bucket-outside-vpc-allowed"), rule(&after, "bucket-outside-vpc-allowed"));
    assert_eq!(rule(&before, "policy-unknown-action"), rule(&after, "policy-unknown-action"));
    // Beside the holes, a mistake of form that has gone.
    other["Statement"][1]["Action"][1] = json!("s3:GetObject");
    let after = fingerprints(&other);
    assert_eq!(rule(&before, "policy-unknown-action")[..1], rule(&after, "policy-unknown-action"));
}

#[test]
fn the_same_mistake_twice_is_counted() {
    let all = fingerprints(&policy());
    let [first, second] = rule(&all, "policy-unknown-action")[..] else { panic!("{all:?}") };
    assert_eq!(first.strip_suffix(":1").unwrap(), second.strip_suffix(":2").unwrap());
}

/// The Deny is as it was, but what it lets through is now allowed.
#[test]
fn a_finding_that_got_worse_is_another() {
    let fence = |allow: bool| {
        let mut list = vec![policy()["Statement"][0].clone()];
        if allow {
            list.push(json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b" }));
        }
        json!({ "Version": "2012-10-17", "Statement": list })
    };
    let (before, after) = (fingerprints(&fence(false)), fingerprints(&fence(true)));
    assert!(before.iter().any(|f| f.starts_with("bucket-vpc-only ")), "{before:?}");
    let decisions = after.iter().filter(|f| f.starts_with("bucket-"));
    assert!(decisions.clone().count() > 0 && decisions.into_iter().all(|f| !before.contains(f)), "{after:?}");
}

#[test]
fn nobody_pays_for_what_nobody_asks() {
    let text = policy().to_string();
    let name = "bucket-policy.json";
    let file = file(name, &text);
    let findings = linter().lint(&file, &Settings::default()).findings;
    assert!(!findings.is_empty() && findings.iter().all(|f| f.fingerprint.is_none()));
}

#[test]
fn files_that_are_no_json_have_fingerprints_too() {
    let linter = linter();
    let broken = fingerprints_as(&linter, "bucket-policy.json", "{\"Statement\": [}");
    assert_eq!(broken, fingerprints_as(&linter, "bucket-policy.json", "\n\n{ \"Statement\" :\t[ }"));
    assert!(!broken.is_empty());
}

/// Embedded in strings, bare statements, several documents, and a file of very many findings.
#[test]
fn odd_files() {
    let linter = linter();
    let whole = policy();
    let bare = fingerprints_as(&linter, "bucket-policy.json", &whole["Statement"].to_string());
    let embedded = json!({ "Policy": whole.to_string() }).to_string();
    let embedded = fingerprints_as(&linter, "get-bucket-policy.json", &embedded);
    assert_eq!(embedded, fingerprints(&whole));
    assert!(rule(&bare, "policy-unknown-action").len() == 2, "{bare:?}");
    let twice = fingerprints_as(&linter, "bucket-policy.json", &format!("{whole}\n{whole}"));
    assert!(fingerprints(&whole).iter().all(|f| twice.contains(f)), "{twice:?}");
    let actions: Vec<String> = (0..40_000).map(|n| format!("s3:Get{n}")).collect();
    let many = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "arn:aws:s3:::b/*" }
    ]});
    let settings = Settings {
        kind: Some((PolicyKind::Bucket, ringfence::kind::KindFrom::Flag)),
        fingerprints: true,
        ..Settings::default()
    };
    let text = many.to_string();
    let file = file("p", &text);
    assert!(linter.lint(&file, &settings).findings.len() >= 40_000);
}
