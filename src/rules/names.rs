//! The names that a rule's set of requests may use: `${trusted.vpcs}`, `${regions}`, `${stranger.bucket}` ... and what they
//! stand for on a given policy.

use super::decide::Given;
use super::stock::{Named, Plain, Shelf, is_strangers_action};
use crate::aws::{self, ActionSet};
use crate::config::Trusted;
use crate::engine::pattern::{Class, Tok, matches};
use crate::engine::program::{Clause, Program, Test};
use crate::engine::space;
use crate::policy::operator::Class as OperatorClass;
use crate::policy::{Condition, Element, Part, Policy, PolicyKind, Statement, Template};
use crate::source::Span;
use smallvec::smallvec;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;

/// What the names stand for on one policy. Each is looked up once.
#[derive(Debug)]
pub(super) struct Names<'a, 'r> {
    pub trusted: &'a Trusted,
    pub regions: &'a [String],
    /// The partitions of the Regions in use, or else those that the policy is about.
    pub partitions: Vec<String>,
    pub policy: &'a Policy,
    shelf: &'a Shelf,
    known: RefCell<Vec<Known>>,
    /// The conditions of sets made ready so far: most sets share theirs.
    ready: RefCell<Vec<(&'r Condition, Ready)>>,
    /// The contexts made ready so far, by their numbers on the shelf, and whether without the conditions that use names. The
    /// place is the context's number on this policy.
    contexts: RefCell<Vec<KnownContext>>,
}

/// The context's number on the shelf, whether it is without the conditions that use names, and what it says; `None`: there are
/// no such requests.
type KnownContext = (usize, bool, Option<Rc<Context>>);

/// What a set says beside its resources: clauses, and the ids that were taken to be the user's.
#[derive(Debug)]
struct Context {
    clauses: Vec<Clause>,
    assumed: Vec<Rc<[Template]>>,
}

/// True when two sets are the same, places in their files aside.
pub(super) fn same_set(a: &Statement, b: &Statement) -> bool {
    same_texts(a.resource.as_ref(), b.resource.as_ref()) && same_context(a, b)
}

/// True when two sets differ in their resources only.
pub(super) fn same_context(a: &Statement, b: &Statement) -> bool {
    same_element(a.principal.as_ref(), b.principal.as_ref(), |a, b| a.pattern == b.pattern)
        && same_texts(a.action.as_ref(), b.action.as_ref())
        && same_list(&a.conditions, &b.conditions, same_condition)
}

pub(super) fn same_condition(a: &Condition, b: &Condition) -> bool {
    a.operator == b.operator && a.key == b.key && same_list(&a.values, &b.values, |a, b| a.source == b.source)
}

fn same_texts(a: Option<&Element<Template>>, b: Option<&Element<Template>>) -> bool {
    same_element(a, b, |a, b| a.source == b.source)
}

fn same_element<T>(a: Option<&Element<T>>, b: Option<&Element<T>>, same: impl Fn(&T, &T) -> bool) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.is_like(b, same),
        (None, None) => true,
        _ => false,
    }
}

fn same_list<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

#[derive(Debug)]
struct Known {
    name: Box<str>,
    key: Box<str>,
    which: Regions,
    values: Option<Values>,
}

/// The values of a name.
#[derive(Debug, Clone)]
struct Values {
    list: Rc<[Template]>,
    /// They were taken from the policy, not from the configuration.
    assumed: bool,
}

/// A condition of a set, made ready.
#[derive(Debug, Clone)]
enum Ready {
    /// A stranger in it cannot be told from what the policy names.
    Impossible,
    /// Nothing is trusted: nothing is left out, or nothing is asked for.
    Empty,
    /// This clause, with the ids that were taken to be the user's.
    Clause(Clause, Option<Rc<[Template]>>),
}

/// What `${regions}` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Regions {
    /// The first configured region, or each partition's best-known one.
    Usual,
    /// Any text.
    AnyText,
    /// Every configured region, or every region there is.
    All,
}

