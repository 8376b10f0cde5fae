//! `policy-duplicate-key`: a key that stands twice in one object. JSON readers keep one of the two and say nothing;
//! AWS refuses the document (fact sheet A5).

use super::Problem;
use super::words::quote;
use crate::source::{Member, Node, Value};
use std::collections::HashMap;

const RULE: &str = "policy-duplicate-key";
/// Up to this many members each is compared with each: faster than a table.
const FEW: usize = 12;

/// Looks at every object of the policy.
pub fn check(node: &Node, out: &mut Vec<Problem>) {
    walk(node, None, out);
}

/// `above`: how many levels below a `Condition` element's value this object stands.
fn walk(node: &Node, above: Option<u8>, out: &mut Vec<Problem>) {
    match &node.value {
        Value::Object(members) => {
            // Condition keys (one level below `Condition`'s value) are the same in any letter case.
            let ignore_case = above == Some(1);
            repeated(members, ignore_case, out);
            for member in members {
                let below = match above {
                    Some(level) => Some(level + 1).filter(|l| *l < 3),
                    None => (&*member.key.value == "Condition").then_some(0),
                };
                walk(&member.value, below, out);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|e| walk(e, above, out)),
        _ => {}
    }
}

fn repeated(members: &[Member], ignore_case: bool, out: &mut Vec<Problem>) {
    if members.len() <= FEW {
        for (i, member) in members.iter().enumerate() {
            let same = |m: &&Member| {
                let (a, b) = (&m.key.value, &member.key.value);
                (a == b || ignore_case && a.eq_ignore_ascii_case(b)) && m.key.holes == member.key.holes
            };
            if let Some(first) = members.iter().take(i).find(same) {
                report(first, member, out);
            }
        }
        return;
    }
    let mut seen: HashMap<String, &Member> = HashMap::with_capacity(members.len());
    for member in members {
        if !member.key.holes.is_empty() {
            continue;
        }
        let name =
            if ignore_case { member.key.value.to_ascii_lowercase() } else { member.key.value.to_string() };
        match seen.get(&name) {
            Some(first) => report(first, member, out),
            None => {
                seen.insert(name, member);
            }
        }
    }
}

fn report(first: &Member, again: &Member, out: &mut Vec<Problem>) {
    let name = quote(&again.key.value);
    let message = if first.key.value == again.key.value {
        format!("the key {name} stands twice in one object")
    } else {
        format!("the key {name} is the same as {}: letter case does not count", quote(&first.key.value))
    };
    out.push(
        Problem::new(RULE, again.key.span, message).label("again here").related(first.key.span, "first here"),
    );
}
