//! How results are shown: one file a format. A format reads findings and the bytes they point into; it judges
//! nothing and does no I/O but writing to the stream it is given.
//!
//! A report is made in two steps, so that a run over any number of files needs little memory: [`Rendered`] is one
//! file's part, made where the file is checked, on any thread; [`Writer`] puts the parts together in their order.

pub mod diff;
mod github;
mod gitlab;
pub mod guard;
pub mod json;
mod junit;
mod markdown;
mod patch;
mod places;
pub mod plain;
mod rdjsonl;
pub mod sarif;
mod stream;
#[cfg(test)]
mod tests;
pub mod text;
pub mod toml;
pub mod words;

use crate::finding::{Safety, Severity, Verdict};
use crate::lint::FileReport;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::ops::AddAssign;
use stream::Stream;

/// An output format of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people, at a terminal or in a log.
    Text,
    /// For programs: one JSON object, the same keys in every version with the same `schema_version`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// JUnit XML, for services that show test results.
    Junit,
    /// Reviewdog's diagnostics, one JSON object a line.
    Rdjsonl,
    /// Markdown, for the summary of a job.
    Markdown,
    /// What fixes would change, as a unified diff; no findings.
    Patch,
}

impl Format {
    /// Whether findings should have fingerprints in it.
    #[must_use]
    pub fn has_fingerprints(self) -> bool {
        matches!(self, Self::Json | Self::Sarif | Self::Gitlab)
    }

    /// Whether it is made of orders to the service that reads it, so that no [`guard`] may stand before it.
    #[must_use]
    pub fn gives_orders(self) -> bool {
        self == Self::Github
    }
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
    /// Findings that the configuration ignores: they count nowhere else.
    pub ignored: usize,
    /// Findings that the baseline hides: they count nowhere else.
    pub hidden: usize,
    /// What the baseline keeps and nothing matches any more.
    pub unmatched: usize,
    /// Files that the configuration excludes.
    pub excluded: usize,
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
            ignored: report.accepted.len(),
            hidden: report.hidden,
            unmatched: report.unmatched,
            excluded: 0,
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
        self.ignored += other.ignored;
        self.hidden += other.hidden;
        self.unmatched += other.unmatched;
        self.excluded += other.excluded;
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
            Format::Sarif => sarif::render_file(report, bytes, &mut out.findings)?,
            Format::Github => github::render_file(report, bytes, &mut out.findings)?,
            Format::Gitlab => gitlab::render_file(report, bytes, &mut out.findings)?,
            Format::Junit => junit::render_file(report, bytes, &mut out.findings)?,
            Format::Rdjsonl => rdjsonl::render_file(report, bytes, &mut out.findings)?,
            Format::Markdown => markdown::render_file(report, bytes, &mut out.findings)?,
            Format::Patch => {}
        }
        Ok(out)
    }

    /// Shows what became of a file's bytes, in the format [`Format::Patch`]. The report is that of the old ones.
    ///
    /// # Errors
    ///
    /// None that can happen: the text is written to memory.
    pub fn diff(report: &FileReport, old: &[u8], new: &[u8]) -> io::Result<Self> {
        let mut out = Self { counts: Summary::of(report), ..Self::default() };
        patch::render_file(&report.path, old, new, &mut out.findings)?;
        Ok(out)
    }

    /// The same, about more of a file of which something was said before.
    #[must_use]
    pub fn continued(mut self) -> Self {
        self.file.clear();
        self.counts.files = 0;
        self
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
pub struct Writer<'o> {
    format: Format,
    form: Form<'o>,
}

enum Form<'o> {
    Stream(Stream<'o>),
    Json(json::Writer<'o>),
    Markdown(markdown::Writer<'o>),
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<'o> Writer<'o> {
    /// A report that goes to `out`. `rules` are those that were run, for formats that list them.
    ///
    /// # Errors
    ///
    /// When a rule cannot be written in the format, which each can.
    pub fn new(format: Format, rules: &[sarif::Rule<'_>], out: Box<dyn Write + 'o>) -> io::Result<Self> {
        let form = match format {
            Format::Json => Form::Json(json::Writer::new(out)),
            Format::Markdown => Form::Markdown(markdown::Writer::new(out)),
            Format::Text | Format::Github | Format::Rdjsonl | Format::Patch => Form::Stream(Stream::new(out)),
            Format::Sarif => Form::Stream(Stream::new(out).with(sarif::begin(rules)?, sarif::BETWEEN)),
            Format::Gitlab => Form::Stream(Stream::new(out).with(gitlab::BEGIN, gitlab::BETWEEN)),
            Format::Junit => Form::Stream(Stream::new(out).with(junit::BEGIN, "")),
        };
        Ok(Self { format, form })
    }

    /// Adds the next file.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written to.
    pub fn add(&mut self, file: &Rendered) -> io::Result<()> {
        match &mut self.form {
            Form::Stream(stream) => stream.add(file),
            Form::Json(writer) => writer.add(file),
            Form::Markdown(writer) => writer.add(file),
        }
    }

    /// Ends the report with the counts of all files; `failed`: some input could not be checked.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written to.
    pub fn finish(self, summary: &Summary, failed: bool) -> io::Result<()> {
        match (self.form, self.format) {
            (Form::Json(writer), _) => writer.finish(summary),
            (Form::Markdown(writer), _) => writer.finish(summary),
            (Form::Stream(stream), Format::Sarif) => stream.finish(&sarif::end(failed)),
            (Form::Stream(stream), Format::Gitlab) => stream.finish(gitlab::END),
            (Form::Stream(stream), Format::Junit) => stream.finish(junit::END),
            (Form::Stream(stream), Format::Rdjsonl | Format::Patch) => stream.finish(b""),
            (Form::Stream(stream), _) => stream.finish(text::end(summary).as_bytes()),
        }
    }
}
