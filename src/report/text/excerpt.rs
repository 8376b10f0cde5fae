//! Cuts the lines that labels point at out of a file, in a form that a renderer can show as it is: no line longer than
//! a window, tabs as spaces, no character that a terminal would act on. Labels are moved along.
//!
//! The cut is new text rather than a view of the file, because miette prints whole lines, fails on a label beyond
//! column 65,535 and passes control characters through.

use super::super::places::Places;
use super::super::plain::substitute;
use std::ops::Range;

/// A line wider than this many columns is shown in part.
const WIDEST: usize = 240;
/// How far labels may lie apart to be shown in one part of a long line, in bytes.
const CLUSTER: usize = 140;
/// How much of a long line is shown before and after its labels, in bytes.
const MARGIN: usize = 30;
/// Tabs end at multiples of this.
const TAB: usize = 4;

/// A label, by the bytes of the file. Never longer than its first line.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) range: Range<usize>,
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) primary: bool,
}

impl Mark {
    /// Cuts `range` to the file and to its first line, without the white space at that line's end.
    pub(super) fn new(range: Range<usize>, message: String, primary: bool, places: &Places<'_>) -> Self {
        let start = range.start.min(places.bytes.len());
        let line = places.line_of(start);
        let text = places.line(line).range();
        let mut end = range.end.clamp(start, text.end.max(start));
        if range.end > text.end {
            let shown = places.bytes.get(start..end).unwrap_or_default();
            end = start + shown.trim_ascii_end().len();
        }
        Self { range: start..end, line, message, primary }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let end = |range: &Range<usize>| range.end.max(range.start + 1);
        self.line == other.line
            && self.range.start < end(&other.range)
            && other.range.start < end(&self.range)
    }
}

/// Some lines, or a part of one, with the labels on them.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The lines, each with its `\n`.
    pub(super) text: String,
    /// The first line's number, from 1.
    pub(super) first_line: usize,
    /// The labels; their ranges are in `text`.
    pub(super) marks: Vec<Mark>,
    /// The first byte in the file of the label that the excerpt is about.
    pub(super) about: usize,
    /// Pairs of offsets in the file and in `text`, for each character.
    offsets: Vec<(usize, usize)>,
}

/// Cuts as many excerpts as the labels need, in the order of the file; the one with the primary label first.
pub(super) fn excerpts(mut marks: Vec<Mark>, places: &Places<'_>) -> Vec<Excerpt> {
    marks.sort_by_key(|m| (m.range.start, m.range.end));
    let mut groups: Vec<Vec<Mark>> = Vec::new();
    for mark in marks {
        match groups.last_mut() {
            Some(group) if belongs(group, &mark, places) => group.push(mark),
            _ => groups.push(vec![mark]),
        }
    }
    let mut excerpts: Vec<Excerpt> = groups.into_iter().map(|group| Excerpt::new(group, places)).collect();
    excerpts.sort_by_key(|e| !e.marks.iter().any(|m| m.primary));
    excerpts
}

fn belongs(group: &[Mark], mark: &Mark, places: &Places<'_>) -> bool {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return false };
    match (is_long(last.line, places), is_long(mark.line, places)) {
        (false, false) => mark.line - last.line <= 3,
        (true, true) => mark.line == last.line && mark.range.end - first.range.start <= CLUSTER,
        _ => false,
    }
}

fn is_long(line: usize, places: &Places<'_>) -> bool {
    let bytes = places.bytes.get(places.line(line).range()).unwrap_or_default();
    bytes.len() > WIDEST || bytes.len() + (TAB - 1) * bytes.iter().filter(|b| **b == b'\t').count() > WIDEST
}

impl Excerpt {
    fn new(marks: Vec<Mark>, places: &Places<'_>) -> Self {
        let (first, last) = match (marks.first(), marks.last()) {
            (Some(first), Some(last)) => (first.clone(), last.clone()),
            _ => (Mark::new(0..0, String::new(), true, places), Mark::new(0..0, String::new(), true, places)),
        };
        let about = marks.iter().find(|m| m.primary).unwrap_or(&first).range.start;
        let mut excerpt = Self {
            text: String::new(),
            first_line: first.line,
            marks: Vec::new(),
            about,
            offsets: Vec::new(),
        };
        if is_long(first.line, places) {
            let end = marks.iter().map(|m| m.range.end).max().unwrap_or_default();
            let end = end.min(first.range.start + CLUSTER);
            excerpt.add_part(first.line, first.range.start.saturating_sub(MARGIN)..end + MARGIN, places);
        } else {
            excerpt.first_line = first.line.saturating_sub(1).max(1);
            for line in excerpt.first_line..=(last.line + 1).min(places.line_count()) {
                let start = places.line(line).start as usize;
                let end = if is_long(line, places) { start + CLUSTER } else { usize::MAX };
                let is_context = line < first.line || line > last.line;
                if is_context && line == places.line_count() && places.line(line).is_empty() {
                    continue; // what stands after the last line end is no line
                }
                excerpt.add_part(line, start..end, places);
            }
        }
        excerpt.first_line = places.number(excerpt.first_line);
        excerpt.marks = marks
            .into_iter()
            .map(|mark| Mark {
                range: excerpt.moved(mark.range.start)..excerpt.moved(mark.range.end),
                ..mark
            })
            .collect();
        excerpt
    }

    /// The offset in the excerpt of a byte of the file.
    fn moved(&self, offset: usize) -> usize {
        let after = self.offsets.partition_point(|&(file, _)| file <= offset);
        self.offsets.get(after.saturating_sub(1)).map_or(0, |&(_, here)| here)
    }

    fn add_part(&mut self, line: usize, part: Range<usize>, places: &Places<'_>) {
        let whole = places.line(line).range();
        let start = boundary(places.bytes, part.start.max(whole.start), whole.start);
        let end = boundary(places.bytes, part.end.min(whole.end), start);
        if start > whole.start {
            self.text.push('…');
        }
        let (mut at, mut column) = (start, 0);
        for chunk in places.bytes.get(start..end).unwrap_or_default().utf8_chunks() {
            for c in chunk.valid().chars() {
                self.offsets.push((at, self.text.len()));
                if c == '\t' && !(start > whole.start || end < whole.end) {
                    let width = TAB - column % TAB;
                    self.text.extend(std::iter::repeat_n(' ', width));
                    column += width;
                } else {
                    self.text.push(if c == '\t' { ' ' } else { substitute(c).unwrap_or(c) });
                    column += 1;
                }
                at += c.len_utf8();
            }
            if !chunk.invalid().is_empty() {
                self.offsets.push((at, self.text.len()));
                self.text.push(char::REPLACEMENT_CHARACTER);
                at += chunk.invalid().len();
            }
        }
        self.offsets.push((at, self.text.len()));
        if end < whole.end {
            self.text.push('…');
        }
        self.text.push('\n');
    }
}

/// The nearest character boundary at or before `offset`, not before `least`.
fn boundary(bytes: &[u8], mut offset: usize, least: usize) -> usize {
    while offset > least && bytes.get(offset).is_some_and(|b| b & 0xc0 == 0x80) {
        offset -= 1;
    }
    offset
}
