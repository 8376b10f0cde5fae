//! One value or key in place of another: a misspelt name, an `Effect` in the wrong case, an operator.
//!
//! In JSON it is written as JSON. In the text of a template or a module it takes the place of a word that is written out: such
//! words look alike in all languages, and their quotes stay as they are.

use super::{Candidate, Site};
use crate::finding::Edit;
use crate::source::{Node, Span, Text, node_at};
use serde_json::Value;

/// The value in place of what stands at the span.
pub(super) fn written(site: &Site<'_>, span: Span, value: &Value, sure: bool) -> Candidate {
    let text = site.style(None).value(value);
    let shown = value.as_str().unwrap_or(&text);
    let old = super::remove::at(&site.written.typed.node, span)
        .and_then(Node::text)
        .or_else(|| key(&site.written.typed.node, span));
    candidate(old.map(|old| &*old.value), shown, sure, Edit::new(span, text.clone()))
}

/// The word in place of the one that stands at the span; `None` when either is more than a word.
pub(super) fn literal(bytes: &[u8], span: Span, value: &Value, sure: bool) -> Option<Candidate> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b":-_./*".contains(&b))
            && !word.ends_with(':')
    };
    let new = value.as_str().filter(|new| is_word(new))?;
    let edit = word(bytes, span, new)?;
    let old = std::str::from_utf8(bytes.get(edit.span.range())?).ok()?;
    is_word(old).then(|| candidate(Some(old), new, sure, edit))
}

/// The word in place of the one that stands at the span, whose quotes stay.
pub(super) fn word(bytes: &[u8], span: Span, new: &str) -> Option<Edit> {
    const QUOTES: [char; 3] = ['\\', '"', '\''];
    let text = std::str::from_utf8(bytes.get(span.range())?).ok()?;
    let start = span.range().end - text.trim_start_matches(QUOTES).len();
    let old = text.trim_matches(QUOTES);
    Some(Edit::new(Span::new(start, start + old.len()), new))
}

fn candidate(old: Option<&str>, new: &str, sure: bool, edit: Edit) -> Candidate {
    let title = match old.filter(|old| old.chars().count() <= 60) {
        Some(old) => format!("write `{new}` in place of `{old}`"),
        None => format!("write `{new}`"),
    };
    Candidate {
        title,
        caution: (!sure).then(|| format!("it guesses that `{new}` is meant")),
        edits: vec![edit],
        bound: None,
    }
}

/// The key that stands at the span.
fn key(node: &Node, span: Span) -> Option<&Text> {
    let (_, keys, is_key) = node_at(node, span);
    keys.last().copied().filter(|key| is_key && key.span == span)
}
