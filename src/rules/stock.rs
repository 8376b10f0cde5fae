//! What of the rules' sets is the same on every policy, made ready once: the clauses that use no names, and the resources
//! whose names stand for the same as they did. A stock belongs to one thread; it holds nothing that an answer depends on.

use super::names::{Regions, same_context, uses_names};
use super::{Body, RuleSet};
use crate::aws::ActionSet;
use crate::engine::program::{Clause, Key, Program};
use crate::policy::{Condition, Element, PolicyKind, Statement, Template};
use std::cell::{OnceCell, RefCell};

/// How many resources are kept: more than there are sets and ways to ask about them, for a few settings.
const MAX_RESOURCES: usize = 128;

/// What a run over one policy after another can use again.
#[derive(Debug)]
pub struct Stock<'r> {
    rules: &'r RuleSet,
    endpoint: OnceCell<Shelf<'r>>,
    bucket: OnceCell<Shelf<'r>>,
}

impl<'r> Stock<'r> {
    /// An empty stock for these rules.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        Self { rules, endpoint: OnceCell::new(), bucket: OnceCell::new() }
    }

    pub(super) fn rules(&self) -> &'r RuleSet {
        self.rules
    }

    pub(super) fn shelf(&self, kind: PolicyKind) -> &Shelf<'r> {
        let slot = match kind {
            PolicyKind::Endpoint => &self.endpoint,
            PolicyKind::Bucket => &self.bucket,
        };
        slot.get_or_init(|| Shelf::new(self.rules, kind))
    }
}

/// The stock for one kind of policy.
#[derive(Debug, Default)]
pub(super) struct Shelf<'r> {
    /// Without statements. Its keys are the first of every policy's program, so that its clauses fit there.
    program: RefCell<Program>,
    keys: Vec<Key>,
    /// One of the sets of each context, by the context's number; and every set's number.
    contexts: Vec<&'r Statement>,
    numbers: Vec<(&'r Statement, usize)>,
    conditions: Vec<(&'r Condition, Clause)>,
    actions: Vec<(&'r Element<Template>, Clause)>,
    principals: Vec<(&'r Statement, Clause)>,
    resources: RefCell<Vec<Resource<'r>>>,
}

/// A set's `Resource`, with the values that its names had.
#[derive(Debug)]
struct Resource<'r> {
    set: &'r Statement,
    which: Regions,
    partitions: Vec<String>,
    regions: Vec<String>,
    stranger: Option<Box<str>>,
    clause: Option<Clause>,
}

/// What the names of a resource stand for, where they can be kept at all.
#[derive(Debug)]
pub(super) struct Named<'n> {
    pub partitions: &'n [String],
    pub regions: &'n [String],
    pub stranger: Option<Box<str>>,
}

impl Named<'_> {
    fn is(&self, kept: &Resource<'_>) -> bool {
        kept.partitions == self.partitions && kept.regions == self.regions && kept.stranger == self.stranger
    }
}

impl<'r> Shelf<'r> {
    fn new(rules: &'r RuleSet, kind: PolicyKind) -> Self {
        let mut out = Self::default();
        let mut program = Program::for_sets();
        for rule in rules.for_kind(Some(kind)) {
            let Body::Decision { requests, only_if, .. } = &rule.body else { continue };
            let conditional = only_if.iter().flat_map(|condition| &condition.requests);
            requests.iter().chain(conditional).for_each(|set| out.add(set, &mut program));
        }
        out.keys.clone_from(&program.keys);
        out.program = program.into();
        out
    }

    fn add(&mut self, set: &'r Statement, program: &mut Program) {
        let number = self.contexts.iter().position(|other| same_context(other, set)).unwrap_or_else(|| {
            self.contexts.push(set);
            self.contexts.len() - 1
        });
        self.numbers.push((set, number));
        if self.contexts.get(number).is_some_and(|first| !std::ptr::eq(*first, set)) {
            return;
        }
        // Equal ones share a clause: what is found out about one holds for the other.
        let plain = set.conditions.iter().filter(|c| !uses_names(c));
        for condition in plain {
            let equal =
                self.conditions.iter().find(|(other, _)| super::names::same_condition(other, condition));
            let clause = match equal {
                Some((_, clause)) => clause.clone(),
                None => program.condition_clause(condition, &condition.values),
            };
            self.conditions.push((condition, clause));
        }
        if let Some(action) = set.action.as_ref().filter(|a| !a.values.iter().any(is_strangers_action)) {
            self.actions.push((action, program.action_clause(action, &action.values, ActionSet::default())));
        }
        if let Some(principal) = &set.principal {
            self.principals.push((set, program.principal_clause(principal, PolicyKind::Bucket)));
        }
    }

    /// The keys that every policy's program begins with.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The number of the set's context, and the set that stands for all of that context.
    pub(super) fn context(&self, set: &Statement) -> Option<(usize, &'r Statement)> {
        let (_, number) = self.numbers.iter().find(|(other, _)| std::ptr::eq(*other, set))?;
        Some((*number, self.contexts.get(*number)?))
    }

    /// The clause of a condition that uses no names.
    pub(super) fn condition(&self, condition: &Condition) -> Option<&Clause> {
        self.conditions.iter().find(|(other, _)| std::ptr::eq(*other, condition)).map(|(_, clause)| clause)
    }

    /// The clause of an `Action` element that does not speak of a stranger's.
    pub(super) fn action(&self, action: &Element<Template>) -> Option<&Clause> {
        self.actions.iter().find(|(other, _)| std::ptr::eq(*other, action)).map(|(_, clause)| clause)
    }

    /// The clause of a set's `Principal`.
    pub(super) fn principal(&self, set: &Statement) -> Option<&Clause> {
        self.principals.iter().find(|(other, _)| std::ptr::eq(*other, set)).map(|(_, clause)| clause)
    }

    /// The clause of a set's `Resource` for these names, made when first asked for; in the policy's own program once there are
    /// too many. `None`: there are no such resources.
    pub(super) fn resource(
        &self,
        set: &'r Statement,
        which: Regions,
        named: Named<'_>,
        program: &mut Program,
        make: impl FnOnce(&mut Program) -> Option<Clause>,
    ) -> Option<Clause> {
        let is = |r: &&Resource| std::ptr::eq(r.set, set) && r.which == which && named.is(r);
        if let Some(known) = self.resources.borrow().iter().find(is) {
            return known.clause.clone();
        }
        if self.resources.borrow().len() == MAX_RESOURCES {
            return make(program);
        }
        let clause = make(&mut self.program.borrow_mut());
        let Named { partitions, regions, stranger } = named;
        let (partitions, regions) = (partitions.to_vec(), regions.to_vec());
        let kept = Resource { set, which, partitions, regions, stranger, clause: clause.clone() };
        self.resources.borrow_mut().push(kept);
        clause
    }
}

/// `${stranger.action}`: which these are depends on the policy.
pub(super) fn is_strangers_action(template: &Template) -> bool {
    &*template.source == "${stranger.action}"
}
