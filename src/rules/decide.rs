//! Running decision rules over a policy: each is a question to the engine, and its answer a finding or silence.

use super::names::{Asked, Names, Regions, names_regions, same_set};
use super::stock::{Shelf, Stock};
use super::{Body, Condition, Expect, Outcome, Rule, RuleFix, RuleSet};
use crate::config::Trusted;
use crate::engine::groups::Cache;
use crate::engine::program::Program;
use crate::engine::search::{Answer, BUDGET, Question, Undecided, Wanted};
use crate::engine::space::Space;
use crate::engine::{Decision, Explanation, Match, Request, explain};
use crate::finding::{Finding, Remedy, Severity, Verdict, Witness};
use crate::policy::{Effect, Policy, Statement};
use crate::source::Span;
use std::rc::Rc;
use std::sync::Arc;

/// What the rules may take for granted about the user's world.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Trusted ids.
    pub trusted: &'a Trusted,
    /// The regions in use; empty: all.
    pub regions: &'a [String],
}

/// Runs every decision rule that is about the policy's kind. Findings are in the order of the rules' ids.
#[must_use]
pub fn decide(rules: &RuleSet, policy: &Policy, given: Given<'_>) -> Vec<Finding> {
    run(rules, &Shelf::new(rules, policy.kind), policy, given, &|_| true)
}

/// As [`decide`], for one policy after another, and with the rules of the stock that are `on` alone: the others are not asked,
/// and make none redundant.
#[must_use]
pub fn decide_with(
    stock: &Stock,
    policy: &Policy,
    given: Given<'_>,
    on: &dyn Fn(&Rule) -> bool,
) -> Vec<Finding> {
    run(stock.rules(), stock.shelf(policy.kind), policy, given, on)
}

fn run(
    rules: &RuleSet,
    shelf: &Shelf,
    policy: &Policy,
    given: Given<'_>,
    on: &dyn Fn(&Rule) -> bool,
) -> Vec<Finding> {
    let program = Program::after(shelf.keys(), &[policy]);
    let mut run = Run::new(rules, shelf, policy, program, given, on);
    for place in 0..rules.rules().len() {
        run.rule(place);
    }
    let found = run.done.into_iter().filter_map(|done| match done {
        Done::Found(finding) => Some(*finding),
        Done::No | Done::Silent => None,
    });
    found.collect()
}

pub(super) struct Run<'a, 'r> {
    rules: &'r RuleSet,
    on: &'a dyn Fn(&Rule) -> bool,
    policy: &'a Policy,
    pub(super) program: Program,
    pub(super) space: Space,
    pub(super) cache: Cache,
    names: Names<'a, 'r>,
    /// What came of each rule so far, by its place in the set.
    done: Vec<Done>,
    /// What was found of sets asked whether all their requests have an outcome: several rules ask the same.
    asked: Vec<(&'r Statement, Outcome, Shared)>,
}

/// What came of a rule.
#[derive(Debug, Clone)]
enum Done {
    /// It was not asked.
    No,
    /// It has nothing to say, or is under way.
    Silent,
    Found(Box<Finding>),
}

/// What a search found, and the set that it was about.
type Shared = Option<Rc<(Answer, Asked)>>;

impl<'a, 'r> Run<'a, 'r> {
    /// About a policy, whose statements, and perhaps those of other versions, are the program.
    pub(super) fn new(
        rules: &'r RuleSet,
        shelf: &'a Shelf,
        policy: &'a Policy,
        program: Program,
        given: Given<'a>,
        on: &'a dyn Fn(&Rule) -> bool,
    ) -> Self {
        let space = shelf.space(&program);
        let names = Names::new(given, space.partitions.clone(), policy, shelf);
        let (cache, done) = (Cache::default(), vec![Done::No; rules.rules().len()]);
        Self { rules, on, policy, program, space, cache, names, done, asked: Vec::new() }
    }

    /// Asks the rule at this place of the set, unless it was asked before. True when it surely fires.
    fn rule(&mut self, place: usize) -> bool {
        if let (Some(rule), Some(done @ Done::No)) = (self.rules.rules().get(place), self.done.get_mut(place))
        {
            *done = Done::Silent;
            if let Some(finding) = self.outcome(rule)
                && let Some(done) = self.done.get_mut(place)
            {
                *done = Done::Found(Box::new(finding));
            }
        }
        matches!(self.done.get(place), Some(Done::Found(finding)) if finding.verdict == Verdict::Violated)
    }

