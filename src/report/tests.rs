mod formats;
mod whole;

use super::places::Places;
use super::*;
use crate::engine::{Caller, ContextValue, Decision, Request};
use crate::finding::Finding;
use crate::finding::Witness;
use crate::kind::KindFrom;
use crate::lint::PolicyReport;
use crate::policy::PolicyKind;
use crate::source::{LineIndex, Span};

const POLICY: &str = r#"{
  "Statement": [
    {
      "Sid": "fence",
      "Effect": "Deny",
      "Condition": {
        "ForAnyValue:StringNotEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" }
      }
    }
  ]
}
"#;

const RULES: &[sarif::Rule<'_>] = &[sarif::Rule {
    id: "bucket-vpc-only",
    title: "Not every request from outside the VPC is denied",
    message: "a request from outside is not denied",
    severity: Severity::Error,
    help: Some("use `StringNotEquals`"),
    explanation: Some("What *AWS* does."),
    reference: Some("https://docs.aws.amazon.com/IAM/latest/UserGuide/"),
    has_page: true,
}];

fn span(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

/// One file with findings, and its bytes.
fn report(path: &str, bytes: impl AsRef<[u8]>, findings: Vec<Finding>) -> (FileReport, Vec<u8>) {
    let policies = vec![PolicyReport { kind: Some(PolicyKind::Bucket), kind_from: Some(KindFrom::Content) }];
    let report =
        FileReport { path: path.to_owned(), policies, findings, holds_policy: true, ..FileReport::default() };
    (report, bytes.as_ref().to_vec())
}

fn render(format: Format, files: &[(FileReport, Vec<u8>)], colour: bool) -> String {
    let mut out = Vec::new();
    let mut writer = Writer::new(format, RULES, Box::new(&mut out)).unwrap();
    let mut summary = Summary::default();
    for (report, bytes) in files {
        let rendered = Rendered::new(format, report, bytes, colour).unwrap();
        summary += rendered.counts;
        writer.add(&rendered).unwrap();
    }
    writer.finish(&summary, false).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(file: &(FileReport, Vec<u8>), colour: bool) -> String {
    render(Format::Text, std::slice::from_ref(file), colour)
}

fn json(file: &(FileReport, Vec<u8>)) -> serde_json::Value {
    serde_json::from_str(&render(Format::Json, std::slice::from_ref(file), true)).unwrap()
}

fn finding() -> Finding {
    let mut finding = Finding::new(
        "bucket-vpc-only",
        Severity::Error,
        "not every request from outside the VPC is denied",
        span(POLICY, "\"ForAnyValue:StringNotEquals\""),
    )
    .at("false when the key is absent")
    .label(span(POLICY, "\"Effect\": \"Deny\""), "this Deny does not apply")
    .note("assumed to be yours: `vpce-0123456789abcdef0`")
    .help("use `StringNotEquals`");
    finding.reference = Some("https://docs.aws.amazon.com/IAM/latest/UserGuide/".into());
    finding.policy = Some(0);
    finding.kind = Some(PolicyKind::Bucket);
    let context = [
        ("aws:CalledVia", ContextValue::Many(vec!["a.amazonaws.com".into(), "b.amazonaws.com".into()])),
        ("aws:SourceIp", ContextValue::One("203.0.113.9".into())),
    ];
    finding.witness = Some(Witness {
        request: Request {
            principal: Caller::Anonymous,
            action: "s3:GetObject".into(),
            resource: "arn:aws:s3:::b/k".into(),
            context: context.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        },
        decision: Decision::ImplicitDeny,
    });
    finding
}

#[test]
fn a_finding_as_text() {
    insta::assert_snapshot!(text(&report("p.json", POLICY, vec![finding()]), false), @r#"
    error[bucket-vpc-only]: not every request from outside the VPC is denied
       ╭─[p.json:7:9]
     4 │       "Sid": "fence",
     5 │       "Effect": "Deny",
       ·       ────────┬───────
       ·               ╰── this Deny does not apply
     6 │       "Condition": {
     7 │         "ForAnyValue:StringNotEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" }
       ·         ──────────────┬──────────────
       ·                       ╰── false when the key is absent
     8 │       }
       ╰────
      request:
        principal  anonymous
        action     s3:GetObject
        resource   arn:aws:s3:::b/k
        context    aws:CalledVia = [a.amazonaws.com, b.amazonaws.com]
                   aws:SourceIp = 203.0.113.9
        decision   implicitDeny
      note: assumed to be yours: `vpce-0123456789abcdef0`
      help: use `StringNotEquals`
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/

    1 file, 1 policy: 1 error
    "#);
}

#[test]
fn a_finding_as_json() {
    let out = json(&report("p.json", POLICY, vec![finding()]));
    assert_eq!(out["schema_version"], 1);
    assert_eq!(out["files"][0]["policies"][0], serde_json::json!({"kind": "bucket", "kind_from": "content"}));
    let found = &out["findings"][0];
    assert_eq!(found["verdict"], "violated");
    assert_eq!(found["span"]["start"]["line"], 7);
    assert_eq!(found["span"]["start"]["column"], 9);
    assert_eq!(found["span"]["end"]["column"], 38);
    assert_eq!(found["labels"][0]["span"]["start"]["line"], 5);
    assert_eq!(found["witness"]["principal"], "anonymous");
    assert_eq!(found["witness"]["context"]["aws:CalledVia"][1], "b.amazonaws.com");
    assert_eq!(found["witness"]["decision"], "implicitDeny");
    assert_eq!(out["summary"]["errors"], 1);
    assert_eq!(out["summary"]["policies"], 1);
}

/// The parts put together are what serializing the whole gives, also when the findings had to wait in a file.
#[test]
fn json_in_parts_is_the_whole() {
    for (files, found) in [(0, 0), (1, 0), (1, 1), (3, 2), (40, 30)] {
        let files: Vec<_> = (0..files)
            .map(|i| {
                report(&format!("p{i}.json"), POLICY, vec![finding(); if i % 2 == 0 { found } else { 0 }])
            })
            .collect();
        let out = render(Format::Json, &files, false);
        assert_eq!(files.len() == 40, out.len() > json::WAITING, "{}", out.len());
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["files"].as_array().unwrap().len(), files.len());
        let all: usize = files.iter().map(|(report, _)| report.findings.len()).sum();
        assert_eq!(value["findings"].as_array().unwrap().len(), all);
        // The same but for the order of the keys.
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(|l| l.trim_end_matches(',').to_owned()).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&out), sorted(&format!("{value:#}")));
    }
}

