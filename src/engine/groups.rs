//! The parts of a request that depend on one another, and samples of their values: one for each way in which the clauses at
//! hand can be answered (see [`super::cells`]).
//!
//! A group of strings is sampled as one *canonical* string from which its keys follow: a caller is
//! `arn:aws:iam::A:role/NAME` with its session behind a separator, and a question about `aws:PrincipalAccount` becomes a
//! question about the fifth field of that string.

mod caller;
mod composed;
mod single;

pub use super::parts::GroupKind;

use super::caller::Caller;
use super::cells::{Budget, Cut, Exhausted, cells};
use super::extent::Memo;
use super::holds::{Slot, Substituted, View, substitute};
use super::parts::Role;
use super::pattern::{Class, Tok, literal, matches};
use super::program::{Clause, ConditionTest, Program, ResourcePattern, Test, ValueTest, resource_pattern};
use super::space::{self, Failing, Scene, Space, Status};
use crate::aws::{Action, ConditionKey};
use crate::policy::PolicyKind;
use crate::policy::operator::Base;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A group, with the slots of its keys.
#[derive(Debug, Clone)]
pub struct Group {
    /// What it is.
    pub kind: GroupKind,
    /// Its keys, as far as clauses read them.
    pub slots: SmallVec<[usize; 2]>,
}

impl Group {
    /// True when several of its keys are parts of one string, so that what is asked of one says something about another.
    #[must_use]
    pub fn entangled(&self, program: &Program) -> bool {
        let is_part = |slot: &&usize| program.keys.get(**slot).is_some_and(|k| k.place.1 != Role::Fixed);
        self.slots.iter().filter(is_part).count() > 1
    }
}

/// One choice for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The caller, when the group is [`GroupKind::Caller`].
    pub caller: Option<Caller>,
    /// The resource, when the group is [`GroupKind::Resource`].
    pub resource: Option<String>,
    /// The keys.
    pub slots: SmallVec<[(usize, Slot); 2]>,
}

/// The groups of all keys that the program speaks of; the caller first and the resource last.
#[must_use]
pub fn groups(program: &Program) -> Vec<Group> {
    let mut out = vec![Group { kind: GroupKind::Caller, slots: SmallVec::new() }];
    for (slot, key) in program.keys.iter().enumerate() {
        let (kind, _) = key.place;
        match out.iter_mut().find(|g| g.kind == kind && kind != GroupKind::Single) {
            Some(group) => group.slots.push(slot),
            None => out.push(Group { kind, slots: SmallVec::from_slice(&[slot]) }),
        }
    }
    out.push(Group { kind: GroupKind::Resource, slots: SmallVec::new() });
    out
}

/// What the sampling of one group needs to know.
pub struct Sampling<'a> {
    /// The program.
    pub program: &'a Program,
    /// The request space.
    pub space: &'a Space,
    /// The scene.
    pub scene: &'a Scene,
    /// The action.
    pub action: &'a Action,
    /// The request as far as it is chosen.
    pub view: &'a View,
    /// The clauses to tell apart.
    pub clauses: &'a [&'a Clause],
    /// Clauses that must hold: samples that surely break one may be left out.
    pub required: &'a [&'a Clause],
    /// Pairs of slots whose values some clause compares.
    pub links: &'a [(usize, usize)],
    /// How many different samples to take from each cell.
    pub variants: usize,
    /// Not 0: only so many of the values that the clauses name, or a usual one, not one for each way to answer them.
    pub guesses: usize,
    /// Samples made so far.
    pub cache: &'a Cache,
}

/// What was worked out for one program: the same comes again for other scenes, actions and rules.
#[derive(Debug, Default)]
pub struct Cache {
    /// Samples of strings, by what they were cut from.
    cuts: RefCell<FxHashMap<CutKey, Vec<String>>>,
    samples: RefCell<FxHashMap<SamplesKey, Rc<Vec<Sample>>>>,
    domains: RefCell<Vec<KnownDomain>>,
    pub(super) memos: RefCell<FxHashMap<u32, Rc<Memo>>>,
    /// For the clauses of this program.
    pub(super) failing: Failing,
    /// A request to try single values in.
    pub(super) trial: RefCell<View>,
}

thread_local! {
    /// The resources of all buckets, by kinds of resource, partition and kind of policy: facts, few, and costly to write out.
    static DOMAINS: RefCell<FxHashMap<DomainKey, Option<Domain>>> = RefCell::default();
}

