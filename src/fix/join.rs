//! Two documents in a row become one: the statements of the second go to the end of the first one's list.

use super::Candidate;
use crate::finding::Edit;
use crate::notation::{Notation, References, Style};
use crate::source::{Node, Span};

/// The document that begins at the span put into the one before it. `None` when either is no plain policy, or the second says
/// something that the first does not.
pub(super) fn joined(text: &[u8], documents: &[Node], span: Span) -> Option<Candidate> {
    let number = documents.iter().position(|d| d.span.start == span.start)?;
    let (first, second) = (documents.get(number.checked_sub(1)?)?, documents.get(number)?);
    let version = |document: &Node| document.get("Version").and_then(Node::text).map(|t| t.value.clone());
    let plain = |m: &crate::source::Member| matches!(&*m.key.value, "Version" | "Statement");
    if !second.object()?.iter().all(plain) || version(first) != version(second) {
        return None;
    }
    let (into, from) = (first.get("Statement")?, second.get("Statement")?);
    let moved = from.one_or_many();
    let whole = moved.first()?.span.to(moved.last()?.span);
    let moved = std::str::from_utf8(text.get(whole.range())?).ok()?;
    let last = into.one_or_many().last()?;
    let references = References::default();
    let style = Style::of(text, first, last, Notation::json(0), &references);
    let mut edits = Vec::new();
    if let Some(list) = into.array() {
        edits.push(Edit::insert(last.span.end, format!("{}{moved}", style.separator(list))));
    } else {
        edits.push(Edit::insert(into.span.start, "["));
        edits.push(Edit::insert(into.span.end, format!(", {moved}]")));
    }
    edits.push(Edit::new(Span { start: first.span.end, end: second.span.end }, ""));
    Some(Candidate {
        title: "put the statements of both documents into one".to_owned(),
        edits,
        caution: None,
        bound: None,
    })
}
