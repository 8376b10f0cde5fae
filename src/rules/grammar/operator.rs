//! `policy-unknown-operator` and `policy-set-operator`.

use super::view::{Clause, View};
use super::words::{quote, suggestion};
use super::{Problem, pattern};
use crate::aws::Presence;
use crate::policy::operator::Class;
use crate::policy::{Effect, Operator, Quantifier};

const SET: &str = "policy-set-operator";

/// Runs the checks.
pub fn check(view: &View, out: &mut Vec<Problem>) {
    for block in view.condition.and_then(|c| c.object()).unwrap_or_default() {
        let Some(name) = block.key.known() else { continue };
        if Operator::parse(name).is_some() || pattern::has_variable(name) {
            continue;
        }
        let bare = name.rsplit(':').next().unwrap_or(name);
        if bare == "NullIfExists" {
            let message = "`NullIfExists` does not exist: `Null` itself asks whether the key is there";
            out.push(Problem::new(SET, block.key.span, message).write(block.key.span, "Null", true));
            continue;
        }
        let found = Problem::new(
            "policy-unknown-operator",
            block.key.span,
            format!("{} is no condition operator", quote(name)),
        );
        out.push(match suggestion(name, out.len(), Operator::nearest) {
            Some(operator) => {
                let operator = operator.to_string();
                let sure = letters(name).eq(letters(&operator));
                found.write(block.key.span, operator, sure)
            }
            None => found,
        });
    }
    for clause in &view.clauses {
        if let Some(problem) = set_operator(clause, view.effect) {
            out.push(problem);
        }
    }
}

/// What tells a misspelt name from one in another case, or without its colon.
fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

fn set_operator(clause: &Clause, effect: Option<Effect>) -> Option<Problem> {
    let fact = clause.fact?;
    let operator = clause.operator;
    let asks_presence = operator.base.class() == Class::Null;
    if operator.quantifier.is_some() == (fact.multivalued && !asks_presence) {
        return None;
    }
    let key = quote(&clause.key.value);
    let problem = |message: String| {
        Problem::new(SET, clause.operator_key.span, message).related(clause.key.span, "the key")
    };
    let bare = Operator { quantifier: None, ..operator };
    let place = clause.operator_key.span;
    if operator.base.class() == Class::Null {
        let always = match operator.quantifier? {
            Quantifier::ForAll => "true",
            Quantifier::ForAny => "false",
        };
        return Some(
            problem(format!("`{operator}` is always {always}: `Null` takes no set operator"))
                .write(place, "Null", true),
        );
    }
    match (operator.quantifier, fact.multivalued) {
        (None, true) => Some(
            problem(format!("{key} holds several values: `{operator}` needs `ForAnyValue:` or `ForAllValues:`"))
                .write(place, format!("ForAnyValue:{operator}"), false)
                .help(format!("write `ForAnyValue:{operator}` to ask for at least one value, and mind that it is false without any")),
        ),
        (Some(Quantifier::ForAll), false) if fact.presence == Presence::Always => Some(
            problem(format!("{key} holds one value and is in every request: `ForAllValues:` changes nothing"))
                .note()
                .write(place, bare.to_string(), true),
        ),
        (Some(Quantifier::ForAll), false) => {
            let harm = match effect {
                Some(Effect::Allow) => "the Allow applies to every request without the key",
                _ => "it is true for every request without the key",
            };
            Some(
                problem(format!("{key} holds one value, and with `ForAllValues:` {harm}"))
                    .warning()
                    .write(place, bare.to_string(), true),
            )
        }
        (Some(Quantifier::ForAny), false) => {
            let found = problem(format!("{key} holds one value: `ForAnyValue:` changes at most what happens without the key"))
                .write(place, bare.to_string(), true);
            // Without the key the plain negated operator holds and this one does not.
            Some(if operator.negated() { found.warning() } else { found.note() })
        }
        _ => None,
    }
}
