//! The ways in which a template's conditions can turn out, as far as a policy depends on them.

use super::functions::{World, function};
use crate::source::tree::{Node, Value};
use std::collections::BTreeSet;

/// With more conditions than this in one policy, only these many are taken apart; the others are taken to be true.
const MOST: usize = 6;

/// Each way that the conditions named below a node can turn out; one way if there are none.
pub(super) fn worlds(node: Option<&Node>) -> Vec<World> {
    let mut names = BTreeSet::new();
    if let Some(node) = node {
        conditions(node, &mut names);
    }
    let names: Vec<&str> = names.into_iter().take(MOST).collect();
    (0..1_u32 << names.len())
        .map(|bits| {
            let choice = |(at, name): (usize, &&str)| ((*name).to_owned(), bits >> at & 1 == 0);
            World(names.iter().enumerate().map(choice).collect())
        })
        .collect()
}

fn conditions<'n>(node: &'n Node, names: &mut BTreeSet<&'n str>) {
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| conditions(item, names)),
        Value::Object(members) => {
            if let Some(("Fn::If", value)) = function(node) {
                names.extend(value.array().and_then(|a| a.first()?.text()?.known()));
            }
            members.iter().for_each(|member| conditions(&member.value, names));
        }
        _ => {}
    }
}
