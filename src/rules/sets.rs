//! The sets of requests that a decision rule asks about.

use crate::policy::{Part, PolicyKind, Statement, Variable, lower};
use crate::source::parse;
use smallvec::smallvec;
use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

/// Sets of requests, in the order of the rule's file.
#[derive(Clone)]
pub struct Sets {
    /// Those of a built-in rule, each as a policy document: read when first asked for, since a run over policies of one kind
    /// needs the half of them.
    documents: &'static [&'static str],
    read: OnceLock<Vec<Statement>>,
}

impl Sets {
    /// Those of a built-in rule. That each can be read, a test makes sure.
    pub(super) fn builtin(documents: &'static [&'static str]) -> Self {
        Self { documents, read: OnceLock::new() }
    }
}

impl From<Vec<Statement>> for Sets {
    fn from(sets: Vec<Statement>) -> Self {
        Self { documents: &[], read: sets.into() }
    }
}

impl Deref for Sets {
    type Target = [Statement];

    fn deref(&self) -> &[Statement] {
        let read = || self.documents.iter().filter_map(|document| request_set(document).ok()).collect();
        self.read.get_or_init(read)
    }
}

impl<'a> IntoIterator for &'a Sets {
    type Item = &'a Statement;
    type IntoIter = std::slice::Iter<'a, Statement>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Sets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// A set of requests: the body of a statement. Names such as `${trusted.vpcs}` are filled in for each policy.
pub(super) fn request_set(document: &str) -> Result<Statement, String> {
    let parsed = parse(document.as_bytes());
    let policy = parsed.documents.first().map(|node| lower(node, PolicyKind::Bucket));
    let Some(mut statement) = policy.and_then(|p| p.statements.into_iter().next()) else {
        return Err("`requests` must be an object".to_owned());
    };
    // A set has no Effect, and may leave out an element to say "any".
    statement
        .unreadable
        .retain(|u| !u.reason.contains("`Effect`") && !u.reason.starts_with("it has no readable"));
    // Names stand under every operator, while policies have variables under some only.
    for value in statement.conditions.iter_mut().flat_map(|c| &mut c.values) {
        if let Some(name) = value.source.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            value.parts = smallvec![Part::Variable(Variable { key: name.into(), default: None })];
        }
    }
    match statement.unreadable.first() {
        Some(unreadable) => Err(format!("`requests`: {}", unreadable.reason)),
        None => Ok(statement),
    }
}