    fn outcome(&mut self, rule: &'r Rule) -> Option<Finding> {
        let Body::Decision { requests, expect, only_if } = &rule.body else { return None };
        if !rule.applies_to.contains(&self.policy.kind) || !(self.on)(rule) {
            return None;
        }
        for other in &rule.unless {
            if self.rules.place(other).is_some_and(|place| self.rule(place)) {
                return None;
            }
        }
        if let Some(condition) = only_if {
            match self.holds(condition) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(undecided) => return Some(self.undecided(rule, &undecided)),
            }
        }
        let mut finding: Option<Finding> = None;
        for set in requests {
            // The worst of the sets' findings; of equals, the first.
            let weight = |f: &Finding| (f.severity, f.verdict == Verdict::Violated);
            match self.ask(rule, set, *expect) {
                Some(new) if finding.as_ref().is_none_or(|old| weight(&new) > weight(old)) => {
                    finding = Some(new);
                }
                _ => {}
            }
        }
        finding
    }

    /// Fills in a set's names. `None`: there are no such requests.
    pub(super) fn prepare(&mut self, set: &'r Statement, regions: Regions) -> Option<Asked> {
        self.names.prepare(set, regions, &mut self.program)
    }

    fn question<'q>(&'q self, asked: &'q Asked) -> Question<'q> {
        let policies = std::slice::from_ref(&self.policy);
        Question::new(policies, &self.program, &asked.clauses, &self.space, &self.cache)
            .in_context(asked.context)
    }

    /// True when it shows without a search, and without the set's conditions that use names, that all its requests have the
    /// outcome.
    fn is_excluded_widely(&mut self, set: &'r Statement, regions: Regions, outcome: Outcome) -> bool {
        let wider = self.names.prepare_wider(set, regions, &mut self.program);
        wider.is_some_and(|asked| {
            let question = self.question(&asked);
            outcome.opposite().iter().all(|&wanted| question.is_excluded(&[wanted]))
        })
    }

