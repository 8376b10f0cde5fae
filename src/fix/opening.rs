//! What a change of a policy opens, and what it takes away: the engine's searches over the old and the new version.
//!
//! Statements that stand in both versions word for word are left out: a version is no more open than another when what is left
//! of it is not, whatever the shared statements say. So a doubt about them leaves none about the change. A changed statement
//! that cannot be read counts as absent before the change: AWS refuses to save it, so it never denied or allowed anything.

use crate::engine::Request;
use crate::engine::groups::Cache;
use crate::engine::program::Program;
use crate::engine::search::{Answer, BUDGET, Question, Wanted};
use crate::engine::space::Space;
use crate::policy::{
    Effect, Element, Policy, PolicyKind, PrincipalEntry, PrincipalPattern, Statement, lower, statements,
};
use crate::source::{Node, Span, Value, parse};
use serde_json::{Value as Json, json};

/// A policy and the text that it stands in, as a tree.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Its tree.
    pub node: Node,
    /// The same, typed.
    pub policy: Policy,
}

/// What takes place between two versions of a policy, read as one of a kind.
#[derive(Debug)]
pub struct Change {
    old: Policy,
    new: Policy,
    /// The changed statements of each.
    before: Policy,
    after: Policy,
}

/// What a change takes away beyond a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    None,
    /// This request, which was allowed, for one.
    Of(Box<Request>),
    /// It cannot be told.
    Unknown,
}

impl Change {
    /// From one version to the other. Of several old ones, which became one, all are in `more`.
    #[must_use]
    pub fn new(kind: PolicyKind, old: &Typed, new: &Typed, more: &[&Typed]) -> Self {
        let version = |t: &Typed| t.policy.version;
        let list = |t: &Typed| {
            statements(&t.node)
                .into_iter()
                .cloned()
                .zip(t.policy.statements.iter().cloned())
                .collect::<Vec<_>>()
        };
        let mut before: Vec<(Node, Statement)> = list(old);
        before.extend(more.iter().flat_map(|t| list(t)));
        let mut after = Vec::new();
        let comparable = version(old) == version(new) && more.iter().all(|t| version(t) == version(new));
        for (node, statement) in list(new) {
            match before.iter().position(|(n, _)| comparable && same(n, &node)) {
                Some(at) => {
                    before.remove(at);
                }
                None => after.push(statement),
            }
        }
        // AWS refuses to save it.
        let before =
            before.into_iter().map(|(_, s)| s).filter(|s| s.unreadable.is_empty() && s.effect.is_some());
        let with = |policy: &Policy, statements| Policy { kind, statements, ..policy.clone() };
        let mut all = old.policy.statements.clone();
        all.extend(more.iter().flat_map(|t| t.policy.statements.iter().cloned()));
        Self {
            before: with(&old.policy, before.collect()),
            after: with(&new.policy, after),
            old: with(&old.policy, all),
            new: with(&new.policy, new.policy.statements.clone()),
        }
    }

    /// True when it is proved that no request gets more than before: none is allowed that was not, and none that was denied is
    /// left to other policies.
    #[must_use]
    pub fn opens_nothing(&self) -> bool {
        if self.before.statements.is_empty()
            && self.after.statements.iter().all(|s| s.effect == Some(Effect::Deny))
        {
            return true;
        }
        self.is_closed(&self.before, &self.after, true)
            || self.without_shared_parts().is_some_and(|(a, b)| self.is_closed(&a, &b, true))
            || self.is_closed(&self.old, &self.new, self.old.kind == PolicyKind::Bucket)
    }

    fn is_closed(&self, old: &Policy, new: &Policy, deny_counts: bool) -> bool {
        let program = Program::new(&[old, new]);
        let after_deny = if deny_counts { Wanted::NotExplicitDeny } else { Wanted::Allowed };
        let wanted = [[Wanted::ExplicitDeny, after_deny], [Wanted::ImplicitDeny, Wanted::Allowed]];
        wanted.iter().all(|wanted| self.search(&[old, new], &program, wanted) == Answer::None)
    }

