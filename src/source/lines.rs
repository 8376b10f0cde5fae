//! Byte offsets to lines and columns, for showing and for editors. LF, CRLF and a lone CR end a line, as in editors; U+2028
//! does not. Bytes that are not UTF-8 count as the one replacement character they are shown as.

use super::span::Span;

/// A place in a text; both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in the unit that was asked for.
    pub column: usize,
}

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Unicode scalar values: what findings show.
    #[default]
    Scalars,
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what most editors speak.
    Utf16,
}

/// Where the lines of one text begin.
#[derive(Debug, Clone)]
pub struct LineIndex<'t> {
    text: &'t [u8],
    /// Offset of each line's first byte, in rising order.
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    /// Reads the text once.
    #[must_use]
    pub fn new(text: &'t [u8]) -> Self {
        let mut starts = vec![0];
        for (at, byte) in text.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && text.get(at + 1) != Some(&b'\n'));
            if ends {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// The number of lines: one more than there are line ends.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// Line and column (in scalar values) of a byte. An offset inside a character means the character, one inside or beyond a
    /// line end means the end of the line's text.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        self.position_in(offset, Encoding::Scalars)
    }

    /// [`LineIndex::position`] with columns in `encoding`. Takes one look at the line up to the place.
    #[must_use]
    pub fn position_in(&self, offset: usize, encoding: Encoding) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let span = self.line_span(line).unwrap_or_default();
        let length = offset.min(span.end as usize).saturating_sub(span.start as usize);
        // No character is longer than four bytes: enough to see the whole of the one at the place.
        let bytes = self.text.get(span.range()).unwrap_or_default();
        let bytes = bytes.get(..length + 4).unwrap_or(bytes);
        Position { line, column: 1 + units_before(bytes, length, encoding) }
    }

    /// The byte at a place whose column counts units of `encoding`. A place inside a character means the character, one beyond the
    /// end of its line or of the text means that end.
    #[must_use]
    pub fn offset(&self, place: Position, encoding: Encoding) -> usize {
        let Some(span) = self.line_span(place.line.max(1)) else { return self.text.len() };
        let bytes = self.text.get(span.range()).unwrap_or_default();
        span.start as usize + bytes_before(bytes, place.column.saturating_sub(1), encoding)
    }

    /// The bytes of a line (counted from 1) without its line end. None when there is no such line.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Option<Span> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).map_or(self.text.len(), |&next| {
            let crlf = self.text.get(start..next).is_some_and(|l| l.ends_with(b"\r\n"));
            next - if crlf { 2 } else { 1 }
        });
        Some(Span::new(start, end))
    }
}

/// How many units of `encoding` the characters take that end at or before `length`.
fn units_before(bytes: &[u8], length: usize, encoding: Encoding) -> usize {
    walk(bytes, encoding, |at, _| at > length).1
}

/// How many bytes the characters take that end at or before so many units of `encoding`.
fn bytes_before(bytes: &[u8], units: usize, encoding: Encoding) -> usize {
    walk(bytes, encoding, |_, so_far| so_far > units).0
}

/// Bytes and units of the characters before the first whose end is `too_far`.
fn walk(bytes: &[u8], encoding: Encoding, too_far: impl Fn(usize, usize) -> bool) -> (usize, usize) {
    let (mut at, mut units) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        let chars = chunk.valid().chars().map(|c| (c.len_utf8(), c.len_utf16()));
        let invalid = chunk.invalid().len();
        for (length, utf16) in chars.chain((invalid > 0).then_some((invalid, 1))) {
            let more = match encoding {
                Encoding::Scalars => 1,
                Encoding::Utf8 => length,
                Encoding::Utf16 => utf16,
            };
            if too_far(at + length, units + more) {
                return (at, units);
            }
            at += length;
            units += more;
        }
    }
    (at, units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &[u8], offset: usize) -> (usize, usize) {
        let position = LineIndex::new(text).position(offset);
        (position.line, position.column)
    }

    #[test]
    fn lf_crlf_and_cr_end_lines() {
        let text = b"ab\ncd\r\nef\rgh\n";
        assert_eq!([at(text, 0), at(text, 3), at(text, 7), at(text, 10)], [(1, 1), (2, 1), (3, 1), (4, 1)]);
        assert_eq!(at(text, 2), (1, 3), "the line end itself");
        assert_eq!([at(text, 5), at(text, 6)], [(2, 3), (2, 3)], "both bytes of CRLF");
        assert_eq!([at(text, 13), at(text, 99)], [(5, 1), (5, 1)], "the empty last line, and beyond");
        let index = LineIndex::new(text);
        let lines: Vec<&[u8]> = (1..=5).map(|l| &text[index.line_span(l).unwrap().range()]).collect();
        assert_eq!(lines, [&b"ab"[..], b"cd", b"ef", b"gh", b""]);
        assert_eq!((index.line_count(), index.line_span(0), index.line_span(6)), (5, None, None));
        assert_eq!(at(b"", 0), (1, 1));
        assert_eq!(at("a\u{2028}b".as_bytes(), 4), (1, 3), "U+2028 ends no line");
    }

    #[test]
    fn columns_in_each_encoding() {
        let text = "\"é\u{1F600}x\"".as_bytes();
        let index = LineIndex::new(text);
        let column = |offset, encoding| index.position_in(offset, encoding).column;
        let x = text.iter().position(|&b| b == b'x').unwrap();
        assert_eq!(column(x, Encoding::Scalars), 4);
        assert_eq!(column(x, Encoding::Utf16), 5);
        assert_eq!(column(x, Encoding::Utf8), 8);
        for inside in 4..7 {
            assert_eq!(column(inside, Encoding::Scalars), 3, "inside the emoji at byte {inside}");
        }
    }

    #[test]
    fn places_lead_back_to_bytes() {
        let text = "\"é\u{1F600}x\"\r\nb".as_bytes();
        let index = LineIndex::new(text);
        for encoding in [Encoding::Scalars, Encoding::Utf8, Encoding::Utf16] {
            for offset in [0, 1, 3, 7, 8, 9, 11, 12] {
                assert_eq!(
                    index.offset(index.position_in(offset, encoding), encoding),
                    offset,
                    "{encoding:?}"
                );
            }
        }
        let at = |line, column| index.offset(Position { line, column }, Encoding::Utf16);
        assert_eq!(
            [at(1, 4), at(1, 99), at(3, 1), at(2, 7)],
            [3, 9, 12, 12],
            "in the emoji, and beyond the ends"
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_count_as_shown() {
        let text = b"\"\xff\xfe\xe2\x82x";
        assert_eq!(String::from_utf8_lossy(text).chars().count(), 5);
        assert_eq!(at(text, 5), (1, 5));
        assert_eq!(at(text, 6), (1, 6));
    }

    #[test]
    fn columns_agree_with_the_lossy_text() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..2000 {
            let pieces: [&[u8]; 7] =
                [b"a", "é".as_bytes(), "\u{1F600}".as_bytes(), b"\xff", b"\xe2\x82", b"\xf0", b" "];
            let text: Vec<u8> = (0..rng.usize(0..12)).flat_map(|_| pieces[rng.usize(..7)]).copied().collect();
            let end = at(&text, text.len());
            assert_eq!(end, (1, 1 + String::from_utf8_lossy(&text).chars().count()), "{text:?}");
            let columns: Vec<usize> = (0..=text.len()).map(|i| at(&text, i).1).collect();
            assert!(columns.is_sorted(), "{text:?} {columns:?}");
        }
    }
}
