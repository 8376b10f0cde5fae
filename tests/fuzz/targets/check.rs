//! The whole of `check` on one file: from its bytes to what is printed.

use super::{Given, LINTER, assert_harmless, assert_inside, given};
use ringfence::engine::{Request, evaluate, explain};
use ringfence::finding::{Finding, Safety, Severity, Verdict};
use ringfence::fix;
use ringfence::kind::{Detected, KindFrom, detect};
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::policy::lower;
use ringfence::report::{Format, Rendered, Writer};
use ringfence::source::{self, Alone, Around, LineIndex, Stream, SyntaxError};
use serde_json::Value;
use std::sync::Arc;

/// The name says nothing of the policy's kind.
const NAME: &str = "p.json";

/// Any bytes, as a policy file.
pub fn check(data: &[u8]) {
    let (given, text) = given(data);
    check_file(&LINTER, &given, text);
}

/// Any bytes, as a template in YAML.
pub fn template(data: &[u8]) {
    let (given, text) = given(data);
    check_named("t.yaml", &LINTER, &given, text, &Alone);
}

/// Any bytes, as JSON Lines.
pub fn stream(data: &[u8]) {
    let (given, text) = given(data);
    check_named("p.jsonl", &LINTER, &given, text, &Alone);
    // A stream as short as this is one part, however its bytes come in.
    let mut stream = Stream::new(text).unwrap();
    let whole = stream.lines().unwrap().unwrap();
    assert!(whole.bytes == text && whole.part.is_none() && whole.is_last);
    assert_eq!(stream.lines().unwrap(), None);
    // What stands on one line says nothing of another.
    let lines = |text: &[u8]| source::parse_file("p.jsonl", text, &Alone).documents.len();
    let alone: usize = text.split_inclusive(|b| *b == b'\n').map(lines).sum();
    assert_eq!(lines(text), alone);
}

/// Any bytes, as a file of a module; what follows a line `---` is another file of the folder.
pub fn terraform(data: &[u8]) {
    let (given, text) = given(data);
    let line = b"\n---\n";
    let at = text.windows(line.len()).position(|window| window == line);
    let (text, other) = at.map_or((text, None), |at| (&text[..at], Some(&text[at + line.len()..])));
    check_named("main.tf", &LINTER, &given, text, &Beside(other));
}

/// Another file of the folder, which is also in a folder of its own.
#[derive(Debug)]
struct Beside<'a>(Option<&'a [u8]>);

impl Around for Beside<'_> {
    fn names(&self, folder: &str) -> Vec<String> {
        match folder {
            "" => vec!["main.tf".to_owned(), "other.tf".to_owned(), "terraform.tfvars".to_owned()],
            "m" => vec!["main.tf".to_owned()],
            _ => Vec::new(),
        }
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let is_it = ["other.tf", "terraform.tfvars", "m/main.tf", "p.json"].contains(&path);
        self.0.filter(|_| is_it).map(<[u8]>::to_vec)
    }
}

/// Lints a file, and looks at all that comes of it.
pub(super) fn check_file(linter: &Arc<Linter>, given: &Given, text: &[u8]) -> FileReport {
    check_named(NAME, linter, given, text, &Alone)
}

fn check_named(
    name: &str,
    linter: &Arc<Linter>,
    given: &Given,
    text: &[u8],
    around: &dyn Around,
) -> FileReport {
    let settings = Settings {
        kind: given.kind.map(|kind| (kind, KindFrom::Flag)),
        trusted: given.trusted.clone(),
        regions: given.regions.clone(),
        ..Settings::default()
    };
    let explicit = settings.kind.is_some();
    let file = FileInput { path: name, name, bytes: text, explicit, named: true, around, part: None };
    let report = linter.lint(&file, &settings);
    let shown = show(&report, text);
    let again = linter.lint(&file, &settings);
    assert_eq!(report.findings, again.findings, "not the same twice");
    assert!(shown == show(&again, text), "not shown the same twice");

    assert!(report.findings.is_sorted_by_key(Finding::sort_key), "not sorted");
    for finding in &report.findings {
        assert_finding(finding, &report, text);
    }
    assert_never_passed_over(&report, &settings, &file);
    assert_json(&shown.json, &report, text);
    assert_witnesses(&report, &settings, &file);
    assert_fixes(linter, &file, &settings, &report);
    report
}

/// What is printed, in each format.
#[derive(PartialEq)]
struct Shown {
    json: String,
    text: String,
}

