//! Cutting the requests of a cause until each piece is settled.
//!
//! A piece says for each dimension which of its parts are in it. It is asked two questions: is there a difference in it, and is
//! there a request in it that is none. Only when the answer to both is yes it is cut, along the dimension that leaves the fewest
//! pieces of which the same is true; when every cut leaves all of them so, it stays as it is. It is less bad when the requests
//! that are no difference are those that other statements decide.

use super::cause::Cause;
use super::{Callers, Example, Share};
use crate::aws::{self, ActionSet};
use crate::engine::cells::Budget;
use crate::engine::evaluate::{Decision, evaluate};
use crate::engine::groups::Cache;
use crate::engine::holds::{View, holds};
use crate::engine::pattern::Truth;
use crate::engine::program::{Clause, Program, Test};
use crate::engine::request::Request;
use crate::engine::search::{self, Answer, Question, Undecided, Wanted};
use crate::engine::space::{Network, Scene, Space};
use crate::policy::{Policy, Quantifier};
use rustc_hash::FxHashMap;

/// What a search costs beside its steps.
const COST: u64 = 50;

/// What the parts of a dimension are parts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Along {
    Actions,
    Callers,
    Ways,
    /// The values of an element of the body with this number.
    Principal(usize),
    Resource(usize),
    /// The same, of its condition with this number.
    Condition(usize, usize),
}

/// One part of a dimension.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Actions(ActionSet),
    Callers(Callers),
    Way(Network),
    /// The clause that the value alone would be.
    Value(Clause),
}

#[derive(Debug, Clone)]
pub(super) struct Dimension {
    pub(super) along: Along,
    pub(super) parts: Vec<Part>,
}

/// For each dimension, the part that it is about; `None`: all of them.
type Piece = Vec<Option<usize>>;

/// From whom and which way requests come; `None`: any.
pub(super) type Scenes = (Option<Callers>, Option<Network>);

/// A piece, cut into parts of which this is known.
type Parts = Vec<(Piece, Verdict)>;

/// A piece that holds a difference, or may.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) piece: Vec<Option<Vec<usize>>>,
    pub(super) share: Share,
    pub(super) example: Option<Example>,
}

#[derive(Debug)]
enum Verdict {
    /// There are no such requests.
    Empty,
    /// There are, and none of them is a difference.
    Nothing,
    Every(Example),
    Remaining(Example),
    Some(Example),
    Undecided(String),
}

impl Verdict {
    /// True when parts of the piece may say more.
    fn is_open(&self) -> bool {
        self.weight() > 0
    }

    /// How much is left open.
    fn weight(&self) -> usize {
        match self {
            Self::Empty | Self::Nothing | Self::Every(_) | Self::Undecided(_) => 0,
            Self::Remaining(_) => 1,
            Self::Some(_) => 2,
        }
    }
}

pub(super) struct Cutter<'c> {
    pub(super) versions: [&'c Policy; 2],
    pub(super) policies: &'c [&'c Policy],
    pub(super) program: &'c Program,
    pub(super) space: &'c Space,
    pub(super) cause: &'c Cause,
    pub(super) dimensions: &'c [Dimension],
    /// The space with some callers or ways alone, as they were needed, each with what is found out about it.
    pub(super) spaces: &'c mut Vec<(Scenes, Space, Cache)>,
    pub(super) budget: &'c mut Budget,
    pub(super) found: Vec<Found>,
}

