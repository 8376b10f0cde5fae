//! JSON Lines: a JSON document on each line, as services and tools write streams of any length. What is wrong on one line says
//! nothing of the others.
//!
//! A long stream is taken apart where lines end, and each part is read by itself, so that memory does not grow with it.

use super::MAX_FILE_BYTES;
use super::grammar;
use super::language::Language;
use super::lines::LineIndex;
use super::parse::Parsed;
use super::span::Span;
use super::syntax_error::{Errors, SyntaxError, SyntaxErrorKind as Kind};
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::Path;

/// Lines are gathered until a part has this many bytes.
const PART: usize = 64 * 1024;

/// Whether a file has the name of a stream.
#[must_use]
pub fn is_stream(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(is_ending)
}

/// Whether the names of streams end so, behind a dot.
pub(super) fn is_ending(ending: &str) -> bool {
    ["jsonl", "ndjson"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// What comes before a text that is a part of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// How many lines.
    pub lines: usize,
    /// How many bytes.
    pub bytes: u64,
}

/// Some lines of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Whole lines, 64 KiB of them or a little more. Of a line that is longer than [`MAX_FILE_BYTES`]: a byte more than these.
    pub bytes: Vec<u8>,
    /// Where they stand; `None`: they are the whole stream.
    pub part: Option<Part>,
    /// No more come.
    pub is_last: bool,
}

/// A stream being read.
#[derive(Debug)]
pub struct Stream<R> {
    /// None: it has ended.
    reader: Option<Chain<Cursor<Vec<u8>>, BufReader<R>>>,
    next: Part,
    /// A line that does not go with those before it.
    held: Vec<u8>,
    is_whole: bool,
}

impl<R: Read> Stream<R> {
    /// Reads as far as shows whether the stream is longer than [`MAX_FILE_BYTES`].
    ///
    /// # Errors
    ///
    /// When the reader fails.
    pub fn new(reader: R) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(PART, reader);
        let mut head = Vec::new();
        reader.by_ref().take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut head)?;
        let is_whole = head.len() <= MAX_FILE_BYTES;
        let reader = Some(Cursor::new(head).chain(reader));
        Ok(Self { reader, next: Part::default(), held: Vec::new(), is_whole })
    }

    /// The next lines; `None`: there are no more.
    ///
    /// # Errors
    ///
    /// When the reader fails. Nothing comes after that.
    pub fn lines(&mut self) -> io::Result<Option<Lines>> {
        let Some(mut reader) = self.reader.take() else { return Ok(None) };
        let mut bytes = std::mem::take(&mut self.held);
        let mut skipped = 0;
        if bytes.is_empty() {
            // All of one size, so that the place of one that is done with fits the next.
            bytes.reserve_exact(2 * PART);
            while self.is_whole || bytes.len() < PART {
                let from = bytes.len();
                if reader.by_ref().take(MAX_FILE_BYTES as u64 + 1).read_until(b'\n', &mut bytes)? == 0 {
                    break;
                }
                if bytes.len() - from > MAX_FILE_BYTES {
                    self.held = bytes.split_off(from);
                    break;
                }
            }
            if bytes.is_empty() {
                bytes = std::mem::take(&mut self.held);
            }
        }
        if bytes.len() > MAX_FILE_BYTES && bytes.last() != Some(&b'\n') {
            skipped = reader.skip_until(b'\n')?;
        }
        let part = self.next;
        let ends = LineIndex::new(&bytes).line_count() - 1;
        self.next.lines += ends + usize::from(skipped > 0);
        self.next.bytes += (bytes.len() + skipped) as u64;
        let is_last = self.held.is_empty() && reader.fill_buf()?.is_empty();
        if !is_last {
            self.reader = Some(reader);
        }
        Ok(Some(Lines { bytes, part: (!self.is_whole).then_some(part), is_last }))
    }
}

/// Reads the lines of a stream, or of a part of one. Never fails: what is wrong is in [`Parsed::errors`].
pub(super) fn parse_lines(bytes: &[u8]) -> Parsed {
    let mut out = Parsed { language: Language::JsonLines, ..Parsed::default() };
    if bytes.len() > MAX_FILE_BYTES {
        let is_line = !bytes.iter().take(MAX_FILE_BYTES).any(|b| *b == b'\n');
        let what = if is_line { "line" } else { "file" };
        let message = format!("the {what} is longer than {} KiB and was not read", MAX_FILE_BYTES / 1024);
        out.errors.push(SyntaxError::new(Kind::TooLarge, Span::new(0, 1), message));
        return out;
    }
    let text = text(bytes, &mut out.errors);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if !line.trim_ascii().is_empty() {
            let (documents, errors) =
                grammar::documents(text.get(..end).unwrap_or_default(), start, Errors::default());
            out.errors.extend(errors);
            out.documents.extend(documents);
        }
        start = end;
    }
    out.errors.sort_by_key(|error| (error.span.start, error.span.end));
    out
}

/// The bytes as text of the same length: a question mark stands for each byte that is not UTF-8. One error a line.
fn text<'t>(bytes: &'t [u8], errors: &mut Vec<SyntaxError>) -> Cow<'t, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut out = String::with_capacity(bytes.len());
    let mut told = None;
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        let at = out.len();
        let bad = chunk.invalid();
        out.extend(bad.iter().map(|_| '?'));
        let line = out.rfind('\n').map_or(0, |end| end + 1);
        if !bad.is_empty() && told.replace(line) != Some(line) {
            let message = "the line is not UTF-8";
            errors.push(SyntaxError::new(Kind::InvalidUtf8, Span::new(at, out.len()), message));
        }
    }
    out.into()
}

#[cfg(test)]
mod tests;
