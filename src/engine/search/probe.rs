//! A quick look before a search: is one of the first requests that come to mind an answer? They are made of the values that
//! the set, and one Allow, name. It saves most searches for "some request"; where it finds none, it says nothing.

use super::sweep::{apply, by_fame};
use super::{Question, Wanted};
use crate::aws::Action;
use crate::engine::cells::Budget;
use crate::engine::extent::Extent;
use crate::engine::groups::{Group, GroupKind, Sampling, groups};
use crate::engine::holds::{View, holds};
use crate::engine::pattern::Truth;
use crate::engine::program::{Clause, Test};
use crate::engine::space::Scene;
use crate::policy::Effect;
use smallvec::SmallVec;

/// The steps of a quick look.
const STEPS: u64 = 3_000;
/// How many Allows, scenes, and actions with other resources are tried.
const ALLOWS: usize = 3;
const SCENES: usize = 2;
const ACTIONS: usize = 2;

type Clauses<'a> = SmallVec<[&'a Clause; 8]>;

/// True when a request of the set on which the first policy decides as wanted is found at once. False says nothing.
pub(super) fn probe(question: &Question<'_>, wanted: Wanted) -> bool {
    let program = question.program;
    let statements = || program.statements.iter();
    let of_set = || question.requests.iter();
    if !program.symbols.is_empty()
        || statements().flat_map(|s| &s.clauses).chain(of_set()).any(Clause::has_variables)
    {
        return false;
    }
    let mut budget = Budget::new(STEPS);
    if wanted != Wanted::Allowed {
        let clauses: Clauses<'_> = of_set().collect();
        return with(question, &clauses, wanted, &mut budget);
    }
    let possible =
        |number: usize| question.region().statement(number).is_some_and(|e| e.whole() != Extent::None);
    let allows = statements().enumerate().filter(|(n, s)| s.effect == Effect::Allow && possible(*n));
    let mut sets =
        allows.take(ALLOWS).map(|(_, allow)| of_set().chain(&allow.clauses).collect::<Clauses<'_>>());
    sets.any(|clauses| with(question, &clauses, wanted, &mut budget))
}

/// Tries requests for which all these clauses hold.
fn with(question: &Question<'_>, clauses: &[&Clause], wanted: Wanted, budget: &mut Budget) -> bool {
    let actions = actions(question, clauses);
    let region = question.region();
    let scenes = region.scenes().filter(|scene| !clauses.iter().any(|c| region.fails_in(c, scene)));
    for scene in scenes.take(SCENES) {
        for action in &actions {
            let Some(view) = request(question, scene, action, clauses, budget) else { continue };
            let in_set = question.requests.iter().all(|c| holds(c, &view, question.program) == Truth::True);
            if in_set && wanted.admits(question.program, 0, &view) {
                return true;
            }
        }
    }
    false
}

/// The best-known actions for which the clauses hold, of two sorts of resource.
fn actions(question: &Question<'_>, clauses: &[&Clause]) -> SmallVec<[&'static Action; ACTIONS]> {
    // With these the clauses about the action surely hold.
    let sure = clauses.iter().fold(question.space.actions, |set, clause| match &clause.test {
        Test::Action(test) if test.negated => set.minus(test.maybe),
        Test::Action(test) => set.and(test.sure),
        _ => set,
    });
    let mut out: SmallVec<[&'static Action; ACTIONS]> = SmallVec::new();
    let sort = |action: &Action| question.space.resource_kinds(action);
    for action in by_fame().iter().copied().filter(|a| sure.contains(a.index)) {
        if !out.iter().any(|other| sort(other) == sort(action)) {
            out.push(action);
            if out.len() == ACTIONS {
                break;
            }
        }
    }
    out
}

/// A request of the scene with the action: for each group the first sample with which the clauses about it hold.
fn request(
    question: &Question<'_>,
    scene: &Scene,
    action: &'static Action,
    clauses: &[&Clause],
    budget: &mut Budget,
) -> Option<View> {
    let program = question.program;
    let mut view = View::empty(program.keys.len());
    view.set_action(action);
    let all = || program.statements.iter().flat_map(|s| &s.clauses).chain(question.requests);
    let spoken = |slot: &mut usize| all().any(|c| c.slots.contains(slot));
    for mut group in groups(program) {
        // Keys that nobody reads make no difference.
        group.slots.retain(spoken);
        if group.slots.is_empty() && !matches!(group.kind, GroupKind::Caller | GroupKind::Resource) {
            continue;
        }
        let own: Clauses<'_> = clauses.iter().copied().filter(|c| is_about(c, &group)).collect();
        let fits = |view: &View| own.iter().all(|c| holds(c, view, program) == Truth::True);
        // The first mostly fits; the second is looked for only when it does not.
        let mut one_fits = |guesses: usize| {
            let sampling = Sampling {
                program,
                space: question.space,
                scene,
                action,
                view: &view,
                clauses: &[],
                required: &own,
                links: &[],
                variants: 1,
                guesses,
                cache: question.cache,
            };
            let samples = sampling.samples(&group, budget).ok()?;
            let fitting = samples.iter().skip(guesses - 1).find(|sample| {
                apply(&mut view, sample);
                fits(&view)
            });
            fitting.map(|_| ())
        };
        one_fits(1).or_else(|| one_fits(2))?;
    }
    Some(view)
}

fn is_about(clause: &Clause, group: &Group) -> bool {
    match &clause.test {
        Test::Condition(test) => group.slots.contains(&test.slot),
        Test::Principal(_) => group.kind == GroupKind::Caller,
        Test::Resource(_) => group.kind == GroupKind::Resource,
        Test::Action(_) | Test::Unreadable(_) => false,
    }
}