/// The dimensions along which the requests of a cause can be cut: those with more than one part, and the actions before all.
pub(super) fn dimensions(cause: &Cause, space: &Space, program: &mut Program) -> Vec<Dimension> {
    let mut out = vec![Dimension { along: Along::Actions, parts: actions(cause, space, program) }];
    for (number, body) in cause.bodies.iter().enumerate() {
        let statement = &body.statement;
        if let Some(element) = statement.principal.as_ref().filter(|e| !e.negated) {
            let one = |value| crate::policy::Element { values: vec![value], ..element.clone() };
            let values = element.values.iter().cloned();
            let parts = values.map(|v| Part::Value(program.principal_clause(&one(v), space.kind))).collect();
            out.push(Dimension { along: Along::Principal(number), parts });
        }
        if let Some(element) = statement.resource.as_ref().filter(|e| !e.negated) {
            let one = |value| crate::policy::Element { values: vec![value], ..element.clone() };
            let values = element.values.iter().cloned();
            let parts = values.map(|v| Part::Value(program.resource(&one(v)))).collect();
            out.push(Dimension { along: Along::Resource(number), parts });
        }
        for (place, condition) in statement.conditions.iter().enumerate() {
            // Of these one value is enough; `Not...` and `ForAllValues:` speak of all of them together.
            if !condition.operator.negated() && condition.operator.quantifier != Some(Quantifier::ForAll) {
                let one =
                    |value| Part::Value(program.condition_clause(condition, std::slice::from_ref(value)));
                let parts = condition.values.iter().map(one).collect();
                out.push(Dimension { along: Along::Condition(number, place), parts });
            }
        }
    }
    let callers =
        Callers::ALL.into_iter().filter(|c| space.scenes().iter().any(|s| Callers::from(s.caller) == *c));
    out.push(Dimension { along: Along::Callers, parts: callers.map(Part::Callers).collect() });
    let ways = [Network::Internet, Network::Endpoint, Network::Service];
    let ways = ways.into_iter().filter(|way| space.scenes().iter().any(|s| s.network == *way));
    out.push(Dimension { along: Along::Ways, parts: ways.map(Part::Way).collect() });
    out.retain(|d| d.parts.len() > 1 || d.along == Along::Actions);
    out
}

/// The actions of the cause, in sets that neither a statement nor the keys at hand tell apart.
fn actions(cause: &Cause, space: &Space, program: &Program) -> Vec<Part> {
    let is_action = |c: &&Clause| matches!(c.test, Test::Action(_));
    let mut view = View::empty(program.keys.len());
    let mut places: FxHashMap<(Vec<Truth>, u64, Vec<bool>), usize> = FxHashMap::default();
    let mut out: Vec<ActionSet> = Vec::new();
    for action in aws::actions().iter().filter(|a| space.has_action(a)) {
        view.action_index = Some(action.index);
        if cause.clauses.iter().filter(is_action).any(|c| holds(c, &view, program) == Truth::False) {
            continue;
        }
        let all = program.statements.iter().flat_map(|s| &s.clauses);
        let answers = all.filter(is_action).map(|c| holds(c, &view, program)).collect();
        let keys = program.keys.iter().map(|k| k.fact.is_some_and(|f| action.has_key(f))).collect();
        let place = *places.entry((answers, space.resource_kinds(action), keys)).or_insert_with(|| {
            out.push(ActionSet::default());
            out.len() - 1
        });
        if let Some(set) = out.get_mut(place) {
            set.insert(action.index);
        }
    }
    out.into_iter().map(Part::Actions).collect()
}

