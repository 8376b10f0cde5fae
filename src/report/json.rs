//! The format for programs. The types here are the contract: they change by adding keys only, whatever becomes of
//! the types they are made from.

use super::places::Places;
use super::plain::substitute;
use super::{Rendered, Summary};
use crate::engine::Request;
use crate::finding::{Finding, Fingerprint, Safety, Severity, Verdict, Witness};
use crate::lint::FileReport;
use crate::policy::PolicyKind;
use crate::source::{Position, Span, short};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{self, BufWriter, Seek, Write};
use tempfile::SpooledTempFile;

const SCHEMA_VERSION: u32 = 1;

/// Findings wait in memory up to this many bytes, then in a file without a name: they come after all files' names.
pub(super) const WAITING: usize = 512 * 1024;

/// Between the members of a list.
const NEXT: &[u8] = b",\n    ";

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
    resource: Option<&'r str>,
    message: &'r str,
    help: Option<&'r str>,
    reference: Option<&'r str>,
    page: Option<&'r str>,
    notes: &'r [String],
    span: SpanOut,
    span_message: &'r str,
    labels: Vec<LabelOut<'r>>,
    witness: Option<WitnessOut<'r>>,
    fingerprint: Option<Fingerprint>,
    fix: Option<FixOut<'r>>,
}

#[derive(Serialize)]
struct FixOut<'r> {
    title: &'r str,
    safety: Safety,
    caution: Option<&'r str>,
    edits: Vec<EditOut<'r>>,
}

#[derive(Serialize)]
struct EditOut<'r> {
    span: SpanOut,
    text: &'r str,
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
    offset: u64,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
pub(super) struct WitnessOut<'r> {
    #[serde(flatten)]
    request: &'r Request,
    decision: &'static str,
}

impl<'r> From<&'r Witness> for WitnessOut<'r> {
    fn from(witness: &'r Witness) -> Self {
        Self { request: &witness.request, decision: witness.decision.as_str() }
    }
}

/// The report for programs: one object, written as its parts come in.
pub(super) struct Writer<'o> {
    out: Box<dyn Write + 'o>,
    findings: BufWriter<SpooledTempFile>,
    has_files: bool,
    has_findings: bool,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: Box<dyn Write + 'o>) -> Self {
        let findings = BufWriter::with_capacity(WAITING / 8, SpooledTempFile::new(WAITING));
        Self { out, findings, has_files: false, has_findings: false }
    }

    pub(super) fn add(&mut self, file: &Rendered) -> io::Result<()> {
        if file.file.is_empty() {
            // More of the file before.
        } else if self.has_files {
            self.out.write_all(NEXT)?;
        } else {
            self.has_files = true;
            write!(self.out, "{{\n  \"schema_version\": {SCHEMA_VERSION},\n  \"files\": [\n    ")?;
        }
        self.out.write_all(&file.file)?;
        if !file.findings.is_empty() {
            let between: &[u8] = if self.has_findings { NEXT } else { b"\n    " };
            self.has_findings = true;
            self.findings.write_all(between)?;
            self.findings.write_all(&file.findings)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self, summary: &Summary) -> io::Result<()> {
        let end = |has: bool| if has { "\n  ]" } else { "]" };
        if !self.has_files {
            write!(self.out, "{{\n  \"schema_version\": {SCHEMA_VERSION},\n  \"files\": [")?;
        }
        write!(self.out, "{},\n  \"findings\": [", end(self.has_files))?;
        // Rewinding writes what is left in the buffer.
        self.findings.rewind()?;
        io::copy(self.findings.get_mut(), &mut self.out)?;
        write!(self.out, "{},\n  \"summary\": ", end(self.has_findings))?;
        let mut counts = Vec::new();
        value(summary, 1, &mut counts)?;
        self.out.write_all(&counts)?;
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }
}

/// A file as a member of `files`.
pub(super) fn file(report: &FileReport, out: &mut Vec<u8>) -> io::Result<()> {
    let policies = report.policies.iter().filter(|_| report.part.is_none());
    let policies = policies.map(|p| PolicyOut { kind: p.kind, kind_from: p.kind_from }).collect();
    value(&FileOut { path: &report.path, policies }, 2, out)
}

