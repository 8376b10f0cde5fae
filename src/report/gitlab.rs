//! GitLab's Code Quality report: a list of issues with a place, a severity and a fingerprint.

use super::places::Places;
use super::{json, words};
use crate::finding::{Finding, Severity};
use crate::lint::FileReport;
use serde::Serialize;
use std::io;

pub(super) const BEGIN: &str = "[";
pub(super) const BETWEEN: &str = ",";
pub(super) const END: &[u8] = b"\n]\n";

#[derive(Serialize)]
struct Issue<'r> {
    description: String,
    check_name: &'r str,
    fingerprint: Option<String>,
    severity: &'static str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

pub(super) fn render_file(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = Places::in_report(report, bytes);
    let path = words::path(&report.path);
    for (i, finding) in report.findings.iter().enumerate() {
        out.extend_from_slice(if i > 0 { b",\n  " } else { b"\n  " });
        json::value(&issue(finding, &path, &places), 1, out)?;
    }
    Ok(())
}

fn issue<'r>(finding: &'r Finding, path: &'r str, places: &Places<'_>) -> Issue<'r> {
    let [start, end] = places.of(finding.span);
    Issue {
        description: words::lines(finding).join("\n"),
        check_name: &finding.rule,
        // GitLab takes two issues with one fingerprint for the same, in whatever files.
        fingerprint: finding.fingerprint.map(|fingerprint| fingerprint.with_path(path)),
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "info",
        },
        location: Location { path, lines: Lines { begin: start.line, end: end.line } },
    }
}
