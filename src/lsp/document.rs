//! A text that an editor has open, and the places in it that the editor speaks of.

use super::uri;
use crate::source::{Encoding, LineIndex, Position as Place, Span};
use gen_lsp_types::{Position, Range, TextDocumentContentChangeEvent as Change, Uri};
use std::path::PathBuf;
use std::sync::Arc;

/// An open text, or one read from disk. Cheap to copy: a copy stays as it was.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// Where it is, or would be: its configuration is looked for above.
    pub(super) path: PathBuf,
    /// What the editor calls the state of the text; `None`: it is not open.
    pub(super) version: Option<i32>,
    /// UTF-8 when it is open.
    pub(super) text: Arc<[u8]>,
}

impl Document {
    pub(super) fn new(uri: Uri, version: Option<i32>, text: Vec<u8>) -> Self {
        let path = uri::path(&uri).unwrap_or_else(|| uri::name(&uri).into());
        Self { uri, path, version, text: text.into() }
    }

    /// The text after the editor's changes, one after the other.
    pub(super) fn change(&mut self, version: i32, changes: Vec<Change>, encoding: Encoding) {
        self.version = Some(version);
        for change in changes {
            match change {
                Change::TextDocumentContentChangeWholeDocument(whole) => {
                    self.text = whole.text.into_bytes().into();
                }
                Change::TextDocumentContentChangePartial(part) => {
                    let span = Places::new(&self.text, encoding).span(part.range);
                    let parts = [self.text.get(..span.start as usize), self.text.get(span.end as usize..)];
                    let [before, after] = parts.map(Option::unwrap_or_default);
                    self.text = [before, part.text.as_bytes(), after].concat().into();
                }
            }
        }
    }
}

/// The places of a text, in the columns that were agreed on.
#[derive(Debug)]
pub(super) struct Places<'t> {
    lines: LineIndex<'t>,
    encoding: Encoding,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t [u8], encoding: Encoding) -> Self {
        Self { lines: LineIndex::new(text), encoding }
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let place = self.lines.position_in(offset, self.encoding);
        let number = |n: usize| u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX);
        Position { line: number(place.line), character: number(place.column) }
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start as usize), end: self.position(span.end as usize) }
    }

    pub(super) fn offset(&self, position: Position) -> usize {
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).saturating_add(1);
        self.lines
            .offset(Place { line: number(position.line), column: number(position.character) }, self.encoding)
    }

    /// The bytes between two places, whichever is first.
    pub(super) fn span(&self, range: Range) -> Span {
        let (a, b) = (self.offset(range.start), self.offset(range.end));
        Span::new(a.min(b), a.max(b))
    }
}