type DomainKey = (u64, &'static str, PolicyKind);
/// The kinds of resource, the partition, and what there is of them.
type KnownDomain = (u64, Arc<str>, Option<Domain>);

/// The resources that requests can name, as patterns.
pub(super) type Domain = Rc<Vec<Vec<Tok>>>;

impl Cache {
    /// [`Space::resources`]; `None`: only `*`.
    pub(super) fn resources(
        &self,
        space: &Space,
        action: &Action,
        scene: &Scene,
        program: &Program,
    ) -> Option<Domain> {
        let kinds = space.resource_kinds(action) << 1 | u64::from(action.resources.is_empty());
        let is = |(k, p, _): &&KnownDomain| *k == kinds && *p == scene.partition;
        if let Some((_, _, domain)) = self.domains.borrow().iter().find(is) {
            return domain.clone();
        }
        let fresh = || space.resources(action, scene, program).map(Rc::new);
        let own = space.kind == PolicyKind::Bucket && !space.buckets.is_empty();
        let any_bucket = !own && program.symbols.is_empty();
        let domain = match crate::aws::partition(&scene.partition).filter(|_| any_bucket) {
            // Nothing of the policy is in it: one for all of them.
            Some(partition) => DOMAINS.with_borrow_mut(|known| {
                known.entry((kinds, partition.name, space.kind)).or_insert_with(fresh).clone()
            }),
            None => fresh(),
        };
        // Deploy-time values are met one by one, and each is a bucket that a request can name.
        if program.symbols.is_empty() {
            self.domains.borrow_mut().push((kinds, Arc::clone(&scene.partition), domain.clone()));
        }
        domain
    }
}

type CutKey = (Vec<Vec<Tok>>, Vec<Vec<Vec<Tok>>>, Vec<usize>, usize);
/// The group, the scene, what matters of the action, and the clauses by number (required ones first).
type SamplesKey = (GroupKind, SmallVec<[usize; 2]>, Scene, SmallVec<[u64; 4]>, usize, SmallVec<[u32; 12]>);

impl std::fmt::Debug for Sampling<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampling").field("scene", &self.scene).finish_non_exhaustive()
    }
}

