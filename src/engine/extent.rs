//! How far a clause reaches over a whole set of requests: to every one of them, to none, or to some.
//!
//! Most questions about most policies need no search: a Deny that surely reaches every request of the set proves that all
//! are denied, and Allows that reach none prove that nothing is allowed. Both show without looking at single requests.
//! "Some" is always a correct answer here; "every" and "none" hold for each request of the [`super::space`].

use super::bits::Bits;
use super::groups::{Cache, Domain};
use super::holds::{Slot, holds};
use super::pattern::{Tok, Truth, includes, intersects, is_reserved};
use super::program::{
    ActionTest, Clause, ConditionTest, Key, PrincipalTest, Program, ResourcePattern, ResourceTest, Test,
    ValueTest,
};
use super::search::{Question, Wanted};
use super::space::{self, CallerKind, Scene, Space, Status};
use crate::aws::{self, ActionSet, ConditionKey, KeyType};
use crate::policy::operator::{Base, Class as OperatorClass};
use crate::policy::{Effect, PrincipalPattern};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// To which requests of a set something applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// To none.
    None,
    /// To some, or it cannot be told.
    Some,
    /// To each of them.
    Every,
}

impl Extent {
    fn negate_if(self, negated: bool) -> Self {
        match self {
            Self::None if negated => Self::Every,
            Self::Every if negated => Self::None,
            other => other,
        }
    }

    /// What holds of both cases.
    fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Some }
    }
}

impl From<Truth> for Extent {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::Every,
            Truth::False => Self::None,
            Truth::Unknown => Self::Some,
        }
    }
}

/// What the clauses of a set other than its `Resource` say about it; sets that share them share this.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    actions: ActionSet,
    /// The scenes in which the set can have requests at all, by number.
    scenes: OnceCell<Vec<usize>>,
    /// How far a clause of a statement reaches, by its number; not for `Resource`.
    extents: RefCell<FxHashMap<u32, Extent>>,
    /// The values that the set leaves for a key, by slot; `None`: too many to tell.
    values: RefCell<FxHashMap<usize, Option<Rc<[String]>>>>,
}

/// The requests of a question, as far as they can be described as a whole.
#[derive(Debug, Clone)]
pub(super) struct Region<'q> {
    program: &'q Program,
    space: &'q Space,
    cache: &'q Cache,
    requests: &'q [Clause],
    memo: Rc<Memo>,
    resources: OnceCell<Resources<'q>>,
    /// How far each clause of each statement reaches, as far as somebody asked.
    statements: Vec<OnceCell<Extents>>,
}

/// Patterns that hold all resources of a set's requests.
#[derive(Debug, Clone)]
enum Resources<'q> {
    /// Those that it asks for.
    Asked(Vec<&'q [Tok]>),
    /// All that there are.
    All(Vec<Domain>),
}

impl Resources<'_> {
    fn iter(&self) -> impl Iterator<Item = &[Tok]> {
        let (asked, all): (&[&[Tok]], &[Domain]) = match self {
            Self::Asked(patterns) => (patterns, &[]),
            Self::All(domains) => (&[], domains),
        };
        asked.iter().copied().chain(all.iter().flat_map(|domain| domain.iter()).map(Vec::as_slice))
    }
}

/// How far each clause of a statement reaches, in order.
#[derive(Debug, Clone)]
pub(super) struct Extents(SmallVec<[Extent; 6]>);

impl Extents {
    /// True when every request of the set meets the clause.
    pub(super) fn is_every(&self, clause: usize) -> bool {
        self.0.get(clause) == Some(&Extent::Every)
    }

    /// To which requests of the set the statement applies.
    pub(super) fn whole(&self) -> Extent {
        let all = self.0.iter().all(|e| *e == Extent::Every);
        match self.0.contains(&Extent::None) {
            true => Extent::None,
            false if all => Extent::Every,
            false => Extent::Some,
        }
    }
}

