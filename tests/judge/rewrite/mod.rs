//! The rewrites of the known differences: a construct in other words. `None` where it does not stand. Here are the tools.

pub mod conditions;
pub mod names;
pub mod open;
pub mod variables;

use crate::Case;
use crate::document::{Operator, each, variables};
use crate::requests::find;
use serde_json::{Map, Value, json};

/// A resource that no request names.
const NOWHERE: &str = "arn:aws:s3:::-";
/// A principal that no request comes from.
const NOBODY: &str = "arn:aws:iam::000000000000:user/nobody";

/// What becomes of a condition.
enum Edit {
    Keep,
    Values(Vec<Value>),
    /// It holds: it is left out.
    Holds,
    /// It does not hold: its statement is left out.
    Fails,
}

fn statements(policy: &mut Value) -> Vec<&mut Map<String, Value>> {
    match &mut policy["Statement"] {
        Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(one) => vec![one],
        _ => Vec::new(),
    }
}

/// Edits each condition.
fn conditions(case: &Case, mut edit: impl FnMut(&Operator, &str, &[Value]) -> Edit) -> Option<Case> {
    let mut out = case.clone();
    let mut changed = false;
    for statement in statements(&mut out.policy) {
        let mut fails = false;
        let blocks = statement.get_mut("Condition").and_then(Value::as_object_mut);
        for (name, block) in blocks.into_iter().flatten() {
            let operator = Operator::parse(name);
            let Some(block) = block.as_object_mut() else { continue };
            block.retain(|key, values| {
                match edit(&operator, key, &each(values)) {
                    Edit::Keep => return true,
                    Edit::Values(new) => *values = Value::Array(new),
                    Edit::Holds => {
                        changed = true;
                        return false;
                    }
                    Edit::Fails => fails = true,
                }
                changed = true;
                true
            });
        }
        if fails {
            never(statement);
        }
    }
    changed.then_some(out)
}

/// Makes a statement one that never applies.
fn never(statement: &mut Map<String, Value>) {
    statement.remove("NotAction");
    statement.insert("Action".into(), json!("ec2:DescribeVpcs"));
}

/// Edits each value of each condition: `Some` is the new text.
fn values(case: &Case, mut edit: impl FnMut(&Operator, &str, &str) -> Option<Vec<String>>) -> Option<Case> {
    conditions(case, |operator, key, values| {
        let mut changed = false;
        let mut out = Vec::new();
        for value in values {
            match edit(operator, key, &text(value)) {
                Some(new) => {
                    changed = true;
                    out.extend(new.into_iter().map(Value::String));
                }
                None => out.push(value.clone()),
            }
        }
        if changed { Edit::Values(out) } else { Edit::Keep }
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Edits each text under these elements of each statement.
fn elements(case: &Case, names: &[&str], mut edit: impl FnMut(&str) -> Option<String>) -> Option<Case> {
    let mut out = case.clone();
    let mut changed = false;
    for statement in statements(&mut out.policy) {
        for name in names {
            if let Some(element) = statement.get_mut(*name) {
                changed |= texts(element, &mut edit);
            }
        }
    }
    changed.then_some(out)
}

fn texts(value: &mut Value, edit: &mut impl FnMut(&str) -> Option<String>) -> bool {
    match value {
        Value::String(text) => match edit(text) {
            Some(new) if new != *text => {
                *text = new;
                true
            }
            _ => false,
        },
        Value::Array(list) => list.iter_mut().fold(false, |any, v| texts(v, edit) | any),
        Value::Object(map) => map.values_mut().fold(false, |any, v| texts(v, edit) | any),
        _ => false,
    }
}

fn context(case: &Case) -> &Map<String, Value> {
    case.request["context"].as_object().expect("a request has a context")
}

fn value<'a>(case: &'a Case, key: &str) -> Option<&'a Value> {
    find(context(case), key)
}

fn present(case: &Case, key: &str) -> bool {
    value(case, key).is_some_and(|v| v.as_array().is_none_or(|list| !list.is_empty()))
}

fn has_variables(case: &Case) -> bool {
    case.policy["Version"] == json!("2012-10-17")
}

/// The escapes `${*}`, `${?}` and `${$}` are no keys.
fn is_key(name: &str) -> bool {
    !matches!(name, "*" | "?" | "$")
}

/// True when a variable of the text has neither a value nor a default.
fn unresolved(case: &Case, text: &str) -> bool {
    variables(text)
        .iter()
        .any(|(name, whole)| is_key(name) && !whole.contains(',') && value(case, name).is_none())
}

/// True when a variable of the text is a key with several values.
fn multivalued(case: &Case, text: &str) -> bool {
    variables(text).iter().any(|(name, _)| value(case, name).is_some_and(Value::is_array))
}

/// The text with the characters that mean something as characters.
fn literal(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '*' | '?' | '$' => format!("${{{c}}}"),
            c => c.to_string(),
        })
        .collect()
}

fn principals(case: &Case, edit: impl FnMut(&str) -> Option<String>) -> Option<Case> {
    elements(case, &["Principal", "NotPrincipal"], edit)
}

fn caller(case: &Case) -> &str {
    case.request["principal"].as_str().unwrap_or_default()
}

fn resources(case: &Case, edit: impl FnMut(&str) -> Option<String>) -> Option<Case> {
    elements(case, &["Resource", "NotResource"], edit)
}
