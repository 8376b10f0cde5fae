//! More entries for a list: the objects of a bucket beside the bucket, or the other way round.

use super::{Candidate, Site};
use crate::finding::Edit;
use crate::source::{Node, Span};

/// The entries added to the string or list at the span. `None` when nothing else stands there.
pub(super) fn added(site: &Site<'_>, span: Span, entries: &[String]) -> Option<Candidate> {
    let node = super::remove::at(&site.typed.node, span)?;
    let quoted: Vec<String> = entries.iter().map(|e| format!("`{e}`")).collect();
    Some(Candidate {
        title: format!("add {}", quoted.join(" and ")),
        edits: edits(site, node, entries),
        caution: None,
        bound: None,
    })
}

/// The changes that add entries to a string or list.
pub(super) fn edits(site: &Site<'_>, node: &Node, entries: &[String]) -> Vec<Edit> {
    let places = site.style(None).entries(node, entries);
    places.into_iter().map(|(at, text)| Edit::insert(at, text)).collect()
}