impl<'q> Region<'q> {
    /// The set of these requests. Sets with the same `context` differ in their `Resource` clauses only.
    pub(super) fn new(question: &Question<'q>) -> Self {
        let Question { program, space, cache, requests, context, .. } = *question;
        let fresh = || {
            let mut actions = space.actions;
            for clause in requests {
                if let Test::Action(test) = &clause.test {
                    actions = if test.negated { actions.minus(test.sure) } else { actions.and(test.maybe) };
                }
            }
            Rc::new(Memo { actions, ..Memo::default() })
        };
        let memo = match context {
            Some(context) => Rc::clone(cache.memos.borrow_mut().entry(context).or_insert_with(fresh)),
            None => fresh(),
        };
        let statements = vec![OnceCell::new(); program.statements.len()];
        Self { program, space, cache, requests, memo, resources: OnceCell::new(), statements }
    }

    fn key(&self, test: &ConditionTest) -> Option<(&'q Key, &'static ConditionKey)> {
        self.program.keys.get(test.slot).and_then(|key| Some((key, key.fact?)))
    }

    /// What every request of the scene holds for a key, when that is one and the same.
    fn known(&self, key: &Key, fact: &ConditionKey, scene: &Scene) -> Option<Slot> {
        if let Some(slot) = key.from_caller.and_then(|from| scene.implied(from)) {
            return Some(slot);
        }
        (self.status(fact, scene) == Status::Absent).then_some(Slot::Absent)
    }

    /// As [`space::status`], for all actions of the region.
    fn status(&self, fact: &ConditionKey, scene: &Scene) -> Status {
        if fact.listed.is_none() {
            return match fact.presence {
                aws::Presence::Never => Status::Absent,
                presence => space::status_of(presence, scene),
            };
        }
        let mut carried =
            self.memo.actions.iter().filter_map(|i| aws::actions().get(i)).map(|a| a.has_key(fact));
        match (carried.clone().any(|has| has), carried.all(|has| has)) {
            (false, _) => Status::Absent,
            (true, true) => space::status_of(fact.presence, scene),
            (true, false) => match space::status_of(fact.presence, scene) {
                Status::Present => Status::Optional,
                other => other,
            },
        }
    }

    fn holds_with(&self, clause: &Clause, test: &ConditionTest, value: Slot) -> Truth {
        let mut view = self.cache.trial.borrow_mut();
        if view.slots.len() < self.program.keys.len() {
            view.slots.resize(self.program.keys.len(), Slot::Absent);
        }
        if let Some(slot) = view.slots.get_mut(test.slot) {
            *slot = value;
        }
        holds(clause, &view, self.program)
    }

    /// The scenes in which the set can have requests.
    pub(super) fn scenes(&self) -> impl Iterator<Item = &'q Scene> + Clone + '_ {
        let possible = || {
            let failing: SmallVec<[Rc<Bits>; 8]> =
                self.requests.iter().filter_map(|c| self.failing(c)).collect();
            let is_possible = |number: &usize| !failing.iter().any(|scenes| scenes.contains(*number));
            (0..self.space.scenes().len()).filter(is_possible).collect()
        };
        self.memo.scenes.get_or_init(possible).iter().filter_map(|&n| self.space.scenes().get(n))
    }

    /// The scenes in which a clause of the set fails for every request, by number.
    fn failing(&self, clause: &Clause) -> Option<Rc<Bits>> {
        let fact = match &clause.test {
            Test::Condition(test) if clause.slots.len() == 1 => self.key(test).map(|(_, fact)| fact),
            Test::Principal(test) if !test.negated => None,
            _ => return None,
        };
        // Some keys go with the set's actions.
        let is_shared = fact.is_none_or(|fact| fact.listed.is_none());
        let shared = if clause.is_of_sets() { self.space.failing() } else { &self.cache.failing };
        if let Some(known) = shared.borrow().get(&clause.id).filter(|_| is_shared) {
            return Some(Rc::clone(known));
        }
        let scenes = self.space.scenes().iter().enumerate();
        let mut fails = self.failure(clause);
        let out: Rc<Bits> = Rc::new(scenes.filter(|(_, scene)| fails(scene)).map(|(n, _)| n).collect());
        if is_shared {
            shared.borrow_mut().insert(clause.id, Rc::clone(&out));
        }
        Some(out)
    }

