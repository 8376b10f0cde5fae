//! How results are shown: one file a format. A format reads findings and the bytes they point into; it judges
//! nothing and does no I/O but writing to the stream it is given.

pub mod json;
mod places;
pub mod plain;
#[cfg(test)]
mod tests;
pub mod text;

use crate::finding::{Finding, Severity, Verdict};
use crate::lint::FileReport;
use serde::Serialize;
use std::io::{self, Write};

/// An output format of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people, at a terminal or in a log.
    Text,
    /// For programs: one JSON object, the same keys in every version with the same `schema_version`.
    Json,
}

/// One file's result, and its bytes when there is something in them to show.
#[derive(Debug, Clone)]
pub struct ReportedFile {
    /// What was found.
    pub report: FileReport,
    /// The file as read; may be empty when `report` has no findings.
    pub bytes: Vec<u8>,
}

/// A whole run, in the order in which it is shown.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The files that hold a policy or have findings.
    pub files: Vec<ReportedFile>,
    /// How many more files were read and hold no policy.
    pub skipped: usize,
}

/// The counts at the end of a report. An undecided finding counts under its severity too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Files that hold a policy or have findings.
    pub files: usize,
    /// Policies in them.
    pub policies: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Findings, of whatever severity, whose question could not be answered.
    pub undecided: usize,
    /// Files that were read and hold no policy.
    pub skipped: usize,
}

impl Report {
    /// All findings, in the order in which they are shown.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.files.iter().flat_map(|file| &file.report.findings)
    }

    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            files: self.files.len(),
            policies: self.files.iter().map(|file| file.report.policies.len()).sum(),
            skipped: self.skipped,
            ..Summary::default()
        };
        for finding in self.findings() {
            match finding.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Note => summary.notes += 1,
            }
            summary.undecided += usize::from(finding.verdict == Verdict::Undecided);
        }
        summary
    }
}

/// Writes the report. `colour` is for formats that people read.
///
/// # Errors
///
/// When the stream cannot be written to.
pub fn render(format: Format, report: &Report, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::render(report, colour, out),
        Format::Json => json::render(report, out),
    }
}
