//! The names that a rule's set of requests may use: `${trusted.vpcs}`, `${regions}`, `${stranger.bucket}` ... and what they
//! stand for on a given policy.

use crate::aws;
use crate::config::Trusted;
use crate::engine::pattern::{Class, Tok, literal, matches};
use crate::engine::space;
use crate::policy::operator::Class as OperatorClass;
use crate::policy::{Condition, Element, Part, Policy, Statement, Template};
use crate::source::Span;

/// What the names stand for.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub trusted: &'a Trusted,
    pub regions: &'a [String],
    pub which: Regions,
    /// The partitions that the policy is about.
    pub partitions: &'a [String],
    pub policy: &'a Policy,
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
    values.flat_map(Template::variables).any(|v| &*v.key == "regions")
}

/// A set of requests with its names filled in, and what was assumed to do so.
#[derive(Debug)]
pub(super) struct Filled {
    pub statement: Statement,
    pub assumed: Vec<String>,
}

impl Names<'_> {
    /// Fills in the names of a set. `None` when a name stands for nothing, so that there are no such requests.
    pub fn fill(&self, set: &Statement) -> Option<Filled> {
        let mut assumed = Vec::new();
        let mut out = set.clone();
        if let Some(action) = &mut out.action {
            self.actions(action);
        }
        if let Some(resource) = &mut out.resource {
            let mut values = Vec::new();
            for template in &resource.values {
                values.extend(self.expand(template, "", &mut assumed)?);
            }
            resource.values = values;
        }
        let mut conditions = Vec::with_capacity(out.conditions.len());
        for mut condition in std::mem::take(&mut out.conditions) {
            let named = condition.values.iter().any(|t| t.variables().next().is_some());
            let mut values = Vec::new();
            for template in &condition.values {
                values.extend(self.expand(template, &condition.key, &mut assumed)?);
            }
            // Nothing is trusted: nothing is left out, or nothing is asked for.
            if named && values.is_empty() {
                continue;
            }
            condition.values = values;
            conditions.push(condition);
        }
        out.conditions = conditions;
        assumed.sort();
        assumed.dedup();
        Some(Filled { statement: out, assumed })
    }

    /// `${stranger.action}`: every action that a client calls and no statement names in full. Those that AWS performs itself
    /// (`InitiateReplication`, `AllowVendedLogDeliveryForResource`) come over no connection and carry no key about it.
    fn actions(&self, element: &mut Element<Template>) {
        let at = element.values.iter().position(|t| &*t.source == "${stranger.action}");
        let Some(at) = at else { return };
        let span = element.values.remove(at).span;
        let named: Vec<&str> = self
            .policy
            .statements
            .iter()
            .filter_map(|s| s.action.as_ref())
            .flat_map(|a| a.values.iter().filter_map(Template::as_literal))
            .collect();
        let connection = aws::condition_key("s3:TlsVersion");
        let called = |action: &&aws::Action| connection.is_none_or(|key| action.has_key(key));
        for action in aws::actions().iter().filter(called) {
            let full = format!("s3:{}", action.name);
            if !named.iter().any(|n| n.eq_ignore_ascii_case(&full)) {
                element.values.push(Template::literal(&full, span));
            }
        }
    }

    /// A template with its names replaced, once for each value of a list.
    fn expand(&self, template: &Template, key: &str, assumed: &mut Vec<String>) -> Option<Vec<Template>> {
        let Some(at) = template.parts.iter().position(|p| matches!(p, Part::Variable(_))) else {
            return Some(vec![template.clone()]);
        };
        let Some(Part::Variable(variable)) = template.parts.get(at) else { return Some(Vec::new()) };
        let mut values = self.values(&variable.key, key, assumed)?;
        if &*variable.key == "regions" {
            // `arn:aws-cn:...us-east-1` is no place: a Region goes with its own partition.
            let before = template.parts.iter().take(at).map(|part| match part {
                Part::Literal(text) => &**text,
                _ => "*",
            });
            let before: String = before.collect();
            if let Some((partition, _)) = before.strip_prefix("arn:").and_then(|rest| rest.split_once(':')) {
                values.retain(|region| {
                    aws::partition_of_region(&region.source).is_none_or(|p| p.name == partition)
                });
            }
        }
        let mut out = Vec::new();
        for value in values {
            let mut parts = template.parts.clone();
            parts.splice(at..=at, value.parts.iter().cloned());
            let source = template.source.replacen(&format!("${{{}}}", variable.key), &value.source, 1);
            let filled = Template { span: template.span, parts, source: source.into() };
            out.extend(self.expand(&filled, key, assumed)?);
        }
        Some(out)
    }

    /// The values of a name; `None` when it is a stranger that cannot be told from what the policy names.
    fn values(&self, name: &str, key: &str, assumed: &mut Vec<String>) -> Option<Vec<Template>> {
        let list = |values: &[String]| values.iter().map(|v| text(v)).collect::<Vec<_>>();
        let configured = match name {
            "trusted.vpcs" => &self.trusted.vpcs,
            "trusted.vpc_endpoints" => &self.trusted.vpc_endpoints,
            "trusted.accounts" => &self.trusted.accounts,
            "trusted.organizations" => &self.trusted.organizations,
            "trusted.buckets" => return Some(list(&self.trusted.buckets)),
            "trusted.principals" => return Some(list(&self.trusted.principals)),
            "trusted.ip_ranges" => return Some(list(&self.trusted.ip_ranges)),
            "regions" => return Some(self.regions()),
            "partition" => return Some(list(&self.partitions())),
            _ => return Some(vec![text(&self.stranger(name)?)]),
        };
        if !configured.is_empty() {
            return Some(list(configured));
        }
        let named = self.named(key);
        if !named.is_empty() {
            let ids: Vec<String> = named.iter().map(|t| format!("`{}`", t.source)).collect();
            assumed.push(format!(
                "assumed to be yours, because the policy names {}: {} (say so in `ringfence.toml` under `[trusted]`)",
                if ids.len() == 1 { "it" } else { "them" },
                ids.join(", ")
            ));
        }
        Some(named)
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
                        Part::Literal(text) => {
                            text.rsplit_once(":vpc/").map(|(_, id)| crate::rules::names::text(id))
                        }
                        _ => None,
                    })
                } else if by_path {
                    value.parts.first().and_then(|p| match p {
                        Part::Literal(text) => {
                            text.split_once('/').map(|(id, _)| crate::rules::names::text(id))
                        }
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

    fn partitions(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for region in self.regions {
            if let Some(partition) = aws::partition_of_region(region)
                && !out.iter().any(|p| p == partition.name)
            {
                out.push(partition.name.to_owned());
            }
        }
        if out.is_empty() {
            out = self.partitions.to_vec();
        }
        out
    }

    fn regions(&self) -> Vec<Template> {
        if self.which == Regions::AnyText {
            return vec![Template { span: Span::default(), parts: vec![Part::AnyRun], source: "*".into() }];
        }
        let partitions = self.partitions();
        let one = self.which == Regions::Usual;
        if !self.regions.is_empty() {
            return self.regions.iter().take(if one { 1 } else { usize::MAX }).map(|r| text(r)).collect();
        }
        let known = partitions.iter().filter_map(|p| aws::partition(p));
        if one {
            let usual = |regions: &[&'static str]| {
                regions.iter().find(|r| **r == "us-east-1").or(regions.first()).copied()
            };
            return known.filter_map(|p| usual(&p.regions)).map(text).collect();
        }
        known.flat_map(|p| p.regions.iter()).map(|r| text(r)).collect()
    }

    /// A value that the policy does not single out: no pattern of it with any letters of its own matches.
    fn stranger(&self, name: &str) -> Option<String> {
        let candidates: Vec<String> = match name {
            "stranger.bucket" => BUCKETS
                .iter()
                .map(|b| (*b).to_owned())
                .chain(('a'..='z').chain('0'..='9').map(|c| format!("{c}{c}{c}-strangers-bucket")))
                .collect(),
            "stranger.account" => {
                ["999999999999", "888888888888", "777777777777", "555555555555", "444444444444"]
                    .iter()
                    .map(|a| (*a).to_owned())
                    .chain((1..=9u64).map(|d| (d * 101_010_101_010 % 1_000_000_000_000).to_string()))
                    .filter(|a| a.len() == 12)
                    .collect()
            }
            "stranger.vpc" => ids("vpc-"),
            "stranger.vpc_endpoint" => ids("vpce-"),
            "stranger.organization" => {
                ('z'..='z').chain('a'..='y').map(|c| format!("o-{}", c.to_string().repeat(10))).collect()
            }
            "stranger.ip" => return self.stranger_address(),
            _ => return None,
        };
        candidates.into_iter().find(|candidate| !self.singles_out(name, candidate))
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
            let tokens = plain_tokens(template);
            let special = tokens.iter().any(|t| matches!(t, Tok::Char(_)));
            special && matches(&tokens, candidate) || template.source.contains(candidate)
        }) || statements.iter().any(|s| {
            s.principal
                .as_ref()
                .is_some_and(|p| p.values.iter().any(|e| format!("{:?}", e.pattern).contains(candidate)))
        })
    }
}