    /// [`Region::fails_in`] for one scene after another, most of which are alike in what they hold for a key.
    fn failure<'s>(&'s self, clause: &'s Clause) -> impl FnMut(&Scene) -> bool + 's {
        let mut tried: SmallVec<[(Slot, bool); 4]> = SmallVec::new();
        move |scene| {
            let Test::Condition(test) = &clause.test else { return self.fails_in(clause, scene) };
            let Some(slot) = self.slot_in(test, scene) else { return false };
            if let Some((_, fails)) = tried.iter().find(|(other, _)| *other == slot) {
                return *fails;
            }
            let fails = self.holds_with(clause, test, slot.clone()) == Truth::False;
            tried.push((slot, fails));
            fails
        }
    }

    /// What every request of the scene holds for the test's key, when that is one and the same.
    fn slot_in(&self, test: &ConditionTest, scene: &Scene) -> Option<Slot> {
        self.key(test).map_or(Some(Slot::Absent), |(key, fact)| self.known(key, fact, scene))
    }

    /// True when the clause fails for every request of the scene.
    pub(super) fn fails_in(&self, clause: &Clause, scene: &Scene) -> bool {
        match &clause.test {
            Test::Condition(test) if clause.slots.len() == 1 => self
                .slot_in(test, scene)
                .is_some_and(|slot| self.holds_with(clause, test, slot) == Truth::False),
            Test::Principal(test) if !test.negated => {
                test.entries.iter().all(|e| entry_extent(e, scene.caller) == Extent::None)
            }
            _ => false,
        }
    }

    /// How far the clauses of a statement reach, by its place in the program. Once one of them reaches nothing, the others
    /// count as reaching some.
    pub(super) fn statement(&self, number: usize) -> Option<&Extents> {
        let statement = self.program.statements.get(number)?;
        let extents = || {
            let clauses = &statement.clauses;
            let mut out = Extents(SmallVec::from_elem(Extent::Some, clauses.len()));
            // Conditions cost most: they come last.
            let is_condition = |c: &Clause| matches!(c.test, Test::Condition(_));
            for late in [false, true] {
                for (clause, place) in clauses.iter().zip(&mut out.0).filter(|(c, _)| is_condition(c) == late)
                {
                    *place = self.clause(clause);
                    if *place == Extent::None {
                        return out;
                    }
                }
            }
            out
        };
        Some(self.statements.get(number)?.get_or_init(extents))
    }

    /// For which requests of the set the clause holds.
    fn clause(&self, clause: &Clause) -> Extent {
        if matches!(clause.test, Test::Resource(_)) {
            return self.fresh_clause(clause);
        }
        if let Some(known) = self.memo.extents.borrow().get(&clause.id) {
            return *known;
        }
        let extent = self.fresh_clause(clause);
        self.memo.extents.borrow_mut().insert(clause.id, extent);
        extent
    }

    fn fresh_clause(&self, clause: &Clause) -> Extent {
        // What the set asks for, each of its requests meets, whether or not it can be told of single ones.
        if self.requests.iter().any(|asked| asked.test.is_same(&clause.test)) {
            return Extent::Every;
        }
        match &clause.test {
            Test::Action(test) => self.action(test),
            Test::Principal(test) => self.principal(test),
            Test::Resource(test) if clause.slots.is_empty() => self.resource(test),
            Test::Condition(test) => self.condition(clause, test),
            Test::Resource(_) | Test::Unreadable(_) => Extent::Some,
        }
    }

    fn action(&self, test: &ActionTest) -> Extent {
        let extent = if self.memo.actions.minus(test.sure).is_empty() {
            Extent::Every
        } else if self.memo.actions.and(test.maybe).is_empty() {
            Extent::None
        } else {
            Extent::Some
        };
        extent.negate_if(test.negated)
    }

