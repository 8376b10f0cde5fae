//! How far a clause reaches over a whole set of requests: to every one of them, to none, or to some.
//!
//! Most questions about most policies need no search: a Deny that surely reaches every request of the set proves that all
//! are denied, and Allows that reach none prove that nothing is allowed. Both show without looking at single requests.
//! "Some" is always a correct answer here; "every" and "none" hold for each request of the [`super::space`].

use super::holds::{Slot, View, holds};
use super::pattern::{Tok, Truth, includes, intersects};
use super::program::{
    ActionSet, ActionTest, Clause, Compiled, ConditionTest, PrincipalTest, ResourcePattern, ResourceTest,
    Test, ValueTest,
};
use super::search::{Question, Wanted};
use super::space::{self, CallerKind, Scene, Status};
use crate::aws::{self, ConditionKey, KeyType};
use crate::policy::operator::{Base, Class as OperatorClass};
use crate::policy::{Effect, PrincipalPattern};
use std::cell::{OnceCell, RefCell};

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

/// The requests of a question, as far as they can be described as a whole.
pub(super) struct Region<'q> {
    question: &'q Question<'q>,
    actions: ActionSet,
    /// The scenes in which the set can have requests at all.
    scenes: Vec<&'q Scene>,
    /// All its resources are in these patterns.
    resources: OnceCell<Vec<Vec<Tok>>>,
    /// A request to try single values in.
    view: RefCell<View>,
}

impl<'q> Region<'q> {
    pub(super) fn new(question: &'q Question<'q>) -> Self {
        let mut actions = question.space.actions;
        for clause in question.requests {
            if let Test::Action(test) = &clause.test {
                actions = if test.negated { actions.minus(test.sure) } else { actions.and(test.maybe) };
            }
        }
        let mut out = Self {
            question,
            actions,
            scenes: Vec::new(),
            resources: OnceCell::new(),
            view: RefCell::new(View::empty(question.program.keys.len())),
        };
        out.scenes = question.space.scenes().iter().filter(|scene| out.is_possible(scene)).collect();
        out
    }

    /// False when a clause of the set fails in this scene by the presence of its key alone, or by what follows from the
    /// kind of caller.
    fn is_possible(&self, scene: &Scene) -> bool {
        !self.question.requests.iter().any(|clause| self.fails_in(clause, scene))
    }

