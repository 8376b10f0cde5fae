//! Samples of callers. One is sampled as its ARN, `arn:aws:iam::A:role/PATH/NAME`, with a role's session behind a
//! separator, so that the `Principal` element and the keys that follow from the caller ask about one string.

use super::{Domain, Group, Role, Sample, Sampling};
use crate::aws;
use crate::engine::caller::Caller;
use crate::engine::cells::{Budget, Exhausted};
use crate::engine::holds::Slot;
use crate::engine::pattern::{Class, SEPARATOR, Tok, literal};
use crate::engine::program::{Program, Test};
use crate::engine::space::{self, CallerKind};
use crate::policy::PrincipalPattern;
use crate::policy::principal::AccountId;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

impl Sampling<'_> {
    pub(super) fn callers(&self, group: &Group, budget: &mut Budget) -> Result<Vec<Sample>, Exhausted> {
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
                    Slot::truth(self.scene.via_service)
                } else if self.scene.caller == CallerKind::Service
                    && name.eq_ignore_ascii_case("aws:PrincipalAccount")
                {
                    Slot::Unknown
                } else {
                    crate::engine::evaluate::implied(&caller, name)
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
        let partition = &*self.scene.partition;
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
        let symbols = &self.program.symbols;
        let domain = if let (true, Some(partition)) = (symbols.is_empty(), aws::partition(partition)) {
            // Nothing of the policy is in it: one for all of them.
            DOMAINS.with_borrow_mut(|known| {
                let fresh = || Rc::new(vec![callers_of(kind, partition.name, space::account().collect())]);
                Rc::clone(known.entry((kind, partition.name)).or_insert_with(fresh))
            })
        } else {
            let symbols = symbols.chars().map(|c| vec![Tok::Char(c)]);
            let accounts = std::iter::once(space::account().collect()).chain(symbols);
            Rc::new(accounts.map(|account| callers_of(kind, partition, account)).collect())
        };
        let canonical = self.cut_asked(&domain, &questions, &required, budget)?;
        Ok(canonical.iter().filter_map(|text| caller_of(text, kind)).collect())
    }
}

thread_local! {
    /// The callers of a kind, by partition: facts, and costly to write out.
    static DOMAINS: RefCell<FxHashMap<(CallerKind, &'static str), Domain>> = RefCell::default();
}

/// The callers of this kind and account, as a pattern of the canonical string.
fn callers_of(kind: CallerKind, partition: &str, account: Vec<Tok>) -> Vec<Tok> {
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
    head.into_iter().chain(tail).collect()
}

/// A name in a caller's canonical string.
const NAME: Class = Class::NO_SEPARATOR;

pub(super) fn narrow(tokens: &[Tok], class: Class) -> impl Iterator<Item = Tok> + '_ {
    tokens.iter().map(move |tok| match tok {
        Tok::One(c) => Tok::One(c.and(class)),
        Tok::Many(c) => Tok::Many(c.and(class)),
        other => *other,
    })
}

pub(super) fn any_field() -> impl Iterator<Item = Tok> {
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
            // Perhaps the user's federated sessions, by any name.
            out.push(
                literal(&format!("arn:{partition}:sts::"))
                    .chain(account(id))
                    .chain(literal(":federated-user/"))
                    .chain([Tok::Many(Class::ANY)])
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