impl Sampling<'_> {
    /// Samples of the group: at least one for each way to answer the clauses.
    ///
    /// # Errors
    /// [`Exhausted`] when the budget is spent.
    pub fn samples(&self, group: &Group, budget: &mut Budget) -> Result<Rc<Vec<Sample>>, Exhausted> {
        budget.spend(1)?;
        // With policy variables the samples depend on what is chosen already.
        let plain =
            self.links.is_empty() && !self.required.iter().chain(self.clauses).any(|c| c.has_variables());
        // A guess is made as quickly as it is looked up.
        let key = (plain && self.guesses == 0).then(|| self.key(group));
        if let Some(known) = key.as_ref().and_then(|key| self.cache.samples.borrow().get(key).cloned()) {
            budget.spend(known.len() as u64 / 4)?;
            return Ok(known);
        }
        let samples = Rc::new(self.fresh_samples(group, budget)?);
        if let Some(key) = key {
            self.cache.samples.borrow_mut().insert(key, Rc::clone(&samples));
        }
        Ok(samples)
    }

    fn key(&self, group: &Group) -> SamplesKey {
        // Which of the group's keys the action can carry; for the resource, which resources it has.
        let mut action: SmallVec<[u64; 4]> = SmallVec::new();
        if group.kind == GroupKind::Resource {
            action.push(self.space.resource_kinds(self.action));
        } else {
            action.extend(
                group.slots.iter().map(|&s| u64::from(self.fact(s).is_some_and(|f| self.action.has_key(f)))),
            );
        }
        let clauses = self.required.iter().chain(self.clauses).map(|c| c.id).collect();
        let split = self.required.len() * 4 + self.variants;
        (group.kind, group.slots.clone(), self.scene.clone(), action, split, clauses)
    }

    /// As [`Sampling::samples`], whatever the cache holds.
    ///
    /// # Errors
    /// [`Exhausted`] when the budget is spent.
    pub fn fresh_samples(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        match group.kind {
            GroupKind::Caller => self.callers(group, budget),
            GroupKind::Resource => self.resources(budget),
            GroupKind::Tls => Ok(self.tls(group)),
            GroupKind::Time => Ok(self.times(group)),
            GroupKind::Vpc | GroupKind::Organization(_) | GroupKind::ResourceAccount => {
                self.composed(group, budget)
            }
            GroupKind::CalledVia | GroupKind::Single => self.single(group, budget),
        }
    }

    fn status(&self, slot: usize) -> Status {
        match self.program.keys.get(slot).and_then(|k| k.fact) {
            Some(fact) => space::status(fact, self.scene, self.action),
            // No such key: no request carries it.
            None => Status::Absent,
        }
    }

    fn name(&self, slot: usize) -> &str {
        self.program.keys.get(slot).map_or("", |k| &k.name)
    }

    fn role(&self, slot: usize) -> Role {
        self.program.keys.get(slot).map_or(Role::Whole, |k| k.place.1)
    }

    fn fact(&self, slot: usize) -> Option<&'static ConditionKey> {
        self.program.keys.get(slot).and_then(|k| k.fact)
    }

    /// The questions that the clauses ask about a canonical string, each pattern put into its place by `lift`.
    /// Returns them with the numbers of those that must be answered with yes.
    fn questions(
        &self,
        group: &Group,
        mut lift: impl FnMut(Role, &[Tok], &mut Vec<Vec<Tok>>),
    ) -> (Vec<Vec<Vec<Tok>>>, Vec<usize>) {
        let mut out: Vec<Vec<Vec<Tok>>> = Vec::new();
        let mut required = Vec::new();
        let clauses = self.required.iter().map(|c| (c, true)).chain(self.clauses.iter().map(|c| (c, false)));
        for (clause, must) in clauses {
            let Test::Condition(test) = &clause.test else { continue };
            // The group's own keys, and those whose values are compared with one of them.
            for &slot in &group.slots {
                let linked = self
                    .links
                    .iter()
                    .any(|&(a, b)| (a, b) == (slot, test.slot) || (b, a) == (slot, test.slot));
                if slot != test.slot && !linked {
                    continue;
                }
                let role = self.role(slot);
                let mut patterns = Vec::with_capacity(test.values.len());
                for value in &test.values {
                    if let Some(tokens) = self.tokens(value) {
                        lift(role, &tokens, &mut patterns);
                    }
                }
                // Compared with a key whose value is chosen already: that very value is a question of its own.
                if let (true, Slot::One(value)) = (slot != test.slot, self.view.slot(test.slot)) {
                    let mut own = Vec::new();
                    lift(role, &literal(value).collect::<Vec<_>>(), &mut own);
                    if !own.is_empty() && !out.contains(&own) {
                        out.push(own);
                    }
                }
                if patterns.is_empty() {
                    continue;
                }
                let number = out.iter().position(|q| *q == patterns).unwrap_or_else(|| {
                    out.push(patterns);
                    out.len() - 1
                });
                // A plain operator on a list is unknown, not false (fact sheet D4), so it demands nothing.
                let is_list = self.fact(test.slot).is_some_and(|f| f.multivalued);
                let demanded = must && slot == test.slot && !is_list && demands(test);
                if demanded && !required.contains(&number) {
                    required.push(number);
                }
            }
        }
        (out, required)
    }

    /// The pattern of a condition value, variables replaced by what is chosen so far.
    fn tokens(&self, value: &ValueTest) -> Option<Vec<Tok>> {
        match value {
            ValueTest::Text(tokens) | ValueTest::Arn(tokens) => Some(tokens.clone()),
            ValueTest::Variables(template) => match substitute(template, self.view, self.program) {
                Substituted::Tokens(tokens) => Some(tokens),
                _ => None,
            },
            // A comparison of another kind: its constant is at least a value worth trying.
            ValueTest::Number(n) => Some(literal(&n.to_string()).collect()),
            ValueTest::Bool(b) => Some(literal(if *b { "true" } else { "false" }).collect()),
            ValueTest::Net(net) => Some(literal(&net.addr().to_string()).collect()),
            ValueTest::Time(_) | ValueTest::Nothing | ValueTest::Unknown(_) => None,
        }
    }

    /// As [`Sampling::cut`], for a domain that offers every deploy-time value: one that no question speaks of is a value
    /// like any other.
    fn cut_asked(
        &self,
        domain: &[Vec<Tok>],
        questions: &[Vec<Vec<Tok>>],
        required: &[usize],
        budget: &mut Budget,
    ) -> Result<Vec<String>, Exhausted> {
        let is_asked = |c: &char| questions.iter().flatten().flatten().any(|t| *t == Tok::Char(*c));
        let strange = |t: &Tok| matches!(t, Tok::Char(c) if super::pattern::is_reserved(*c) && !is_asked(c));
        if self.program.symbols.is_empty() || !domain.iter().flatten().any(strange) {
            return self.cut(domain, questions, required, budget);
        }
        let asked: Vec<Vec<Tok>> = domain.iter().filter(|d| !d.iter().any(strange)).cloned().collect();
        self.cut(&asked, questions, required, budget)
    }

    fn cut(
        &self,
        domain: &[Vec<Tok>],
        questions: &[Vec<Vec<Tok>>],
        required: &[usize],
        budget: &mut Budget,
    ) -> Result<Vec<String>, Exhausted> {
        if self.guesses > 0 {
            return guesses(domain, questions, self.guesses, budget);
        }
        let symbols = !self.program.symbols.is_empty();
        // A value known only at deploy time may meet a demand that no pattern can see.
        let required = if symbols { &[] } else { required };
        let key = (domain.to_vec(), questions.to_vec(), required.to_vec(), self.variants.max(1));
        if let Some(known) = self.cache.cuts.borrow().get(&key) {
            budget.spend(known.len() as u64)?;
            return Ok(known.clone());
        }
        let questions: Vec<Vec<&[Tok]>> =
            questions.iter().map(|q| q.iter().map(Vec::as_slice).collect()).collect();
        let mut out: Vec<String> = Vec::new();
        for variant in 0..self.variants.max(1) {
            let cut = Cut { domain, questions: &questions, required, symbols, variant };
            for value in cells(&cut, budget)? {
                if !out.contains(&value) {
                    out.push(value);
                }
            }
        }
        self.cache.cuts.borrow_mut().insert(key, out.clone());
        Ok(out)
    }

    fn resources(&self, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        let sample = |resource| Sample { caller: None, resource: Some(resource), slots: SmallVec::new() };
        let Some(domain) = self.cache.resources(self.space, self.action, self.scene, self.program) else {
            return Ok(vec![sample("*".to_owned())]);
        };
        if domain.is_empty() {
            return Ok(Vec::new());
        }
        let mut questions: Vec<Vec<Vec<Tok>>> = Vec::new();
        let mut required = Vec::new();
        let clauses = self.required.iter().map(|c| (c, true)).chain(self.clauses.iter().map(|c| (c, false)));
        for (clause, must) in clauses {
            let Test::Resource(test) = &clause.test else { continue };
            let mut patterns = Vec::with_capacity(test.patterns.len());
            let mut wide = Vec::new();
            for pattern in &test.patterns {
                match pattern {
                    ResourcePattern::Everything => patterns.push(vec![Tok::Many(Class::ANY)]),
                    ResourcePattern::Nothing => {}
                    ResourcePattern::Arn { tokens, crossing } => {
                        patterns.push(tokens.clone());
                        wide.extend(crossing.clone());
                    }
                    ResourcePattern::Variables(template) => {
                        if let Substituted::Tokens(tokens) = substitute(template, self.view, self.program)
                            && let ResourcePattern::Arn { tokens, .. } = resource_pattern(tokens)
                        {
                            patterns.push(tokens);
                        }
                    }
                }
            }
            // With a policy variable it is one of many texts, of which only one is chosen so far.
            let fixed = wide.is_empty() && clause.slots.is_empty() && self.program.symbols.is_empty();
            if must && !test.negated && fixed {
                required.push(questions.len());
            }
            questions.push(patterns);
            if !wide.is_empty() {
                questions.push(wide);
            }
        }
        let own = self.space.kind == PolicyKind::Bucket && !self.space.buckets.is_empty();
        let values = if own {
            self.cut(&domain, &questions, &required, budget)?
        } else {
            self.cut_asked(&domain, &questions, &required, budget)?
        };
        Ok(values.into_iter().map(sample).collect())
    }
}

