//! A statement as the checks look at it: the elements of the tree whose structure is sound. What is broken is absent
//! here, so that nothing is reported twice: the structure's own rules speak of it.

use super::action::{self, Actions};
use crate::aws::{self, ConditionKey};
use crate::policy::{Effect, Operator, statements};
use crate::source::{Member, Node, Text};

/// `X` or `NotX`.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub negated: bool,
    pub key: &'a Text,
    pub value: &'a Node,
}

impl<'a> Part<'a> {
    /// The strings among its values.
    pub fn texts(self) -> impl Iterator<Item = &'a Text> {
        self.value.one_or_many().iter().filter_map(Node::text)
    }
}

/// One key under one operator.
#[derive(Debug)]
pub struct Clause<'a> {
    pub operator: Operator,
    pub operator_key: &'a Text,
    pub key: &'a Text,
    pub fact: Option<&'static ConditionKey>,
    pub value: &'a Node,
}

/// One statement.
#[derive(Debug)]
pub struct View<'a> {
    pub effect: Option<Effect>,
    pub sid: Option<&'a Text>,
    pub principal: Option<Part<'a>>,
    pub action: Option<Part<'a>>,
    pub resource: Option<Part<'a>>,
    /// The `Condition` element's value.
    pub condition: Option<&'a Node>,
    /// The conditions whose operator is one.
    pub clauses: Vec<Clause<'a>>,
    /// What `action` names.
    pub actions: Actions<'a>,
}

/// The statements of a policy document, of a bare statement, or of a list of statements.
pub fn views(node: &Node) -> Vec<View<'_>> {
    statements(node).into_iter().filter_map(view).collect()
}

fn view(node: &Node) -> Option<View<'_>> {
    let members = node.object()?;
    let text = |key| node.get(key).and_then(Node::text);
    let action = part(members, "Action", "NotAction");
    let condition = node.get("Condition");
    Some(View {
        effect: match text("Effect").and_then(Text::known) {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            _ => None,
        },
        sid: text("Sid"),
        principal: part(members, "Principal", "NotPrincipal"),
        action,
        resource: part(members, "Resource", "NotResource"),
        condition,
        clauses: condition.map(clauses).unwrap_or_default(),
        actions: action::read(action),
    })
}

/// The one member of the two names; none when both are there.
fn part<'a>(members: &'a [Member], plain: &str, negated: &str) -> Option<Part<'a>> {
    let mut found: Option<Part> = None;
    for member in members {
        let name = &*member.key.value;
        if name == plain || name == negated {
            let negated = name == negated;
            if found.is_some_and(|f| f.negated != negated) {
                return None;
            }
            found = Some(Part { negated, key: &member.key, value: &member.value });
        }
    }
    found
}

fn clauses(node: &Node) -> Vec<Clause<'_>> {
    let mut out = Vec::new();
    for block in node.object().unwrap_or_default() {
        let Some(operator) = block.key.known().and_then(Operator::parse) else { continue };
        for member in block.value.object().unwrap_or_default() {
            out.push(Clause {
                operator,
                operator_key: &block.key,
                key: &member.key,
                fact: member.key.known().and_then(aws::condition_key),
                value: &member.value,
            });
        }
    }
    out
}