/// True when the set speaks of `${regions}`.
pub(super) fn names_regions(set: &Statement) -> bool {
    let values =
        set.resource.iter().flat_map(|r| &r.values).chain(set.conditions.iter().flat_map(|c| &c.values));
    values.into_iter().any(speaks_of_regions)
}

fn speaks_of_regions(template: &Template) -> bool {
    template.variables().any(|v| &*v.key == "regions")
}

pub(super) fn uses_names(condition: &Condition) -> bool {
    condition.values.iter().any(|t| t.variables().next().is_some())
}

/// A set of requests ready to be asked about.
#[derive(Debug)]
pub(super) struct Asked {
    pub clauses: Vec<Clause>,
    /// The number of what it says beside its resources.
    pub context: Option<u32>,
    /// The ids that were taken to be the user's.
    assumed: Vec<Rc<[Template]>>,
}

impl Asked {
    /// What was assumed, in words.
    pub fn assumptions(&self) -> Vec<String> {
        let mut out: Vec<String> = self
            .assumed
            .iter()
            .filter_map(|ids| {
                // What the deployment itself brings cannot be said in a configuration.
                let ids: Vec<String> =
                    ids.iter().filter(|t| !t.has_symbols()).map(|t| format!("`{}`", t.source)).collect();
                if ids.is_empty() {
                    return None;
                }
                Some(format!(
                    "assumed to be yours, because the policy names {}: {} (say so in `ringfence.toml` under `[trusted]`)",
                    if ids.len() == 1 { "it" } else { "them" },
                    ids.join(", ")
                ))
            })
            .collect();
        out.sort();
        out.dedup();
        out
    }

    /// The same set, for one action only.
    pub fn with_action(&self, action: usize) -> Self {
        let mut clauses = self.clauses.clone();
        clauses.push(Clause::action(action));
        Self { clauses, context: None, assumed: Vec::new() }
    }
}

impl<'a, 'r> Names<'a, 'r> {
    pub fn new(given: Given<'a>, partitions: Vec<String>, policy: &'a Policy, shelf: &'a Shelf) -> Self {
        Self {
            trusted: given.trusted,
            regions: given.regions,
            partitions: configured_partitions(given.regions).unwrap_or(partitions),
            policy,
            shelf,
            known: RefCell::default(),
            ready: RefCell::default(),
            contexts: RefCell::default(),
        }
    }

    /// Fills in the names of a set. `None` when there are no such requests.
    pub fn prepare(&self, set: &'r Statement, which: Regions, program: &mut Program) -> Option<Asked> {
        let context = self.context(set, false, which, program)?;
        self.with_resources(set, context, which, program)
    }

    /// A set that holds this one, quicker to make: conditions that use names are left out. `None` when it is not worth the
    /// while, as there are none, or the set is about all resources; or there are no such requests.
    pub fn prepare_wider(&self, set: &'r Statement, which: Regions, program: &mut Program) -> Option<Asked> {
        let everywhere = |r: &Element<Template>| r.values.iter().any(|t| &*t.source == "*");
        if set.resource.as_ref().is_none_or(everywhere) || !set.conditions.iter().any(uses_names) {
            return None;
        }
        let context = self.context(set, true, which, program)?;
        self.with_resources(set, context, which, program)
    }

    fn with_resources(
        &self,
        set: &'r Statement,
        (context, own): (Option<u32>, Rc<Context>),
        which: Regions,
        program: &mut Program,
    ) -> Option<Asked> {
        let mut clauses = Vec::with_capacity(own.clauses.len() + 1);
        clauses.extend_from_slice(&own.clauses);
        if let Some(resource) = &set.resource {
            clauses.push(match self.shareable(resource, which) {
                Some(named) => self.shelf.resource(set, which, named, program, |program| {
                    self.resource(resource, which, program)
                })?,
                None => self.resource(resource, which, program)?,
            });
        }
        Some(Asked { clauses, context, assumed: own.assumed.clone() })
    }

