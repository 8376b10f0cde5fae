//! Is there a request with a wanted outcome? One is found, or it is proved that there is none, or it cannot be told.
//!
//! The sweep chooses a scene, an action, and a sample for each group of request parts in turn, and carries along which
//! statements are still *in play*: a choice that breaks one of a statement's clauses takes it out. For each wanted
//! outcome every statement is either good or bad to have, so one state is worse than another when what is wrong with it
//! includes what is wrong with the other, and a state no better than one that failed need not be tried. Samples cover
//! all cases (see [`super::cells`]), so a sweep that fails is a proof.
//!
//! What cannot be told ([`Truth::Unknown`]) is taken in the unfavourable way when a witness is sought, and in the
//! favourable way when a proof is; where the two differ, the answer is "undecided".

mod doubt;
mod probe;
mod sweep;

use super::cells::{Budget, Exhausted};
use super::evaluate::{Decision, decide, denied};
use super::extent::Region;
use super::groups::Cache;
use super::holds::{Slot, View, holds};
use super::pattern::Truth;
use super::program::{Clause, Program};
use super::request::{ContextValue, Request};
use super::space::{Network, Scene, Space};
use crate::policy::Policy;
use crate::source::Span;
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use sweep::{Mode, Sweep, by_fame, is_action};

/// The outcome wanted of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// An Allow applies and no Deny.
    Allowed,
    /// A Deny applies.
    ExplicitDeny,
    /// Nothing applies.
    ImplicitDeny,
    /// No Deny applies.
    NotExplicitDeny,
    /// Anything: this policy is not asked about.
    Any,
}

impl Wanted {
    /// True when what the owner's statements decide is surely what is wanted.
    #[must_use]
    pub fn admits(self, program: &Program, owner: usize, view: &View) -> bool {
        match self {
            Self::Allowed => decide(program, owner, view) == Decision::Allowed,
            Self::ExplicitDeny => decide(program, owner, view) == Decision::ExplicitDeny,
            Self::ImplicitDeny => decide(program, owner, view) == Decision::ImplicitDeny,
            Self::NotExplicitDeny => denied(program, owner, view) == Truth::False,
            Self::Any => true,
        }
    }
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This request has the outcome.
    Found(Box<Request>),
    /// No request has it.
    None,
    /// It cannot be told.
    Undecided(Undecided),
}

/// Why a search has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The reason, in words that complete "cannot be decided: ...".
    pub reason: String,
    /// The element that stands in the way, when there is one.
    pub span: Option<Span>,
}

/// The steps that one search may take: some tens of milliseconds.
pub const BUDGET: u64 = 300_000;

/// A question: a program, and the set of requests it is about.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The policies asked about; the program's owners are their places.
    pub policies: &'a [&'a Policy],
    /// Their statements, and the keys that the set of requests needs.
    pub program: &'a Program,
    /// The set of requests: all these clauses hold. Empty: all requests.
    pub requests: &'a [Clause],
    /// The space they live in.
    pub space: &'a Space,
    /// Samples made so far, shared by questions about the same program.
    pub cache: &'a Cache,
    /// Sets with the same number differ in their `Resource` clauses only.
    pub(super) context: Option<u32>,
    /// The set as a whole, once it was needed.
    region: OnceCell<Region<'a>>,
}

