//! The diagnostic format of reviewdog, one JSON object a line. Its columns count bytes.

use super::places::Places;
use super::{json, words};
use crate::finding::{Finding, Severity};
use crate::lint::FileReport;
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct Diagnostic<'r> {
    message: String,
    location: Location<'r>,
    severity: &'static str,
    source: Source,
    code: Code<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Code<'r> {
    value: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'r str>,
}

pub(super) fn render_file(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = Places::in_report(report, bytes);
    let path = words::path(&report.path);
    for finding in &report.findings {
        json::line(&diagnostic(finding, &path, &places), out)?;
    }
    Ok(())
}

fn diagnostic<'r>(finding: &'r Finding, path: &'r str, places: &Places<'_>) -> Diagnostic<'r> {
    let place = |offset: u32| {
        let line = places.line_of(offset as usize);
        let span = places.line(line);
        Place {
            line: places.number(line),
            column: 1 + (offset.clamp(span.start, span.end) - span.start) as usize,
        }
    };
    Diagnostic {
        message: words::lines(finding).join("\n"),
        location: Location {
            path,
            range: Range { start: place(finding.span.start), end: place(finding.span.end) },
        },
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        source: Source { name: "ringfence" },
        code: Code { value: &finding.rule, url: finding.address() },
    }
}
