//! The ways in which a template's conditions can turn out, as far as a policy depends on them.

use super::functions::{World, function};
use crate::source::tree::{Node, Value};
use std::collections::BTreeSet;

/// With more conditions than this in one policy, only these many are taken apart; the others are taken to be true.
pub(super) const MOST: usize = 6;

/// Each way that the conditions named below a node can turn out; one way if there are none.
pub(super) fn worlds(node: Option<&Node>) -> Vec<World> {
    let mut names = node.map(conditions).unwrap_or_default();
    names.truncate(MOST);
    (0..1_u32 << names.len())
        .map(|bits| {
            let choice = |(at, name): (usize, &&str)| ((*name).to_owned(), bits >> at & 1 == 0);
            World(names.iter().enumerate().map(choice).collect())
        })
        .collect()
}

/// The conditions that a value depends on, in the order of their names.
pub(super) fn conditions(node: &Node) -> Vec<&str> {
    let mut names = BTreeSet::new();
    collect(node, &mut names);
    names.into_iter().collect()
}

fn collect<'n>(node: &'n Node, names: &mut BTreeSet<&'n str>) {
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => {
            if let Some(("Fn::If", value)) = function(node) {
                names.extend(value.array().and_then(|a| a.first()?.text()?.known()));
            }
            for member in members {
                collect(&member.value, names);
            }
        }
        _ => {}
    }
}
