//! `policy-endpoint-save-limits`: what EC2 refuses when an endpoint policy is saved (fact sheet A11).

use super::Problem;
use super::pattern;
use super::resource::Arn;
use super::view::{Clause, View};
use super::words::quote;
use crate::policy::operator::Class;
use crate::source::{Node, Text};

const RULE: &str = "policy-endpoint-save-limits";
/// A wildcard needs this many characters without a break before or after it.
const RUN: usize = 6;

/// Runs the check.
pub fn check(view: &View, out: &mut Vec<Problem>) {
    if let Some(part) = view.resource {
        for text in part.texts() {
            out.extend(account_field(text));
        }
    }
    for clause in &view.clauses {
        let class = clause.operator.base.class();
        if class == Class::Numeric && clause.fact.is_some_and(|f| f.sensitive) {
            let message =
                format!("an endpoint policy takes no `{}` on {}", clause.operator, quote(&clause.key.value));
            out.push(
                Problem::new(RULE, clause.operator_key.span, message)
                    .help("compare the whole id with `StringEquals`"),
            );
            continue;
        }
        for text in clause.value.one_or_many().iter().filter_map(Node::text) {
            if class == Class::Arn {
                out.extend(account_field(text));
            } else if class == Class::String && clause.operator.base.wildcards() {
                out.extend(wildcard(clause, text));
            }
        }
    }
}

fn wildcard(clause: &Clause, text: &Text) -> Option<Problem> {
    let value = text.known()?;
    let first = pattern::wildcards(value).next()?;
    let key = quote(&clause.key.value);
    if clause.fact.is_some_and(|f| f.sensitive) {
        let message = format!("an endpoint policy takes no wildcard in a value of {key}");
        let found = Problem::new(RULE, text.span, message).label("AWS refuses to save it");
        return Some(found.help("list the whole ids"));
    }
    if let Some(problem) = account_field(text) {
        return Some(problem);
    }
    // What a variable puts there is not known.
    if pattern::has_variable(value) {
        return None;
    }
    let places: Vec<usize> = pattern::wildcards(value).collect();
    let mut runs = Vec::with_capacity(places.len() + 1);
    let mut from = 0;
    for &at in &places {
        runs.push(value.get(from..at).map_or(0, |run| run.chars().count()));
        from = at + 1;
    }
    runs.push(value.get(from..).map_or(0, |run| run.chars().count()));
    let lonely = runs.windows(2).any(|pair| pair.iter().all(|run| *run < RUN));
    lonely.then(|| {
        let sign = value.get(first..=first).unwrap_or("*");
        let message = format!(
            "AWS refuses {} in an endpoint policy: a `{sign}` needs six characters before or after it",
            quote(value)
        );
        Problem::new(RULE, text.span, message)
            .warning()
            .help("write more of the value, or use another condition")
    })
}

/// The account field of an ARN: an id or a wildcard, not both.
fn account_field(text: &Text) -> Option<Problem> {
    let name = text.known()?;
    // Nearly all have no account.
    if super::resource::usual(name).is_some() {
        return None;
    }
    let arn = Arn::split(name)?;
    let account = arn.account;
    let mixes = account.contains(['*', '?']) && account.bytes().any(|b| b.is_ascii_digit());
    mixes.then(|| {
        let message = format!(
            "an endpoint policy takes an account id or a wildcard, not the mixture {}",
            quote(account)
        );
        Problem::new(RULE, text.span, message).help("write all twelve digits, or `*`")
    })
}