    /// What the names of a set's resources stand for, when it is likely to be the same on other policies.
    fn shareable(&self, resource: &Element<Template>, which: Regions) -> Option<Named<'_>> {
        let mut out = Named { partitions: &self.partitions, regions: &[], stranger: None };
        if !self.partitions.iter().all(|p| aws::partition(p).is_some()) {
            return None;
        }
        for variable in resource.values.iter().flat_map(Template::variables) {
            match &*variable.key {
                "partition" => {}
                "regions" => out.regions = self.regions,
                "stranger.bucket" => {
                    let stranger = self.values(&variable.key, "", which)?;
                    out.stranger = stranger.list.first().map(|t| t.source.clone());
                }
                _ => return None,
            }
        }
        Some(out)
    }

    /// The clause of a set's resources; `None` when there are none.
    fn resource(
        &self,
        resource: &Element<Template>,
        which: Regions,
        program: &mut Program,
    ) -> Option<Clause> {
        let mut patterns = Vec::new();
        for template in &resource.values {
            self.expand_tokens(&template.parts, which, Vec::with_capacity(64), program, &mut patterns)?;
        }
        Some(program.resource_clause(resource, patterns))
    }

    /// What a set says beside its resources, with its number. `None` when there are no such requests.
    fn context(
        &self,
        set: &'r Statement,
        wider: bool,
        which: Regions,
        program: &mut Program,
    ) -> Option<(Option<u32>, Rc<Context>)> {
        let plain = self.shelf.plain(set);
        let about_regions = set.conditions.iter().flat_map(|c| &c.values).any(speaks_of_regions);
        let Some(number) = plain.filter(|_| !about_regions).map(|plain| plain.number) else {
            return Some((None, Rc::new(self.fresh_context(set, plain, wider, which, program)?)));
        };
        let numbered =
            |at: usize, context: &Option<Rc<Context>>| Some((u32::try_from(at).ok(), context.clone()?));
        let same = |(other, w, _): &KnownContext| *w == wider && *other == number;
        if let Some(at) = self.contexts.borrow().iter().position(same) {
            return numbered(at, &self.contexts.borrow().get(at)?.2);
        }
        let context = self.fresh_context(set, plain, wider, which, program).map(Rc::new);
        self.contexts.borrow_mut().push((number, wider, context.clone()));
        numbered(self.contexts.borrow().len() - 1, &context)
    }

    fn fresh_context(
        &self,
        set: &'r Statement,
        plain: Option<&Plain>,
        wider: bool,
        which: Regions,
        program: &mut Program,
    ) -> Option<Context> {
        let clauses = Vec::with_capacity(set.conditions.len() + 2);
        let mut out = Context { clauses, assumed: Vec::new() };
        if let Some(action) = &set.action {
            let known = plain.and_then(|plain| plain.action.clone());
            out.clauses.push(known.unwrap_or_else(|| {
                let stranger = action.values.iter().any(is_strangers_action);
                let more = if stranger { Self::strangers_actions(program) } else { ActionSet::default() };
                let named = action.values.iter().filter(|t| !is_strangers_action(t));
                program.action_clause(action, named, more)
            }));
        }
        if let Some(principal) = &set.principal {
            let make = || program.principal_clause(principal, PolicyKind::Bucket);
            let known = plain.and_then(|plain| plain.principal.clone());
            out.clauses.push(known.unwrap_or_else(make));
        }
        for (place, condition) in set.conditions.iter().enumerate() {
            if let Some(clause) = plain.and_then(|plain| plain.conditions.get(place)?.as_ref()) {
                out.clauses.push(clause.clone());
                continue;
            }
            if wider && uses_names(condition) {
                continue;
            }
            match self.condition(condition, which, program) {
                Ready::Impossible => return None,
                Ready::Empty => {}
                Ready::Clause(clause, assumed) => {
                    out.clauses.push(clause);
                    out.assumed.extend(assumed);
                }
            }
        }
        Some(out)
    }

    fn condition(&self, condition: &'r Condition, which: Regions, program: &mut Program) -> Ready {
        if let Some((_, ready)) =
            self.ready.borrow().iter().find(|(other, _)| same_condition(other, condition))
        {
            return ready.clone();
        }
        let ready = self.fresh_condition(condition, which, program);
        if !condition.values.iter().any(speaks_of_regions) {
            self.ready.borrow_mut().push((condition, ready.clone()));
        }
        ready
    }

    fn fresh_condition(&self, condition: &Condition, which: Regions, program: &mut Program) -> Ready {
        if !uses_names(condition) {
            return Ready::Clause(program.condition_clause(condition, &condition.values), None);
        }
        let mut values = Vec::new();
        let mut assumed = None;
        for template in &condition.values {
            match self.expand(template, &condition.key, which, &mut assumed) {
                Some(more) => values.extend(more),
                None => return Ready::Impossible,
            }
        }
        if values.is_empty() {
            return Ready::Empty;
        }
        Ready::Clause(program.condition_clause(condition, &values), assumed)
    }

    /// `${stranger.action}`: every action that a client calls and no statement names in full. Those that AWS performs itself
    /// (`InitiateReplication`, `AllowVendedLogDeliveryForResource`) come over no connection and carry no key about it.
    fn strangers_actions(program: &Program) -> ActionSet {
        static CALLED: LazyLock<ActionSet> = LazyLock::new(|| {
            let connection = aws::condition_key("s3:TlsVersion");
            let mut out = ActionSet::default();
            let called = |action: &&aws::Action| connection.is_none_or(|key| action.has_key(key));
            aws::actions().iter().filter(called).for_each(|action| out.insert(action.index));
            out
        });
        let clauses = program.statements.iter().flat_map(|statement| &statement.clauses);
        let named = clauses.fold(ActionSet::default(), |named, clause| match &clause.test {
            Test::Action(test) => named.or(test.in_full),
            _ => named,
        });
        CALLED.minus(named)
    }

    /// The patterns of a template with its names replaced, once for each value of a list. `None`: a stranger in it cannot be
    /// told from what the policy names.
    fn expand_tokens(
        &self,
        parts: &[Part],
        which: Regions,
        mut before: Vec<Tok>,
        program: &mut Program,
        out: &mut Vec<Vec<Tok>>,
    ) -> Option<()> {
        for (at, part) in parts.iter().enumerate() {
            let Part::Variable(variable) = part else {
                program.push_tokens(part, Class::ANY, &mut before);
                continue;
            };
            let values = self.values(&variable.key, "", which)?;
            let partition = (&*variable.key == "regions").then(|| space::partition_of(&before)).flatten();
            for value in values.list.iter() {
                // `arn:aws-cn:...us-east-1` is no place: a Region goes with its own partition.
                let of_region = || aws::partition_of_region(&value.source);
                if partition.as_ref().is_some_and(|p| of_region().is_some_and(|r| r.name != p)) {
                    continue;
                }
                let mut tokens = before.clone();
                value.parts.iter().for_each(|p| program.push_tokens(p, Class::ANY, &mut tokens));
                let rest = parts.get(at + 1..).unwrap_or_default();
                self.expand_tokens(rest, which, tokens, program, out)?;
            }
            return Some(());
        }
        out.push(before);
        Some(())
    }

    /// A template with its names replaced, once for each value of a list.
    fn expand(
        &self,
        template: &Template,
        key: &str,
        which: Regions,
        assumed: &mut Option<Rc<[Template]>>,
    ) -> Option<Vec<Template>> {
        let Some(at) = template.parts.iter().position(|p| matches!(p, Part::Variable(_))) else {
            return Some(vec![template.clone()]);
        };
        let Some(Part::Variable(variable)) = template.parts.get(at) else { return Some(Vec::new()) };
        let values = self.values(&variable.key, key, which)?;
        if values.assumed && !values.list.is_empty() {
            *assumed = Some(Rc::clone(&values.list));
        }
        if template.parts.len() == 1 {
            return Some(values.list.to_vec());
        }
        let mut out = Vec::new();
        for value in values.list.iter() {
            let (before, after) = (template.parts.iter().take(at), template.parts.iter().skip(at + 1));
            let parts = before.chain(&value.parts).chain(after).cloned().collect();
            let source = template.source.replacen(&format!("${{{}}}", variable.key), &value.source, 1);
            let filled = Template { span: template.span, parts, source: source.into() };
            out.extend(self.expand(&filled, key, which, assumed)?);
        }
        Some(out)
    }

    /// The values of a name; `None` when it is a stranger that cannot be told from what the policy names.
    fn values(&self, name: &str, key: &str, which: Regions) -> Option<Values> {
        let same = |k: &&Known| *k.name == *name && *k.key == *key && k.which == which;
        if let Some(known) = self.known.borrow().iter().find(same) {
            return known.values.clone();
        }
        let values = self.fresh_values(name, key, which);
        let known = Known { name: name.into(), key: key.into(), which, values: values.clone() };
        self.known.borrow_mut().push(known);
        values
    }

    fn fresh_values(&self, name: &str, key: &str, which: Regions) -> Option<Values> {
        let list = |values: &[String]| values.iter().map(|v| text(v)).collect::<Vec<_>>();
        let given = |list: Vec<Template>| Some(Values { list: list.into(), assumed: false });
        let configured = match name {
            "trusted.vpcs" => &self.trusted.vpcs,
            "trusted.vpc_endpoints" => &self.trusted.vpc_endpoints,
            "trusted.accounts" => &self.trusted.accounts,
            "trusted.organizations" => &self.trusted.organizations,
            "trusted.buckets" => return given(list(&self.trusted.buckets)),
            "trusted.principals" => return given(list(&self.trusted.principals)),
            "trusted.ip_ranges" => return given(list(&self.trusted.ip_ranges)),
            "regions" => return given(self.regions(which)),
            "partition" => return given(list(&self.partitions)),
            "policy.bucket" => return given(vec![text(&self.bucket()?)]),
            _ => return given(vec![text(&self.stranger(name)?)]),
        };
        if !configured.is_empty() {
            return given(list(configured));
        }
        Some(Values { list: self.named(key).into(), assumed: true })
    }

    /// The ids without wildcards that the policy names for a key.
    fn named(&self, key: &str) -> Vec<Template> {
        let mut out: Vec<Template> = Vec::new();
        let is = |condition: &Condition, name: &str| condition.key.eq_ignore_ascii_case(name);
        for condition in self.policy.statements.iter().flat_map(|s| &s.conditions) {
            if !matches!(condition.operator.base.class(), OperatorClass::String | OperatorClass::Arn) {
                continue;
            }
            let direct = is(condition, key);
            let by_arn = key.eq_ignore_ascii_case("aws:SourceVpc") && is(condition, "aws:SourceVpcArn");
            let by_path = key.eq_ignore_ascii_case("aws:VpceOrgID") && is(condition, "aws:VpceOrgPaths");
            for value in &condition.values {
                let id = if direct {
                    whole_id(value)
                } else if by_arn {
                    value.parts.last().and_then(|p| match p {
                        Part::Literal(arn) => arn.rsplit_once(":vpc/").map(|(_, id)| text(id)),
                        _ => None,
                    })
                } else if by_path {
                    value.parts.first().and_then(|p| match p {
                        Part::Literal(path) => path.split_once('/').map(|(id, _)| text(id)),
                        _ => None,
                    })
                } else {
                    None
                };
                if let Some(id) = id.filter(|id| id.has_symbols() || well_formed(key, &id.source))
                    && !out.iter().any(|t| t.source == id.source)
                {
                    out.push(id);
                }
            }
        }
        out
    }

    fn regions(&self, which: Regions) -> Vec<Template> {
        if which == Regions::AnyText {
            return vec![Template {
                span: Span::default(),
                parts: smallvec![Part::AnyRun],
                source: "*".into(),
            }];
        }
        let one = which == Regions::Usual;
        if !self.regions.is_empty() {
            return self.regions.iter().take(if one { 1 } else { usize::MAX }).map(|r| text(r)).collect();
        }
        let known = self.partitions.iter().filter_map(|p| aws::partition(p));
        if one {
            let usual = |regions: &[&'static str]| {
                regions.iter().find(|r| **r == "us-east-1").or(regions.first()).copied()
            };
            return known.filter_map(|p| usual(&p.regions)).map(text).collect();
        }
        known.flat_map(|p| p.regions.iter()).map(|r| text(r)).collect()
    }

    /// The bucket whose policy this is, when it names one only.
    fn bucket(&self) -> Option<String> {
        let resources = self.policy.statements.iter().filter_map(|s| s.resource.as_ref());
        let named = resources.flat_map(|r| &r.values).filter_map(bucket_part);
        let mut buckets = named.filter_map(|pattern| {
            pattern.into_iter().map(|t| if let Tok::Char(c) = t { Some(c) } else { None }).collect()
        });
        let first: String = buckets.next()?;
        (!first.is_empty() && buckets.all(|other: String| other == first)).then_some(first)
    }

    /// The texts that a name stands for under a condition key, and whether they were taken from the policy. `None`: there is
    /// no such name, or nothing that it can stand for.
    pub fn texts(&self, name: &str, key: &str) -> Option<(Vec<String>, bool)> {
        let values = self.values(name, key, Regions::All)?;
        let plain = values.list.iter().all(|t| !t.has_symbols());
        plain.then(|| (values.list.iter().map(|t| t.source.to_string()).collect(), values.assumed))
    }

    /// A value that the policy does not single out: no pattern of it with any letters of its own matches.
    fn stranger(&self, name: &str) -> Option<String> {
        let chars = |list: &'static str| list.chars();
        let mut candidates: Box<dyn Iterator<Item = String>> = match name {
            "stranger.bucket" => {
                let more = chars("abcdefghijklmnopqrstuvwxyz0123456789");
                let more = more.map(|c| format!("{c}{c}{c}-strangers-bucket"));
                Box::new(BUCKETS.iter().map(|b| (*b).to_owned()).chain(more))
            }
            "stranger.account" => {
                let more = (1..=9u64).map(|d| (d * 101_010_101_010 % 1_000_000_000_000).to_string());
                Box::new(ACCOUNTS.iter().map(|a| (*a).to_owned()).chain(more).filter(|a| a.len() == 12))
            }
            "stranger.vpc" => Box::new(ids("vpc-")),
            "stranger.vpc_endpoint" => Box::new(ids("vpce-")),
            "stranger.organization" => Box::new(
                chars("zabcdefghijklmnopqrstuvwxy").map(|c| format!("o-{}", c.to_string().repeat(10))),
            ),
            "stranger.ip" => return self.stranger_address(),
            _ => return None,
        };
        candidates.find(|candidate| !self.singles_out(name, candidate))
    }

    /// A public address in no range that the policy names, but for "everywhere".
    fn stranger_address(&self) -> Option<String> {
        const ADDRESSES: [&str; 6] =
            ["198.51.100.77", "203.0.113.99", "192.0.2.55", "81.2.69.142", "45.33.32.156", "185.199.108.153"];
        let values = self.policy.statements.iter().flat_map(|s| &s.conditions).flat_map(|c| &c.values);
        let nets: Vec<_> = values
            .filter_map(|t| crate::engine::value::net(t.as_literal()?))
            .filter(|net| net.prefix_len() > 0)
            .collect();
        let outside = |address: &&&str| {
            address.parse().is_ok_and(|a: std::net::IpAddr| !nets.iter().any(|n| n.contains(&a)))
        };
        ADDRESSES.iter().find(outside).map(|a| (*a).to_owned())
    }

    fn singles_out(&self, name: &str, candidate: &str) -> bool {
        let statements = &self.policy.statements;
        if name == "stranger.bucket" {
            let resources = statements.iter().filter_map(|s| s.resource.as_ref()).flat_map(|r| &r.values);
            return resources.filter_map(bucket_part).any(|pattern| {
                let special = pattern.iter().any(|t| matches!(t, Tok::Char(_)));
                special && matches(&pattern, candidate)
            });
        }
        let values = statements.iter().flat_map(|s| &s.conditions).flat_map(|c| &c.values);
        values.into_iter().any(|template| {
            if template.source.contains(candidate) {
                return true;
            }
            let special =
                template.parts.len() > 1 && template.parts.iter().any(|p| matches!(p, Part::Literal(_)));
            special && matches(&space::template_tokens(template), candidate)
        }) || statements
            .iter()
            .filter_map(|s| s.principal.as_ref())
            .any(|p| p.values.iter().any(|e| e.pattern.mentions(candidate)))
    }
}