    fn holds(&mut self, condition: &'r Condition) -> Result<bool, Undecided> {
        let mut out = Ok(false);
        for set in &condition.requests {
            match self.holds_for(set, condition.expect) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                undecided => out = undecided,
            }
        }
        out
    }

    fn holds_for(&mut self, set: &'r Statement, expect: Expect) -> Result<bool, Undecided> {
        let (answer, if_found) = if let Expect::All(outcome) = expect {
            (self.breaks_all(set, outcome).map_or(Answer::None, |found| found.0.clone()), false)
        } else {
            let Some(asked) = self.prepare(set, Regions::All) else { return Ok(false) };
            match expect {
                Expect::Some(outcome) => (first(&self.question(&asked), outcome.searches()), true),
                Expect::All(_) => (Answer::None, false),
                Expect::SomeAction(outcome) => (self.every_action(&asked, outcome), false),
            }
        };
        match answer {
            Answer::Found(_) => Ok(if_found),
            Answer::None => Ok(!if_found),
            Answer::Undecided(undecided) => Err(undecided),
        }
    }

    /// A request that breaks the outcome if every action of the set has one; `None` when some action has none.
    fn every_action(&self, asked: &Asked, outcome: Outcome) -> Answer {
        let question = self.question(asked);
        // With no action at all: so with none in particular.
        if outcome.opposite().iter().all(|&wanted| question.is_excluded(&[wanted])) {
            return Answer::None;
        }
        let (mut shown, mut undecided) = (None, None);
        for action in question.actions() {
            let one = asked.with_action(action);
            let one = self.question(&one);
            // An action with which the set has no request at all does not count.
            if one.is_empty() {
                continue;
            }
            // One request to show is enough.
            if shown.is_some() && outcome.opposite().iter().any(|&wanted| one.is_met(wanted)) {
                continue;
            }
            match first(&one, outcome.opposite()) {
                Answer::Found(request) => shown = shown.or(Some(request)),
                // The same, seen only now.
                Answer::None if first(&one, &[Wanted::Any]) == Answer::None => {}
                Answer::None => return Answer::None,
                // Another action may be decided, and then this one does not matter.
                open @ Answer::Undecided(_) => undecided = undecided.or(Some(open)),
            }
        }
        undecided.unwrap_or_else(|| shown.map_or(Answer::None, Answer::Found))
    }

    fn ask(&mut self, rule: &Rule, set: &'r Statement, expect: Expect) -> Option<Finding> {
        if let Expect::All(outcome) = expect {
            return self.ask_all(rule, set, outcome);
        }
        if let Expect::SomeAction(outcome) = expect
            && self.is_excluded_widely(set, Regions::All, outcome)
        {
            return None;
        }
        let asked = self.prepare(set, Regions::All)?;
        let question = self.question(&asked);
        match expect {
            Expect::All(_) => None,
            Expect::SomeAction(outcome) => match self.every_action(&asked, outcome) {
                Answer::None => None,
                Answer::Undecided(undecided) => Some(self.undecided(rule, &undecided)),
                Answer::Found(request) => Some(self.violated(rule, *request, &asked, expect)),
            },
            // A quick look mostly finds one.
            Expect::Some(outcome) if outcome.searches().iter().any(|&wanted| question.is_met(wanted)) => None,
            Expect::Some(outcome) => match first(&question, outcome.searches()) {
                Answer::Found(_) => None,
                Answer::Undecided(undecided) => Some(self.undecided(rule, &undecided)),
                // No request has the outcome. If there is any request at all, it shows so.
                Answer::None => match first(&question, outcome.opposite()) {
                    Answer::Found(request) => Some(self.violated(rule, *request, &asked, expect)),
                    Answer::None | Answer::Undecided(_) => None,
                },
            },
        }
    }

    /// "All requests of the set have the outcome." A set that names regions is asked about in up to three ways: for the
    /// best-known region (most policies treat all regions alike), for any text in its place (which covers all of them),
    /// and only if these disagree for each region there is.
    fn breaks_all(&mut self, set: &'r Statement, outcome: Outcome) -> Shared {
        let same = |(other, o, _): &&(&Statement, Outcome, _)| *o == outcome && same_set(other, set);
        if let Some((_, _, known)) = self.asked.iter().find(same) {
            return known.clone();
        }
        let found = self.ask_in_turn(set, outcome).map(Rc::new);
        self.asked.push((set, outcome, found.clone()));
        found
    }

    fn ask_in_turn(&mut self, set: &'r Statement, outcome: Outcome) -> Option<(Answer, Asked)> {
        let (widest, ways): (_, &[Regions]) = if names_regions(set) {
            (Regions::AnyText, &[Regions::Usual, Regions::AnyText, Regions::All])
        } else {
            (Regions::All, &[Regions::All])
        };
        if self.is_excluded_widely(set, widest, outcome) {
            return None;
        }
        for &regions in ways {
            let asked = self.prepare(set, regions)?;
            match (first(&self.question(&asked), outcome.opposite()), regions) {
                (Answer::None, Regions::Usual)
                | (Answer::Found(_) | Answer::Undecided(_), Regions::AnyText) => {}
                (answer, _) => return Some((answer, asked)),
            }
        }
        None
    }

    fn ask_all(&mut self, rule: &Rule, set: &'r Statement, outcome: Outcome) -> Option<Finding> {
        let found = self.breaks_all(set, outcome)?;
        let (answer, asked) = &*found;
        match answer {
            Answer::None => None,
            Answer::Undecided(undecided) => Some(self.undecided(rule, undecided)),
            Answer::Found(request) => {
                let request = self.worst(asked, outcome).unwrap_or_else(|| (**request).clone());
                Some(self.violated(rule, request, asked, Expect::All(outcome)))
            }
        }
    }

    /// Among the requests that break "all are denied", one that is even allowed, if there is one.
    fn worst(&self, asked: &Asked, outcome: Outcome) -> Option<Request> {
        if outcome != Outcome::ExplicitDeny {
            return None;
        }
        match first(&self.question(asked), &[Wanted::Allowed, Wanted::ImplicitDeny]) {
            Answer::Found(request) => Some(*request),
            _ => None,
        }
    }

    fn finding(&self, rule: &Rule, severity: Severity, span: Span) -> Finding {
        let mut out = Finding::new(Arc::clone(&rule.id), severity, rule.message.clone(), span);
        out.help.clone_from(&rule.help);
        out.reference.clone_from(&rule.reference);
        out.page = rule.page();
        out.kind = Some(self.policy.kind);
        out
    }

    fn undecided(&self, rule: &Rule, undecided: &Undecided) -> Finding {
        let span = undecided.span.unwrap_or_else(|| head(self.policy));
        let severity = rule.severity.max(Severity::Warning);
        let mut out = self.finding(rule, severity, span);
        out.verdict = Verdict::Undecided;
        out.message = format!("cannot decide whether this holds: {}", lower_first(&rule.title));
        out.span_message.clone_from(&undecided.reason);
        out.help = Some(
            "make this element unambiguous, so that it can be judged; until then it does not count as a pass"
                .to_owned(),
        );
        out
    }

    pub(super) fn violated(&self, rule: &Rule, request: Request, asked: &Asked, expect: Expect) -> Finding {
        let story = explain(self.policy, &request);
        let decision = story.decision;
        let severity = rule.severity_on(decision);
        let mut places = places(self.policy, &story);
        let lacks =
            |effect| self.policy.statements.iter().all(|s| s.effect.is_some() && s.effect != Some(effect));
        let (no_allow, no_deny) = (lacks(Effect::Allow), lacks(Effect::Deny));
        let (span, message) = if expect == Expect::Some(Outcome::Allowed) && no_allow {
            places.clear();
            (head(self.policy), "no statement of this policy is an Allow".to_owned())
        } else if expect == Expect::All(Outcome::ExplicitDeny) && decision != Decision::Allowed && no_deny {
            places.clear();
            (head(self.policy), "no statement of this policy is a Deny".to_owned())
        } else if places.is_empty() {
            (head(self.policy), "no statement here applies to such a request".to_owned())
        } else {
            places.remove(0)
        };
        let mut out = self.finding(rule, severity, span).at(message);
        for (span, message) in places {
            out = out.label(span, message);
        }
        out.notes = asked.assumptions();
        rule.message_on(decision).clone_into(&mut out.message);
        out.witness = Some(Witness { request, decision });
        out.remedy = matches!(rule.fix, Some(RuleFix::Deny(_))).then_some(Remedy::Deny);
        out
    }
}

