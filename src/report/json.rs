//! The format for programs. The types here are the contract: they change by adding keys only, whatever becomes of
//! the types they are made from.

use super::places::Places;
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
    serde_json::to_writer_pretty(&mut *out, &output)?;
    writeln!(out)
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