#[test]
fn colours_are_an_option() {
    let report = report("p.json", POLICY, vec![finding()]);
    assert!(text(&report, true).contains("\u{1b}[1m\u{1b}[31merror[bucket-vpc-only]\u{1b}[0m"));
    assert!(!text(&report, true).contains("\u{1b}]8"), "no links");
    assert!(!text(&report, false).contains('\u{1b}'));
}

#[test]
fn an_overlapping_label_becomes_a_line() {
    let finding = Finding::new("r", Severity::Note, "m", span(POLICY, "\"Effect\": \"Deny\""))
        .at("the whole")
        .label(span(POLICY, "\"Deny\""), "a part of it");
    let out = text(&report("p.json", POLICY, vec![finding]), false);
    assert!(out.contains("╰── the whole"), "{out}");
    assert!(out.contains("\n  = p.json:5:17: a part of it\n"), "{out}");
}

#[test]
fn labels_on_one_long_line_each_get_their_place() {
    let mut line = "{\"Statement\": \"".to_owned();
    line.push_str(&"x".repeat(90_000));
    line.push_str("FIRST");
    line.push_str(&"y".repeat(200_000));
    line.push_str("SECOND");
    line.push_str(&"z".repeat(700_000));
    let finding = Finding::new("r", Severity::Error, "m", span(&line, "SECOND"))
        .at("second")
        .label(span(&line, "FIRST"), "first")
        .label(Span::new(20, line.len()), "all of it");
    let out = text(&report("p.json", &line, vec![finding]), false);
    assert!(out.contains("[p.json:1:290021]"), "{out}");
    assert!(out.contains("[p.json:1:90016]"), "{out}");
    assert!(out.contains("── first") && out.contains("── second") && out.contains("all of it"), "{out}");
    assert!(out.lines().all(|l| l.chars().count() <= 240), "{out}");
    assert!(out.len() < 4000);
}

#[test]
fn many_labels_and_findings_are_told_in_short() {
    let many: String = (0..40).map(|i| format!("item{i:02}\n\n\n\n\n")).collect();
    let mut finding = Finding::new("r", Severity::Error, "m", span(&many, "item00")).at("label 0");
    for i in 1..40 {
        finding = finding.label(span(&many, &format!("item{i:02}")), format!("label {i}"));
    }
    let out = text(&report("p.json", &many, vec![finding; 60]), false);
    assert!(out.contains("  = p.json:196:1: label 39\n"));
    assert!(out.contains("p.json: 10 findings more, one line each:\np.json:1:1: error[r]: m\n"));
    assert_eq!(out.matches("error[r]: m").count(), 60);
    assert!(out.ends_with("1 file, 1 policy: 60 errors\n"));
}

