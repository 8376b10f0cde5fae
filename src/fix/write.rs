//! One value or key in place of another: a misspelt name, an `Effect` in the wrong case, an operator.

use super::{Candidate, Site};
use crate::finding::Edit;
use crate::source::{Node, Span, Text, node_at};
use serde_json::Value;

/// The value in place of what stands at the span.
pub(super) fn written(site: &Site<'_>, span: Span, value: &Value, sure: bool) -> Candidate {
    let text = site.style(None).value(value);
    let shown = value.as_str().unwrap_or(&text);
    let old = super::remove::at(&site.typed.node, span)
        .and_then(Node::text)
        .or_else(|| key(&site.typed.node, span));
    let title = match old.filter(|old| old.value.chars().count() <= 60) {
        Some(old) => format!("write `{shown}` in place of `{}`", old.value),
        None => format!("write `{shown}`"),
    };
    Candidate {
        title,
        caution: (!sure).then(|| format!("it guesses that `{shown}` is meant")),
        edits: vec![Edit::new(span, text)],
        bound: None,
    }
}

/// The key that stands at the span.
fn key(node: &Node, span: Span) -> Option<&Text> {
    let (_, keys, is_key) = node_at(node, span);
    keys.last().copied().filter(|key| is_key && key.span == span)
}
