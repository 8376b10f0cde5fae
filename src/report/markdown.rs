//! GitHub's Markdown, for a job's summary: the counts, a table for each file with findings, and what belongs to each finding
//! folded away below it.
//!
//! No text of unknown origin is Markdown or HTML: characters that could mean something are written as references, which mean
//! nothing but the character.

use super::places::Places;
use super::plain::plain;
use super::text::{count, summary};
use super::{Rendered, Summary, words};
use crate::finding::Finding;
use crate::lint::FileReport;
use std::io::{self, Seek, Write};
use tempfile::SpooledTempFile;

/// GitHub refuses a summary of more than 1 MiB; this is all for the findings.
const LIMIT: usize = 900 * 1024;

/// The report: the counts come first, so the findings wait.
pub(super) struct Writer<'o> {
    out: Box<dyn Write + 'o>,
    findings: SpooledTempFile,
    written: usize,
    /// Findings that had no place.
    left: usize,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: Box<dyn Write + 'o>) -> Self {
        Self { out, findings: SpooledTempFile::new(super::json::WAITING), written: 0, left: 0 }
    }

    pub(super) fn add(&mut self, file: &Rendered) -> io::Result<()> {
        if self.left > 0 || self.written + file.findings.len() > LIMIT {
            let Summary { errors, warnings, notes, .. } = file.counts;
            self.left += errors + warnings + notes;
            return Ok(());
        }
        self.written += file.findings.len();
        self.findings.write_all(&file.findings)
    }

    pub(super) fn finish(mut self, counts: &Summary) -> io::Result<()> {
        writeln!(self.out, "## Ringfence\n\n{}", summary(counts))?;
        self.findings.rewind()?;
        io::copy(&mut self.findings, &mut self.out)?;
        if self.left > 0 {
            writeln!(
                self.out,
                "\n{} more: the other reports of this run have them.",
                count(self.left, "finding")
            )?;
        }
        self.out.flush()
    }
}

pub(super) fn render_file(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = Places::in_report(report, bytes);
    writeln!(out, "\n### {}\n", code(&words::path(&report.path)))?;
    writeln!(out, "| Place | Severity | Rule | Finding |\n|---|---|---|---|")?;
    for finding in &report.findings {
        let rule = match finding.address() {
            Some(page) if is_link(page) => format!("[{}]({page})", code(&finding.rule)),
            _ => code(&finding.rule),
        };
        let severity = finding.severity.as_str();
        writeln!(out, "| {} | {severity} | {rule} | {} |", place(finding, &places), prose(&finding.message))?;
    }
    for finding in &report.findings {
        let lines = words::lines(finding);
        let Some(rest) = lines.get(1..).filter(|rest| !rest.is_empty()) else { continue };
        write!(out, "\n<details><summary>{} {}</summary>\n\n", place(finding, &places), code(&finding.rule))?;
        for line in rest {
            writeln!(out, "- {}", prose(line))?;
        }
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn place(finding: &Finding, places: &Places<'_>) -> String {
    let place = places.at(finding.span.start as usize);
    format!("{}:{}", place.line, place.column)
}

/// Whether an address can stand in a link as it is.
fn is_link(page: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:#?=&%+".contains(&b);
    page.starts_with("https://") && page.bytes().all(is_plain)
}

/// Text whose parts in backticks become code.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let last = text.matches('`').count();
    // A backtick without a partner is text.
    parts
        .map(|(i, part)| match i % 2 {
            1 if i < last || last.is_multiple_of(2) => code(part),
            1 => escape(&format!("`{part}")),
            _ => escape(part),
        })
        .collect()
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

fn escape(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let begins_link = match c {
            // `https://`, which becomes a link without any marks, and `www.`, which does too.
            ':' => rest.as_str().starts_with('/'),
            'w' | 'W' => rest.as_str().get(..3).is_some_and(|next| next.eq_ignore_ascii_case("ww.")),
            _ => false,
        };
        if begins_link || "\\`*_[]<>&|#@~$".contains(c) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}
