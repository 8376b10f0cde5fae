//! The sweep itself: scene, action, then a sample for each group of request parts, with the statements still in play.

use super::doubt::{links, may_be_unknown, settled};
use super::{Question, Undecided, Wanted};
use crate::aws::{self, Action, ActionSet, ConditionKey};
use crate::engine::bits::Bits;
use crate::engine::cells::{Budget, Exhausted};
use crate::engine::explain;
use crate::engine::extent::{Extent, Region};
use crate::engine::groups::{Cache, Group, GroupKind, Sample, Sampling, groups};
use crate::engine::holds::{Slot, View, holds};
use crate::engine::pattern::{Truth, literal};
use crate::engine::program::{Clause, ConditionTest, Test, ValueTest};
use crate::engine::space::{Scene, Status, status_of};
use crate::engine::value::time;
use crate::policy::operator::Base;
use crate::policy::{Effect, Operator, PrincipalPattern};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::sync::LazyLock;

/// The actions that a reader knows best, for witnesses.
const KNOWN: [&str; 6] =
    ["GetObject", "PutObject", "ListBucket", "DeleteObject", "GetObjectVersion", "PutBucketPolicy"];

/// The actions, those first that a reader knows best.
pub(super) fn by_fame() -> &'static [&'static Action] {
    static ACTIONS: LazyLock<Vec<&'static Action>> = LazyLock::new(|| {
        let mut out: Vec<_> = aws::actions().iter().collect();
        out.sort_by_key(|a| KNOWN.iter().position(|k| *k == a.name).unwrap_or(KNOWN.len()));
        out
    });
    &ACTIONS
}

/// How "cannot be told" is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Against the outcome: what is found is sure.
    Sure,
    /// For the outcome: what is not found does not exist.
    Possible,
}

/// A statement that matters for the outcome.
#[derive(Debug, Clone)]
struct Player<'a> {
    /// What must hold for it to apply, but for what holds for every request of the set.
    clauses: SmallVec<[&'a Clause; 4]>,
    /// Whether the outcome needs it out of play (`true`) or is served by it in play.
    bad: bool,
    /// For good ones: which need they serve; a need with none in play cannot be met.
    need: usize,
}

