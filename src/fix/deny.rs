//! The Deny that a rule asks for: an existing Deny completed or corrected where that is enough, or a statement added.

use super::{Candidate, Site, add, write};
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
    let Some(deny) = Deny::of(rule, site.written.example(), given) else { return Vec::new() };
    if !deny.elements.values().all(|value| site.written.references.can_write(value)) {
        return Vec::new();
    }
    let bound = site.written.general(&deny.document);
    let candidate = |title: String, edits: Vec<Edit>| Candidate {
        title,
        edits,
        caution: None,
        bound: Some(bound.clone()),
    };
    let wanted: Vec<String> = match deny.elements.get("Resource") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut out = Vec::new();
    let trees = statements(&site.written.typed.node);
    let denies = site.written.typed.policy.statements.iter().zip(&trees);
    for (statement, tree) in denies.filter(|(s, _)| s.effect == Some(Effect::Deny)).take(MAX_DENIES) {
        let name = statement.name();
        let operators = operators(site, tree);
        let missing = missing(tree, &wanted);
        let title = format!("write `BoolIfExists` for `Bool` in {name}");
        if !operators.is_empty() {
            out.push(candidate(title.clone(), operators.clone()));
        }
        if let Some((node, missing)) = missing {
            let Some(edits) = add::edits(site, node, &missing) else { continue };
            let add = format!("add {} to the Deny of {name}", add::listed(site, &missing));
            out.push(candidate(add.clone(), edits.clone()));
            if !operators.is_empty() {
                out.push(candidate(format!("{title}, and {add}"), [operators, edits].concat()));
            }
        }
    }
    let caution = || (!deny.assumed.is_empty()).then(|| assumption(site, &deny.assumed));
    out.extend(appended(site, rule, &deny).into_iter().map(|edits| Candidate {
        caution: caution(),
        ..candidate("add a Deny statement".to_owned(), edits)
    }));
    out
}

fn assumption(site: &Site<'_>, ids: &[String]) -> String {
    let told: Vec<(String, bool)> = ids.iter().map(|id| site.written.references.spelled(id)).collect();
    let listed: Vec<String> = told.iter().map(|(id, _)| format!("`{id}`")).collect();
    // What a reference stands for cannot be said there.
    let how = if told.iter().any(|(_, refers)| *refers) {
        ""
    } else {
        ": say so in `ringfence.toml` under `[trusted]`"
    };
    format!("it takes {} to be yours{how}", listed.join(", "))
}

/// `BoolIfExists` for each `Bool` of a statement.
fn operators(site: &Site<'_>, statement: &Node) -> Vec<Edit> {
    let blocks = statement.get("Condition").and_then(Node::object).unwrap_or_default().iter();
    let plain = blocks.filter(|block| block.key.known() == Some("Bool"));
    plain.filter_map(|block| write::word(site.text, block.key.span, "BoolIfExists")).collect()
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
    let list = site.written.typed.node.get("Statement")?;
    let neighbour = list.one_or_many().last()?;
    let mut elements = deny.elements.clone();
    if let Some(sid) = sid(site, rule) {
        elements.insert("Sid".to_owned(), sid.into());
    }
    let places = site.style(Some(neighbour)).appended(&elements, list, neighbour)?;
    Some(places.into_iter().map(|(span, text)| Edit::new(span, text)).collect())
}

/// A name for the new statement where all others have one: the rule's id in the form of a `Sid`.
fn sid(site: &Site<'_>, rule: &Rule) -> Option<String> {
    let sids: Option<Vec<&str>> =
        site.written.typed.policy.statements.iter().map(|s| s.sid.as_ref().and_then(Text::known)).collect();
    let sids = sids?;
    let words = rule.id.split('-').filter_map(|word| word.split_at_checked(1));
    let name: String = words.map(|(first, rest)| first.to_uppercase() + rest).collect();
    let mut names = std::iter::once(name.clone()).chain((2..=99).map(|number| format!("{name}{number}")));
    names.find(|name| !sids.contains(&name.as_str()))
}