impl Cutter<'_> {
    pub(super) fn run(&mut self) {
        let whole: Piece = vec![None; self.dimensions.len()];
        let verdict = self.judge(&whole);
        self.settle(whole, verdict);
    }

    /// Keeps the piece, drops it, or cuts it further.
    fn settle(&mut self, piece: Piece, verdict: Verdict) {
        if verdict.is_open()
            && let Some(parts) = self.best_cut(&piece, verdict.weight())
        {
            return parts.into_iter().for_each(|(part, verdict)| self.settle(part, verdict));
        }
        let (share, example) = match verdict {
            Verdict::Empty | Verdict::Nothing => return,
            Verdict::Every(example) => (Share::Every, Some(example)),
            Verdict::Remaining(example) => (Share::Remaining, Some(example)),
            Verdict::Some(example) => (Share::Some, Some(example)),
            Verdict::Undecided(reason) => (Share::Undecided(reason), None),
        };
        let piece = piece.into_iter().map(|part| part.map(|p| vec![p])).collect();
        self.found.push(Found { piece, share, example });
    }

    /// The cut that settles most; `None` when no part of any is better settled than the whole, or the budget does not reach.
    fn best_cut(&mut self, piece: &Piece, whole: usize) -> Option<Parts> {
        let mut best: Option<((usize, usize), Parts)> = None;
        for (number, dimension) in self.dimensions.iter().enumerate() {
            if piece.get(number)?.is_some() || dimension.parts.len() < 2 {
                continue;
            }
            let mut parts = Vec::with_capacity(dimension.parts.len());
            for part in 0..dimension.parts.len() {
                let mut smaller = piece.clone();
                *smaller.get_mut(number)? = Some(part);
                let verdict = self.judge(&smaller);
                if self.budget.left() == 0 {
                    return None;
                }
                parts.push((smaller, verdict));
            }
            let weights = || {
                let inhabited = parts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Empty));
                inhabited.map(|(_, verdict)| verdict.weight())
            };
            let rank = (weights().filter(|w| *w >= whole).count(), weights().sum());
            if rank.0 < weights().count() && best.as_ref().is_none_or(|(least, _)| rank < *least) {
                best = Some((rank, parts));
                if rank.1 == 0 {
                    break;
                }
            }
        }
        best.map(|(_, parts)| parts)
    }

    fn judge(&mut self, piece: &Piece) -> Verdict {
        let mut undecided = None;
        let mut found = None;
        let cause = self.cause;
        for &wanted in &cause.meets {
            match self.search(piece, wanted) {
                Answer::None => {}
                Answer::Undecided(reason) => undecided = undecided.or(Some(reason)),
                Answer::Found(request) => {
                    found = Some(request);
                    break;
                }
            }
        }
        let example = match (found.map(|request| self.example(*request)), undecided) {
            (Some(Ok(example)), _) => example,
            (Some(Err(reason)), _) => return Verdict::Undecided(reason),
            (None, Some(undecided)) => return Verdict::Undecided(undecided.reason),
            (None, None) if self.search(piece, [Wanted::Any; 3]) == Answer::None => return Verdict::Empty,
            (None, None) => return Verdict::Nothing,
        };
        let mut is_met = |wanted: &[Wanted; 3]| self.search(piece, *wanted) != Answer::None;
        if cause.breaks.iter().any(&mut is_met) {
            Verdict::Some(example)
        } else if cause.others.iter().any(&mut is_met) {
            Verdict::Remaining(example)
        } else {
            Verdict::Every(example)
        }
    }

    /// The request with what the whole versions decide on it; an error when that is no such change.
    fn example(&self, request: Request) -> Result<Example, String> {
        use super::Change::{NewlyAllowed, NewlyDenied, NoLongerAllowed, NoLongerDenied};
        use Decision::{Allowed, ExplicitDeny, ImplicitDeny};
        let [before, after] = self.versions.map(|policy| evaluate(policy, &request));
        let not_allowed = |d| matches!(d, ExplicitDeny | ImplicitDeny);
        let fits = match self.cause.change {
            NewlyAllowed => not_allowed(before) && after == Allowed,
            NoLongerAllowed => before == Allowed && not_allowed(after),
            NoLongerDenied => before == ExplicitDeny && after == ImplicitDeny,
            NewlyDenied => before == ImplicitDeny && after == ExplicitDeny,
        };
        // With values known only at deploy time the readable request no longer says which of them it means.
        if fits || !self.program.symbols.is_empty() {
            return Ok(Example { request, before, after });
        }
        Err(format!(
            "internal error: the request found ({} {} by {}) gets {before} before and {after} now; please report it",
            request.action, request.resource, request.principal
        ))
    }

    fn search(&mut self, piece: &Piece, wanted: [Wanted; 3]) -> Answer {
        let spent = || {
            let reason =
                format!("the change is too intricate: the comparison gave up after {} steps", super::BUDGET);
            Answer::Undecided(Undecided { reason, span: None })
        };
        if self.budget.spend(COST).is_err() {
            let _ = self.budget.spend(self.budget.left());
            return spent();
        }
        let mut clauses = self.cause.clauses.clone();
        let (mut callers, mut way) = (None, None);
        for (dimension, part) in self.dimensions.iter().zip(piece) {
            match part.and_then(|part| dimension.parts.get(part)) {
                Some(Part::Actions(set)) => clauses.push(Clause::actions(*set)),
                Some(Part::Value(clause)) => clauses.push(clause.clone()),
                Some(Part::Callers(of)) => callers = Some(*of),
                Some(Part::Way(network)) => way = Some(*network),
                None => {}
            }
        }
        let scenes = (callers, way);
        let known = self.spaces.iter().position(|(other, ..)| *other == scenes);
        let place = known.unwrap_or_else(|| {
            let keep = |scene: &Scene| {
                callers.is_none_or(|c| c == Callers::from(scene.caller))
                    && way.is_none_or(|w| w == scene.network)
            };
            self.spaces.push((scenes, self.space.within(keep), Cache::default()));
            self.spaces.len() - 1
        });
        let Some((_, space, cache)) = self.spaces.get(place) else { return spent() };
        let question = Question::new(self.policies, self.program, &clauses, space, cache);
        let share = self.budget.left().min(search::BUDGET);
        let mut budget = Budget::new(share);
        let answer = question.search_within(&wanted, &mut budget);
        let _ = self.budget.spend(share - budget.left());
        answer
    }
}
