//! Documents whose structure is legal at a glance, as that of nearly every policy is: then the built-in schemas need not
//! be built or asked. It may only ever say "surely no violation of [`COVERED`]"; what is wrong, and whether anything is,
//! the schemas say. The tests hold it against them on thousands of documents.

use crate::source::{Node, Text, Value};

/// The rules that a usual document surely passes.
pub const COVERED: [&str; 3] = ["policy-effect", "policy-element", "policy-version"];

/// True when the document surely violates none of the covered rules' schemas. Of members that stand twice the schemas
/// see the last one; here each must be good.
#[must_use]
pub fn is_usual(document: &Node) -> bool {
    let mut has_statement = false;
    let good = every_member(document, |key, value| match key {
        "Version" => matches!(known(value), Some("2012-10-17" | "2008-10-17")),
        "Id" => value.text().is_some(),
        "Statement" => {
            has_statement = true;
            match &value.value {
                Value::Array(statements) => !statements.is_empty() && statements.iter().all(is_statement),
                _ => is_statement(value),
            }
        }
        _ => false,
    });
    good && has_statement
}

fn is_statement(node: &Node) -> bool {
    const EFFECT: u8 = 1;
    const PRINCIPAL: u8 = 1 << 1;
    const ACTION: u8 = 1 << 2;
    const RESOURCE: u8 = 1 << 3;
    const ALL: u8 = EFFECT | PRINCIPAL | ACTION | RESOURCE;
    let (mut plain, mut negated) = (0, 0);
    let good = every_member(node, |key, value| match key {
        "Sid" => value.text().is_some(),
        "Effect" => {
            plain |= EFFECT;
            matches!(known(value), Some("Allow" | "Deny"))
        }
        "Principal" => {
            plain |= PRINCIPAL;
            true
        }
        "NotPrincipal" => {
            negated |= PRINCIPAL;
            true
        }
        "Action" => {
            plain |= ACTION;
            is_strings(value)
        }
        "NotAction" => {
            negated |= ACTION;
            is_strings(value)
        }
        "Resource" => {
            plain |= RESOURCE;
            is_strings(value)
        }
        "NotResource" => {
            negated |= RESOURCE;
            is_strings(value)
        }
        "Condition" => every_member(value, |_, block| every_member(block, |_, value| is_values(value))),
        _ => false,
    });
    // Each is there, in one of its two forms.
    good && plain | negated == ALL && plain & negated == 0
}

fn is_strings(node: &Node) -> bool {
    node.one_or_many().iter().all(|entry| matches!(entry.value, Value::String(_)))
}

fn is_values(node: &Node) -> bool {
    let scalar = |node: &Node| matches!(node.value, Value::String(_) | Value::Number(_) | Value::Bool(_));
    node.one_or_many().iter().all(scalar)
}

fn known(node: &Node) -> Option<&str> {
    node.text().and_then(Text::known)
}

/// True for an object whose keys are wholly known and whose members all pass.
fn every_member(node: &Node, mut test: impl FnMut(&str, &Node) -> bool) -> bool {
    let one = |members: &[crate::source::Member]| {
        members.iter().all(|member| member.key.known().is_some_and(|key| test(key, &member.value)))
    };
    node.object().is_some_and(one)
}