/// The actions of the set, one for each class that neither statements nor keys tell apart; found as they are needed.
#[derive(Debug, Default)]
struct Actions {
    /// The classes so far, with what is wrong once the action is chosen.
    classes: Vec<(&'static Action, Bits)>,
    /// What tells the classes apart: what is wrong, the resources, the keys.
    seen: FxHashSet<(Bits, u64, u64)>,
    /// The actions not looked at yet.
    left: std::vec::IntoIter<&'static Action>,
    /// For each player, the actions with which it is in play.
    in_play: Vec<ActionSet>,
    /// The keys at hand that only some actions carry.
    listed: Vec<&'static ConditionKey>,
}

pub(super) struct Sweep<'q, 'a> {
    question: &'q Question<'a>,
    mode: Mode,
    players: Vec<Player<'q>>,
    needs: usize,
    groups: Vec<Group>,
    links: Vec<(usize, usize)>,
    /// For each group, the clauses that become decidable with it: of the request set, and of each player.
    own: Vec<Vec<&'q Clause>>,
    turns: Vec<Vec<(usize, &'q Clause)>>,
    /// The players that serve the outcome.
    good: Bits,
    /// For each need, the players that serve it.
    by_need: Vec<Bits>,
    /// For each number of turns done (0: the action is chosen), the bad players of which no clause is left to decide.
    settled: Vec<Bits>,
    failed: FxHashMap<(usize, Vec<String>), Vec<Bits>>,
    actions: Actions,
    cache: &'q Cache,
    /// The set as a whole; `None` when some value is known only at deploy time.
    region: Option<&'q Region<'a>>,
    /// Some clause reads more than one key, or a resource reads one.
    variables: bool,
    /// Some key is compared with more than one other, or with one that holds no plain text.
    loose: bool,
}

impl<'q, 'a> Sweep<'q, 'a> {
    pub(super) fn new(question: &'q Question<'a>, wanted: &[Wanted], mode: Mode) -> Self {
        let program = question.program;
        let mut players = Vec::new();
        let mut needs = 0;
        // What the extents say holds when nothing is left for deploy time.
        let region = program.symbols.is_empty().then(|| question.region());
        for owner in 0..program.kinds.len() {
            let want = wanted.get(owner).copied().unwrap_or(Wanted::Any);
            let good = match want {
                Wanted::Allowed => Some(Effect::Allow),
                Wanted::ExplicitDeny => Some(Effect::Deny),
                _ => None,
            };
            for (number, statement) in program.statements.iter().enumerate().filter(|(_, s)| s.owner == owner)
            {
                let bad = match (want, statement.effect) {
                    (Wanted::Allowed | Wanted::ImplicitDeny | Wanted::NotExplicitDeny, Effect::Deny)
                    | (Wanted::ImplicitDeny, Effect::Allow) => true,
                    (_, effect) if good == Some(effect) => false,
                    _ => continue,
                };
                let extents = region.and_then(|r| r.statement(number));
                if extents.is_some_and(|e| e.whole() == Extent::None) {
                    continue;
                }
                let is_open = |i: &usize| !extents.is_some_and(|e| e.is_every(*i));
                let clauses =
                    statement.clauses.iter().enumerate().filter(|(i, _)| is_open(i)).map(|(_, c)| c);
                players.push(Player { clauses: clauses.collect(), bad, need: needs });
            }
            needs += usize::from(good.is_some());
        }
        let links =
            links(question.requests.iter().chain(players.iter().flat_map(|p| p.clauses.iter().copied())));
        let mut out = Self {
            question,
            mode,
            players,
            needs,
            groups: Vec::new(),
            links,
            own: Vec::new(),
            turns: Vec::new(),
            good: Bits::default(),
            by_need: Vec::new(),
            settled: Vec::new(),
            failed: FxHashMap::default(),
            actions: Actions::default(),
            cache: question.cache,
            region,
            variables: false,
            loose: false,
        };
        out.arrange();
        out.variables = !out.links.is_empty() || out.has_variables();
        out.loose = out.is_loose();
        out.actions = out.possible_actions();
        out
    }

    /// Puts each clause at the first group with which all it reads is chosen.
    fn arrange(&mut self) {
        let all = groups(self.question.program);
        let clauses = || {
            self.question.requests.iter().chain(self.players.iter().flat_map(|p| p.clauses.iter().copied()))
        };
        let spoken: Vec<bool> = {
            let mut spoken = vec![false; self.question.program.keys.len()];
            for slot in clauses().flat_map(|c| &c.slots) {
                if let Some(flag) = spoken.get_mut(*slot) {
                    *flag = true;
                }
            }
            spoken
        };
        self.groups = all
            .into_iter()
            .filter_map(|mut group| {
                group.slots.retain(|s| spoken.get(*s).copied().unwrap_or(false));
                let always = matches!(group.kind, GroupKind::Caller | GroupKind::Resource);
                (always || !group.slots.is_empty()).then_some(group)
            })
            .collect();
        // The resource decides most; unless it holds policy variables it comes first.
        let free = clauses().all(|c| !matches!(&c.test, Test::Resource(_)) || c.slots.is_empty());
        if free {
            self.groups.rotate_right(1);
        }
        let resource = self.groups.iter().position(|g| g.kind == GroupKind::Resource).unwrap_or(0);
        let turn = |clause: &Clause| {
            let of = |slot: &usize| self.groups.iter().position(|g| g.slots.contains(slot)).unwrap_or(0);
            let caller = self.groups.iter().position(|g| g.kind == GroupKind::Caller).unwrap_or(0);
            let first = if matches!(clause.test, Test::Principal(_)) { caller } else { 0 };
            let keys = clause.slots.iter().map(of).max().unwrap_or(0).max(first);
            match &clause.test {
                Test::Resource(_) => resource,
                _ => keys,
            }
        };
        let mut own = vec![Vec::new(); self.groups.len()];
        let mut turns = vec![Vec::new(); self.groups.len()];
        let mut last = vec![0; self.players.len()];
        for clause in self.question.requests.iter().filter(|c| !is_action(c)) {
            if let Some(list) = own.get_mut(turn(clause)) {
                list.push(clause);
            }
        }
        for (number, player) in self.players.iter().enumerate() {
            for clause in player.clauses.iter().copied().filter(|c| !is_action(c)) {
                let turn = turn(clause);
                if let Some(list) = turns.get_mut(turn) {
                    list.push((number, clause));
                }
                // Turns count from 1 here; 0 is the choice of the action.
                if let Some(entry) = last.get_mut(number) {
                    *entry = (turn + 1).max(*entry);
                }
            }
        }
        self.by_need = vec![Bits::default(); self.needs];
        self.settled = vec![Bits::default(); self.groups.len() + 1];
        for (number, (player, last)) in self.players.iter().zip(last).enumerate() {
            if player.bad {
                self.settled.iter_mut().skip(last).for_each(|bits| bits.insert(number));
                continue;
            }
            self.good.insert(number);
            if let Some(bits) = self.by_need.get_mut(player.need) {
                bits.insert(number);
            }
        }
        (self.own, self.turns) = (own, turns);
    }