    fn fact(&self, test: &ConditionTest) -> Option<&'static ConditionKey> {
        self.question.program.keys.get(test.slot).and_then(|k| k.fact)
    }

    /// What every request of the scene holds for a key, when that is one and the same.
    fn known(&self, fact: &ConditionKey, scene: &Scene) -> Option<Slot> {
        if let Some(slot) = scene.implied(fact.name) {
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
        let mut carried = self.actions.iter().filter_map(|i| aws::actions().get(i)).map(|a| a.has_key(fact));
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
        let mut view = self.view.borrow_mut();
        if let Some(slot) = view.slots.get_mut(test.slot) {
            *slot = value;
        }
        holds(clause, &view, self.question.program)
    }

    /// The scenes in which the set can have requests.
    pub(super) fn scenes(&self) -> &[&'q Scene] {
        &self.scenes
    }

    /// True when the clause fails for every request of the scene.
    pub(super) fn fails_in(&self, clause: &Clause, scene: &Scene) -> bool {
        match &clause.test {
            Test::Condition(test) if clause.slots.len() == 1 => {
                let known = self.fact(test).map_or(Some(Slot::Absent), |fact| self.known(fact, scene));
                known.is_some_and(|slot| self.holds_with(clause, test, slot) == Truth::False)
            }
            Test::Principal(test) if !test.negated => {
                test.entries.iter().all(|e| entry_extent(e, scene.caller) == Extent::None)
            }
            _ => false,
        }
    }

    /// To which requests of the set the statement applies.
    pub(super) fn statement(&self, statement: &Compiled) -> Extent {
        let mut out = Extent::Every;
        for clause in &statement.clauses {
            match self.clause(clause) {
                Extent::None => return Extent::None,
                Extent::Some => out = Extent::Some,
                Extent::Every => {}
            }
        }
        out
    }

    /// For which requests of the set the clause holds.
    pub(super) fn clause(&self, clause: &Clause) -> Extent {
        match &clause.test {
            Test::Action(test) => self.action(test),
            Test::Principal(test) => self.principal(test),
            Test::Resource(test) if clause.slots.is_empty() => self.resource(test),
            Test::Condition(test) => self.condition(clause, test),
            Test::Resource(_) | Test::Unreadable(_) => Extent::Some,
        }
    }

    fn action(&self, test: &ActionTest) -> Extent {
        let extent = if self.actions.minus(test.sure).is_empty() {
            Extent::Every
        } else if self.actions.and(test.maybe).is_empty() {
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
        let of_scene = |scene: &&Scene| {
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
        self.scenes.iter().map(of_scene).reduce(Extent::join).unwrap_or(Extent::Every)
    }

    fn resource(&self, test: &ResourceTest) -> Extent {
        let everything = |p: &ResourcePattern| matches!(p, ResourcePattern::Everything);
        if test.patterns.iter().any(everything) {
            return Extent::Every.negate_if(test.negated);
        }
        let mut every = true;
        let mut none = true;
        for resource in self.resources() {
            let mut covered = false;
            // The resource `*`: only the pattern `*` matches it.
            if resource.as_slice() == [Tok::Char('*')] {
                every = false;
                continue;
            }
            for pattern in &test.patterns {
                match pattern {
                    ResourcePattern::Arn { tokens, crossing } => {
                        covered |= includes(tokens, resource);
                        none &= !intersects(tokens, resource);
                        if let Some(wide) = crossing {
                            none &= !intersects(wide, resource);
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

    /// Patterns that hold all resources of the set's requests: those that it asks for, else all that there are.
    fn resources(&self) -> &[Vec<Tok>] {
        self.resources.get_or_init(|| {
            for clause in self.question.requests {
                let Test::Resource(test) = &clause.test else { continue };
                let patterns = test.patterns.iter().map(|p| match p {
                    ResourcePattern::Arn { tokens, crossing: None } => Some(tokens.clone()),
                    _ => None,
                });
                if let (false, Some(patterns)) = (test.negated, patterns.collect::<Option<Vec<_>>>()) {
                    return patterns;
                }
            }
            let mut out: Vec<Vec<Tok>> = Vec::new();
            let mut kinds = Vec::new();
            for action in self.actions.iter().filter_map(|i| aws::actions().get(i)) {
                let kind = (self.question.space.resource_kinds(action), action.resources.is_empty());
                if kinds.contains(&kind) {
                    continue;
                }
                kinds.push(kind);
                let mut partitions: Vec<&str> = Vec::new();
                for scene in &self.scenes {
                    if partitions.contains(&&*scene.partition) {
                        continue;
                    }
                    partitions.push(&scene.partition);
                    match self.question.space.resources(action, scene, self.question.program) {
                        // The resource `*`, which no ARN pattern matches.
                        None => out.push(vec![Tok::Char('*')]),
                        Some(patterns) => out.extend(patterns),
                    }
                }
            }
            out.sort_unstable();
            out.dedup();
            out
        })
    }

    fn condition(&self, clause: &Clause, test: &ConditionTest) -> Extent {
        if clause.slots.len() > 1 {
            return Extent::Some;
        }
        let Some(fact) = self.fact(test) else {
            return self.holds_with(clause, test, Slot::Absent).into();
        };
        // The same test stands in the set.
        let same = |c: &Clause| matches!(&c.test, Test::Condition(t) if t == test);
        if self.question.requests.iter().any(same) {
            return Extent::Every;
        }
        let mut out: Option<Extent> = None;
        let join = |out: Option<Extent>, extent: Extent| Some(out.map_or(extent, |o| o.join(extent)));
        let mut present = false;
        let mut absent = false;
        for scene in &self.scenes {
            if let Some(slot) = scene.implied(fact.name) {
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
            self.question.requests.iter().filter_map(|c| match &c.test {
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
            return self.holds_with(clause, test, Slot::One("x".to_owned())).into();
        }
        // Few values are left: each is tried.
        let listed: Option<Vec<String>> = if !fact.values.is_empty() {
            Some(fact.values.iter().map(|v| (*v).to_owned()).collect())
        } else if fact.key_type == KeyType::Bool {
            Some(vec!["true".to_owned(), "false".to_owned()])
        } else {
            own().find_map(|(_, t)| only_values(t))
        };
        if let Some(values) = listed {
            let possible = |v: &&String| {
                own().all(|(c, t)| self.holds_with(c, t, Slot::One((*v).clone())) != Truth::False)
            };
            return values
                .iter()
                .filter(possible)
                .map(|v| Extent::from(self.holds_with(clause, test, Slot::One(v.clone()))))
                .reduce(Extent::join)
                .unwrap_or(Extent::Every);
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

    /// True when the extents alone show that no request of the set has the outcome.
    pub(super) fn excludes(&self, wanted: &[Wanted]) -> bool {
        let program = self.question.program;
        if !program.symbols.is_empty() {
            return false;
        }
        (0..program.kinds.len()).any(|owner| {
            let of = |effect: Effect| {
                program.statements.iter().filter(move |s| s.owner == owner && s.effect == effect)
            };
            let some_every = |effect| of(effect).any(|s| self.statement(s) == Extent::Every);
            let all_none = |effect| of(effect).all(|s| self.statement(s) == Extent::None);
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
    let literal = |value: &ValueTest| match value {
        ValueTest::Text(tokens) | ValueTest::Arn(tokens) => {
            tokens.iter().map(|t| if let Tok::Char(c) = t { Some(*c) } else { None }).collect()
        }
        _ => None,
    };
    test.values.iter().map(literal).collect()
}

/// True when all values are patterns.
fn plain(test: &ConditionTest) -> bool {
    test.values.iter().all(|v| matches!(v, ValueTest::Text(_) | ValueTest::Arn(_)))
}
