//! How results are shown: one file a format. A format reads findings and the bytes they point into; it judges
//! nothing and does no I/O but writing to the stream it is given.
//!
//! A report is made in two steps, so that a run over any number of files needs little memory: [`Rendered`] is one
//! file's part, made where the file is checked, on any thread; [`Writer`] puts the parts together in their order.

mod diff;
pub mod guard;
pub mod json;
mod places;
pub mod plain;
#[cfg(test)]
mod tests;
pub mod text;

use crate::finding::{Safety, Severity, Verdict};
use crate::lint::FileReport;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::ops::AddAssign;

/// An output format of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people, at a terminal or in a log.
    Text,
    /// For programs: one JSON object, the same keys in every version with the same `schema_version`.
    Json,
    /// What fixes would change, as a unified diff; no findings.
    Diff,
}

/// How many fixes there are, and how many were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Fixes {
    /// Findings that a safe fix settles.
    pub safe: usize,
    /// Findings that an unsafe fix settles.
    #[serde(rename = "unsafe")]
    pub not_safe: usize,
    /// Fixes made.
    pub made: usize,
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
    /// Fixes, when they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixes: Option<Fixes>,
}

impl Summary {
    /// The counts of one file.
    #[must_use]
    pub fn of(report: &FileReport) -> Self {
        let severity = |s| report.findings.iter().filter(|f| f.severity == s).count();
        Self {
            files: 1,
            policies: report.policies.len(),
            errors: severity(Severity::Error),
            warnings: severity(Severity::Warning),
            notes: severity(Severity::Note),
            undecided: report.findings.iter().filter(|f| f.verdict == Verdict::Undecided).count(),
            skipped: 0,
            fixes: None,
        }
    }

    /// Counts the fixes of the report's findings, and those made in the file.
    pub fn count_fixes(&mut self, report: &FileReport, made: usize) {
        let count = |safety| {
            report.findings.iter().filter_map(|f| f.fix.as_ref()).filter(|f| f.safety == safety).count()
        };
        self.fixes = Some(Fixes { safe: count(Safety::Safe), not_safe: count(Safety::Unsafe), made });
    }

    /// How many findings have at least this severity.
    #[must_use]
    pub fn at_least(&self, severity: Severity) -> usize {
        let counts = [
            (Severity::Error, self.errors),
            (Severity::Warning, self.warnings),
            (Severity::Note, self.notes),
        ];
        counts.iter().filter(|(s, _)| *s >= severity).map(|(_, n)| n).sum()
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.policies += other.policies;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
        self.undecided += other.undecided;
        self.skipped += other.skipped;
        if let Some(more) = other.fixes {
            let fixes = self.fixes.get_or_insert_default();
            fixes.safe += more.safe;
            fixes.not_safe += more.not_safe;
            fixes.made += more.made;
        }
    }
}

/// One file's part of a report.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// What the format lists files as; empty when it does not.
    file: Vec<u8>,
    findings: Vec<u8>,
    counts: Summary,
}

impl Rendered {
    /// Shows a file's result. `bytes` are the file as read; `colour` is for formats that people read.
    ///
    /// # Errors
    ///
    /// When a value cannot be written in the format, which no result's can.
    pub fn new(format: Format, report: &FileReport, bytes: &[u8], colour: bool) -> io::Result<Self> {
        let mut out = Self { counts: Summary::of(report), ..Self::default() };
        match format {
            Format::Text => text::render_file(report, bytes, colour, &mut out.findings)?,
            Format::Json => {
                json::file(report, &mut out.file)?;
                json::findings(report, bytes, &mut out.findings)?;
            }
            Format::Diff => {}
        }
        Ok(out)
    }

    /// Shows what became of a file's bytes, in the format [`Format::Diff`]. The report is that of the old ones.
    ///
    /// # Errors
    ///
    /// None that can happen: the text is written to memory.
    pub fn diff(report: &FileReport, old: &[u8], new: &[u8]) -> io::Result<Self> {
        let mut out = Self { counts: Summary::of(report), ..Self::default() };
        diff::render_file(&report.path, old, new, &mut out.findings)?;
        Ok(out)
    }

    /// The same with the fixes counted: those of the report's findings, and those made in the file.
    #[must_use]
    pub fn with_fixes(mut self, report: &FileReport, made: usize) -> Self {
        self.counts.count_fixes(report, made);
        self
    }

    /// The file's counts.
    #[must_use]
    pub fn counts(&self) -> Summary {
        self.counts
    }
}

/// Writes a report, part by part.
pub struct Writer<'o>(Form<'o>);

enum Form<'o> {
    Text(text::Writer<'o>),
    Json(json::Writer<'o>),
    Diff(&'o mut dyn Write),
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<'o> Writer<'o> {
    /// A report that goes to `out`.
    #[must_use]
    pub fn new(format: Format, out: &'o mut dyn Write) -> Self {
        Self(match format {
            Format::Text => Form::Text(text::Writer::new(out)),
            Format::Json => Form::Json(json::Writer::new(out)),
            Format::Diff => Form::Diff(out),
        })
    }

    /// Adds the next file.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written to.
    pub fn add(&mut self, file: &Rendered) -> io::Result<()> {
        match &mut self.0 {
            Form::Text(writer) => writer.add(file),
            Form::Json(writer) => writer.add(file),
            Form::Diff(out) => out.write_all(&file.findings),
        }
    }

    /// Ends the report with the counts of all files.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written to.
    pub fn finish(self, summary: &Summary) -> io::Result<()> {
        match self.0 {
            Form::Text(writer) => writer.finish(summary),
            Form::Json(writer) => writer.finish(summary),
            Form::Diff(out) => out.flush(),
        }
    }
}
