//! The parts of a request that depend on one another, and samples of their values: one for each way in which the clauses at
//! hand can be answered (see [`super::cells`]).
//!
//! A group of strings is sampled as one *canonical* string from which its keys follow: a caller is
//! `arn:aws:iam::A:role/NAME` with its session behind a separator, and a question about `aws:PrincipalAccount` becomes a
//! question about the fifth field of that string.

use super::caller::Caller;
use super::cells::{Budget, Cut, Exhausted, cells};
use super::holds::{Slot, Substituted, View, holds, substitute};
use super::pattern::{Class, SEPARATOR, Tok, literal};
use super::program::{
    Clause, ConditionTest, Program, ResourcePattern, Test, ValueTest, number, resource_pattern, time,
};
use super::space::{self, CallerKind, Scene, Space, Status};
use crate::aws::{Action, ConditionKey, KeyType};
use crate::policy::operator::Base;
use crate::policy::principal::AccountId;
use crate::policy::{PolicyKind, PrincipalPattern};
use ipnet::IpNet;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

/// What hangs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// The caller and the keys that follow from it.
    Caller,
    /// The resource.
    Resource,
    /// `aws:SourceVpc` and `aws:SourceVpcArn`.
    Vpc,
    /// An organisation's id and the account's path in it; the number tells whose.
    Organization(u8),
    /// `aws:ResourceAccount` and `s3:ResourceAccount`.
    ResourceAccount,
    /// `aws:CurrentTime` and `aws:EpochTime`.
    Time,
    /// `aws:SecureTransport` and `s3:TlsVersion`.
    Tls,
    /// `aws:CalledVia` with its first and last.
    CalledVia,
    /// A key on its own.
    Single,
}

/// A group, with the slots of its keys.
#[derive(Debug, Clone)]
pub struct Group {
    /// What it is.
    pub kind: GroupKind,
    /// Its keys, as far as clauses read them.
    pub slots: SmallVec<[usize; 2]>,
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

/// Which group a key belongs to, and what it says about the canonical string.
fn place(name: &str) -> (GroupKind, Role) {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "aws:principalarn" | "aws:principalservicename" => (GroupKind::Caller, Role::Whole),
        "aws:principalaccount" => (GroupKind::Caller, Role::Account),
        "aws:username" => (GroupKind::Caller, Role::UserName),
        "aws:principaltype" | "aws:principalisawsservice" | "aws:viaawsservice" => {
            (GroupKind::Caller, Role::Fixed)
        }
        "aws:sourcevpc" => (GroupKind::Vpc, Role::VpcId),
        "aws:sourcevpcarn" => (GroupKind::Vpc, Role::Whole),
        "aws:principalorgid" => (GroupKind::Organization(0), Role::OrgId),
        "aws:principalorgpaths" => (GroupKind::Organization(0), Role::Whole),
        "aws:resourceorgid" => (GroupKind::Organization(1), Role::OrgId),
        "aws:resourceorgpaths" => (GroupKind::Organization(1), Role::Whole),
        "aws:vpceorgid" => (GroupKind::Organization(2), Role::OrgId),
        "aws:vpceorgpaths" => (GroupKind::Organization(2), Role::Whole),
        "aws:sourceorgid" => (GroupKind::Organization(3), Role::OrgId),
        "aws:sourceorgpaths" => (GroupKind::Organization(3), Role::Whole),
        "aws:resourceaccount" | "s3:resourceaccount" => (GroupKind::ResourceAccount, Role::Whole),
        "aws:currenttime" | "aws:epochtime" => (GroupKind::Time, Role::Whole),
        "aws:securetransport" | "s3:tlsversion" => (GroupKind::Tls, Role::Fixed),
        "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => (GroupKind::CalledVia, Role::Whole),
        _ => (GroupKind::Single, Role::Whole),
    }
}

