//! Annotations of GitHub Actions: workflow commands, one line a finding, and the counts.
//!
//! The only format that gives orders to the service which reads it. So its lines are made of nothing but the command, whose
//! properties and data are escaped as GitHub unescapes them, and text without line breaks in which no other command is left.

use super::places::Places;
use super::plain::plain;
use super::{guard, words};
use crate::finding::{Finding, Severity};
use crate::lint::FileReport;
use std::io::{self, Write};

pub(super) fn render_file(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = Places::in_report(report, bytes);
    for finding in &report.findings {
        command(finding, &report.path, &places, out)?;
    }
    Ok(())
}

fn command(finding: &Finding, path: &str, places: &Places<'_>, out: &mut Vec<u8>) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let [start, end] = places.of(finding.span);
    write!(
        out,
        "::{command} file={},line={},endLine={}",
        property(&words::path(path)),
        start.line,
        end.line
    )?;
    // GitHub has columns within one line only.
    if start.line == end.line {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let text = words::lines(finding).join("\n");
    writeln!(out, ",title={}::{}", property(&finding.rule), data(&text))
}

/// Text after the second `::`.
fn data(text: &str) -> String {
    let text = guard::without_commands(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(&plain(text)).replace(':', "%3A").replace(',', "%2C")
}