    /// The actions of the set: those first that its patterns name first, a few well-known ones leading within a pattern.
    fn possible_actions(&self) -> Actions {
        let requests: Vec<&Clause> = self.question.requests.iter().filter(|c| is_action(c)).collect();
        let patterns = requests.iter().find_map(|c| match &c.test {
            Test::Action(test) if !test.negated && test.by_pattern.len() > 1 => Some(&test.by_pattern),
            _ => None,
        });
        let mut possible = self.question.space.actions;
        for clause in requests {
            possible = possible.and(self.counting(clause, true));
        }
        let mut all: Vec<&'static Action> =
            by_fame().iter().copied().filter(|a| possible.contains(a.index)).collect();
        if let Some(patterns) = patterns {
            let by_pattern = |a: &&Action| patterns.iter().position(|set| set.contains(a.index));
            all.sort_by_cached_key(|a| by_pattern(a).unwrap_or(usize::MAX));
        }
        // For each player, the actions with which its own clauses about them hold.
        let in_play = self.players.iter().map(|player| {
            let own = player.clauses.iter().filter(|c| is_action(c));
            own.fold(self.question.space.actions, |set, c| set.and(self.counting(c, !player.bad)))
        });
        let in_play = in_play.collect();
        // Which of the keys that only some actions carry matter here.
        let slots = self.groups.iter().flat_map(|g| &g.slots);
        let facts = slots.filter_map(|s| self.question.program.keys.get(*s)?.fact);
        let listed = facts.filter(|f| f.listed.is_some()).collect();
        Actions { left: all.into_iter(), in_play, listed, ..Actions::default() }
    }

    /// The class of actions with this number: one action, with what is wrong once it is chosen.
    fn action(&mut self, number: usize) -> Option<(&'static Action, Bits)> {
        while self.actions.classes.len() <= number {
            let action = self.actions.left.next()?;
            let mut wrong = Bits::default();
            for (number, (player, set)) in self.players.iter().zip(&self.actions.in_play).enumerate() {
                if set.contains(action.index) == player.bad {
                    wrong.insert(number);
                }
            }
            if self.hopeless(&wrong, 0) {
                continue;
            }
            // More than 64 such keys: the last bit stands for all the rest, which only makes classes finer by name.
            let listed = &self.actions.listed;
            let carried = listed.iter().enumerate().filter(|(_, f)| action.has_key(f));
            let keys = carried.fold(0, |bits, (i, _)| bits | 1 << i.min(63));
            let rest = if listed.len() > 63 { action.index as u64 } else { 0 };
            let resources = self.question.space.resource_kinds(action);
            if self.actions.seen.insert((wrong.clone(), resources, keys ^ rest.rotate_left(32))) {
                self.actions.classes.push((action, wrong));
            }
        }
        self.actions.classes.get(number).cloned()
    }