impl<'a> Question<'a> {
    /// The question about these requests. The program is that of the policies, with the keys that the requests need; the
    /// cache holds samples made so far, and belongs to the program.
    #[must_use]
    pub fn new(
        policies: &'a [&'a Policy],
        program: &'a Program,
        requests: &'a [Clause],
        space: &'a Space,
        cache: &'a Cache,
    ) -> Self {
        Self { policies, program, requests, space, cache, context: None, region: OnceCell::new() }
    }

    /// The same question, with a number for the clauses of its set other than `Resource`: what is worked out about them
    /// serves every question of the cache that has the number.
    #[must_use]
    pub fn in_context(self, context: Option<u32>) -> Self {
        Self { context, ..self }
    }

    pub(super) fn region(&self) -> &Region<'a> {
        self.region.get_or_init(|| Region::new(self))
    }

    /// The set's actions, one for each class that neither the statements nor the keys tell apart, the best known first.
    pub fn actions(&self) -> impl Iterator<Item = usize> + '_ {
        let mut view = View::empty(self.program.keys.len());
        let mut seen = FxHashSet::default();
        let statements = self.program.statements.iter().flat_map(|s| &s.clauses);
        let mut spoken: Vec<usize> =
            statements.chain(self.requests).flat_map(|c| c.slots.iter().copied()).collect();
        spoken.sort_unstable();
        spoken.dedup();
        by_fame().iter().filter(|a| self.space.has_action(a)).filter_map(move |action| {
            view.action_index = Some(action.index);
            let is = |c: &Clause| holds(c, &view, self.program);
            if self.requests.iter().any(|c| is_action(c) && is(c) == Truth::False) {
                return None;
            }
            let own = |clauses: &[Clause]| {
                clauses.iter().filter(|c| is_action(c)).map(is).fold(Truth::True, Truth::and)
            };
            let answers: Vec<Truth> = self.program.statements.iter().map(|s| own(&s.clauses)).collect();
            let slots = spoken.iter().filter_map(|slot| self.program.keys.get(*slot));
            let keys: Vec<bool> = slots.map(|k| k.fact.is_some_and(|f| action.has_key(f))).collect();
            seen.insert((answers, self.space.resource_kinds(action), keys)).then_some(action.index)
        })
    }

    /// Searches for a request of the set on which each policy decides as wanted (by owner; a missing entry is
    /// [`Wanted::Any`]).
    #[must_use]
    pub fn search(&self, wanted: &[Wanted], budget: u64) -> Answer {
        self.search_within(wanted, &mut Budget::new(budget))
    }

    /// As [`Question::search`], with a budget that tells afterwards how much is left.
    #[must_use]
    pub fn search_within(&self, wanted: &[Wanted], budget: &mut Budget) -> Answer {
        if self.is_excluded(wanted) {
            return Answer::None;
        }
        match self.sweep(wanted, Mode::Sure, budget) {
            Ok(Some(found)) => return found,
            Ok(None) => {}
            Err(Exhausted) => return exhausted(),
        }
        match self.sweep(wanted, Mode::Possible, budget) {
            Ok(None) => Answer::None,
            Ok(Some(answer)) => answer,
            Err(Exhausted) => exhausted(),
        }
    }

    /// True when it shows without a search that no request of the set has the outcome. False says nothing.
    #[must_use]
    pub fn is_excluded(&self, wanted: &[Wanted]) -> bool {
        self.region().excludes(wanted)
    }

    /// True when it shows without a search that the set holds no request. False says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.region().is_empty()
    }

    /// True when a quick look finds a request of the set on which the first policy decides so: one made of the values that
    /// the clauses name. False says nothing.
    #[must_use]
    pub fn is_met(&self, wanted: Wanted) -> bool {
        probe::probe(self, wanted)
    }

    fn sweep(&self, wanted: &[Wanted], mode: Mode, budget: &mut Budget) -> Result<Option<Answer>, Exhausted> {
        let mut sweep = Sweep::new(self, wanted, mode);
        if mode == Mode::Possible && !sweep.uncertain() {
            return Ok(None);
        }
        let Some(view) = sweep.run(budget)? else { return Ok(None) };
        Ok(Some(match mode {
            Mode::Sure => self.confirm(&view.0, &view.1, wanted),
            Mode::Possible => Answer::Undecided(sweep.reason(&view.0)),
        }))
    }

    /// Every witness goes through [`evaluate`] before anyone sees it.
    fn confirm(&self, view: &View, scene: &Scene, wanted: &[Wanted]) -> Answer {
        let mut request = self.request(view, scene);
        if self.program.symbols.is_empty() {
            super::polish::polish(&mut request, self.space.kind, |candidate| {
                let view = super::evaluate::view(self.program, candidate);
                self.requests.iter().all(|c| holds(c, &view, self.program) == Truth::True)
                    && (0..self.policies.len()).all(|owner| {
                        wanted.get(owner).copied().unwrap_or(Wanted::Any).admits(self.program, owner, &view)
                    })
            });
        }
        let agrees = self.policies.iter().enumerate().all(|(owner, policy)| {
            let wanted = wanted.get(owner).copied().unwrap_or(Wanted::Any);
            // With values known only at deploy time the readable request no longer says which of them it means.
            if self.program.symbols.is_empty() {
                let program = Program::new(&[policy]);
                wanted.admits(&program, 0, &super::evaluate::view(&program, &request))
            } else {
                wanted.admits(self.program, owner, view)
            }
        });
        if agrees {
            return Answer::Found(Box::new(request));
        }
        Answer::Undecided(Undecided {
            reason: format!(
                "internal error: the request found ({} {} by {}) does not stand up to the evaluation; please report it",
                request.action, request.resource, request.principal
            ),
            span: None,
        })
    }

    /// The request of a finished sweep, with the network keys that belong to its way.
    fn request(&self, view: &View, scene: &Scene) -> Request {
        let readable = |text: &str| self.program.symbols.readable(text);
        let mut context = BTreeMap::new();
        for (key, slot) in self.program.keys.iter().zip(&view.slots) {
            let name = match key.fact {
                Some(fact) if !fact.variable_part => fact.name.to_owned(),
                _ => key.name.to_string(),
            };
            match slot {
                Slot::One(value) => {
                    context.insert(name, ContextValue::One(readable(value)));
                }
                Slot::Many(values) => {
                    context.insert(name, ContextValue::Many(values.iter().map(|v| readable(v)).collect()));
                }
                Slot::Absent | Slot::Unknown => {}
            }
        }
        let usual: &[(&str, &str)] = match scene.network {
            Network::Internet => &[("aws:SourceIp", "203.0.113.9")],
            Network::Endpoint => &[
                ("aws:SourceVpc", OTHER_VPC),
                ("aws:SourceVpce", OTHER_ENDPOINT),
                ("aws:VpcSourceIp", "10.0.1.7"),
            ],
            Network::Service => &[],
        };
        for (name, value) in usual {
            let usual = || ContextValue::One((*value).to_owned());
            context.entry((*name).to_owned()).or_insert_with(usual);
        }
        let principal = match view.caller.to_string() {
            text if self.program.symbols.is_empty() || text == readable(&text) => view.caller.clone(),
            text => readable(&text).parse().unwrap_or_else(|_| view.caller.clone()),
        };
        Request { principal, action: view.action.clone(), resource: readable(&view.resource), context }
    }
}

/// A VPC and an endpoint that no policy names: what a request that came through some endpoint shows.
const OTHER_VPC: &str = "vpc-0f1e2d3c4b5a69788";
const OTHER_ENDPOINT: &str = "vpce-0f1e2d3c4b5a69788";

fn exhausted() -> Answer {
    Answer::Undecided(Undecided {
        reason: format!("the policy is too intricate: the search gave up after {BUDGET} steps"),
        span: None,
    })
}