/// A file's findings as members of `findings`.
pub(super) fn findings(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = Places::in_report(report, bytes);
    for (i, found) in report.findings.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(NEXT);
        }
        let mut shown = finding(found, &report.path, &places);
        // Which one it is of a whole stream is not known.
        shown.policy = shown.policy.filter(|_| report.part.is_none());
        value(&shown, 2, out)?;
    }
    Ok(())
}

/// Writes a value as JSON, one member a line. Characters that a terminal would act on are written as escapes, also
/// those for which JSON does not ask: they mean the same to a program. So is `##`, with which commands to some CI services begin.
///
/// # Errors
///
/// When the stream cannot be written to.
pub fn write(it: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    value(it, 0, &mut bytes)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// A value that stands `depth` levels deep.
pub(super) fn value(value: &impl Serialize, depth: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let from = out.len();
    out.reserve(512);
    let mut formatter = PrettyFormatter::new();
    for _ in 0..depth {
        formatter.begin_object(&mut io::sink())?;
    }
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    make_harmless(from, out)
}

/// A value on a line of its own.
pub(super) fn line(value: &impl Serialize, out: &mut Vec<u8>) -> io::Result<()> {
    let from = out.len();
    value.serialize(&mut Serializer::new(&mut *out))?;
    make_harmless(from, out)?;
    out.push(b'\n');
    Ok(())
}

/// Writes escapes in the JSON from a place on for what a terminal or a CI service would act on.
fn make_harmless(from: usize, out: &mut Vec<u8>) -> io::Result<()> {
    // Outside of strings, JSON has line breaks and plain ASCII only.
    let is_plain = |b: &u8| matches!(b, b' '..=b'~' | b'\n');
    // `##[error]` at the start of a line is a command to some CI services.
    let is_harmless = |text: &[u8]| {
        is_simple(text) || text.iter().all(is_plain) && !text.windows(2).any(|pair| pair == b"##")
    };
    if out.get(from..).is_some_and(|written| !is_harmless(written)) {
        let written = out.split_off(from);
        escape(&String::from_utf8_lossy(&written).replace("##", "#\\u0023"), out)?;
    }
    Ok(())
}

/// True for plain ASCII without a `#`, as most files' parts are.
fn is_simple(text: &[u8]) -> bool {
    let marks = |word| {
        let control = short::below(word, b' ') & !short::equal(word, b'\n');
        control | short::equal(word, b'#') | short::equal(word, 0x7f) | short::beyond_ascii(word)
    };
    short::first(text, marks, |b| !matches!(b, b' '..=b'"' | b'$'..=b'~' | b'\n')).is_none()
}

/// Writes the text with escapes for what a terminal would act on.
fn escape(text: &str, out: &mut Vec<u8>) -> io::Result<()> {
    for c in text.chars() {
        if c != '\n' && substitute(c).is_some() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        } else {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(())
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
        resource: finding.resource.as_deref(),
        message: &finding.message,
        help: finding.help.as_deref(),
        reference: finding.reference.as_deref(),
        page: finding.page.as_deref(),
        notes: &finding.notes,
        span: span(finding.span, places),
        span_message: &finding.span_message,
        labels: labels.map(|l| LabelOut { message: &l.message, span: span(l.span, places) }).collect(),
        witness: finding.witness.as_ref().map(WitnessOut::from),
        fingerprint: finding.fingerprint,
        fix: finding.fix.as_ref().map(|fix| FixOut {
            title: &fix.title,
            safety: fix.safety,
            caution: fix.caution.as_deref(),
            edits: fix.edits.iter().map(|e| EditOut { span: span(e.span, places), text: &e.text }).collect(),
        }),
    }
}

fn span(span: Span, places: &Places<'_>) -> SpanOut {
    let place = |offset: u32| {
        let Position { line, column } = places.at(offset as usize);
        PlaceOut { offset: places.offset(offset), line, column }
    };
    SpanOut { start: place(span.start), end: place(span.end) }
}
