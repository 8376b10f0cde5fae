//! The format for people. For each finding: what is wrong in one sentence, the lines it is about with a label under
//! each element, the request that shows it, and what to write instead. One line of counts at the end.

mod excerpt;
mod picture;

use super::places::Places;
use super::plain::{plain, wrap};
use super::{Fixes, Summary};
use crate::engine::{ContextValue, Request};
use crate::finding::{Finding, Severity, Verdict, Witness, page};
use crate::lint::FileReport;
use anstyle::{AnsiColor, Style};
use excerpt::{Mark, excerpts};
use miette::{Diagnostic, SourceSpan};
use std::io::{self, Write};
use std::ops::Range;

/// Findings of one file beyond this many are shown as one line each.
const MAX_FULL: usize = 50;
/// Labels of one finding beyond this many pictures are shown as one line each.
const MAX_PICTURES: usize = 6;

/// One file's findings.
pub(super) fn render_file(
    file: &FileReport,
    bytes: &[u8],
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if file.findings.is_empty() {
        return Ok(());
    }
    let page = Page { path: plain(&file.path).into_owned(), places: Places::in_report(file, bytes), colour };
    for finding in file.findings.iter().take(MAX_FULL) {
        page.finding(finding, out)?;
    }
    let rest = file.findings.get(MAX_FULL..).unwrap_or_default();
    if !rest.is_empty() {
        writeln!(out, "{}: {} more, one line each:", page.path, count(rest.len(), "finding"))?;
        for finding in rest {
            page.one_line(finding, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The last line of a report.
#[must_use]
pub fn summary(summary: &Summary) -> String {
    let counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")];
    let found: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(*n, word)).collect();
    let mut line = format!("{}, {}", count(summary.files, "file"), policies(summary.policies));
    if summary.skipped > 0 {
        line.push_str(&format!(" ({} without a policy skipped)", count(summary.skipped, "file")));
    }
    if summary.excluded > 0 {
        line.push_str(&format!(" ({} excluded)", count(summary.excluded, "file")));
    }
    line.push_str(": ");
    line.push_str(&if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") });
    if summary.undecided > 0 {
        line.push_str(&format!(" ({} undecided)", summary.undecided));
    }
    if summary.ignored > 0 {
        line.push_str(&format!(", {} ignored", summary.ignored));
    }
    if summary.hidden > 0 {
        line.push_str(&format!(", {} in the baseline", summary.hidden));
    }
    line
}

/// The lines at the end.
pub(super) fn end(counts: &Summary) -> String {
    let fixable = counts.fixes.and_then(fixable).map(|line| line + "\n");
    format!("{}\n{}", summary(counts), fixable.unwrap_or_default())
}

/// What `--fix` can do about it.
fn fixable(fixes: Fixes) -> Option<String> {
    let mut parts = Vec::new();
    if fixes.made > 0 {
        parts.push(format!("{} made", count(fixes.made, "fix").replace("fixs", "fixes")));
    }
    if fixes.safe > 0 {
        parts.push(format!("{} fixable with `--fix`", fixes.safe));
    }
    if fixes.not_safe > 0 {
        parts.push(format!("{} with `--fix --unsafe-fixes`", fixes.not_safe));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// So many of them, in words.
#[must_use]
pub fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

pub(super) fn policies(n: usize) -> String {
    if n == 1 { "1 policy".to_owned() } else { format!("{n} policies") }
}

/// Writes an error that is no finding, such as a mistake in a configuration or rule file, with the lines it points at.
///
/// # Errors
///
/// When the stream cannot be written to.
pub fn render_error(error: &dyn Diagnostic, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let whole = SourceSpan::from((0, 0));
    let contents = error.source_code().and_then(|s| s.read_span(&whole, 0, usize::MAX).ok());
    let bytes = contents.as_ref().map(|c| c.data()).unwrap_or_default();
    let name = contents.as_ref().and_then(|c| c.name()).unwrap_or_default();
    let page = Page { path: plain(name).into_owned(), places: Places::new(bytes), colour };
    page.head(Severity::Error, "", &error.to_string(), out)?;
    let labels = error.labels().into_iter().flatten();
    let marks = labels.enumerate().map(|(i, label)| {
        let range = label.offset()..label.offset().saturating_add(label.len());
        let text = label.label().unwrap_or_default().to_owned();
        Mark::new(range, text, i == 0 || label.primary(), &page.places)
    });
    let marks: Vec<Mark> = marks.collect();
    if !marks.is_empty() && contents.is_some() {
        page.pictures(marks, out)?;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        page.aside("note", Severity::Note, &inner.to_string(), out)?;
        cause = inner.source();
    }
    if let Some(help) = error.help() {
        page.aside("help", Severity::Note, &help.to_string(), out)?;
    }
    for related in error.related().into_iter().flatten() {
        writeln!(out)?;
        render_error(related, colour, out)?;
    }
    Ok(())
}

/// A file to be shown.
struct Page<'t> {
    /// Harmless to print.
    path: String,
    places: Places<'t>,
    colour: bool,
}

impl Page<'_> {
    fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        self.head(finding.severity, &tag(finding), &finding.message, out)?;
        let labels = finding.labels.iter().map(|l| (l.span.range(), &l.message, false));
        let all = std::iter::once((finding.span.range(), &finding.span_message, true)).chain(labels);
        let mark = |(range, text, primary): (Range<usize>, &String, bool)| {
            Mark::new(range, text.clone(), primary, &self.places)
        };
        self.pictures(all.map(mark).collect(), out)?;
        if let Some(resource) = &finding.resource {
            writeln!(out, "  {}: {}", self.paint("policy of", Severity::Note), plain(resource))?;
        }
        if let Some(witness) = &finding.witness {
            self.witness(witness, out)?;
        }
        for note in &finding.notes {
            self.aside("note", Severity::Note, note, out)?;
        }
        if let Some(help) = &finding.help {
            self.aside("help", Severity::Note, help, out)?;
        }
        if let Some(fix) = &finding.fix {
            let text = match &fix.caution {
                Some(caution) => format!("{} (unsafe: {caution})", fix.title),
                None => fix.title.clone(),
            };
            self.aside("fix", Severity::Note, &text, out)?;
        }
        // The page about the rule, in words that bring it up as long as it has no address.
        let page = finding.page.as_ref().map(|page| {
            if page::is_address(page) { page.clone() } else { format!("ringfence explain {}", finding.rule) }
        });
        for (i, see) in page.iter().chain(&finding.reference).enumerate() {
            let word =
                if i == 0 { format!("{}:", self.paint("see", Severity::Note)) } else { "    ".to_owned() };
            writeln!(out, "  {word} {}", plain(see))?;
        }
        writeln!(out)
    }

    fn one_line(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let place = self.place(finding.span.start as usize);
        let severity = finding.severity;
        let head = self.paint(&format!("{}{}", severity.as_str(), tag(finding)), severity);
        writeln!(out, "{place}: {head}: {}", plain(&finding.message))
    }

    fn head(&self, severity: Severity, tag: &str, message: &str, out: &mut dyn Write) -> io::Result<()> {
        let head = format!("{}{}", severity.as_str(), plain(tag));
        let whole = format!("{head}: {}", plain(message));
        let wrapped = wrap(&whole, "", "  ");
        match wrapped.strip_prefix(&head) {
            Some(rest) => writeln!(out, "{}{rest}", self.paint(&head, severity)),
            None => writeln!(out, "{wrapped}"),
        }
    }

    /// Draws what can be drawn; a label that would lie over another, or that is one too many, becomes a line of text.
    fn pictures(&self, marks: Vec<Mark>, out: &mut dyn Write) -> io::Result<()> {
        let (mut drawn, mut told): (Vec<Mark>, Vec<Mark>) = (Vec::new(), Vec::new());
        for mark in marks {
            let lies_over = drawn.iter().any(|other| other.overlaps(&mark));
            if lies_over { told.push(mark) } else { drawn.push(mark) }
        }
        let pictures = excerpts(drawn, &self.places);
        let (drawn, rest) = pictures.split_at(pictures.len().min(MAX_PICTURES));
        for excerpt in drawn {
            let place = self.places.at(excerpt.about);
            write!(out, "{}", picture::draw(excerpt, &self.path, place.line, place.column, self.colour))?;
        }
        let rest = rest.iter().flat_map(|e| e.marks.iter().map(|m| (e.about, &m.message)));
        let told = told.iter().map(|m| (m.range.start, &m.message));
        for (offset, message) in told.chain(rest).filter(|(_, message)| !message.is_empty()) {
            writeln!(out, "  = {}: {}", self.place(offset), plain(message))?;
        }
        Ok(())
    }

    fn witness(&self, witness: &Witness, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "  {}:", self.paint("request", Severity::Note))?;
        for (name, value) in request_lines(&witness.request) {
            writeln!(out, "    {name:<11}{value}")?;
        }
        writeln!(out, "    {:<11}{}", "decision", witness.decision.as_str())
    }

    fn aside(&self, word: &str, severity: Severity, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let indent = " ".repeat(word.len() + 4);
        let text = format!("  {word}: {}", plain(text));
        let wrapped = wrap(&text, "", &indent);
        writeln!(out, "{}", wrapped.replacen(word, &self.paint(word, severity), 1))
    }

    fn place(&self, offset: usize) -> String {
        let place = self.places.at(offset);
        format!("{}:{}:{}", self.path, place.line, place.column)
    }

    fn paint(&self, text: &str, severity: Severity) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let colour = match severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Note => AnsiColor::Cyan,
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        format!("{style}{text}{style:#}")
    }
}

fn tag(finding: &Finding) -> String {
    let undecided = if finding.verdict == Verdict::Undecided { " (undecided)" } else { "" };
    format!("[{}]{undecided}", plain(&finding.rule))
}

/// A request as names and values, one line each, harmless to print. Several context keys give several lines, the
/// first with the name.
#[must_use]
pub fn request_lines(request: &Request) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("principal", plain(&request.principal.to_string()).into_owned()),
        ("action", plain(&request.action).into_owned()),
        ("resource", plain(&request.resource).into_owned()),
    ];
    let context = request.context.iter().map(|(key, value)| match value {
        ContextValue::One(value) => format!("{} = {}", plain(key), plain(value)),
        ContextValue::Many(values) => format!("{} = [{}]", plain(key), plain(&values.join(", "))),
    });
    lines.extend(context.enumerate().map(|(i, line)| (if i == 0 { "context" } else { "" }, line)));
    lines
}
