//! The policies of `testdata/forms/`: each has the same verdicts in every form, and the label covers the same element in that form's
//! own syntax. `tests/templates.rs` does this with forms that it makes; these are files as people write them and tools print them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use ringfence::finding::{Finding, Severity, Verdict};
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::rules::RuleSet;
use ringfence::source::{Folder, Span};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::iter;
use std::path::Path;

const FORMS: [&str; 14] = [
    "raw",
    "cli",
    "config",
    "cloudformation-yaml",
    "cloudformation-json",
    "cloudformation-text",
    "cdk",
    "terraform-heredoc",
    "terraform-jsonencode",
    "terraform-policy-document",
    "terraform-module-call",
    "terraform-registry-module",
    "plan",
    "state",
];

/// What these forms underline when an endpoint has no policy: there is no statement of it in the file, only the resource.
const ENDPOINT_WITHOUT_POLICY: [(&str, &str); 10] = [
    ("cloudformation-yaml", "S3Endpoint"),
    ("cloudformation-json", "\"S3Endpoint\""),
    ("cloudformation-text", "S3Endpoint"),
    ("cdk", "\"VpcS3A5408339\""),
    ("terraform-heredoc", "resource \"aws_vpc_endpoint\" \"default\""),
    ("terraform-jsonencode", "resource \"aws_vpc_endpoint\" \"default\""),
    ("terraform-policy-document", "resource \"aws_vpc_endpoint\" \"default\""),
    ("terraform-module-call", "module \"default_endpoint\""),
    ("terraform-registry-module", "s3"),
    ("plan", "\"aws_vpc_endpoint.default\""),
];

/// How the forms spell what the raw one spells otherwise, without quotes and white space: theirs, and what it is there.
const SPELLINGS: [(&str, &str); 8] = [
    ("effect=", "Effect="),
    ("actions=", "Action="),
    ("resources=", "Resource="),
    ("{Fn::Join:[,[{Fn::GetAtt:[TrainDataC7AD9E84,Arn]},/*]]}", "arn:aws:s3:::train-data/*"),
    ("{Fn::Sub:${TrainData.Arn}/*}", "arn:aws:s3:::train-data/*"),
    ("!Sub${TrainData.Arn}/*", "arn:aws:s3:::train-data/*"),
    ("${TrainData.Arn}", "arn:aws:s3:::train-data"),
    ("${aws_s3_bucket.train_data.arn}", "arn:aws:s3:::train-data"),
];

/// A policy in one form.
struct File {
    text: String,
    report: FileReport,
}

/// The name of the policy in each file of a form. What those files speak of stands in `main.tf` and in `modules/`.
fn names(form: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(format!("testdata/forms/{form}")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name != "main.tf" && name != "modules")
        .map(|name| name.split('.').next().unwrap().to_owned())
        .collect()
}

/// A policy in a form, with what stands around it.
fn lint(linter: &Linter, form: &str, name: &str) -> File {
    let extension = match form {
        "cdk" => "template.json",
        "cloudformation-yaml" | "cloudformation-text" => "yaml",
        _ if form.starts_with("terraform-") => "tf",
        _ => "json",
    };
    let path = format!("testdata/forms/{form}/{name}.{extension}");
    let text = fs::read_to_string(&path).unwrap();
    let file = FileInput {
        path: &path,
        name: &path,
        bytes: text.as_bytes(),
        explicit: false,
        named: true,
        around: &Folder::of(Path::new(&path)),
        part: None,
    };
    let report = linter.lint(&file, &Settings::default());
    File { text, report }
}

/// What is decided, without where.
fn verdicts(report: &FileReport) -> BTreeSet<(&str, Verdict, Severity)> {
    report.findings.iter().map(|f| (&*f.rule, f.verdict, f.severity)).collect()
}

/// Whether a label covers only the beginning of what it is about: a brace, or the first word where a form has none.
fn is_beginning(covered: &str) -> bool {
    covered.len() == 1 || matches!(covered, "Version" | "Sid" | "data")
}

/// The words that a label covers, and how the line goes on when it covers no more than a beginning.
fn underlined(finding: &Finding, text: &str) -> String {
    let covered = text[finding.span.range()].split_whitespace().collect::<Vec<_>>().join(" ");
    let after = text[finding.span.range().end..].lines().next().unwrap_or_default();
    let words = if is_beginning(&covered) { format!("{covered}|{after}") } else { covered };
    if words.chars().count() > 70 { words.chars().take(70).chain(['…']).collect() } else { words }
}

/// The first `Sid` of a text.
fn sid(text: &str) -> Option<String> {
    let after = text.split_once("Sid").or_else(|| text.split_once("sid "))?.1;
    after.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).map(str::to_owned)
}