fn show(report: &FileReport, bytes: &[u8]) -> Shown {
    let show = |format, colour| {
        let part = Rendered::new(format, report, bytes, colour).unwrap();
        let mut out = Vec::new();
        let mut writer = Writer::new(format, &[], Box::new(&mut out)).unwrap();
        writer.add(&part).unwrap();
        writer.finish(&part.counts(), false).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (json, text) = (show(Format::Json, false), show(Format::Text, false));
    assert_harmless(&json);
    assert_harmless(&text);
    // Of what moves a terminal, only our own colours: an escape, a bracket, digits and semicolons, an `m`.
    for sequence in show(Format::Text, true).split('\x1b').skip(1) {
        let rest = sequence.strip_prefix('[').unwrap_or("?");
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
        assert!(end.is_some_and(|end| rest[end..].starts_with('m')), "{sequence:?}");
    }
    let shown = |format| {
        let out = show(format, false);
        assert_harmless(&out);
        out
    };
    let is_json = |text: &str| assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
    is_json(&shown(Format::Sarif));
    is_json(&shown(Format::Gitlab));
    shown(Format::Rdjsonl).lines().for_each(is_json);
    let count = report.findings.len();
    assert_eq!(shown(Format::Github).lines().count(), count + 1, "a line each, and the counts");
    assert_eq!(shown(Format::Junit).matches("</failure>").count(), count);
    shown(Format::Markdown);
    Shown { json, text }
}

fn assert_finding(finding: &Finding, report: &FileReport, text: &[u8]) {
    assert_inside(finding.span, text, &finding.message);
    for label in &finding.labels {
        assert_inside(label.span, text, &label.message);
    }
    assert!(!finding.message.is_empty());
    assert!(finding.policy.is_none_or(|number| number < report.policies.len()));
    let words = finding.notes.iter().chain([&finding.message]);
    for text in words.chain(finding.labels.iter().map(|label| &label.message)) {
        assert!(!text.contains("internal error"), "{text}");
    }
    if finding.verdict == Verdict::Undecided {
        assert!(finding.severity >= Severity::Warning, "undecided, and no more than a note: {finding:?}");
    }
}

/// Neither what is no JSON nor what should be a policy and is none comes out clean.
fn assert_never_passed_over(report: &FileReport, settings: &Settings, file: &FileInput<'_>) {
    let parsed = file.parse();
    let found =
        |rule: &str| report.findings.iter().any(|f| &*f.rule == rule && f.severity == Severity::Error);
    let is_mistake = |e: &SyntaxError| !e.kind.is_remark();
    if parsed.errors.iter().any(is_mistake) && (settings.kind.is_some() || report.holds_policy) {
        assert!(found("policy-syntax"), "no JSON, and not said so: {:?}", parsed.errors);
    }
    if settings.kind.is_some() && !report.holds_policy {
        let remarked = report.findings.iter().any(|f| &*f.rule == "policy-not-read");
        let said = remarked || found("policy-syntax") || found("policy-not-found");
        assert!(said, "no policy, and not said so");
    }
    assert_eq!(report.holds_policy, !report.policies.is_empty());
    for (number, policy) in report.policies.iter().enumerate() {
        let said =
            report.findings.iter().any(|f| &*f.rule == "policy-kind-unknown" && f.policy == Some(number));
        assert!(policy.kind.is_some() || said, "of unknown kind, and not said so");
    }
}

/// Programs can read the JSON, and its places are those of the findings.
fn assert_json(json: &str, report: &FileReport, text: &[u8]) {
    let value: Value = serde_json::from_str(json).unwrap();
    assert_eq!(value["schema_version"], 1);
    let findings = value["findings"].as_array().unwrap();
    assert_eq!(findings.len(), report.findings.len());
    let lines = LineIndex::new(text);
    let assert_place = |place: &Value, offset: u32| {
        let right = lines.position(offset as usize);
        let shown = [&place["offset"], &place["line"], &place["column"]].map(|n| n.as_u64().unwrap());
        assert_eq!(shown, [u64::from(offset), right.line as u64, right.column as u64]);
    };
    for (shown, finding) in findings.iter().zip(&report.findings) {
        assert_eq!(shown["rule"], *finding.rule);
        assert_eq!(shown["message"], *finding.message);
        assert_place(&shown["span"]["start"], finding.span.start);
        assert_place(&shown["span"]["end"], finding.span.end);
        for (shown, label) in shown["labels"].as_array().unwrap().iter().zip(&finding.labels) {
            assert_place(&shown["span"]["start"], label.span.start);
            assert_place(&shown["span"]["end"], label.span.end);
        }
    }
    let errors = report.findings.iter().filter(|f| f.severity == Severity::Error).count();
    assert_eq!(value["summary"]["errors"], errors);
}

/// Fixes are changes inside of the text; what is left once they are made is what is found in what they leave.
fn assert_fixes(linter: &Arc<Linter>, file: &FileInput<'_>, settings: &Settings, report: &FileReport) {
    // Each is proved by checking the whole file again.
    if file.bytes.len() > 1_000 {
        return;
    }
    let mut shown = report.clone();
    fix::propose(&linter.session(), file, settings, &mut shown);
    for fix in shown.findings.iter().filter_map(|f| f.fix.as_ref()) {
        let changed = fix::text::changed(file.bytes, &fix.edits).unwrap();
        assert!(changed != file.bytes, "a fix that changes nothing: {fix:?}");
        assert_eq!(fix.safety == Safety::Unsafe, fix.caution.is_some());
    }
    let fixed = fix::apply(&linter.session(), file, settings, report.clone(), Safety::Unsafe);
    let after = linter.lint(&FileInput { bytes: &fixed.bytes, ..*file }, settings);
    assert_eq!(after.findings, fixed.report.findings);
    assert_eq!(fixed.made.is_empty(), fixed.bytes == file.bytes);
}

/// Each witness, written and read again, gets the decision that the finding says.
fn assert_witnesses(report: &FileReport, settings: &Settings, file: &FileInput<'_>) {
    let parsed = file.parse();
    let (mut located, _) = source::policies(&parsed);
    if settings.kind.is_none() {
        located.retain(|l| detect(file.name, &l.node, l.wrapper.as_ref()) != Detected::Identity);
    }
    assert_eq!(located.len(), report.policies.len());
    for finding in &report.findings {
        let Some(witness) = &finding.witness else { continue };
        let (number, kind) = (finding.policy.unwrap(), finding.kind.unwrap());
        // The request is an example, with texts for what only the deployment tells.
        if located[number].is_resource() {
            continue;
        }
        let policy = lower(&located[number].node, kind);
        assert_eq!(evaluate(&policy, &witness.request), witness.decision, "{}", finding.rule);
        let written = serde_json::to_string(&witness.request).unwrap();
        let read: Request = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
        assert_eq!(explain(&policy, &read).decision, witness.decision, "{}: {written}", finding.rule);
    }
}
