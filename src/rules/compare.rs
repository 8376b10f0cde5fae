//! A rule and two versions of a policy: is there a request that breaks the rule now, and did not before?
//!
//! The set of requests is that of the new version: what it names is taken to be the user's, whatever the old one named.

use super::decide::{Given, Run};
use super::names::{Regions, names_regions};
use super::stock::Shelf;
use super::{Body, Expect, Rule, RuleSet};
use crate::engine::Decision;
use crate::engine::pair::Pair;
use crate::engine::program::Program;
use crate::engine::search::{Answer, BUDGET, Question, Wanted};
use crate::finding::{Finding, Severity};
use crate::policy::Policy;

/// What is new about a rule that is broken.
#[derive(Debug)]
pub enum News {
    /// Nothing: each request that breaks it broke it before, and no less.
    Nothing,
    /// This request, for one; the finding shows it.
    Worse(Box<Finding>),
    /// It cannot be told, for this reason.
    Undecided(String),
}

/// What breaks `rule` under `new` and did not under `old`. The policies are of one kind.
#[must_use]
pub fn news(rules: &RuleSet, rule: &Rule, [old, new]: [&Policy; 2], given: Given<'_>) -> News {
    let Body::Decision { requests, expect, .. } = &rule.body else {
        return News::Undecided("this rule is not about what the policy decides".to_owned());
    };
    let pair = Pair::new(old, new);
    if pair.is_same() {
        return News::Nothing;
    }
    let policies = pair.parts();
    let shelf = Shelf::new(rules, new.kind);
    let program = Program::after(shelf.keys(), &policies);
    let mut run = Run::new(rules, &shelf, new, program, given, &|_| true);
    let wanted = worse(rule, *expect);
    let mut undecided = None;
    for set in requests {
        // The usual Region first: what is found there is found.
        let ways: &[Regions] =
            if names_regions(set) { &[Regions::Usual, Regions::All] } else { &[Regions::All] };
        for &regions in ways {
            let Some(asked) = run.prepare(set, regions) else { continue };
            let question = Question::new(&policies, &run.program, &asked.clauses, &run.space, &run.cache);
            for wanted in &wanted {
                match question.search(wanted, BUDGET) {
                    Answer::Undecided(why) if regions == Regions::All => undecided = Some(why.reason),
                    Answer::None | Answer::Undecided(_) => {}
                    Answer::Found(request) => {
                        return News::Worse(Box::new(run.violated(rule, *request, &asked, *expect)));
                    }
                }
            }
        }
    }
    undecided.map_or(News::Nothing, News::Undecided)
}

/// The searches for a request that breaks the rule more than before; the worst first.
fn worse(rule: &Rule, expect: Expect) -> Vec<[Wanted; 3]> {
    let (Expect::All(outcome) | Expect::Some(outcome) | Expect::SomeAction(outcome)) = expect;
    let weight = |decision: Decision| -> Option<(Severity, bool)> {
        let fine = outcome.admits(decision);
        (!fine).then(|| (rule.severity_on(decision), decision == Decision::Allowed))
    };
    let all = [
        (Decision::Allowed, Wanted::Allowed),
        (Decision::ImplicitDeny, Wanted::ImplicitDeny),
        (Decision::ExplicitDeny, Wanted::ExplicitDeny),
    ];
    let mut out: Vec<_> = Vec::new();
    for (before, wanted_before) in all {
        for (after, wanted_after) in all {
            if weight(after) > weight(before) {
                out.push((weight(after), Pair::wanted(wanted_before, wanted_after)));
            }
        }
    }
    out.sort_by(|(a, _), (b, _)| b.cmp(a));
    out.into_iter().flat_map(|(_, wanted)| wanted).collect()
}
