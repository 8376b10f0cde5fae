//! A member or an entry of a list left out, with its comma; bytes left out.

use super::{Candidate, Site};
use crate::finding::Edit;
use crate::source::{Node, Span, node_at};

/// Without the bytes at the span.
pub(super) fn erased(text: &[u8], span: Span) -> Candidate {
    let shown = text.get(span.range()).and_then(|b| std::str::from_utf8(b).ok());
    let title = match shown {
        Some(",") => "remove this comma".to_owned(),
        _ => "remove this".to_owned(),
    };
    Candidate { title, edits: vec![Edit::new(span, "")], caution: None, bound: None }
}

/// Without the member whose value, or the entry that, stands at the span. `None` when it is the only one of a list.
pub(super) fn removed(site: &Site<'_>, span: Span) -> Option<Candidate> {
    let (owner, siblings, number) = family(&site.written.typed.node, span)?;
    let own = siblings.get(number)?;
    if siblings.len() == 1 {
        // An object with nothing in it goes with its last member.
        return if owner.array().is_some() { None } else { removed(site, owner.span) };
    }
    // From the end of what stands before it, or up to what stands after.
    let cut = match (number.checked_sub(1).and_then(|n| siblings.get(n)), siblings.get(number + 1)) {
        (Some(before), _) => Span { start: before.end, end: own.end },
        (None, Some(after)) => Span { start: own.start, end: after.start },
        (None, None) => return None,
    };
    Some(Candidate {
        title: "leave this out".to_owned(),
        edits: vec![Edit::new(cut, "")],
        caution: None,
        bound: None,
    })
}

/// The object or list in which a value stands, the spans of its members or entries, and which of them it is.
fn family(node: &Node, span: Span) -> Option<(&Node, Vec<Span>, usize)> {
    if let Some(list) = node.array() {
        if let Some(number) = list.iter().position(|entry| entry.span == span) {
            return Some((node, list.iter().map(|entry| entry.span).collect(), number));
        }
        return list.iter().find(|entry| entry.span.covers(span)).and_then(|entry| family(entry, span));
    }
    let members = node.object()?;
    if let Some(number) = members.iter().position(|m| m.value.span == span || m.span() == span) {
        return Some((node, members.iter().map(crate::source::Member::span).collect(), number));
    }
    members.iter().find(|m| m.value.span.covers(span)).and_then(|m| family(&m.value, span))
}

/// The value that stands at the span.
pub(super) fn at(node: &Node, span: Span) -> Option<&Node> {
    let (found, _, is_key) = node_at(node, span);
    (!is_key && found.span == span).then_some(found)
}
