//! What a baseline hides and what it does not, on the policies of a file: with a baseline of the first version, the second is
//! linted, and what is left is told.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use ringfence::baseline::{Baseline, FileEntry, Sifted};
use ringfence::config::Trusted;
use ringfence::engine::{Decision, evaluate};
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::policy::{PolicyKind, lower};
use ringfence::rules::RuleSet;
use ringfence::source::parse;
use serde_json::{Value, json};

const BUCKET: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Readers",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::train-data/public/*"
    },
    {
      "Sid": "Fence",
      "Effect": "Deny",
      "Principal": "*",
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::train-data/*",
      "Condition": { "StringNotEquals": { "aws:SourceVpce": "vpce-0a1b2c3d4e5f60718" } }
    }
  ]
}
"#;

fn linter() -> Linter {
    Linter::new(RuleSet::builtin().unwrap())
}

fn input(text: &str) -> FileInput<'_> {
    FileInput {
        around: &ringfence::source::Alone,
        part: None,
        path: "p.json",
        name: "bucket-policy.json",
        bytes: text.as_bytes(),
        explicit: false,
        named: true,
    }
}

fn settings() -> Settings {
    let trusted = Trusted { vpc_endpoints: vec!["vpce-0a1b2c3d4e5f60718".to_owned()], ..Trusted::default() };
    Settings { trusted, fingerprints: true, ..Settings::default() }
}

fn lint(text: &str) -> FileReport {
    linter().lint(&input(text), &settings())
}

/// The entry of the first version, written to a file and read again.
fn entry(text: &str) -> FileEntry {
    let report = lint(text);
    let entry = FileEntry::of("p.json".to_owned(), &linter(), &input(text), &settings(), &report).unwrap();
    assert_eq!(entry.len(), report.findings.len());
    let baseline: Baseline = [entry].into_iter().collect();
    let read = Baseline::read(baseline.text().as_bytes()).unwrap();
    assert_eq!(read, baseline);
    read.get("p.json").unwrap().clone()
}

fn sift(before: &str, after: &str) -> (FileReport, Sifted) {
    let mut report = lint(after);
    let sifted = entry(before).sift(&linter(), &input(after), &settings(), &mut report);
    (report, sifted)
}

fn shown(before: &str, after: &str) -> Vec<String> {
    sift(before, after).0.findings.iter().map(|f| f.rule.to_string()).collect()
}

/// The policy with something changed.
fn with(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::from_str(text).unwrap();
    change(&mut value);
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn what_only_reads_otherwise_stays_hidden() {
    assert!(lint(BUCKET).findings.iter().any(|f| &*f.rule == "bucket-outside-vpc-allowed"));
    let minified = with(BUCKET, |_| {}).replace(['\n', ' '], "");
    let renamed = BUCKET.replace("Readers", "Others").replace("Fence", "Wall");
    let moved = with(BUCKET, |p| p["Statement"].as_array_mut().unwrap().reverse());
    let lists = with(BUCKET, |p| p["Statement"][0]["Action"] = json!(["s3:GetObject"]));
    let lines = format!("\n\n\n{BUCKET}");
    for after in [BUCKET, &minified, &renamed, &moved, &lists, &lines] {
        let (report, sifted) = sift(BUCKET, after);
        assert!(report.findings.is_empty(), "{after}: {:#?}", report.findings);
        assert_eq!((sifted.hidden, sifted.unmatched), (lint(BUCKET).findings.len(), 0));
        assert_eq!(sifted.kept.unwrap().len(), sifted.hidden);
    }
}

#[test]
fn what_is_tightened_stays_hidden_and_the_entry_shrinks() {
    let narrower = BUCKET.replace("public/*", "public/docs/*");
    let (report, sifted) = sift(BUCKET, &narrower);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    // Shrunk, the baseline no longer covers what was there before.
    let kept = sifted.kept.unwrap();
    let mut again = lint(BUCKET);
    let _ = kept.sift(&linter(), &input(BUCKET), &settings(), &mut again);
    assert_eq!(again.findings.len(), 1, "{:#?}", again.findings);
    assert_eq!(&*again.findings[0].rule, "bucket-outside-vpc-allowed");
}

#[test]
fn one_more_hole_is_shown_with_a_request_through_it() {
    let wider = BUCKET.replace("public/*", "*");
    let (report, sifted) = sift(BUCKET, &wider);
    let rules: Vec<&str> = report.findings.iter().map(|f| &*f.rule).collect();
    assert_eq!(rules, ["bucket-outside-vpc-allowed"]);
    let finding = &report.findings[0];
    let request = &finding.witness.as_ref().unwrap().request;
    let policy = |text: &str| lower(&parse(text.as_bytes()).documents[0], PolicyKind::Bucket);
    assert_ne!(evaluate(&policy(BUCKET), request), Decision::Allowed);
    assert_eq!(evaluate(&policy(&wider), request), Decision::Allowed);
    assert_eq!(finding.policy, Some(0));
    assert!(finding.notes.iter().any(|n| n.contains("baseline")), "{:?}", finding.notes);
    // Shrinking does not take the hole in.
    let mut again = lint(&wider);
    let _ = sifted.kept.unwrap().sift(&linter(), &input(&wider), &settings(), &mut again);
    assert_eq!(again.findings.len(), 1);
}

#[test]
fn a_hole_of_another_kind_is_shown() {
    let more = with(BUCKET, |p| {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::train-data/*"});
        p["Statement"].as_array_mut().unwrap().push(statement);
    });
    assert_eq!(shown(BUCKET, &more), ["bucket-outside-vpc-allowed"]);
    let typo = BUCKET.replace("s3:PutObject", "s3:PutObjekt");
    assert!(shown(BUCKET, &typo).iter().any(|rule| rule == "policy-unknown-action"));
    assert_eq!(shown(&typo, &typo), Vec::<String>::new());
}

#[test]
fn a_rule_that_was_silent_behind_another_is_no_news() {
    let full = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::train-data", "arn:aws:s3:::train-data/*"]}]}"#;
    let less = full.replace("s3:*\"", "s3:GetObject\"");
    assert!(lint(full).findings.iter().any(|f| &*f.rule == "bucket-full-access"));
    assert!(lint(&less).findings.iter().all(|f| &*f.rule != "bucket-full-access"));
    assert_eq!(shown(full, &less), Vec::<String>::new());
    assert!(!shown(&less, full).is_empty());
}

#[test]
fn what_is_gone_is_told_and_dropped() {
    let fixed = with(BUCKET, |p| {
        p["Statement"].as_array_mut().unwrap().remove(0);
        p["Statement"][0]["Action"] = json!("s3:*");
        p["Statement"][0]["Resource"] = json!(["arn:aws:s3:::train-data", "arn:aws:s3:::train-data/*"]);
    });
    let (report, sifted) = sift(BUCKET, &fixed);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!((sifted.hidden, sifted.unmatched), (0, entry(BUCKET).len()));
    assert!(sifted.kept.is_none());
}

#[test]
fn of_two_policies_each_is_held_against_its_own() {
    let other = BUCKET.replace("train-data", "other-data");
    let (report, _) = sift(&format!("{BUCKET}{other}"), &format!("{other}{BUCKET}"));
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let (report, _) = sift(BUCKET, &format!("{BUCKET}{other}"));
    assert!(
        !report.findings.is_empty() && report.findings.iter().all(|f| f.policy != Some(0)),
        "{:#?}",
        report.findings
    );
}

#[test]
fn a_policy_that_no_document_can_hold_is_kept_by_fingerprint() {
    // Of repeated members AWS reads all, and JSON values hold one.
    let twice = BUCKET.replacen("\"Action\"", "\"Action\": \"s3:ListBucket\", \"Action\"", 1);
    assert!(entry(&twice).policies.is_empty());
    assert_eq!(shown(&twice, &twice), Vec::<String>::new());
    assert_eq!(shown(&twice, &twice.replace("Readers", "Others")), Vec::<String>::new());
    assert!(!shown(&twice, &twice.replace("public/*", "*")).is_empty());
}

#[test]
fn other_files_are_no_baselines() {
    for (text, words) in [
        ("", "EOF"),
        ("{}", "schema_version"),
        (r#"{"schema_version": 2, "files": []}"#, "version 2"),
        (r#"{"schema_version": 1, "files": [{"path": "p", "more": 1}]}"#, "`more`"),
    ] {
        let error = Baseline::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(Baseline::read(Baseline::default().text().as_bytes()).unwrap().is_empty());
}
