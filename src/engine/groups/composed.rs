//! Samples of keys that are parts of one string: a VPC's id and ARN, an organisation's id and the paths in it, the two
//! names of the bucket's account.

use super::{Group, GroupKind, Role, Sample, Sampling, all};
use crate::engine::cells::{Budget, Exhausted};
use crate::engine::groups::caller::{any_field, narrow};
use crate::engine::holds::Slot;
use crate::engine::pattern::{Class, Tok, literal};
use crate::engine::space::{self, Status};

impl Sampling<'_> {
    pub(super) fn composed(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
        let status = group.slots.iter().map(|&s| self.status(s)).fold(Status::Absent, wider);
        let whole = group.slots.iter().any(|&s| self.role(s) == Role::Whole);
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
                    match self.role(slot) {
                        Role::VpcId if whole => {
                            Slot::one(text.rsplit('/').next().unwrap_or_default().to_owned())
                        }
                        Role::OrgId if whole => {
                            Slot::one(text.split('/').next().unwrap_or_default().to_owned())
                        }
                        _ if self.fact(slot).is_some_and(|f| f.multivalued) => Slot::Many(vec![text.clone()]),
                        _ => Slot::one(text.clone()),
                    }
                });
                out.push(sample);
            }
        }
        Ok(out)
    }
}

fn wider(a: Status, b: Status) -> Status {
    match (a, b) {
        (Status::Absent, other) | (other, Status::Absent) => other,
        (Status::Unknown, _) | (_, Status::Unknown) => Status::Unknown,
        (Status::Optional, _) | (_, Status::Optional) => Status::Optional,
        _ => Status::Present,
    }
}
