//! What of the rules' sets is the same on every policy, made ready once: the clauses that use no names, and the resources
//! whose names stand for the same as they did. A stock belongs to one thread; it holds nothing that an answer depends on.

use super::names::{Regions, same_condition, same_context, uses_names};
use super::{Body, RuleSet};
use crate::aws::ActionSet;
use crate::engine::program::{Clause, Key, Program};
use crate::engine::space::{KnownScenes, Space};
use crate::policy::{Condition, PolicyKind, Statement, Template};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// How many resources are kept: more than there are sets and ways to ask about them, for a few settings.
const MAX_RESOURCES: usize = 128;

/// What a run over one policy after another can use again.
#[derive(Debug)]
pub struct Stock {
    rules: Arc<RuleSet>,
    endpoint: OnceCell<Shelf>,
    bucket: OnceCell<Shelf>,
}

impl Stock {
    /// An empty stock for these rules.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self { rules, endpoint: OnceCell::new(), bucket: OnceCell::new() }
    }

    pub(super) fn rules(&self) -> &RuleSet {
        &self.rules
    }

    pub(super) fn shelf(&self, kind: PolicyKind) -> &Shelf {
        let slot = match kind {
            PolicyKind::Endpoint => &self.endpoint,
            PolicyKind::Bucket => &self.bucket,
        };
        slot.get_or_init(|| Shelf::new(&self.rules, kind))
    }
}

/// The stock for one kind of policy. It knows the sets by where they stand in memory, and so is good for as long as the rules
/// stay there.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Without statements. Its keys are the first of every policy's program, so that its clauses fit there.
    program: RefCell<Program>,
    keys: Vec<Key>,
    scenes: KnownScenes,
    sets: Vec<(usize, Rc<Plain>)>,
    resources: RefCell<Vec<Resource>>,
}

/// What of a set is the same on every policy, beside its resources. Sets that differ in these only share it.
#[derive(Debug)]
pub(super) struct Plain {
    /// A number that no set has which says something else beside its resources.
    pub number: usize,
    /// The clause of its `Action`, unless that speaks of a stranger's.
    pub action: Option<Clause>,
    /// The clause of its `Principal`.
    pub principal: Option<Clause>,
    /// The clauses of its conditions, in order; none for those that use names.
    pub conditions: Vec<Option<Clause>>,
}

/// A set's `Resource`, with the values that its names had.
#[derive(Debug)]
struct Resource {
    set: usize,
    which: Regions,
    partitions: Vec<String>,
    regions: Vec<String>,
    stranger: Option<Arc<str>>,
    clause: Option<Clause>,
}

/// What the names of a resource stand for, where they can be kept at all.
#[derive(Debug)]
pub(super) struct Named<'n> {
    pub partitions: &'n [String],
    pub regions: &'n [String],
    pub stranger: Option<Arc<str>>,
}

impl Named<'_> {
    fn is(&self, kept: &Resource) -> bool {
        kept.partitions == self.partitions && kept.regions == self.regions && kept.stranger == self.stranger
    }
}

impl Shelf {
    pub(super) fn new(rules: &RuleSet, kind: PolicyKind) -> Self {
        let mut program = Program::for_sets();
        let mut sets: Vec<(usize, Rc<Plain>)> = Vec::new();
        let mut contexts: Vec<(&Statement, Rc<Plain>)> = Vec::new();
        for rule in rules.for_kind(Some(kind)) {
            let Body::Decision { requests, only_if, .. } = &rule.body else { continue };
            let conditional = only_if.iter().flat_map(|condition| &condition.requests);
            for set in requests.iter().chain(conditional) {
                let known = contexts.iter().find(|(other, _)| same_context(other, set));
                let plain = if let Some((_, plain)) = known {
                    Rc::clone(plain)
                } else {
                    let plain = Rc::new(Plain::new(set, &contexts, &mut program));
                    contexts.push((set, Rc::clone(&plain)));
                    plain
                };
                sets.push((place(set), plain));
            }
        }
        Self { keys: program.keys.clone(), program: program.into(), sets, ..Self::default() }
    }

    /// The space of a policy, whose program begins with the keys.
    pub(super) fn space(&self, program: &Program) -> Space {
        Space::among(&self.scenes, program)
    }

    /// The keys that every policy's program begins with.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// What of the set is the same on every policy.
    pub(super) fn plain(&self, set: &Statement) -> Option<&Plain> {
        let place = place(set);
        self.sets.iter().find(|(other, _)| *other == place).map(|(_, plain)| &**plain)
    }

    /// The clause of a set's `Resource` for these names, made when first asked for; in the policy's own program once there are
    /// too many. `None`: there are no such resources.
    pub(super) fn resource(
        &self,
        set: &Statement,
        which: Regions,
        named: Named<'_>,
        program: &mut Program,
        make: impl FnOnce(&mut Program) -> Option<Clause>,
    ) -> Option<Clause> {
        let place = place(set);
        let is = |r: &&Resource| r.set == place && r.which == which && named.is(r);
        if let Some(known) = self.resources.borrow().iter().find(is) {
            return known.clause.clone();
        }
        if self.resources.borrow().len() == MAX_RESOURCES {
            return make(program);
        }
        let clause = make(&mut self.program.borrow_mut());
        let Named { partitions, regions, stranger } = named;
        let (partitions, regions) = (partitions.to_vec(), regions.to_vec());
        let kept = Resource { set: place, which, partitions, regions, stranger, clause: clause.clone() };
        self.resources.borrow_mut().push(kept);
        clause
    }
}

impl Plain {
    fn new(set: &Statement, others: &[(&Statement, Rc<Self>)], program: &mut Program) -> Self {
        let mut condition = |condition: &Condition| {
            // Equal ones share a clause: what is found out about one holds for the other.
            let known = others.iter().flat_map(|(set, plain)| set.conditions.iter().zip(&plain.conditions));
            match known.into_iter().find(|(other, _)| same_condition(other, condition)) {
                Some((_, clause)) => clause.clone(),
                None => Some(program.condition_clause(condition, &condition.values)),
            }
        };
        let plain = |c: &Condition| !uses_names(c);
        let conditions = set.conditions.iter().map(|c| if plain(c) { condition(c) } else { None }).collect();
        let action = set.action.as_ref().filter(|a| !a.values.iter().any(is_strangers_action));
        Self {
            number: others.len(),
            action: action.map(|a| program.action_clause(a, &a.values, ActionSet::default())),
            principal: set.principal.as_ref().map(|p| program.principal_clause(p, PolicyKind::Bucket)),
            conditions,
        }
    }
}

/// Where a set stands in memory: which of them it is.
fn place(set: &Statement) -> usize {
    std::ptr::from_ref(set).addr()
}

/// `${stranger.action}`: which these are depends on the policy.
pub(super) fn is_strangers_action(template: &Template) -> bool {
    &*template.source == "${stranger.action}"
}