    /// The actions with which a clause about them counts as holding.
    fn counting(&self, clause: &Clause, wanted_to_hold: bool) -> ActionSet {
        let Test::Action(test) = &clause.test else { return self.question.space.actions };
        // What is unknown counts as holding, or does not; `NotAction` turns it around.
        let unknown_holds = wanted_to_hold == (self.mode == Mode::Possible);
        let named = if unknown_holds == test.negated { test.sure } else { test.maybe };
        if test.negated { self.question.space.actions.minus(named) } else { named }
    }

    /// True when the two modes can differ at all: some clause may be unknown.
    pub(super) fn uncertain(&self) -> bool {
        let program = self.question.program;
        !program.symbols.is_empty()
            || self
                .question
                .requests
                .iter()
                .chain(self.players.iter().flat_map(|p| p.clauses.iter().copied()))
                .any(may_be_unknown(program, self.question.space.canonical))
    }

    /// Whether some key is compared with more than one other, or with one that is no open set of single texts, or is entangled
    /// with further keys: then two samples of each cell do not cover all cases.
    fn is_loose(&self) -> bool {
        let program = self.question.program;
        let names_callers = self.names_callers();
        let free = |slot: usize| {
            let group = self.groups.iter().find(|g| g.slots.contains(&slot));
            group.is_some_and(|g| !(g.entangled(program) || g.kind == GroupKind::Caller && names_callers))
                && program.keys.get(slot).and_then(|k| k.fact).is_none_or(|f| {
                    matches!(f.key_type, aws::KeyType::String | aws::KeyType::Arn)
                        && !f.multivalued
                        && f.values.is_empty()
                })
        };
        let pairs_of = |slot: usize| self.links.iter().filter(|(a, b)| *a == slot || *b == slot).count();
        self.links.iter().any(|&(a, b)| !free(a) || !free(b) || pairs_of(a) > 1 || pairs_of(b) > 1)
    }

    /// True when the samples do not cover every case of the clause: it says so itself, or it compares keys in a way for which
    /// two samples of each cell are not enough.
    fn inexact(&self, clause: &Clause) -> bool {
        clause.inexact || self.loose && clause.slots.len() > 1 && matches!(clause.test, Test::Condition(_))
    }

    /// Whether the clause counts as holding, by mode and by whether that is good.
    fn counts(&self, clause: &Clause, view: &View, wanted_to_hold: bool) -> bool {
        let truth = if self.mode == Mode::Possible && self.inexact(clause) && !settled(clause, view) {
            Truth::Unknown
        } else {
            holds(clause, view, self.question.program)
        };
        match truth {
            Truth::True => true,
            Truth::False => false,
            Truth::Unknown => wanted_to_hold == (self.mode == Mode::Possible),
        }
    }

    /// A request with the outcome, all its parts filled in.
    pub(super) fn run(&mut self, budget: &mut Budget) -> Result<Option<(View, Scene)>, Exhausted> {
        let Some((mut view, scene)) = self.find(budget)? else { return Ok(None) };
        self.fill(scene, &mut view);
        Ok(Some((view, scene.clone())))
    }

    /// A request with the outcome, in which only the parts that clauses read are chosen.
    fn find(&mut self, budget: &mut Budget) -> Result<Option<(View, &'q Scene)>, Exhausted> {
        // Scenes that no clause tells apart are one.
        let mut tried: Vec<(Scene, Vec<Status>)> = Vec::new();
        let tells_callers = self.tells_callers();
        let all: Vec<&'q Scene> = match self.region {
            Some(region) => region.scenes().collect(),
            None => self.question.space.scenes().iter().collect(),
        };
        for scene in all {
            let statuses = self.statuses(scene);
            let same = |other: &Scene| {
                other.partition == scene.partition
                    && (!tells_callers
                        || other.caller == scene.caller && other.via_service == scene.via_service)
            };
            if tried.iter().any(|(other, s)| same(other) && *s == statuses) {
                continue;
            }
            if let Some(view) = self.scene(scene, budget)? {
                return Ok(Some((view, scene)));
            }
            tried.push((scene.clone(), statuses));
        }
        Ok(None)
    }

