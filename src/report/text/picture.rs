//! The lines of a file with labels under them, drawn by miette's graphical renderer.
//!
//! Only the drawing is miette's: the message, notes and help around it are written by the parent module, because the
//! renderer has no place for a witness and would let control characters through.

use super::excerpt::{Excerpt, Mark};
use crate::report::plain::plain;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};
use std::fmt;

/// Label texts wrap at this many columns.
const LABEL_WIDTH: usize = 90;

/// Draws an excerpt of the file `name`; `line` and `column`, from 1, are the place in the frame's head.
pub(super) fn draw(excerpt: &Excerpt, name: &str, line: usize, column: usize, colour: bool) -> String {
    let picture = Picture { excerpt, name: plain(name).into_owned(), line, column };
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .without_syntax_highlighting()
        .with_context_lines(1);
    let mut drawn = String::new();
    if handler.render_report(&mut drawn, &picture).is_err() {
        return String::new();
    }
    // The picture's own message is empty: what stands before the frame is only its bullet.
    let frame = drawn
        .find('╭')
        .and_then(|at| drawn.get(..at))
        .map_or(0, |head| head.rfind('\n').map_or(0, |n| n + 1));
    drawn.get(frame..).unwrap_or_default().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

struct Picture<'e> {
    excerpt: &'e Excerpt,
    name: String,
    line: usize,
    column: usize,
}

impl Picture<'_> {
    fn label(mark: &Mark) -> LabeledSpan {
        let options = textwrap::Options::new(LABEL_WIDTH).break_words(false);
        let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = textwrap::fill(&plain(&mark.message), options);
        let text = (!text.is_empty()).then_some(text);
        let span = (mark.range.start, mark.range.len());
        if mark.primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        }
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl fmt::Debug for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").finish_non_exhaustive()
    }
}

impl std::error::Error for Picture<'_> {}

impl Diagnostic for Picture<'_> {
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.marks.iter().map(Self::label)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }
}

/// The excerpt is always given whole: it holds what is to be shown and no more.
impl SourceCode for Picture<'_> {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &self.excerpt.text;
        // The renderer asks for no context when it wants the place in the frame's head, and for some when it wants
        // the lines.
        let (line, column) =
            if before == 0 && after == 0 { (self.line, self.column) } else { (self.excerpt.first_line, 1) };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            text.as_bytes(),
            (0, text.len()).into(),
            line.saturating_sub(1),
            column.saturating_sub(1),
            text.lines().count(),
        )))
    }
}
