//! The format for programs. The types here are the contract: they change by adding keys only, whatever becomes of
//! the types they are made from.

use super::places::Places;
use super::plain::substitute;
use super::{Report, ReportedFile, Summary};
use crate::engine::Request;
use crate::finding::{Finding, Severity, Verdict};
use crate::policy::PolicyKind;
use crate::source::{Position, Span};
use serde::Serialize;
use std::io::{self, Write};

const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Output<'r> {
    schema_version: u32,
    files: Vec<FileOut<'r>>,
    findings: Vec<FindingOut<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
struct FileOut<'r> {
    path: &'r str,
    policies: Vec<PolicyOut>,
}

#[derive(Serialize)]
struct PolicyOut {
    kind: Option<PolicyKind>,
    kind_from: Option<crate::kind::KindFrom>,
}

#[derive(Serialize)]
struct FindingOut<'r> {
    rule: &'r str,
    severity: Severity,
    verdict: Verdict,
    path: &'r str,
    policy: Option<usize>,
    kind: Option<PolicyKind>,
    message: &'r str,
    help: Option<&'r str>,
    reference: Option<&'r str>,
    notes: &'r [String],
    span: SpanOut,
    span_message: &'r str,
    labels: Vec<LabelOut<'r>>,
    witness: Option<WitnessOut<'r>>,
}

#[derive(Serialize)]
struct LabelOut<'r> {
    message: &'r str,
    span: SpanOut,
}

#[derive(Serialize)]
struct SpanOut {
    start: PlaceOut,
    end: PlaceOut,
}

#[derive(Serialize)]
struct PlaceOut {
    offset: u32,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct WitnessOut<'r> {
    #[serde(flatten)]
    request: &'r Request,
    decision: &'static str,
}

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let output = Output {
        schema_version: SCHEMA_VERSION,
        files: report.files.iter().map(file).collect(),
        findings: report.files.iter().flat_map(findings).collect(),
        summary: report.summary(),
    };
    write(&output, out)
}

/// Writes a value as JSON, one member a line. Characters that a terminal would act on are written as escapes, also
/// those for which JSON does not ask: they mean the same to a program.
///
/// # Errors
///
/// When the stream cannot be written to.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    // Outside of strings, JSON has line breaks and plain ASCII only.
    let must_escape = |c: char| c != '\n' && substitute(c).is_some();
    let mut rest = json.as_str();
    while let Some((before, found, after)) = split_at(rest, must_escape) {
        out.write_all(before.as_bytes())?;
        for unit in found.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = after;
    }
    writeln!(out, "{rest}")
}

/// The text before and after the first character of a kind.
fn split_at(text: &str, is: impl Fn(char) -> bool) -> Option<(&str, char, &str)> {
    let (at, found) = text.char_indices().find(|(_, c)| is(*c))?;
    Some((text.get(..at)?, found, text.get(at + found.len_utf8()..)?))
}

fn file(file: &ReportedFile) -> FileOut<'_> {
    let policies = file.report.policies.iter();
    let policies = policies.map(|p| PolicyOut { kind: p.kind, kind_from: p.kind_from }).collect();
    FileOut { path: &file.report.path, policies }
}

fn findings(file: &ReportedFile) -> Vec<FindingOut<'_>> {
    if file.report.findings.is_empty() {
        return Vec::new();
    }
    let places = Places::new(&file.bytes);
    file.report.findings.iter().map(|f| finding(f, &file.report.path, &places)).collect()
}

fn finding<'r>(finding: &'r Finding, path: &'r str, places: &Places<'_>) -> FindingOut<'r> {
    let labels = finding.labels.iter();
    FindingOut {
        rule: &finding.rule,
        severity: finding.severity,
        verdict: finding.verdict,
        path,
        policy: finding.policy,
        kind: finding.kind,
        message: &finding.message,
        help: finding.help.as_deref(),
        reference: finding.reference.as_deref(),
        notes: &finding.notes,
        span: span(finding.span, places),
        span_message: &finding.span_message,
        labels: labels.map(|l| LabelOut { message: &l.message, span: span(l.span, places) }).collect(),
        witness: finding
            .witness
            .as_ref()
            .map(|w| WitnessOut { request: &w.request, decision: w.decision.as_str() }),
    }
}

fn span(span: Span, places: &Places<'_>) -> SpanOut {
    let place = |offset: u32| {
        let Position { line, column } = places.at(offset as usize);
        PlaceOut { offset, line, column }
    };
    SpanOut { start: place(span.start), end: place(span.end) }
}