    fn clauses(&self) -> impl Iterator<Item = &'q Clause> + '_ {
        self.question.requests.iter().chain(self.players.iter().flat_map(|p| p.clauses.iter().copied()))
    }

    /// True when some `Principal` element names anybody in particular.
    fn names_callers(&self) -> bool {
        self.clauses().any(|c| match &c.test {
            Test::Principal(test) => {
                test.negated || test.entries.iter().any(|e| *e != PrincipalPattern::Everyone)
            }
            _ => false,
        })
    }

    /// True when some clause depends on who calls beyond the keys' being there.
    fn tells_callers(&self) -> bool {
        let by_key = self.groups.iter().any(|g| g.kind == GroupKind::Caller && !g.slots.is_empty());
        by_key || self.names_callers()
    }

    /// Whether requests of the scene carry the keys that clauses read.
    fn statuses(&self, scene: &Scene) -> Vec<Status> {
        let slots = self.groups.iter().flat_map(|g| &g.slots);
        slots
            .map(|&s| self.question.program.keys.get(s).and_then(|k| k.fact))
            .map(|fact| fact.map_or(Status::Absent, |f| status_of(f.presence, scene)))
            .collect()
    }

    /// Gives the keys that only statements without a say read their usual values.
    fn fill(&self, scene: &Scene, view: &mut View) {
        let Some(action) = view.action_index.and_then(|i| aws::actions().get(i)) else { return };
        for group in groups(self.question.program) {
            let chosen = |s: &usize| self.groups.iter().any(|g| g.slots.contains(s));
            if group.kind == GroupKind::Resource || group.slots.iter().all(chosen) {
                continue;
            }
            // What is chosen of the group already stays: the rest must go with it.
            let same: Vec<Clause> =
                group.slots.iter().filter(|s| chosen(s)).filter_map(|&s| equals(s, view.slot(s))).collect();
            let sampling = Sampling {
                program: self.question.program,
                space: self.question.space,
                scene,
                action,
                view,
                clauses: &same.iter().collect::<Vec<_>>(),
                required: &[],
                links: &[],
                variants: 1,
                guesses: 0,
                cache: self.cache,
            };
            // A share of work of its own: it is small, and the answer is known already. Not from the cache, which knows
            // clauses by their numbers.
            let Ok(samples) = sampling.fresh_samples(&group, &mut Budget::new(10_000)) else { continue };
            let agrees = |sample: &&Sample| {
                sample.slots.iter().all(|(slot, value)| !chosen(slot) || value == view.slot(*slot))
            };
            let is_caller = group.kind == GroupKind::Caller;
            let Some(mut sample) = samples.iter().find(|s| is_caller || agrees(s)).cloned() else { continue };
            if group.kind == GroupKind::Caller {
                // The caller is chosen; only what follows from it is missing.
                sample.slots.iter_mut().for_each(|(slot, value)| {
                    if let Some(key) = self.question.program.keys.get(*slot)
                        && !key.name.eq_ignore_ascii_case("aws:ViaAWSService")
                    {
                        *value = crate::engine::evaluate::implied(&view.caller, &key.name);
                    }
                });
                sample.caller = None;
            }
            sample.slots.retain(|(slot, _)| !chosen(slot));
            apply(view, &sample);
        }
    }

    fn scene(&mut self, scene: &Scene, budget: &mut Budget) -> Result<Option<View>, Exhausted> {
        let mut view = View::empty(self.question.program.keys.len());
        let mut absent = Bits::default();
        if let Some(region) = self.region {
            let fails = |p: &Player| p.clauses.iter().any(|c| region.fails_in(c, scene));
            self.players.iter().enumerate().filter(|(_, p)| fails(p)).for_each(|(n, _)| absent.insert(n));
        }
        let mut number = 0;
        while let Some((action, wrong)) = self.action(number) {
            number += 1;
            budget.spend(1)?;
            let wrong = self.without(&wrong, &absent);
            if self.hopeless(&wrong, 0) {
                continue;
            }
            view.set_action(action);
            self.failed.clear();
            let place = Place { scene, action };
            if self.turn(0, &place, &mut view, &wrong, budget)? {
                return Ok(Some(view));
            }
        }
        Ok(None)
    }