/// What a label covers, as the raw form spells it: a statement or a policy is known by its first `Sid`, what is smaller by its text.
fn element(span: Span, text: &str) -> String {
    let covered = &text[span.range()];
    // Of what is large, only the beginning may be underlined: what follows tells what begins there.
    let whole = if is_beginning(covered) { &text[span.range().start..] } else { covered };
    if let Some(sid) = sid(whole) {
        return format!("what holds {sid}");
    }
    let mut words: String = covered.chars().filter(|c| !c.is_whitespace() && !"\"\\".contains(*c)).collect();
    for (theirs, ours) in SPELLINGS {
        words = words.replace(theirs, ours);
    }
    words.chars().filter(|c| c.is_alphanumeric() || "/*".contains(*c)).collect()
}

/// Whether an element is the one of the raw form. A block's `statement` is both its beginning and an Effect that is not written.
fn is_same(own: &str, raw: &str) -> bool {
    own == raw || own == "statement" && (raw == "EffectAllow" || raw.starts_with("what holds"))
}

#[test]
fn every_form_has_every_policy() {
    let raw = names("raw");
    let (good, bad): (Vec<&String>, Vec<&String>) = raw.iter().partition(|name| name.ends_with("-good"));
    assert!(good.len() == 2 && bad.len() == 11 && bad.iter().all(|name| name.ends_with("-bad")), "{raw:?}");
    for form in FORMS {
        assert_eq!(names(form), raw, "{form}");
    }
    let folders = fs::read_dir("testdata/forms").unwrap().count();
    assert_eq!(folders, FORMS.len(), "a folder that no test looks at");
}

/// The rule of each finding, and the elements that its labels cover.
fn labels(file: &File) -> BTreeSet<(&str, Vec<String>)> {
    let spans =
        |f: &Finding| iter::once(f.span).chain(f.labels.iter().map(|label| label.span)).collect::<Vec<_>>();
    let elements = |f| spans(f).into_iter().map(|span| element(span, &file.text)).collect();
    file.report.findings.iter().map(|f| (&*f.rule, elements(f))).collect()
}

#[test]
fn every_form_has_the_same_verdicts_over_the_same_elements() {
    let linter = Linter::new(RuleSet::builtin().unwrap());
    let mut table = String::new();
    for name in names("raw") {
        let files = FORMS.map(|form| (form, lint(&linter, form, &name)));
        let (_, raw) = &files[0];
        let is_good = name.ends_with("-good");
        assert_eq!(raw.report.findings.is_empty(), is_good, "{name}: {:?}", raw.report.findings);
        assert_eq!(raw.report.findings.iter().any(|f| f.severity == Severity::Error), !is_good, "{name}");
        for (form, file) in &files {
            assert_eq!(file.report.policies.len(), 1, "{name} in {form}");
            assert_eq!(file.report.policies[0].kind, raw.report.policies[0].kind, "{name} in {form}");
            assert_eq!(verdicts(&file.report), verdicts(&raw.report), "{name} in {form}");
            let resource = ENDPOINT_WITHOUT_POLICY.iter().find(|(of, _)| of == form);
            if let (Some((_, resource)), "endpoint-default-bad") = (resource, &*name) {
                let is_resource =
                    |f: &Finding| &file.text[f.span.range()] == *resource && f.labels.is_empty();
                assert!(file.report.findings.iter().all(is_resource), "{name} in {form}");
            } else {
                let (own, wanted) = (labels(file), labels(raw));
                let pairs = || own.iter().zip(&wanted);
                let is_alike = own.len() == wanted.len()
                    && pairs().all(|(a, b)| a.0 == b.0 && a.1.len() == b.1.len())
                    && pairs().all(|(a, b)| a.1.iter().zip(&b.1).all(|(a, b)| is_same(a, b)));
                assert!(is_alike, "{name} in {form}: {own:?} for {wanted:?}");
            }
        }
        for (rule, verdict, severity) in verdicts(&raw.report) {
            let verdict = if verdict == Verdict::Violated { "" } else { ", undecided" };
            writeln!(table, "{name}: {}[{rule}]{verdict}", severity.as_str()).unwrap();
            for (form, file) in &files {
                for f in file.report.findings.iter().filter(|f| &*f.rule == rule) {
                    let line = file.text[..f.span.range().start].matches('\n').count() + 1;
                    writeln!(table, "  {:<31}{}", format!("{form}:{line}"), underlined(f, &file.text))
                        .unwrap();
                }
            }
        }
    }
    insta::assert_snapshot!("labels", table);
}