const BUCKETS: [&str; 4] =
    ["somebody-elses-bucket", "another-companys-data", "unknown-bucket", "exfiltrated"];

fn ids(prefix: &str) -> Vec<String> {
    ["0123456789abcdef0", "0fedcba9876543210", "0a1b2c3d4e5f60718"]
        .iter()
        .map(|id| format!("{prefix}{id}"))
        .collect()
}

fn text(value: &str) -> Template {
    Template::literal(value, Span::default())
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

fn plain_tokens(template: &Template) -> Vec<Tok> {
    let mut out = Vec::new();
    for part in &template.parts {
        match part {
            Part::Literal(text) => out.extend(literal(text)),
            Part::AnyOne => out.push(Tok::One(Class::ANY)),
            Part::AnyRun | Part::Variable(_) | Part::Symbol(_) => out.push(Tok::Many(Class::ANY)),
        }
    }
    out
}

/// The part of a resource pattern that a bucket's name must match; `None` when it names no bucket.
fn bucket_part(template: &Template) -> Option<Vec<Tok>> {
    let tokens = plain_tokens(template);
    let mut colons = 0;
    let start = tokens.iter().position(|t| {
        colons += usize::from(*t == Tok::Char(':'));
        colons == 5
    })? + 1;
    let rest = tokens.get(start..)?;
    let end = rest.iter().position(|t| *t == Tok::Char('/')).unwrap_or(rest.len());
    rest.get(..end).map(<[Tok]>::to_vec)
}
