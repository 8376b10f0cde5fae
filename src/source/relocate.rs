//! Moves what was parsed out of a string to its places in the file: the spans go through the string's escapes, the maps of the
//! inner strings are composed with the outer one, and the outer string's symbols find the inner strings they stand in.

use super::lexer::pair;
use super::parse::Parsed;
use super::span::Span;
use super::syntax_error::{SyntaxError, SyntaxErrorKind as Kind};
use super::tree::{Hole, Node, Text, Value};

/// Turns offsets into `outer.value` into offsets into the file.
pub(super) fn relocate(parsed: &mut Parsed, outer: &Text) {
    let mut mover = Mover { outer, next_hole: 0, errors: Vec::new() };
    for document in &mut parsed.documents {
        mover.node(document);
    }
    mover.holes_before(usize::MAX);
    for error in &mut parsed.errors {
        error.span = mover.span(error.span);
        if let Some((span, _)) = &mut error.related {
            *span = mover.span(*span);
        }
    }
    parsed.errors.append(&mut mover.errors);
}

struct Mover<'t> {
    outer: &'t Text,
    /// The first symbol of `outer` that no string took so far.
    next_hole: usize,
    errors: Vec<SyntaxError>,
}

impl Mover<'_> {
    fn span(&self, span: Span) -> Span {
        self.outer.at(span.start as usize, span.end as usize)
    }

    fn node(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::String(text) => self.text(text),
            Value::Array(elements) => elements.iter_mut().for_each(|e| self.node(e)),
            Value::Object(members) => {
                for member in members {
                    self.text(&mut member.key);
                    self.node(&mut member.value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        node.span = self.span(node.span);
    }

    fn text(&mut self, text: &mut Text) {
        let start = text.file_offset(0);
        let end = text.file_offset(text.value.len());
        self.holes_before(start);
        self.take_holes(text, end);
        text.map = self.compose(text);
        text.span = self.span(text.span);
    }

    /// The symbols that stand up to `end` belong to `text`.
    fn take_holes(&mut self, text: &mut Text, end: usize) {
        let mut taken = Vec::new();
        while let Some(hole) = self.outer.holes.get(self.next_hole).filter(|h| h.at as usize <= end) {
            let at = decoded_offset(text, hole.at as usize);
            taken.push(Hole { at: u32::try_from(at).unwrap_or(u32::MAX), symbol: hole.symbol.clone() });
            self.next_hole += 1;
        }
        text.holes = taken.into();
    }

    /// Reports the symbols before `end` that stand in no string.
    fn holes_before(&mut self, end: usize) {
        while let Some(hole) = self.outer.holes.get(self.next_hole).filter(|h| (h.at as usize) < end) {
            let at = self.outer.file_offset(hole.at as usize);
            let message = format!(
                "the reference `{}` stands outside of a string of the embedded JSON",
                hole.symbol.name
            );
            self.errors.push(
                SyntaxError::new(Kind::ReferenceOutsideString, Span::new(at, at + 1), message)
                    .help("put it in double quotes"),
            );
            self.next_hole += 1;
        }
    }

    /// The way from `text`'s bytes to the file, in the form of [`Text::map`].
    fn compose(&self, text: &Text) -> Box<[(u32, u32)]> {
        let own = [pair(0, text.span.start as usize + 1)];
        let runs = if text.map.is_empty() { &own[..] } else { &text.map };
        let mut map: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
        for (i, &(decoded, middle)) in runs.iter().enumerate() {
            let next = runs.get(i + 1).map_or(text.value.len() + 1, |&(next, _)| next as usize);
            let length = next.saturating_sub(decoded as usize);
            let (middle, decoded) = (middle as usize, decoded as usize);
            map.push(pair(decoded, self.outer.file_offset(middle)));
            let first = self.outer.map.partition_point(|&(at, _)| at as usize <= middle);
            let inside =
                self.outer.map.iter().skip(first).take_while(|&&(at, _)| (at as usize) < middle + length);
            map.extend(inside.map(|&(at, file)| pair(decoded + at as usize - middle, file as usize)));
        }
        map.into()
    }
}

/// Where in `text.value` the byte stands that the text was decoded from: the inverse of [`Text::file_offset`].
fn decoded_offset(text: &Text, offset: usize) -> usize {
    let content = text.span.start as usize + 1;
    let after = text.map.partition_point(|&(_, file)| file as usize <= offset);
    let decoded = match after.checked_sub(1).and_then(|i| text.map.get(i)) {
        Some(&(decoded, file)) => decoded as usize + (offset - file as usize),
        None => offset.saturating_sub(content),
    };
    decoded.min(text.value.len())
}