    fn principal(&self, test: &PrincipalTest) -> Extent {
        if test.entries.contains(&PrincipalPattern::Everyone) {
            return Extent::Every.negate_if(test.negated);
        }
        if test.negated {
            return Extent::Some;
        }
        let of_scene = |scene: &Scene| {
            let mut out = Extent::None;
            for entry in &test.entries {
                match entry_extent(entry, scene.caller) {
                    Extent::Every => return Extent::Every,
                    Extent::Some => out = Extent::Some,
                    Extent::None => {}
                }
            }
            out
        };
        self.scenes().map(of_scene).reduce(Extent::join).unwrap_or(Extent::Every)
    }

    fn resource(&self, test: &ResourceTest) -> Extent {
        let everything = |p: &ResourcePattern| matches!(p, ResourcePattern::Everything);
        if test.patterns.iter().any(everything) {
            return Extent::Every.negate_if(test.negated);
        }
        let mut every = true;
        let mut none = true;
        for resource in self.resources().iter() {
            let mut covered = false;
            // The resource `*`: only the pattern `*` matches it.
            if resource == [Tok::Char('*')] {
                every = false;
                continue;
            }
            for pattern in &test.patterns {
                match pattern {
                    ResourcePattern::Arn { tokens, crossing } => {
                        if includes(tokens, resource) {
                            (covered, none) = (true, false);
                        }
                        none = none && !intersects(tokens, resource);
                        if let Some(wide) = crossing {
                            none = none && !intersects(wide, resource);
                        }
                    }
                    ResourcePattern::Nothing => {}
                    ResourcePattern::Everything | ResourcePattern::Variables(_) => return Extent::Some,
                }
            }
            every &= covered;
            if !every && !none {
                return Extent::Some;
            }
        }
        let extent = match (every, none) {
            (true, _) => Extent::Every,
            (_, true) => Extent::None,
            _ => Extent::Some,
        };
        extent.negate_if(test.negated)
    }

