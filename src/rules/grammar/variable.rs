//! `policy-variable`: `${...}` where nothing is substituted, and variables that are broken or can have no value
//! (fact sheet B, "Variables").

use super::view::View;
use super::words::{quote, suggestion};
use super::{Problem, pattern};
use crate::aws;
use crate::policy::Version;
use crate::policy::operator::Class;
use crate::source::{Node, Text};

const RULE: &str = "policy-variable";

/// Where a string stands.
#[derive(Clone, Copy)]
enum Place {
    /// `Resource`: substituted after the fifth colon.
    Resource,
    /// A value of a String or Arn operator: substituted.
    Value,
    /// A value of another operator.
    OtherValue(Class),
    /// Not a place for variables, by name.
    Never(&'static str),
}

/// Runs the check.
pub fn check(view: &View, version: Version, out: &mut Vec<Problem>) {
    let mut look = |text: &Text, place: Place| {
        if pattern::has_variable(&text.value) {
            out.extend(string(text, place, version));
        }
    };
    if let Some(part) = view.action {
        part.texts().for_each(|t| look(t, Place::Never("an action")));
    }
    if let Some(part) = view.resource {
        part.texts().for_each(|t| look(t, Place::Resource));
    }
    if let Some(part) = view.principal {
        part.texts().for_each(|t| look(t, Place::Never("a principal")));
        for member in part.value.object().unwrap_or_default() {
            let texts = member.value.one_or_many().iter().filter_map(Node::text);
            texts.for_each(|t| look(t, Place::Never("a principal")));
        }
    }
    for clause in &view.clauses {
        look(clause.key, Place::Never("a condition key"));
        let operator = clause.operator.base;
        let place = if operator.variables() { Place::Value } else { Place::OtherValue(operator.class()) };
        for text in clause.value.one_or_many().iter().filter_map(Node::text) {
            look(text, place);
        }
    }
}

/// The first thing wrong with the variables of one string.
fn string(text: &Text, place: Place, version: Version) -> Option<Problem> {
    let value = &*text.value;
    let mut from = 0;
    while let Some(found) = value.get(from..).and_then(|rest| rest.find("${")) {
        let start = from + found;
        let inside = start + 2;
        let Some(length) = value.get(inside..).and_then(|rest| rest.find('}')) else {
            // A part known only at deploy time may hold the brace.
            let open = text.holes.iter().any(|h| h.at as usize >= start);
            let span = text.at(start, value.len());
            return (!open)
                .then(|| Problem::new(RULE, span, "a policy variable begins here and its `}` is missing"));
        };
        let end = inside + length + 1;
        let has_hole = text.holes.iter().any(|h| (start..end).contains(&(h.at as usize)));
        if !has_hole {
            let body = value.get(inside..end - 1).unwrap_or_default();
            let before = value.get(..start).unwrap_or_default();
            let is_early = matches!(place, Place::Resource)
                && before.matches(':').count() < 5
                && text.holes.iter().all(|h| h.at as usize > start);
            if let Some(problem) = variable(text, (start, end), body, place, is_early, version) {
                return Some(problem);
            }
        }
        from = end;
    }
    None
}

fn variable(
    text: &Text,
    (start, end): (usize, usize),
    body: &str,
    place: Place,
    is_early: bool,
    version: Version,
) -> Option<Problem> {
    let problem = |message: String| Problem::new(RULE, text.at(start, end), message);
    let written = format!("${{{body}}}");
    let shown = quote(&written);
    let is_escape = matches!(body, "*" | "?" | "$");
    let (key, default) = match body.split_once(',') {
        Some((key, default)) => (key, Some(default)),
        None => (body, None),
    };
    let trimmed = key.trim();
    let fact = aws::condition_key(trimmed);
    // `${bucket}`, `${AWS::AccountId}`: the reference of a template that is filled in before AWS sees it.
    let is_reference = !is_escape && fact.is_none() && (!trimmed.contains(':') || trimmed.contains("::"));
    if is_reference && !trimmed.is_empty() {
        let found = problem(format!("{shown} is no policy variable")).warning();
        return Some(
            match suggestion(trimmed, 0, aws::nearest_condition_key).filter(|_| !trimmed.contains("::")) {
                Some(key) if same_bare_name(key, trimmed) => found.help(format!("write `${{{key}}}`")),
                _ => found.help(
                    "check the policy with the reference filled in; a template that is to fill it in needs `Fn::Sub` around the text",
                ),
            },
        );
    }
    let never = match place {
        Place::Never(what) => Some(what),
        Place::Resource if is_early => Some("the first five fields of an ARN"),
        _ => None,
    };
    if let Some(what) = never {
        return Some(
            problem(format!("AWS substitutes no policy variable in {what}: {shown} stays as it is"))
                .help("write the value itself"),
        );
    }
    if let Place::OtherValue(class) = place {
        let found = problem(format!(
            "AWS substitutes policy variables only under String and Arn operators: {shown} stays as it is"
        ));
        // Two AWS pages disagree about Bool (fact sheet B).
        return Some(if class == Class::Bool { found.warning() } else { found });
    }
    if version != Version::V2012 {
        return Some(
            problem(format!(
                "without `\"Version\": \"2012-10-17\"` AWS substitutes nothing: {shown} stays as it is"
            ))
            .help("write `\"Version\": \"2012-10-17\"` at the top of the policy"),
        );
    }
    if is_escape {
        return None;
    }
    if trimmed.is_empty() {
        return Some(problem(format!("the policy variable {shown} is empty")));
    }
    if key.contains(char::is_whitespace) {
        return Some(
            problem(format!("the policy variable {shown} holds a blank"))
                .help(format!("write `${{{trimmed}}}`")),
        );
    }
    if let Some(default) = default {
        let inner = default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
        if inner.is_none() {
            return Some(
                problem(format!("the default value in {shown} needs single quotes"))
                    .help(format!("write `${{{trimmed}, 'VALUE'}}`")),
            );
        }
    }
    let Some(fact) = fact else {
        let found = problem(format!("there is no condition key {} to substitute", quote(trimmed)));
        let own =
            ["aws:", "s3:"].iter().any(|p| trimmed.get(..p.len()).is_some_and(|h| h.eq_ignore_ascii_case(p)));
        return Some(match suggestion(trimmed, 0, aws::nearest_condition_key) {
            Some(key) if own => found.help(format!("write `${{{key}}}`")),
            _ if own => found,
            // Keys of identity providers and of other services are not all known here.
            _ => return None,
        });
    };
    if fact.multivalued {
        return Some(problem(format!(
            "{} holds several values, and AWS substitutes keys of one value only",
            quote(fact.name)
        )));
    }
    None
}

fn same_bare_name(key: &str, written: &str) -> bool {
    key.rsplit(':').next().is_some_and(|bare| bare.eq_ignore_ascii_case(written))
}