    /// No way on from here: a bad statement applies for sure, or nothing is left to meet a need.
    fn hopeless(&self, wrong: &Bits, turns_done: usize) -> bool {
        self.settled.get(turns_done).is_some_and(|settled| settled.meets(wrong))
            || self.by_need.iter().any(|need| need.is_subset(wrong))
    }

    /// Chooses a sample for group `at` and goes on. True when the whole request is chosen; `view` then holds it.
    fn turn(
        &mut self,
        at: usize,
        place: &Place<'_>,
        view: &mut View,
        wrong: &Bits,
        budget: &mut Budget,
    ) -> Result<bool, Exhausted> {
        let Some(group) = self.groups.get(at).cloned() else { return Ok(!self.hopeless(wrong, at)) };
        let memory = (at, self.pending_values(at, view));
        if let Some(failed) = self.failed.get(&memory) {
            budget.spend(failed.len() as u64 / 8)?;
            if failed.iter().any(|f| f.is_subset(wrong)) {
                return Ok(false);
            }
        }
        let own = self.own.get(at).cloned().unwrap_or_default();
        let turns: Vec<(usize, &Clause)> = self
            .turns
            .get(at)
            .into_iter()
            .flatten()
            .filter(|(n, _)| self.players.get(*n).is_some_and(|p| p.bad == wrong.contains(*n)))
            .copied()
            .collect();
        let clauses: Vec<&Clause> = turns.iter().map(|(_, c)| *c).chain(self.later(at, wrong)).collect();
        let linked = group.slots.iter().any(|s| self.links.iter().any(|(a, b)| a == s || b == s));
        let sampling = Sampling {
            program: self.question.program,
            space: self.question.space,
            scene: place.scene,
            action: place.action,
            view,
            clauses: &clauses,
            required: &own,
            links: &self.links,
            variants: if linked { 2 } else { 1 },
            guesses: 0,
            cache: self.cache,
        };
        let samples = sampling.samples(&group, budget)?;
        // Every sample of the group sets the same parts, so there is one state to go back to.
        let before = parts(view, &group);
        let mut tried: Vec<(Bits, Vec<String>)> = Vec::new();
        for sample in samples.iter() {
            budget.spend(1 + clauses.len() as u64 / 4)?;
            apply(view, sample);
            if !own.iter().all(|c| self.counts(c, view, true)) {
                continue;
            }
            let mut broken = Bits::default();
            for (number, clause) in &turns {
                if !broken.contains(*number) && !self.counts(clause, view, self.good.contains(*number)) {
                    broken.insert(*number);
                }
            }
            let next = self.without(wrong, &broken);
            if self.hopeless(&next, at + 1) {
                continue;
            }
            let class = (next.clone(), self.pending_values(at + 1, view));
            if tried.iter().any(|(bits, values)| *values == class.1 && bits.is_subset(&next)) {
                continue;
            }
            if self.turn(at + 1, place, view, &next, budget)? {
                return Ok(true);
            }
            tried.push(class);
        }
        apply(view, &before);
        self.failed.entry(memory).or_default().push(wrong.clone());
        Ok(false)
    }

    /// The set once a clause of these players is broken: that takes a bad one out of play, and makes a good one useless.
    fn without(&self, wrong: &Bits, broken: &Bits) -> Bits {
        wrong.choose(broken, &self.good)
    }