    fn resources(&self) -> &Resources<'q> {
        self.resources.get_or_init(|| {
            let asked = self.requests.iter().find_map(|clause| match &clause.test {
                Test::Resource(test) => asked_for(test),
                _ => None,
            });
            // The resource `*`, which no ARN pattern matches.
            let star = || Rc::new(vec![vec![Tok::Char('*')]]);
            let all = || self.there_are().into_iter().map(|domain| domain.unwrap_or_else(star)).collect();
            asked.map_or_else(|| Resources::All(all()), Resources::Asked)
        })
    }

    /// Patterns that hold all resources that requests with the set's actions can have; `None` stands for `*`.
    fn there_are(&self) -> Vec<Option<Domain>> {
        let mut partitions: Vec<&Scene> = Vec::new();
        for scene in self.scenes() {
            if !partitions.iter().any(|other| other.partition == scene.partition) {
                partitions.push(scene);
            }
        }
        let sorts = space::by_resources(self.space.kind).iter();
        let sorts = sorts.filter(|(_, alike)| !alike.and(self.memo.actions).is_empty());
        let of = |scene, action| self.cache.resources(self.space, action, scene, self.program);
        sorts.flat_map(|(action, _)| partitions.iter().map(|scene| of(scene, action))).collect()
    }

    /// True when the actions have no resource that the set asks for.
    pub(super) fn is_empty(&self) -> bool {
        let none_of = |test: &ResourceTest| {
            let Some(patterns) = asked_for(test) else { return false };
            let resources = self.there_are();
            let mut all = resources.iter().flatten().flat_map(|domain| domain.iter());
            !all.any(|resource| patterns.iter().any(|pattern| intersects(pattern, resource)))
        };
        let is_plain = |c: &&Clause| c.slots.is_empty();
        let tests = self.requests.iter().filter(is_plain).filter_map(|clause| match &clause.test {
            Test::Resource(test) => Some(test),
            _ => None,
        });
        self.program.symbols.is_empty() && tests.into_iter().any(none_of)
    }

    fn condition(&self, clause: &Clause, test: &ConditionTest) -> Extent {
        if clause.slots.len() > 1 {
            return Extent::Some;
        }
        let Some((key, fact)) = self.key(test) else {
            return self.holds_with(clause, test, Slot::Absent).into();
        };
        let mut out: Option<Extent> = None;
        let join = |out: Option<Extent>, extent: Extent| Some(out.map_or(extent, |o| o.join(extent)));
        let mut present = false;
        let mut absent = false;
        for scene in self.scenes() {
            if let Some(slot) = key.from_caller.and_then(|from| scene.implied(from)) {
                out = join(out, self.holds_with(clause, test, slot).into());
                continue;
            }
            match self.status(fact, scene) {
                Status::Absent => absent = true,
                Status::Present => present = true,
                Status::Optional => (absent, present) = (true, true),
                Status::Unknown => return Extent::Some,
            }
        }
        let own = || {
            self.requests.iter().filter_map(|c| match &c.test {
                Test::Condition(t) if t.slot == test.slot && c.slots.len() == 1 => Some((c, t)),
                _ => None,
            })
        };
        if absent && own().all(|(c, t)| self.holds_with(c, t, Slot::Absent) != Truth::False) {
            out = join(out, self.holds_with(clause, test, Slot::Absent).into());
        }
        if present && out != Some(Extent::Some) {
            out = join(out, self.with_value(clause, test, fact, own));
        }
        out.unwrap_or(Extent::Every)
    }

    /// The extent over the requests of the set that carry the key.
    fn with_value<'c, I: Iterator<Item = (&'c Clause, &'c ConditionTest)>>(
        &self,
        clause: &Clause,
        test: &ConditionTest,
        fact: &ConditionKey,
        own: impl Fn() -> I,
    ) -> Extent {
        if fact.multivalued || test.operator.quantifier.is_some() {
            return Extent::Some;
        }
        if test.operator.base == Base::Null {
            return self.holds_with(clause, test, Slot::one("x")).into();
        }
        // Few values are left: each is tried.
        if let Some(values) = self.values(test.slot, fact, &own) {
            let mut out = None;
            // A long list against a long list: by a table, not each value with each.
            let texts = if values.len() > 16 { exact_texts(test) } else { None };
            for value in values.iter() {
                let truth = match &texts {
                    Some(texts) if !value.chars().any(is_reserved) => {
                        Truth::from(texts.contains(value.as_str())).negate_if(test.operator.negated())
                    }
                    _ => self.holds_with(clause, test, Slot::one(value.clone())),
                };
                let extent = Extent::from(truth);
                match out.map_or(extent, |out: Extent| out.join(extent)) {
                    Extent::Some => return Extent::Some,
                    extent => out = Some(extent),
                }
            }
            return out.unwrap_or(Extent::Every);
        }
        // The set rules out, or asks for, what the test speaks of. An absent key apart, the suffix changes nothing.
        for (_, t) in own() {
            let comparable = t.operator.quantifier.is_none()
                && t.operator.base.class() == test.operator.base.class()
                && t.operator.base.ignores_case() == test.operator.base.ignores_case()
                && matches!(t.operator.base.class(), OperatorClass::String | OperatorClass::Arn);
            let within = |a: &ConditionTest, b: &ConditionTest| a.values.iter().all(|v| b.values.contains(v));
            if !comparable || !plain(t) || !plain(test) {
                continue;
            }
            match (t.operator.negated(), test.operator.negated()) {
                (false, false) if within(t, test) => return Extent::Every,
                (false, true) if within(t, test) => return Extent::None,
                (true, true) if within(test, t) => return Extent::Every,
                (true, false) if within(test, t) => return Extent::None,
                _ => {}
            }
        }
        Extent::Some
    }

    /// The values that the set leaves for a key, when they can be told one by one.
    fn values<'c, I: Iterator<Item = (&'c Clause, &'c ConditionTest)>>(
        &self,
        slot: usize,
        fact: &ConditionKey,
        own: impl Fn() -> I,
    ) -> Option<Rc<[String]>> {
        if let Some(known) = self.memo.values.borrow().get(&slot) {
            return known.clone();
        }
        let listed = if !fact.values.is_empty() {
            Some((fact.values.iter().map(|v| (*v).to_owned()).collect(), None))
        } else if fact.key_type == KeyType::Bool {
            Some((vec!["true".to_owned(), "false".to_owned()], None))
        } else {
            own().find_map(|(c, t)| Some((only_values(t)?, Some(c.id))))
        };
        let values = listed.map(|(mut values, from)| {
            values.retain(|v: &String| {
                let mut others = own().filter(|(c, _)| Some(c.id) != from);
                others.all(|(c, t)| self.holds_with(c, t, Slot::one(v.clone())) != Truth::False)
            });
            Rc::from(values)
        });
        self.memo.values.borrow_mut().insert(slot, values.clone());
        values
    }

    /// True when the extents alone show that no request of the set has the outcome.
    pub(super) fn excludes(&self, wanted: &[Wanted]) -> bool {
        let program = self.program;
        if !program.symbols.is_empty() {
            return false;
        }
        (0..program.kinds.len()).any(|owner| {
            let of = |effect: Effect| {
                let statements = program.statements.iter().enumerate();
                let own = statements.filter(move |(_, s)| s.owner == owner && s.effect == effect);
                own.map(|(number, _)| self.statement(number).map_or(Extent::Some, Extents::whole))
            };
            let some_every = |effect| of(effect).any(|e| e == Extent::Every);
            let all_none = |effect| of(effect).all(|e| e == Extent::None);
            match wanted.get(owner).copied().unwrap_or(Wanted::Any) {
                Wanted::Allowed => all_none(Effect::Allow) || some_every(Effect::Deny),
                Wanted::ExplicitDeny => all_none(Effect::Deny),
                Wanted::ImplicitDeny => some_every(Effect::Deny) || some_every(Effect::Allow),
                Wanted::NotExplicitDeny => some_every(Effect::Deny),
                Wanted::Any => false,
            }
        })
    }
}