/// The plainest text of the first patterns, as far as it is in the domain, or of the domain itself: so many at most.
fn guesses(
    domain: &[Vec<Tok>],
    questions: &[Vec<Vec<Tok>>],
    most: usize,
    budget: &mut Budget,
) -> Result<Vec<String>, Exhausted> {
    let mut out: Vec<String> = Vec::with_capacity(most);
    for pattern in questions.iter().flatten().chain(domain) {
        budget.spend(1)?;
        let mut text = String::with_capacity(pattern.len());
        text.extend(pattern.iter().filter_map(|tok| tok.plainest()));
        // `bucket/*` is about the objects of a bucket.
        text.extend(matches!(pattern.last(), Some(Tok::Many(_))).then_some('x'));
        if !out.contains(&text) && domain.iter().any(|d| matches(d, &text)) {
            out.push(text);
            if out.len() == most {
                break;
            }
        }
    }
    Ok(out)
}

/// A sample that gives each of the group's keys its value.
fn all(group: &Group, mut value: impl FnMut(usize) -> Slot) -> Sample {
    let slots = group.slots.iter().map(|&slot| (slot, value(slot))).collect();
    Sample { caller: None, resource: None, slots }
}

/// A required test that surely fails unless one of its values matches.
fn demands(test: &ConditionTest) -> bool {
    !test.operator.negated()
        && !test.operator.if_exists
        && test.operator.quantifier.is_none()
        && test.operator.base != Base::Null
        && test.values.iter().all(|v| matches!(v, ValueTest::Text(_) | ValueTest::Arn(_)))
}
