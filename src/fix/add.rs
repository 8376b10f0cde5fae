//! More entries for a list: the objects of a bucket beside the bucket, or the other way round.

use super::{Candidate, Site};
use crate::finding::Edit;
use crate::source::{Node, Span};

/// The entries added to the string or list at the span. `None` when nothing else stands there.
pub(super) fn added(site: &Site<'_>, span: Span, entries: &[String]) -> Option<Candidate> {
    let node = super::remove::at(&site.written.typed.node, span)?;
    Some(Candidate {
        title: format!("add {}", listed(site, entries)),
        edits: edits(site, node, entries)?,
        caution: None,
        bound: None,
    })
}

/// The changes that add entries to a string or list.
pub(super) fn edits(site: &Site<'_>, node: &Node, entries: &[String]) -> Option<Vec<Edit>> {
    let places = site.style(None).entries(node, entries)?;
    Some(places.into_iter().map(|(span, text)| Edit::new(span, text)).collect())
}

/// The entries in words.
pub(super) fn listed(site: &Site<'_>, entries: &[String]) -> String {
    let quoted = entries.iter().map(|entry| format!("`{}`", site.written.references.spelled(entry).0));
    quoted.collect::<Vec<_>>().join(" and ")
}