/// The first search that finds a request; else whether all of them found none.
fn first(question: &Question<'_>, searches: &[Wanted]) -> Answer {
    let mut out = Answer::None;
    for &wanted in searches {
        match question.search(&[wanted], BUDGET) {
            Answer::None => {}
            Answer::Undecided(undecided) => out = Answer::Undecided(undecided),
            found @ Answer::Found(_) => return found,
        }
    }
    out
}

/// How many labels a finding has at most, beside its own place: more would hide the story.
const MAX_LABELS: usize = 4;

/// The elements that made the decision, the most telling first.
fn places(policy: &Policy, story: &Explanation) -> Vec<(Span, String)> {
    let of = |effect: Effect| {
        let mut list: Vec<_> = story.statements.iter().filter(|s| s.effect == Some(effect)).collect();
        list.sort_by_key(|s| (std::cmp::Reverse(s.passed), s.index));
        list
    };
    let name = |index: usize| policy.statements.get(index).map_or_else(String::new, Statement::name);
    let mut allows: Vec<(Span, String)> = Vec::new();
    let mut denies: Vec<(Span, String)> = Vec::new();
    for s in of(Effect::Allow) {
        match s.matched {
            Match::Yes => allows.insert(0, (s.span, format!("{} allows it", name(s.index)))),
            _ if story.decision == Decision::ImplicitDeny => {
                allows.push((s.span, format!("this Allow does not apply: {}", s.reason)));
            }
            _ => {}
        }
    }
    let mut near = false;
    for s in of(Effect::Deny) {
        match s.matched {
            Match::Yes => denies.insert(0, (s.span, format!("{} denies it", name(s.index)))),
            Match::No if story.decision != Decision::ExplicitDeny => {
                // It is about this action and this caller, and yet it lets the request pass.
                near |= denies.is_empty() && s.passed >= 2;
                denies.push((s.span, format!("this Deny does not apply: {}", s.reason)));
            }
            Match::Unknown => denies.push((s.span, format!("this Deny may or may not apply: {}", s.reason))),
            Match::No => {}
        }
    }
    let is_denied = story.decision == Decision::ExplicitDeny;
    if is_denied {
        denies.truncate(1);
        allows.clear();
    }
    let mut out = if near || is_denied || allows.is_empty() {
        denies.into_iter().chain(allows).collect::<Vec<_>>()
    } else {
        allows.into_iter().chain(denies).collect()
    };
    out.truncate(MAX_LABELS + 1);
    out
}

/// The document's first character: the place of what is about the whole policy.
#[must_use]
pub fn head(policy: &Policy) -> Span {
    Span { start: policy.span.start, end: policy.span.end.min(policy.span.start + 1) }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // Not for names such as `AWS`.
        Some(first) if !chars.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