    /// Clauses decided later that read this group's keys too (through policy variables).
    fn later(&self, at: usize, wrong: &Bits) -> Vec<&'q Clause> {
        let Some(group) = self.groups.get(at) else { return Vec::new() };
        let reads = |c: &&Clause| c.slots.iter().any(|s| group.slots.contains(s)) || self.is_linked(c, group);
        let players = self
            .turns
            .iter()
            .skip(at + 1)
            .flatten()
            .filter(|(n, _)| self.players.get(*n).is_some_and(|p| p.bad == wrong.contains(*n)));
        players
            .map(|(_, c)| *c)
            .chain(self.own.iter().skip(at + 1).flatten().copied())
            .filter(reads)
            .collect()
    }

    fn is_linked(&self, clause: &Clause, group: &Group) -> bool {
        let Test::Condition(test) = &clause.test else { return false };
        self.links.iter().any(|&(a, b)| {
            a == test.slot && group.slots.contains(&b) || b == test.slot && group.slots.contains(&a)
        })
    }

    /// The chosen values that clauses still to be decided read.
    fn pending_values(&self, at: usize, view: &View) -> Vec<String> {
        let mut out = Vec::new();
        if !self.variables {
            return out;
        }
        let chosen: Vec<usize> = self.groups.iter().take(at).flat_map(|g| g.slots.iter().copied()).collect();
        let pending = self.turns.iter().skip(at).flatten().map(|(_, c)| *c);
        let own = self.own.iter().skip(at).flatten().copied();
        for clause in pending.chain(own) {
            for slot in &clause.slots {
                if chosen.contains(slot) {
                    out.push(format!("{slot}={:?}", view.slot(*slot)));
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    fn has_variables(&self) -> bool {
        self.turns
            .iter()
            .flatten()
            .map(|(_, c)| *c)
            .chain(self.own.iter().flatten().copied())
            .any(Clause::has_variables)
    }

    /// What stands in the way of a certain answer: the first clause that cannot be told on this request.
    pub(super) fn reason(&self, view: &View) -> Undecided {
        let program = self.question.program;
        let own = self.players.iter().flat_map(|p| p.clauses.iter().map(|&c| (c, Some(c.span))));
        // The set of requests stands in another text than the policy.
        let asked = self.question.requests.iter().map(|c| (c, None));
        for (clause, span) in own.chain(asked) {
            let unknown = holds(clause, view, program) == Truth::Unknown;
            if unknown || self.inexact(clause) && !settled(clause, view) {
                return Undecided { reason: explain::unknown(clause, view, program), span };
            }
        }
        Undecided { reason: "an element of the policy cannot be told".to_owned(), span: None }
    }
}

/// The clause that a key holds this value.
fn equals(slot: usize, value: &Slot) -> Option<Clause> {
    let held = match value {
        Slot::One(value) => &**value,
        Slot::Many(values) => values.first()?.as_str(),
        Slot::Absent | Slot::Unknown => return None,
    };
    let values = time(held).map(ValueTest::Time).into_iter();
    let values = values.chain([ValueTest::Text(literal(held).collect())]).collect();
    let operator = Operator { quantifier: None, base: Base::StringEquals, if_exists: false };
    let test = Test::Condition(ConditionTest { operator, slot, values });
    Some(Clause::unnumbered(test, SmallVec::from_slice(&[slot])))
}

struct Place<'a> {
    scene: &'a Scene,
    action: &'static Action,
}

pub(super) fn is_action(clause: &Clause) -> bool {
    matches!(clause.test, Test::Action(_))
}

pub(super) fn apply(view: &mut View, sample: &Sample) {
    if let Some(caller) = &sample.caller {
        view.caller.clone_from(caller);
    }
    if let Some(resource) = &sample.resource {
        view.resource.clone_from(resource);
    }
    for (slot, value) in &sample.slots {
        if let Some(place) = view.slots.get_mut(*slot) {
            place.clone_from(value);
        }
    }
}

/// The parts of a request that the group's samples set.
fn parts(view: &View, group: &Group) -> Sample {
    Sample {
        caller: (group.kind == GroupKind::Caller).then(|| view.caller.clone()),
        resource: (group.kind == GroupKind::Resource).then(|| view.resource.clone()),
        slots: group.slots.iter().map(|&s| (s, view.slot(s).clone())).collect(),
    }
}
