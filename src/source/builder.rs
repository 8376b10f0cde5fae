//! Building a text out of parts of others, each of whose bytes knows where it came from.

use super::lexer::pair;
use super::span::Span;
use super::tree::{Hole, Symbol, Text};
use std::sync::Arc;

/// A text in the making.
#[derive(Debug, Default)]
pub(super) struct Builder {
    value: String,
    map: Vec<(u32, u32)>,
    holes: Vec<Hole>,
}

impl Builder {
    /// Adds the bytes `from..to` of a text, with its symbols there.
    pub(super) fn part(&mut self, text: &Text, from: usize, to: usize) {
        let base = self.value.len();
        self.map.push(pair(base, text.file_offset(from)));
        for &(decoded, file) in text.map.iter().filter(|(d, _)| from < *d as usize && *d as usize <= to) {
            self.map.push(pair(base + decoded as usize - from, file as usize));
        }
        for hole in text.holes.iter().filter(|hole| (from..=to).contains(&(hole.at as usize))) {
            let at = u32::try_from(base + hole.at as usize - from).unwrap_or(u32::MAX);
            self.holes.push(Hole { at, symbol: Arc::clone(&hole.symbol) });
        }
        self.value.push_str(text.value.get(from..to).unwrap_or_default());
    }

    /// Adds a whole text.
    pub(super) fn text(&mut self, text: &Text) {
        self.part(text, 0, text.value.len());
    }

    /// Adds a text from elsewhere, for a reference at a place.
    pub(super) fn foreign(&mut self, text: &Text, place: Span) {
        let base = self.value.len();
        self.literal(&text.value, place);
        for hole in &text.holes {
            let at = u32::try_from(base + hole.at as usize).unwrap_or(u32::MAX);
            self.holes.push(Hole { at, symbol: Arc::clone(&hole.symbol) });
        }
    }

    /// Adds what stands for a reference at a place.
    pub(super) fn literal(&mut self, value: &str, place: Span) {
        self.map.push(pair(self.value.len(), place.start as usize));
        self.value.push_str(value);
        self.map.push(pair(self.value.len(), place.end as usize));
    }

    /// Adds a value that is known only at deploy time.
    pub(super) fn symbol(&mut self, name: &str) {
        let at = u32::try_from(self.value.len()).unwrap_or(u32::MAX);
        let symbol = Symbol { name: name.into(), prefix: "".into(), suffix: "".into() };
        self.holes.push(Hole { at, symbol: Arc::new(symbol) });
    }

    /// The text, which stands at a place.
    pub(super) fn finish(mut self, span: Span) -> Text {
        if self.map.first().is_none_or(|(decoded, _)| *decoded > 0) {
            self.map.insert(0, pair(0, span.start as usize));
        }
        // Of several at one place the last counts.
        let mut map: Vec<(u32, u32)> = Vec::with_capacity(self.map.len());
        for pair in self.map {
            match map.last_mut() {
                Some(last) if last.0 == pair.0 => *last = pair,
                _ => map.push(pair),
            }
        }
        Text { value: self.value.into(), span, map: map.into(), holes: self.holes.into() }
    }
}