const BUCKETS: [&str; 4] =
    ["somebody-elses-bucket", "another-companys-data", "unknown-bucket", "exfiltrated"];

const ACCOUNTS: [&str; 5] = ["999999999999", "888888888888", "777777777777", "555555555555", "444444444444"];

fn ids(prefix: &'static str) -> impl Iterator<Item = String> {
    ["0123456789abcdef0", "0fedcba9876543210", "0a1b2c3d4e5f60718"]
        .iter()
        .map(move |id| format!("{prefix}{id}"))
}

fn text(value: &str) -> Template {
    Template::literal(value, Span::default())
}

/// The partitions of the Regions in use; `None`: none is said to be.
fn configured_partitions(regions: &[String]) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    for partition in regions.iter().filter_map(|region| aws::partition_of_region(region)) {
        if !out.iter().any(|p| p == partition.name) {
            out.push(partition.name.to_owned());
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A value without wildcards and variables.
fn whole_id(template: &Template) -> Option<Template> {
    let plain = template.parts.iter().all(|p| matches!(p, Part::Literal(_) | Part::Symbol(_)));
    (plain && !template.source.contains(['*', '?'])).then(|| template.clone())
}

/// An id that the key can hold at all.
fn well_formed(key: &str, id: &str) -> bool {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let has = |patterns: &[Vec<Tok>]| patterns.iter().any(|p| matches(p, id));
    if is("aws:SourceVpc") {
        has(&space::id("vpc-"))
    } else if is("aws:SourceVpce") {
        has(&space::id("vpce-"))
    } else if is("aws:VpceOrgID") || is("aws:PrincipalOrgID") || is("aws:ResourceOrgID") {
        has(&[space::organization().collect()])
    } else if key.to_ascii_lowercase().ends_with("account") {
        has(&[space::account().collect()])
    } else {
        true
    }
}

/// The part of a resource pattern that a bucket's name must match; `None` when it names no bucket.
fn bucket_part(template: &Template) -> Option<Vec<Tok>> {
    let mut tokens = space::template_tokens(template);
    let mut colons = 0;
    let start = tokens.iter().position(|t| {
        colons += usize::from(*t == Tok::Char(':'));
        colons == 5
    })? + 1;
    tokens.drain(..start);
    tokens.truncate(tokens.iter().position(|t| *t == Tok::Char('/')).unwrap_or(tokens.len()));
    Some(tokens)
}