/// The patterns of a set's `Resource`, when its resources are those that match one of them.
fn asked_for(test: &ResourceTest) -> Option<Vec<&[Tok]>> {
    let plain = test.patterns.iter().map(|pattern| match pattern {
        ResourcePattern::Arn { tokens, crossing: None } if !test.negated => Some(tokens.as_slice()),
        _ => None,
    });
    plain.collect()
}

/// Whom of this kind of callers the entry names.
fn entry_extent(entry: &PrincipalPattern, caller: CallerKind) -> Extent {
    use PrincipalPattern as P;
    let named = |kinds: &[CallerKind]| if kinds.contains(&caller) { Extent::Some } else { Extent::None };
    match entry {
        P::EveryAws if caller == CallerKind::Service => Extent::Some,
        P::Everyone | P::EveryAws => Extent::Every,
        P::Nobody => Extent::None,
        P::Service(_) => named(&[CallerKind::Service]),
        P::CanonicalUser(_) => named(&[CallerKind::CanonicalUser]),
        P::Unknown => Extent::Some,
        _ if matches!(caller, CallerKind::Anonymous | CallerKind::Service) => Extent::None,
        _ => Extent::Some,
    }
}

/// The only values with which the test can hold, for requests that carry the key.
fn only_values(test: &ConditionTest) -> Option<Vec<String>> {
    let exact = test.operator.quantifier.is_none()
        && matches!(
            test.operator.base,
            Base::StringEquals | Base::StringLike | Base::ArnEquals | Base::ArnLike
        );
    if !exact {
        return None;
    }
    let texts = test.values.iter().map(|value| match value {
        ValueTest::Text(tokens) | ValueTest::Arn(tokens) => text(tokens),
        _ => None,
    });
    texts.collect()
}

/// The texts that the test compares with; `None` unless that is all it does: no wildcards, no symbols, letter case counts.
fn exact_texts(test: &ConditionTest) -> Option<FxHashSet<String>> {
    let texts = test.values.iter().map(|value| match value {
        ValueTest::Text(tokens) => text(tokens).filter(|text| !text.chars().any(is_reserved)),
        _ => None,
    });
    texts.collect()
}

/// The text that the tokens are, when they are one.
fn text(tokens: &[Tok]) -> Option<String> {
    tokens.iter().map(|t| if let Tok::Char(c) = t { Some(*c) } else { None }).collect()
}

/// True when all values are patterns.
fn plain(test: &ConditionTest) -> bool {
    test.values.iter().all(|v| matches!(v, ValueTest::Text(_) | ValueTest::Arn(_)))
}
