//! Offsets to lines and columns, fast enough for thousands of findings on one line of a minified file: the source's
//! own index looks at the line up to the place each time, this one counts ahead.

use crate::lint::FileReport;
use crate::source::{LineIndex, Part, Position, Span};

/// One count of characters is kept for this many bytes.
const BLOCK: usize = 1024;

pub(super) struct Places<'t> {
    pub(super) bytes: &'t [u8],
    index: LineIndex<'t>,
    /// How many characters begin before each block; none when the text is not UTF-8.
    counts: Option<Vec<usize>>,
    /// What comes before the bytes in their file.
    before: Part,
}

impl<'t> Places<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        let counts = std::str::from_utf8(bytes).ok().map(|_| {
            let blocks = bytes.chunks(BLOCK).map(characters);
            blocks.scan(0, |next, n| Some(std::mem::replace(next, *next + n))).collect()
        });
        Self { bytes, index: LineIndex::new(bytes), counts, before: Part::default() }
    }

    /// Those of the bytes that a report is about.
    pub(super) fn in_report(report: &FileReport, bytes: &'t [u8]) -> Self {
        Self { before: report.part.unwrap_or_default(), ..Self::new(bytes) }
    }

    /// The number in the file of a line that is counted from the first of the bytes.
    pub(super) fn number(&self, line: usize) -> usize {
        self.before.lines + line
    }

    /// The place in the file of a byte.
    pub(super) fn offset(&self, offset: u32) -> u64 {
        self.before.bytes + u64::from(offset)
    }

    /// The bytes of a line, counted from 1, without its end; empty when there is no such line.
    pub(super) fn line(&self, line: usize) -> Span {
        let end = Span::new(self.bytes.len(), self.bytes.len());
        self.index.line_span(line).unwrap_or(end)
    }

    pub(super) fn line_count(&self) -> usize {
        self.index.line_count()
    }

    /// The line that holds a byte, counted from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        let (mut low, mut high) = (1, self.index.line_count());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.line(middle).start as usize <= offset { low = middle } else { high = middle - 1 }
        }
        low
    }

    /// Where a range of bytes begins, and the place after its end.
    pub(super) fn of(&self, span: Span) -> [Position; 2] {
        [self.at(span.start as usize), self.at(span.end as usize)]
    }

    /// Line and column of a byte in the file.
    pub(super) fn at(&self, offset: usize) -> Position {
        let Position { line, column } = self.position(offset);
        Position { line: self.number(line), column }
    }

    fn position(&self, offset: usize) -> Position {
        let Some(counts) = &self.counts else { return self.index.position(offset) };
        let line = self.line_of(offset);
        let span = self.line(line).range();
        let before = |offset: usize| {
            let block = offset / BLOCK;
            let rest = self.bytes.get(block * BLOCK..offset).unwrap_or_default();
            counts.get(block).map_or_else(|| characters(self.bytes), |count| count + characters(rest))
        };
        let mut offset = offset.clamp(span.start, span.end);
        while offset > span.start && self.bytes.get(offset).is_some_and(|b| is_continuation(*b)) {
            offset -= 1;
        }
        Position { line, column: 1 + before(offset) - before(span.start) }
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| !is_continuation(**b)).count()
}
