//! Samples of keys that stand on their own, by type: text, numbers, times, addresses, and lists of values; and of the two
//! pairs that are short lists (time in two forms, TLS and its version).

use super::caller::any_field;
use super::{Group, GroupKind, Sample, Sampling, all};
use crate::aws::{ConditionKey, KeyType};
use crate::engine::cells::{Budget, Exhausted};
use crate::engine::holds::{Slot, holds};
use crate::engine::pattern::{Class, Tok, literal};
use crate::engine::program::{Clause, ConditionTest, Program, Test, ValueTest};
use crate::engine::space::{self, Status};
use crate::engine::value::{number, time};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

impl Sampling<'_> {
    pub(super) fn tls(&self, group: &Group) -> Vec<Sample> {
        let versions = ["1.2", "1.3", "1.1", "1.0"].map(Some);
        let make = |version: Option<&str>| {
            all(group, |slot| {
                if self.name(slot).eq_ignore_ascii_case("aws:SecureTransport") {
                    Slot::truth(version.is_some())
                } else if self.status(slot) == Status::Absent {
                    Slot::Absent
                } else {
                    version.map_or(Slot::Absent, |v| Slot::one(v.to_owned()))
                }
            })
        };
        versions.into_iter().chain([None]).map(make).collect()
    }

    pub(super) fn times(&self, group: &Group) -> Vec<Sample> {
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
                    Slot::one(second.to_string())
                } else {
                    let time = chrono::DateTime::from_timestamp(second, 0);
                    Slot::one(time.map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string()))
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

    pub(super) fn single(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
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
        if fact.multivalued || group.kind == GroupKind::CalledVia {
            for list in self.lists(group, &values, budget)? {
                out.push(all(group, |s| self.of_list(s, &list)));
            }
        } else {
            out.extend(values.into_iter().map(|value| all(group, |_| Slot::one(value.clone()))));
        }
        Ok(out)
    }

    /// What a key of the group holds when its list is this one: all of it, its first or its last value.
    fn of_list(&self, slot: usize, list: &[String]) -> Slot {
        if self.fact(slot).is_some_and(|f| f.multivalued) {
            return Slot::Many(list.to_vec());
        }
        let is_last = self.name(slot).to_ascii_lowercase().ends_with("last");
        let one = if is_last { list.last() } else { list.first() };
        one.map_or(Slot::Absent, |value| Slot::one(value.clone()))
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
                // The keys of a chain each ask for one of its values, not for all.
                let required = if group.kind == GroupKind::CalledVia { Vec::new() } else { required };
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
                            // All such keys count something: nothing less than zero, and no fractions.
                            KeyType::Numeric => number(&text).is_some_and(|n| n >= 0.0 && n.fract() == 0.0),
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
                Some((_, Slot::One(text))) => Some(text.into_owned()),
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
                for &slot in &group.slots {
                    if let Some(s) = view.slots.get_mut(slot) {
                        *s = self.of_list(slot, &longer);
                    }
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