/// How a key's value stands in its group's canonical string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Whole,
    Account,
    UserName,
    VpcId,
    OrgId,
    /// It follows from the scene, or from a short list.
    Fixed,
}

/// The groups of all keys that the program speaks of; the caller first and the resource last.
#[must_use]
pub fn groups(program: &Program) -> Vec<Group> {
    let mut out = vec![Group { kind: GroupKind::Caller, slots: SmallVec::new() }];
    for (slot, key) in program.keys.iter().enumerate() {
        let (kind, _) = place(&key.name);
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
    /// Samples made so far.
    pub cache: &'a Cache,
}

/// Samples of strings by what they were cut from: the same cut comes again for other scenes, actions and rules.
#[derive(Debug, Default)]
pub struct Cache {
    cuts: RefCell<FxHashMap<CutKey, Vec<String>>>,
    samples: RefCell<FxHashMap<SamplesKey, Rc<Vec<Sample>>>>,
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
        let plain = self.links.is_empty()
            && !self.required.iter().chain(self.clauses).any(|c| c.slots.len() > 1 || has_variables(c));
        let key = plain.then(|| self.key(group));
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
        let split = self.required.len() * 8 + self.variants;
        (group.kind, group.slots.clone(), self.scene.clone(), action, split, clauses)
    }

    fn fresh_samples(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
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
                let (_, role) = place(self.name(slot));
                let mut patterns = Vec::new();
                for value in &test.values {
                    if let Some(tokens) = self.tokens(value) {
                        lift(role, &tokens, &mut patterns);
                    }
                }
                if patterns.is_empty() {
                    continue;
                }
                let number = out.iter().position(|q| *q == patterns).unwrap_or_else(|| {
                    out.push(patterns);
                    out.len() - 1
                });
                if must && slot == test.slot && demands(test) && !required.contains(&number) {
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

    // --- the caller --------------------------------------------------------------------------------------------

    fn callers(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        let kind = self.scene.caller;
        let callers = match kind {
            CallerKind::Anonymous => vec![Caller::Anonymous],
            CallerKind::Service => self.services(group, budget)?,
            CallerKind::CanonicalUser => self.canonical_users(),
            _ => self.principals(group, budget)?,
        };
        Ok(callers.into_iter().map(|caller| self.caller_sample(group, caller)).collect())
    }

    fn caller_sample(&self, group: &Group, caller: Caller) -> Sample {
        let slots = group
            .slots
            .iter()
            .map(|&slot| {
                let name = self.name(slot);
                let value = if name.eq_ignore_ascii_case("aws:ViaAWSService") {
                    Slot::One(self.scene.via_service.to_string())
                } else if self.scene.caller == CallerKind::Service
                    && name.eq_ignore_ascii_case("aws:PrincipalAccount")
                {
                    Slot::Unknown
                } else {
                    super::evaluate::implied(&caller, name)
                };
                (slot, value)
            })
            .collect();
        Sample { caller: Some(caller), resource: None, slots }
    }

    fn entries(&self) -> impl Iterator<Item = &PrincipalPattern> {
        self.required.iter().chain(self.clauses).flat_map(|clause| match &clause.test {
            Test::Principal(test) => test.entries.as_slice(),
            _ => &[],
        })
    }

    fn services(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Caller>, Exhausted> {
        let (mut questions, _) = self.questions(group, |role, tokens, out| {
            if role == Role::Whole {
                out.push(tokens.to_vec());
            }
        });
        for entry in self.entries() {
            if let PrincipalPattern::Service(name) = entry {
                questions.push(vec![literal(name).collect()]);
            }
        }
        let rest = Class::NO_COLON.and(Class::NO_SLASH);
        let domain: Vec<Tok> =
            [Tok::One(Class::ALNUM), Tok::Many(rest)].into_iter().chain(literal(".amazonaws.com")).collect();
        let names = self.cut(&[domain], &questions, &[], budget)?;
        Ok(names.into_iter().map(Caller::Service).collect())
    }

    fn canonical_users(&self) -> Vec<Caller> {
        let mut out: Vec<Caller> = Vec::new();
        for entry in self.entries() {
            if let PrincipalPattern::CanonicalUser(id) = entry {
                let caller = Caller::CanonicalUser(id.to_string());
                if !out.contains(&caller) {
                    out.push(caller);
                }
            }
        }
        out
    }

    fn principals(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Caller>, Exhausted> {
        let partition = self.scene.partition.as_str();
        let kind = self.scene.caller;
        let (mut questions, required) = self.questions(group, |role, tokens, out| match role {
            Role::Whole => out.extend(with_session(tokens)),
            Role::Account => {
                out.push(arn_head().chain(narrow(tokens, Class::NO_COLON)).chain(colon_rest()).collect());
            }
            Role::UserName => {
                let name = narrow(tokens, Class::NO_SLASH).collect::<Vec<_>>();
                for path in paths() {
                    out.push(
                        arn_head()
                            .chain(any_field())
                            .chain(literal(":user/"))
                            .chain(path)
                            .chain(name.clone())
                            .collect(),
                    );
                }
            }
            _ => {}
        });
        for entry in self.entries() {
            let mut patterns = Vec::new();
            entry_patterns(entry, self.program, &mut patterns);
            if !patterns.is_empty() && !questions.contains(&patterns) {
                questions.push(patterns);
            }
        }
        let mut domain = Vec::new();
        let accounts = std::iter::once(space::account().collect())
            .chain(self.program.symbols.chars().map(|c| vec![Tok::Char(c)]));
        for account in accounts {
            let account: Vec<Tok> = account;
            let service = if kind == CallerKind::FederatedUser { "sts" } else { "iam" };
            let head = literal(&format!("arn:{partition}:{service}::")).chain(account).collect::<Vec<_>>();
            let name = [Tok::Many(NAME), Tok::One(NAME.and(Class::NO_SLASH))];
            let tail: Vec<Tok> = match kind {
                CallerKind::Root => literal(":root").collect(),
                CallerKind::User => literal(":user/").chain(name).collect(),
                CallerKind::FederatedUser => literal(":federated-user/").chain(name).collect(),
                _ => literal(":role/")
                    .chain(name)
                    .chain([
                        Tok::Char(SEPARATOR),
                        Tok::One(NAME.and(Class::NO_SLASH)),
                        Tok::Many(NAME.and(Class::NO_SLASH)),
                    ])
                    .collect(),
            };
            domain.push(head.into_iter().chain(tail).collect());
        }
        let canonical = self.cut_asked(&domain, &questions, &required, budget)?;
        Ok(canonical.iter().filter_map(|text| caller_of(text, kind)).collect())
    }

    // --- the resource ------------------------------------------------------------------------------------------

    fn resources(&self, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        let sample = |resource| Sample { caller: None, resource: Some(resource), slots: SmallVec::new() };
        let Some(domain) = self.space.resources(self.action, self.scene, self.program) else {
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
            let mut patterns = Vec::new();
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
            if must && !test.negated && wide.is_empty() && self.program.symbols.is_empty() {
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

    // --- keys that make one string -------------------------------------------------------------------------------

    fn composed(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        let status = group.slots.iter().map(|&s| self.status(s)).fold(Status::Absent, wider);
        let whole = group.slots.iter().any(|&s| place(self.name(s)).1 == Role::Whole);
        let (questions, required) = self.questions(group, |role, tokens, out| match (group.kind, role) {
            (GroupKind::Vpc, Role::VpcId) if whole => out.push(
                literal("arn:")
                    .chain(any_field())
                    .chain(literal(":ec2:"))
                    .chain(any_field())
                    .chain(literal(":"))
                    .chain(any_field())
                    .chain(literal(":vpc/"))
                    .chain(tokens.iter().copied())
                    .collect(),
            ),
            (GroupKind::Organization(_), Role::OrgId) if whole => {
                out.push(
                    narrow(tokens, Class::NO_SLASH)
                        .chain(literal("/"))
                        .chain([Tok::Many(Class::ANY)])
                        .collect(),
                );
            }
            _ => out.push(tokens.to_vec()),
        });
        let symbol_ids = || self.program.symbols.chars().map(|c| vec![Tok::Char(c)]);
        let mut domain: Vec<Vec<Tok>> = Vec::new();
        match group.kind {
            GroupKind::Vpc => {
                for id in space::id("vpc-").into_iter().chain(symbol_ids()) {
                    if whole {
                        let head = literal(&format!("arn:{}:ec2:", self.scene.partition))
                            .chain([Tok::One(Class::ALNUM), Tok::Many(Class::NO_COLON)])
                            .chain(literal(":"))
                            .chain(space::account())
                            .chain(literal(":vpc/"))
                            .collect::<Vec<_>>();
                        domain.push(head.into_iter().chain(id).collect());
                    } else {
                        domain.push(id);
                    }
                }
            }
            GroupKind::Organization(_) => {
                for id in std::iter::once(space::organization().collect()).chain(symbol_ids()) {
                    let id: Vec<Tok> = id;
                    let path = [
                        Tok::Char('/'),
                        Tok::Char('r'),
                        Tok::Char('-'),
                        Tok::One(Class::ALNUM),
                        Tok::Many(Class::ANY),
                    ];
                    domain.push(if whole {
                        id.into_iter().chain(path).chain([Tok::Char('/')]).collect()
                    } else {
                        id
                    });
                }
            }
            _ => {
                domain.push(space::account().collect());
                domain.extend(symbol_ids());
            }
        }
        let mut out = Vec::new();
        if matches!(status, Status::Absent | Status::Optional) {
            out.push(all(group, |_| Slot::Absent));
        }
        if status == Status::Unknown {
            out.push(all(group, |_| Slot::Unknown));
        }
        if matches!(status, Status::Present | Status::Optional) {
            for text in self.cut_asked(&domain, &questions, &required, budget)? {
                let sample = all(group, |slot| {
                    if self.status(slot) == Status::Absent {
                        return Slot::Absent;
                    }
                    match place(self.name(slot)).1 {
                        Role::VpcId if whole => {
                            Slot::One(text.rsplit('/').next().unwrap_or_default().to_owned())
                        }
                        Role::OrgId if whole => {
                            Slot::One(text.split('/').next().unwrap_or_default().to_owned())
                        }
                        _ if self.fact(slot).is_some_and(|f| f.multivalued) => Slot::Many(vec![text.clone()]),
                        _ => Slot::One(text.clone()),
                    }
                });
                out.push(sample);
            }
        }
        Ok(out)
    }

    // --- short lists -------------------------------------------------------------------------------------------

    fn tls(&self, group: &Group) -> Vec<Sample> {
        let versions = ["1.2", "1.3", "1.1", "1.0"].map(Some);
        let make = |version: Option<&str>| {
            all(group, |slot| {
                if self.name(slot).eq_ignore_ascii_case("aws:SecureTransport") {
                    Slot::One(version.is_some().to_string())
                } else if self.status(slot) == Status::Absent {
                    Slot::Absent
                } else {
                    version.map_or(Slot::Absent, |v| Slot::One(v.to_owned()))
                }
            })
        };
        versions.into_iter().chain([None]).map(make).collect()
    }

    fn times(&self, group: &Group) -> Vec<Sample> {
        // A usual moment, then the seconds around each boundary.
        let mut seconds: Vec<i64> = vec![1_767_225_600];
        for test in self.tests(group) {
            for value in &test.values {
                let at = match value {
                    ValueTest::Time(millis) => *millis,
                    #[expect(clippy::cast_possible_truncation, reason = "epochs beyond i64 saturate")]
                    ValueTest::Number(n) => (n * 1000.0) as i64,
                    _ => continue,
                };
                let floor = at.div_euclid(1000);
                seconds.extend([floor, floor - 1, floor + 1]);
            }
        }
        seconds.retain(|s| (0..=253_402_300_799).contains(s));
        dedup(&mut seconds);
        let make = |second: i64| {
            all(group, |slot| {
                if self.name(slot).eq_ignore_ascii_case("aws:EpochTime") {
                    Slot::One(second.to_string())
                } else {
                    let time = chrono::DateTime::from_timestamp(second, 0);
                    Slot::One(time.map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string()))
                }
            })
        };
        seconds.into_iter().map(make).collect()
    }

    /// The condition tests that read a key of the group.
    fn tests<'s>(&'s self, group: &'s Group) -> impl Iterator<Item = &'s ConditionTest> {
        self.required.iter().chain(self.clauses).filter_map(move |clause| match &clause.test {
            Test::Condition(test) if group.slots.contains(&test.slot) => Some(test),
            _ => None,
        })
    }

    // --- a key on its own --------------------------------------------------------------------------------------

    fn single(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        let Some(&slot) = group.slots.first() else { return Ok(vec![all(group, |_| Slot::Absent)]) };
        let status = self.status(slot);
        let mut out = Vec::new();
        if matches!(status, Status::Absent | Status::Optional) {
            out.push(all(group, |_| Slot::Absent));
        }
        if status == Status::Unknown {
            out.push(all(group, |_| Slot::Unknown));
        }
        let Some(fact) = self.fact(slot) else { return Ok(out) };
        if !matches!(status, Status::Present | Status::Optional) {
            return Ok(out);
        }
        let values = self.values(group, slot, fact, budget)?;
        if fact.multivalued {
            for list in self.lists(group, slot, &values, budget)? {
                out.push(all(group, |s| match self.fact(s) {
                    Some(f) if f.multivalued => Slot::Many(list.clone()),
                    _ if self.name(s).to_ascii_lowercase().ends_with("last") => {
                        list.last().cloned().map_or(Slot::Absent, Slot::One)
                    }
                    _ => list.first().cloned().map_or(Slot::Absent, Slot::One),
                }));
            }
        } else {
            out.extend(values.into_iter().map(|value| all(group, |_| Slot::One(value.clone()))));
        }
        Ok(out)
    }

    /// Values of one key.
    fn values(
        &self,
        group: &Group,
        slot: usize,
        fact: &ConditionKey,
        budget: &mut Budget,
    ) -> Result<Vec<String>, Exhausted> {
        if !fact.values.is_empty() {
            return Ok(fact.values.iter().map(|&v| v.to_owned()).collect());
        }
        let mut out = match fact.key_type {
            KeyType::Numeric => self.numbers(group),
            KeyType::Date => self.dates(group),
            KeyType::Ip => self.addresses(group, fact),
            KeyType::Bool => vec!["true".to_owned(), "false".to_owned()],
            KeyType::String | KeyType::Arn | KeyType::Binary => {
                let domain = key_domain(fact, self.program);
                let (questions, required) = self.questions(group, |_, tokens, out| out.push(tokens.to_vec()));
                let required = if fact.multivalued { Vec::new() } else { required };
                return self.cut_asked(&domain, &questions, &required, budget);
            }
        };
        // Values that clauses of another kind name: not every case, but worth trying.
        for test in self.tests(group).filter(|t| t.slot == slot) {
            for value in &test.values {
                if let Some(tokens) = self.tokens(value) {
                    let chars = tokens.iter().map(|t| if let Tok::Char(c) = t { Some(*c) } else { None });
                    if let Some(text) = chars.collect::<Option<String>>() {
                        let legal = match fact.key_type {
                            KeyType::Ip => text.parse::<IpAddr>().is_ok_and(|a| !excluded(fact, a)),
                            KeyType::Numeric => number(&text).is_some(),
                            KeyType::Date => time(&text).is_some(),
                            _ => false,
                        };
                        if legal && !out.contains(&text) {
                            out.push(text);
                        }
                    }
                }
            }
        }
        Ok(out)
    }

    fn numbers(&self, group: &Group) -> Vec<String> {
        let mut out: Vec<i64> = vec![10];
        for test in self.tests(group) {
            for value in &test.values {
                if let ValueTest::Number(n) = value {
                    #[expect(clippy::cast_possible_truncation, reason = "numbers beyond i64 saturate")]
                    let floor = n.floor() as i64;
                    out.extend([floor.saturating_sub(1), floor, floor.saturating_add(1)]);
                }
            }
        }
        out.retain(|n| *n >= 0);
        dedup(&mut out);
        out.into_iter().map(|n| n.to_string()).collect()
    }

    fn dates(&self, group: &Group) -> Vec<String> {
        self.times(group)
            .into_iter()
            .filter_map(|sample| match sample.slots.into_iter().next() {
                Some((_, Slot::One(text))) => Some(text),
                _ => None,
            })
            .collect()
    }

    fn addresses(&self, group: &Group, fact: &ConditionKey) -> Vec<String> {
        let inside = fact.name.eq_ignore_ascii_case("aws:SourceIp");
        let usual: [IpAddr; 2] = if inside {
            [
                IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9)),
            ]
        } else {
            [IpAddr::V4(Ipv4Addr::new(10, 0, 1, 7)), IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 7))]
        };
        let mut out: Vec<IpAddr> = usual.to_vec();
        let mut nets: Vec<IpNet> = Vec::new();
        for test in self.tests(group) {
            nets.extend(
                test.values
                    .iter()
                    .filter_map(|v| if let ValueTest::Net(net) = v { Some(*net) } else { None }),
            );
        }
        nets.extend(private_ranges());
        out.push(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        out.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        for net in nets {
            // A range begins a cell, and another begins behind it.
            out.push(net.network());
            out.extend(after(net.broadcast()));
        }
        out.retain(|&address| !excluded(fact, address));
        dedup(&mut out);
        out.into_iter().map(|a| a.to_string()).collect()
    }

    /// Lists of values: one for each way in which the clauses can be answered. A clause with a set operator looks at each
    /// value, so what one more value changes depends only on the answers so far.
    fn lists(
        &self,
        group: &Group,
        slot: usize,
        values: &[String],
        budget: &mut Budget,
    ) -> Result<Vec<Vec<String>>, Exhausted> {
        let mut view = self.view.clone();
        let clauses: Vec<&Clause> = self
            .required
            .iter()
            .chain(self.clauses)
            .copied()
            .filter(|c| matches!(&c.test, Test::Condition(t) if group.slots.contains(&t.slot)))
            .collect();
        let mut seen = Vec::new();
        let mut out: Vec<Vec<String>> = Vec::new();
        let mut todo: Vec<Vec<String>> = vec![Vec::new()];
        while let Some(list) = todo.pop() {
            for value in values {
                budget.spend(clauses.len() as u64 + 1)?;
                let mut longer = list.clone();
                longer.push(value.clone());
                if let Some(s) = view.slots.get_mut(slot) {
                    *s = Slot::Many(longer.clone());
                }
                let answers: Vec<_> = clauses.iter().map(|c| holds(c, &view, self.program)).collect();
                if !seen.contains(&answers) {
                    seen.push(answers);
                    out.push(longer.clone());
                    todo.insert(0, longer);
                }
            }
        }
        Ok(out)
    }
}

/// A sample that gives each of the group's keys its value.
fn all(group: &Group, mut value: impl FnMut(usize) -> Slot) -> Sample {
    let slots = group.slots.iter().map(|&slot| (slot, value(slot))).collect();
    Sample { caller: None, resource: None, slots }
}

fn has_variables(clause: &Clause) -> bool {
    matches!(clause.test, Test::Resource(_)) && !clause.slots.is_empty()
}

/// A required test that surely fails unless one of its values matches.
fn demands(test: &ConditionTest) -> bool {
    !test.operator.negated()
        && !test.operator.if_exists
        && test.operator.quantifier.is_none()
        && test.operator.base != Base::Null
        && test.values.iter().all(|v| matches!(v, ValueTest::Text(_) | ValueTest::Arn(_)))
}

fn wider(a: Status, b: Status) -> Status {
    match (a, b) {
        (Status::Absent, other) | (other, Status::Absent) => other,
        (Status::Unknown, _) | (_, Status::Unknown) => Status::Unknown,
        (Status::Optional, _) | (_, Status::Optional) => Status::Optional,
        _ => Status::Present,
    }
}

fn dedup<T: PartialEq + Copy>(list: &mut Vec<T>) {
    let mut seen: Vec<T> = Vec::with_capacity(list.len());
    list.retain(|item| {
        let new = !seen.contains(item);
        if new {
            seen.push(*item);
        }
        new
    });
}

// --- pieces of canonical strings -----------------------------------------------------------------------------------

/// A name in a caller's canonical string.
const NAME: Class = Class::NO_SEPARATOR;

fn narrow(tokens: &[Tok], class: Class) -> impl Iterator<Item = Tok> + '_ {
    tokens.iter().map(move |tok| match tok {
        Tok::One(c) => Tok::One(c.and(class)),
        Tok::Many(c) => Tok::Many(c.and(class)),
        other => *other,
    })
}

fn any_field() -> impl Iterator<Item = Tok> {
    std::iter::once(Tok::Many(Class::NO_COLON))
}

/// `arn:*:*::`
fn arn_head() -> impl Iterator<Item = Tok> {
    literal("arn:").chain(any_field()).chain(literal(":")).chain(any_field()).chain(literal("::"))
}

fn colon_rest() -> impl Iterator<Item = Tok> {
    [Tok::Char(':'), Tok::Many(Class::ANY)].into_iter()
}

/// No path, or one.
fn paths() -> [Vec<Tok>; 2] {
    [Vec::new(), vec![Tok::Many(NAME), Tok::Char('/')]]
}

/// A pattern of `aws:PrincipalArn`, with or without a session behind it.
fn with_session(tokens: &[Tok]) -> [Vec<Tok>; 2] {
    let plain: Vec<Tok> = narrow(tokens, NAME).collect();
    let session = plain.iter().copied().chain([Tok::Char(SEPARATOR), Tok::Many(Class::ANY)]).collect();
    [plain, session]
}

/// The callers that a principal entry names, as patterns of the canonical string.
fn entry_patterns(entry: &PrincipalPattern, program: &Program, out: &mut Vec<Vec<Tok>>) {
    let mut symbols = program.symbols.clone();
    let mut account = |id: &AccountId| -> Vec<Tok> {
        match id {
            AccountId::Known(id) => literal(id).collect(),
            AccountId::Symbol(symbol) => vec![Tok::Char(symbols.char_of(symbol))],
        }
    };
    let session = || [Tok::Char(SEPARATOR), Tok::Many(Class::ANY)];
    match entry {
        PrincipalPattern::Account { account: id } => {
            out.push(arn_head().chain(account(id)).chain(colon_rest()).collect());
            out.push(arn_head().chain(account(id)).chain(literal(":root")).collect());
        }
        PrincipalPattern::Role { partition, account: id, name } => {
            let head: Vec<Tok> = literal(&format!("arn:{partition}:iam::"))
                .chain(account(id))
                .chain(literal(":role/"))
                .collect();
            out.push(head.iter().copied().chain(literal(name)).chain(session()).collect());
        }
        PrincipalPattern::User { partition, account: id, name } => {
            out.push(
                literal(&format!("arn:{partition}:iam::"))
                    .chain(account(id))
                    .chain(literal(":user/"))
                    .chain(literal(name))
                    .collect(),
            );
        }
        PrincipalPattern::Session { partition, account: id, role, session } => {
            for path in paths() {
                out.push(
                    literal(&format!("arn:{partition}:iam::"))
                        .chain(account(id))
                        .chain(literal(":role/"))
                        .chain(path)
                        .chain(literal(role))
                        .chain([Tok::Char(SEPARATOR)])
                        .chain(literal(session))
                        .collect(),
                );
            }
        }
        PrincipalPattern::FederatedUser { partition, account: id, name } => {
            out.push(
                literal(&format!("arn:{partition}:sts::"))
                    .chain(account(id))
                    .chain(literal(":federated-user/"))
                    .chain(literal(name))
                    .collect(),
            );
        }
        _ => {}
    }
}

/// The caller of a canonical string.
fn caller_of(text: &str, kind: CallerKind) -> Option<Caller> {
    let (arn, session) = match text.split_once(SEPARATOR) {
        Some((arn, session)) => (arn, Some(session.to_owned())),
        None => (text, None),
    };
    let mut fields = arn.splitn(6, ':');
    let partition = fields.nth(1)?.to_owned();
    let account = fields.nth(2)?.to_owned();
    let rest = fields.next()?;
    let name = || rest.split_once('/').map(|(_, name)| name.to_owned());
    Some(match kind {
        CallerKind::Root => Caller::Root { partition, account },
        CallerKind::User => Caller::User { partition, account, name: name()? },
        CallerKind::FederatedUser => Caller::FederatedUser { partition, account, name: name()? },
        CallerKind::Role => Caller::Role { partition, account, name: name()?, session },
        _ => return None,
    })
}

/// The values that a key can have.
fn key_domain(fact: &ConditionKey, program: &Program) -> Vec<Vec<Tok>> {
    let mut out = match fact.name {
        "aws:SourceVpce" => space::id("vpce-"),
        "aws:Ec2InstanceSourceVpc" => space::id("vpc-"),
        "aws:VpceAccount" | "aws:SourceAccount" | "aws:SourceOwner" | "s3:DataAccessPointAccount" => {
            vec![space::account().collect()]
        }
        _ if fact.key_type == KeyType::Arn => {
            let mut arn: Vec<Tok> = literal("arn:").collect();
            for _ in 0..4 {
                arn.extend(any_field());
                arn.push(Tok::Char(':'));
            }
            arn.push(Tok::Many(Class::ANY));
            vec![arn]
        }
        _ => return vec![vec![Tok::Many(Class::ANY)]],
    };
    if fact.other_type == Some(KeyType::String) || fact.key_type == KeyType::Arn && fact.other_type.is_some()
    {
        return vec![vec![Tok::Many(Class::ANY)]];
    }
    out.extend(program.symbols.chars().map(|c| vec![Tok::Char(c)]));
    out
}

// --- addresses -----------------------------------------------------------------------------------------------------

/// Ranges that are no public addresses: `aws:SourceIp` never holds one (fact sheet, section E).
fn private_ranges() -> impl Iterator<Item = IpNet> {
    [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/3",
        "4000::/2",
        "8000::/1",
    ]
    .into_iter()
    .filter_map(|range| range.parse().ok())
}

fn excluded(fact: &ConditionKey, address: IpAddr) -> bool {
    fact.name.eq_ignore_ascii_case("aws:SourceIp") && private_ranges().any(|net| net.contains(&address))
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(a) => u32::from(a).checked_add(1).map(|n| IpAddr::V4(n.into())),
        IpAddr::V6(a) => u128::from(a).checked_add(1).map(|n| IpAddr::V6(n.into())),
    }
}
