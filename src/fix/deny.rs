//! The Deny that a rule asks for: an existing Deny completed or corrected where that is enough, or a statement added.

use super::{Candidate, Site, add};
use crate::finding::Edit;
use crate::policy::{Effect, statements};
use crate::rules::decide::Given;
use crate::rules::{Deny, Rule};
use crate::source::{Node, Text};
use serde_json::Value;

/// So many of a policy's Denies are looked at.
const MAX_DENIES: usize = 8;

/// The changes that may make the policy deny what the rule asks for, the smallest first.
pub(super) fn denied(site: &Site<'_>, rule: &Rule, given: Given<'_>) -> Vec<Candidate> {
    let Some(deny) = Deny::of(rule, &site.typed.policy, given) else { return Vec::new() };
    let candidate = |title: String, edits: Vec<Edit>| Candidate {
        title,
        edits,
        caution: None,
        bound: Some(deny.policy.clone()),
    };
    let wanted: Vec<String> = match deny.elements.get("Resource") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut out = Vec::new();
    let trees = statements(&site.typed.node);
    let denies = site.typed.policy.statements.iter().zip(&trees);
    for (statement, tree) in denies.filter(|(s, _)| s.effect == Some(Effect::Deny)).take(MAX_DENIES) {
        let name = statement.name();
        let operators = operators(tree);
        let missing = missing(tree, &wanted);
        let title = format!("write `BoolIfExists` for `Bool` in {name}");
        if !operators.is_empty() {
            out.push(candidate(title.clone(), operators.clone()));
        }
        if let Some((node, missing)) = missing {
            let quoted: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
            let add = format!("add {} to the Deny of {name}", quoted.join(" and "));
            let edits = add::edits(site, node, &missing);
            out.push(candidate(add.clone(), edits.clone()));
            if !operators.is_empty() {
                out.push(candidate(format!("{title}, and {add}"), [operators, edits].concat()));
            }
        }
    }
    out.extend(appended(site, rule, &deny).map(|edits| Candidate {
        caution: (!deny.assumed.is_empty()).then(|| assumption(&deny.assumed)),
        ..candidate("add a Deny statement".to_owned(), edits)
    }));
    out
}

fn assumption(ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    format!("it takes {} to be yours: say so in `ringfence.toml` under `[trusted]`", ids.join(", "))
}

/// `BoolIfExists` for each `Bool` of a statement.
fn operators(statement: &Node) -> Vec<Edit> {
    let blocks = statement.get("Condition").and_then(Node::object).unwrap_or_default().iter();
    let plain = blocks.filter(|block| block.key.known() == Some("Bool"));
    plain.map(|block| Edit::new(block.key.span, "\"BoolIfExists\"")).collect()
}

/// The resources that the statement does not name, and where they belong.
fn missing<'t>(statement: &'t Node, wanted: &[String]) -> Option<(&'t Node, Vec<String>)> {
    let node = statement.get("Resource")?;
    let named: Vec<&str> = node.one_or_many().iter().filter_map(Node::text).filter_map(Text::known).collect();
    let missing: Vec<String> = wanted.iter().filter(|w| !named.contains(&w.as_str())).cloned().collect();
    (!missing.is_empty() && !named.is_empty()).then_some((node, missing))
}

/// The Deny as the last statement. `None` when there is no statement to put it after.
fn appended(site: &Site<'_>, rule: &Rule, deny: &Deny) -> Option<Vec<Edit>> {
    let list = site.typed.node.get("Statement")?;
    let neighbour = list.one_or_many().last()?;
    let style = site.style(Some(neighbour));
    let mut elements = deny.elements.clone();
    if let Some(sid) = sid(site, rule) {
        elements.insert("Sid".to_owned(), sid.into());
    }
    let statement = style.statement(&elements, neighbour);
    Some(match list.array() {
        Some(statements) => {
            vec![Edit::insert(neighbour.span.end, format!("{}{statement}", style.separator(statements)))]
        }
        None => {
            vec![Edit::insert(list.span.start, "["), Edit::insert(list.span.end, format!(", {statement}]"))]
        }
    })
}

/// A name for the new statement where all others have one: the rule's id in the form of a `Sid`.
fn sid(site: &Site<'_>, rule: &Rule) -> Option<String> {
    let sids: Option<Vec<&str>> =
        site.typed.policy.statements.iter().map(|s| s.sid.as_ref().and_then(Text::known)).collect();
    let sids = sids?;
    let words = rule.id.split('-').filter_map(|word| word.split_at_checked(1));
    let name: String = words.map(|(first, rest)| first.to_uppercase() + rest).collect();
    let mut names = std::iter::once(name.clone()).chain((2..=99).map(|number| format!("{name}{number}")));
    names.find(|name| !sids.contains(&name.as_str()))
}
