//! Two versions of a policy as one question: the statements that both have, and those of one version alone.
//!
//! A statement of both is asked about once, so whatever cannot be told of it is the same in both versions: only what differs
//! can leave a doubt about the difference. Knows nothing of how the policies are written.

use super::search::Wanted;
use crate::policy::{Condition, Element, Policy, PrincipalEntry, PrincipalPattern, Statement, Template};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Which statements, as owners of a [`super::program::Program`].
pub const SHARED: usize = 0;
/// Those of the old version alone.
pub const OLD: usize = 1;
/// Those of the new version alone.
pub const NEW: usize = 2;

/// Two versions of a policy.
#[derive(Debug, Clone)]
pub struct Pair {
    /// By owner: what both versions hold (with the numbers of the new one), the rest of the old, the rest of the new.
    parts: [Policy; 3],
}

impl Pair {
    /// Takes the versions apart. They must be of one kind.
    #[must_use]
    pub fn new(old: &Policy, new: &Policy) -> Self {
        let meanings = |policy: &Policy| policy.statements.iter().map(meaning).collect::<Vec<_>>();
        let (of_old, of_new) = (meanings(old), meanings(new));
        let set = |list: &[Option<String>]| list.iter().flatten().cloned().collect::<FxHashSet<_>>();
        let (in_old, in_new) = (set(&of_old), set(&of_new));
        let part = |policy: &Policy, own: &[Option<String>], others: &FxHashSet<String>, shared: bool| {
            let is_shared = |m: &Option<String>| m.as_ref().is_some_and(|m| others.contains(m));
            let all = policy.statements.iter().zip(own);
            let statements = all.filter(|(_, m)| is_shared(m) == shared).map(|(s, _)| s.clone()).collect();
            Policy { kind: policy.kind, span: policy.span, version: policy.version, statements }
        };
        Self {
            parts: [
                part(new, &of_new, &in_old, true),
                part(old, &of_old, &in_new, false),
                part(new, &of_new, &in_old, false),
            ],
        }
    }

    /// The policies to make a [`super::program::Program`] of.
    #[must_use]
    pub fn parts(&self) -> [&Policy; 3] {
        self.parts.each_ref()
    }

    /// True when both versions hold the same statements, in whatever order and however they are written.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.parts.iter().skip(1).all(|part| part.statements.is_empty())
    }

    /// The searches that together find each request on which the old version decides `before` and the new one `after`: by owner,
    /// what is wanted of its statements.
    #[must_use]
    pub fn wanted(before: Wanted, after: Wanted) -> Vec<[Wanted; 3]> {
        let mut out = Vec::new();
        for &(shared_old, old) in ways(before) {
            for &(shared_new, new) in ways(after) {
                if let Some(shared) = both(shared_old, shared_new) {
                    out.push([shared, old, new]);
                }
            }
        }
        out
    }
}

/// How two lists of statements come to a decision together: what is wanted of each.
fn ways(wanted: Wanted) -> &'static [(Wanted, Wanted)] {
    use Wanted::{Allowed, Any, ExplicitDeny, ImplicitDeny, NotExplicitDeny};
    match wanted {
        Allowed => &[(Allowed, NotExplicitDeny), (NotExplicitDeny, Allowed)],
        ExplicitDeny => &[(ExplicitDeny, Any), (Any, ExplicitDeny)],
        ImplicitDeny => &[(ImplicitDeny, ImplicitDeny)],
        NotExplicitDeny => &[(NotExplicitDeny, NotExplicitDeny)],
        Any => &[(Any, Any)],
    }
}

/// What is wanted when both are; `None`: they exclude each other.
fn both(a: Wanted, b: Wanted) -> Option<Wanted> {
    use Wanted::{Allowed, Any, ImplicitDeny, NotExplicitDeny};
    match (a, b) {
        (Any, other) | (other, Any) => Some(other),
        (a, b) if a == b => Some(a),
        (NotExplicitDeny, other @ (Allowed | ImplicitDeny))
        | (other @ (Allowed | ImplicitDeny), NotExplicitDeny) => Some(other),
        _ => None,
    }
}

/// A text that statements of the same meaning share: without places and `Sid`, lists in order. `None` when the statement holds
/// something that cannot be read: then it may be anything.
fn meaning(statement: &Statement) -> Option<String> {
    let effect = statement.effect.filter(|_| statement.unreadable.is_empty())?;
    let principal = statement.principal.as_ref()?;
    let is_readable = |e: &PrincipalEntry| {
        !matches!(e.pattern, PrincipalPattern::Unreadable(_) | PrincipalPattern::Unknown)
    };
    if !principal.values.iter().all(is_readable) {
        return None;
    }
    // What is a variable, and what is plain text, the policy's `Version` has told already.
    let text = |template: &Template| format!("{:?}", template.parts);
    let condition =
        |c: &Condition| format!("{} {} {}", c.operator, c.key.to_ascii_lowercase(), list(&c.values, text));
    Some(format!(
        "{effect:?} {} {} {} {}",
        element(principal, |entry| format!("{:?}", entry.pattern)),
        element(statement.action.as_ref()?, |action| text(action).to_ascii_lowercase()),
        element(statement.resource.as_ref()?, text),
        list(&statement.conditions, condition),
    ))
}

fn element<T>(element: &Element<T>, text: impl Fn(&T) -> String) -> String {
    format!("{} {}", element.negated, list(&element.values, text))
}

/// The members of a list, of which neither order nor number matters.
fn list<T>(values: &[T], text: impl Fn(&T) -> String) -> String {
    let texts: BTreeSet<String> = values.iter().map(text).collect();
    format!("{texts:?}")
}