    /// One statement changed: what it says in both versions of the caller and in conditions is left out of both, with the doubts
    /// that it may hold. What remains is a wider question.
    fn without_shared_parts(&self) -> Option<(Policy, Policy)> {
        let ([old], [new]) = (self.before.statements.as_slice(), self.after.statements.as_slice()) else {
            return None;
        };
        let (mut old, mut new) = (old.clone(), new.clone());
        if let (Some(a), Some(b)) = (&old.principal, &new.principal)
            && a.is_like(b, |a, b| a.pattern == b.pattern)
        {
            old.principal.clone_from(&Some(everyone()));
            new.principal.clone_from(&old.principal);
        }
        let says = |c: &crate::policy::Condition| {
            // Not the text alone: a variable of one version of the language is plain text in the other.
            let values: Vec<_> = c.values.iter().map(|v| &v.parts).collect();
            format!("{} {} {values:?}", c.operator, c.key)
        };
        let shared: Vec<String> = old
            .conditions
            .iter()
            .map(says)
            .filter(|s| new.conditions.iter().any(|c| says(c) == *s))
            .collect();
        old.conditions.retain(|c| !shared.contains(&says(c)));
        new.conditions.retain(|c| !shared.contains(&says(c)));
        let with = |policy: &Policy, statement| Policy { statements: vec![statement], ..policy.clone() };
        Some((with(&self.before, old), with(&self.after, new)))
    }

    /// What the old version allowed and the new one does not, outside of what `bound` denies; without a bound, of what the
    /// policy grants to AWS services. In either case what services get that the policy does not name is left out.
    #[must_use]
    pub fn loss(&self, bound: Option<&Policy>) -> Loss {
        let bound = &self.bound(bound);
        let ways: [(&[&Policy], &[Wanted]); 2] = [
            (
                &[&self.old, &self.after, bound],
                &[Wanted::Allowed, Wanted::ExplicitDeny, Wanted::NotExplicitDeny],
            ),
            (
                &[&self.old, &self.after, bound, &self.before, &self.new],
                &[
                    Wanted::Allowed,
                    Wanted::ImplicitDeny,
                    Wanted::NotExplicitDeny,
                    Wanted::Allowed,
                    Wanted::ImplicitDeny,
                ],
            ),
        ];
        for (policies, wanted) in ways {
            let program = Program::new(policies);
            match self.search(policies, &program, wanted) {
                Answer::None => {}
                Answer::Found(request) => return Loss::Of(request),
                Answer::Undecided(_) => return Loss::Unknown,
            }
        }
        Loss::None
    }

    /// A policy that denies what may be taken away.
    fn bound(&self, bound: Option<&Policy>) -> Policy {
        let allows = self.old.statements.iter().filter(|s| s.effect == Some(Effect::Allow));
        let entries = allows.filter_map(|s| s.principal.as_ref()).flat_map(|p| &p.values);
        let named: Vec<&str> = entries
            .filter_map(
                |e| if let PrincipalPattern::Service(name) = &e.pattern { Some(&**name) } else { None },
            )
            .collect();
        let deny = |condition: Json| json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition });
        let is_service = json!({ "aws:PrincipalServiceName": "false" });
        let strangers = if named.is_empty() {
            json!({ "Null": is_service })
        } else {
            json!({ "Null": is_service, "StringNotEquals": { "aws:PrincipalServiceName": named } })
        };
        let no_service = deny(json!({ "Null": { "aws:PrincipalServiceName": "true" } }));
        let statements =
            if bound.is_some() { vec![deny(strangers)] } else { vec![deny(strangers), no_service] };
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let mut out = match parse(text.as_bytes()).documents.first() {
            Some(node) => lower(node, self.old.kind),
            None => Policy { statements: Vec::new(), ..self.old.clone() },
        };
        out.statements.extend(bound.into_iter().flat_map(|b| b.statements.iter().cloned()));
        out
    }

    fn search(&self, policies: &[&Policy], program: &Program, wanted: &[Wanted]) -> Answer {
        // The requests that both versions see, not those alone of which the changed statements speak.
        let space = Space::new(&Program::new(&[&self.old, &self.new]));
        Question::new(policies, program, &[], &space, &Cache::default()).search(wanted, BUDGET)
    }
}

/// True for trees that are the same but for their places.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| {
                    a.key.value == b.key.value && a.key.holes == b.key.holes && same(&a.value, &b.value)
                })
        }
        (Value::String(a), Value::String(b)) => a.value == b.value && a.holes == b.holes,
        (a, b) => a == b,
    }
}

fn everyone() -> Element<PrincipalEntry> {
    let span = Span::default();
    let values = vec![PrincipalEntry { span, pattern: PrincipalPattern::Everyone }];
    Element { negated: false, key: span, span, values }
}