#[test]
fn nothing_a_terminal_acts_on_leaves_the_text() {
    let evil = "\u{1b}[2J\u{7}\u{8}\0\r\n\t\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}\u{7f}\u{e0041}";
    let source = format!("{{\"Sid\": \"{}\"}}", evil.replace('\n', ""));
    for source in
        [source.clone(), format!("{source}{}", " ".repeat(300)), format!("{}{source}", "é".repeat(300))]
    {
        let mut finding = finding().label(Span::new(8, 20), evil).note(evil).help(evil);
        finding.span = span(&source, "\"Sid\"");
        finding.rule = format!("r{evil}").into();
        finding.message = format!("m{evil}");
        finding.span_message = evil.to_owned();
        finding.labels[0].span = Span::new(usize::MAX, usize::MAX);
        finding.reference = Some(evil.to_owned());
        finding.witness.as_mut().unwrap().request.resource = evil.to_owned();
        let report = report(&format!("dir/{evil}.json"), &source, vec![finding; 60]);
        let out = text(&report, false);
        let bad: Vec<char> = out.chars().filter(|c| *c != '\n' && plain::substitute(*c).is_some()).collect();
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(json(&report)["findings"][0]["message"], format!("m{evil}"));
    }
}

#[test]
fn every_place_of_odd_files_can_be_shown() {
    let files: [&[u8]; 8] = [
        b"",
        b"\n",
        b"{}",
        b"\xff\xfe\n\xf0\x9f",
        b"a\r\nb\rc\n\n",
        "\t\t{\"ключ\": \"値\", \"😀\": 1}\t\n\n".as_bytes(),
        "👨\u{200d}👩\u{200d}👧\t\u{301}e\u{301}".as_bytes(),
        b"\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tx\t",
    ];
    for bytes in files {
        for start in 0..=bytes.len() + 1 {
            for end in start..=bytes.len() + 2 {
                let finding = Finding::new("r", Severity::Error, "m", Span::new(start, end))
                    .at("here")
                    .label(Span::new(end, end + 3), "there");
                let out = text(&report("p", bytes, vec![finding]), false);
                assert!(out.contains("here") && out.contains("there"), "{bytes:?} {start} {end}: {out}");
            }
        }
    }
}

#[test]
fn labels_stand_under_their_text() {
    let source = "\t{\"値\": \"é\",\t\"x\": 1}";
    let finding = Finding::new("r", Severity::Error, "m", span(source, "\"x\"")).at("here");
    let out = text(&report("p", source, vec![finding]), false);
    // The wide character takes two columns, the first tab four, the second goes to the next multiple of four.
    insta::assert_snapshot!(out, @r#"
    error[r]: m
       ╭─[p:1:13]
     1 │     {"値": "é",  "x": 1}
       ·                  ─┬─
       ·                   ╰── here
       ╰────

    1 file, 1 policy: 1 error
    "#);
}

#[test]
fn places_are_those_of_the_index() {
    let long = format!("{}\n{}é{}\r\nx", "a".repeat(3000), "é😀".repeat(2000), "b".repeat(2000));
    for bytes in [long.as_bytes(), b"", b"\n\n", "é\r\né\r".as_bytes(), b"a\xff\xffb\n"] {
        let (places, index) = (Places::new(bytes), LineIndex::new(bytes));
        for offset in (0..bytes.len() + 3).step_by(if bytes.len() > 100 { 13 } else { 1 }) {
            assert_eq!(places.at(offset), index.position(offset), "{offset}");
        }
    }
}

#[test]
fn counts_in_words() {
    let zero = Summary::default();
    let cases = [
        (Summary { files: 1, policies: 1, ..zero }, "1 file, 1 policy: nothing found"),
        (
            Summary { files: 3, policies: 4, errors: 2, warnings: 1, undecided: 1, ..zero },
            "3 files, 4 policies: 2 errors, 1 warning (1 undecided)",
        ),
        (
            Summary { notes: 1, skipped: 2, ..zero },
            "0 files, 0 policies (2 files without a policy skipped): 1 note",
        ),
    ];
    for (summary, words) in cases {
        assert_eq!(text::summary(&summary), words);
    }
}
