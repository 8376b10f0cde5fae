//! Whether a clause holds for a request: the small, obvious reading of the AWS rules (fact sheet, sections B and D).
//! It is the only place that knows them: `evaluate`, `explain` and `search` all ask here.

use super::caller::Caller;
use super::pattern::{Class, Symbols, Tok, Truth, literal, matches_symbols};
use super::program::{
    Clause, ConditionTest, PrincipalTest, Program, ResourcePattern, ResourceTest, Test, ValueTest,
    arn_pattern, resource_pattern,
};
use super::value::{boolean, number, time};
use crate::aws;
use crate::policy::operator::{Base, Class as OperatorClass};
use crate::policy::principal::AccountId;
use crate::policy::{Operator, Part, PrincipalPattern, Quantifier, Template};
use smallvec::SmallVec;
use std::borrow::Cow;

/// What a request holds for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// The request does not carry the key.
    Absent,
    /// One value.
    One(Cow<'static, str>),
    /// The values of a multivalued key.
    Many(Vec<String>),
    /// It cannot be told whether or with what value the request carries the key.
    Unknown,
}

impl Slot {
    /// One value.
    pub fn one(value: impl Into<Cow<'static, str>>) -> Self {
        Self::One(value.into())
    }

    /// `true` or `false`.
    #[must_use]
    pub fn truth(value: bool) -> Self {
        Self::one(if value { "true" } else { "false" })
    }
}

/// A request, with its context by slot.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The action with its prefix.
    pub action: String,
    /// The number of the action among [`aws::actions`]; `None` when it is none of them.
    pub action_index: Option<usize>,
    /// The resource.
    pub resource: String,
    /// The caller.
    pub caller: Caller,
    /// The context.
    pub slots: Vec<Slot>,
}

impl View {
    /// A request about which nothing is chosen yet.
    #[must_use]
    pub fn empty(slots: usize) -> Self {
        Self { slots: vec![Slot::Absent; slots], ..Self::default() }
    }

    /// Makes it a request for this action.
    pub fn set_action(&mut self, action: &aws::Action) {
        self.action_index = Some(action.index);
        self.action.clear();
        self.action.push_str("s3:");
        self.action.push_str(action.name);
    }

    /// What it holds for a slot.
    #[must_use]
    pub fn slot(&self, slot: usize) -> &Slot {
        self.slots.get(slot).unwrap_or(&Slot::Absent)
    }
}

/// Whether the clause holds.
#[must_use]
pub fn holds(clause: &Clause, view: &View, program: &Program) -> Truth {
    match &clause.test {
        Test::Action(test) => {
            let hit = match view.action_index {
                Some(i) if test.sure.contains(i) => Truth::True,
                Some(i) if test.maybe.contains(i) => Truth::Unknown,
                Some(_) => Truth::False,
                None => Truth::any(
                    test.patterns.iter().map(|p| matches_symbols(p, &view.action, &program.symbols)),
                ),
            };
            hit.negate_if(test.negated)
        }
        Test::Principal(test) => principal(test, view, program),
        Test::Resource(test) => resource(test, view, program),
        Test::Condition(test) => condition(test, view, program),
        Test::Unreadable(_) => Truth::Unknown,
    }
}

// --- Principal ---------------------------------------------------------------------------------------------------

fn principal(test: &PrincipalTest, view: &View, program: &Program) -> Truth {
    let named = Truth::any(test.entries.iter().map(|e| entry(e, test.root_only, view, program)));
    if !test.negated || named != Truth::True {
        return named.negate_if(test.negated);
    }
    // NotPrincipal: a caller is surely exempt only when its account, its role and its session (or its account and user)
    // are all listed; with less, AWS "might" apply the statement (fact sheet A10, K11).
    let any = |want: fn(&PrincipalPattern) -> bool| {
        test.entries.iter().any(|e| want(e) && entry(e, false, view, program) == Truth::True)
    };
    if any(|e| matches!(e, PrincipalPattern::Everyone | PrincipalPattern::EveryAws)) {
        return Truth::False;
    }
    let account = any(|e| matches!(e, PrincipalPattern::Account { .. }));
    let listed = match &view.caller {
        Caller::Anonymous | Caller::Service(_) | Caller::CanonicalUser(_) => true,
        Caller::Root { .. } => account,
        Caller::User { .. } => account && any(|e| matches!(e, PrincipalPattern::User { .. })),
        Caller::FederatedUser { .. } => {
            account && any(|e| matches!(e, PrincipalPattern::FederatedUser { .. }))
        }
        Caller::Role { .. } => {
            account
                && any(|e| matches!(e, PrincipalPattern::Role { .. }))
                && any(|e| matches!(e, PrincipalPattern::Session { .. }))
        }
    };
    if listed { Truth::False } else { Truth::Unknown }
}

fn entry(pattern: &PrincipalPattern, root_only: bool, view: &View, program: &Program) -> Truth {
    use PrincipalPattern as P;
    let caller = &view.caller;
    let at = |partition: &str, account: &AccountId| {
        Truth::from(caller.partition() == Some(partition)).and(in_account(account, caller, &program.symbols))
    };
    match pattern {
        P::Everyone => Truth::True,
        // Whether it covers AWS services is not documented (fact sheet K3).
        P::EveryAws => match caller {
            Caller::Service(_) => Truth::Unknown,
            _ => Truth::True,
        },
        P::Account { account } => match caller {
            Caller::CanonicalUser(_) => Truth::Unknown,
            Caller::Root { .. } => in_account(account, caller, &program.symbols),
            _ if root_only => Truth::False,
            _ => in_account(account, caller, &program.symbols),
        },
        P::Role { partition, account, name } => match caller {
            Caller::Role { name: role, .. } => {
                // A session's ARN lacks the role's path; aws:PrincipalArn may tell it.
                let known = clause_role(view, program);
                let role = known.as_deref().unwrap_or(role);
                let bare = !role.contains('/');
                let last = name.rsplit('/').next().unwrap_or(name);
                at(partition, account)
                    .and(Truth::from(role == &**name || bare && known.is_none() && role == last))
            }
            Caller::CanonicalUser(_) => Truth::Unknown,
            _ => Truth::False,
        },
        P::User { partition, account, name } => match caller {
            Caller::User { name: user, .. } => at(partition, account).and(Truth::from(*user == **name)),
            // What a user's ARN is granted, the federated sessions that the user has asked for are granted too (IAM User
            // Guide, evaluation logic); a session's ARN does not tell who asked.
            Caller::FederatedUser { .. } => at(partition, account).and(Truth::Unknown),
            Caller::CanonicalUser(_) => Truth::Unknown,
            _ => Truth::False,
        },
        P::Session { partition, account, role, session } => match caller {
            Caller::Role { name, session: Some(s), .. } => {
                let last = name.rsplit('/').next().unwrap_or(name);
                at(partition, account).and(Truth::from(last == &**role && *s == **session))
            }
            Caller::Role { name, session: None, .. } if name.rsplit('/').next() == Some(role) => {
                at(partition, account).and(Truth::Unknown)
            }
            _ => Truth::False,
        },
        P::FederatedUser { partition, account, name } => match caller {
            Caller::FederatedUser { name: user, .. } => {
                at(partition, account).and(Truth::from(*user == **name))
            }
            _ => Truth::False,
        },
        P::Service(name) => match caller {
            Caller::Service(service) => Truth::from(service == &**name),
            _ => Truth::False,
        },
        P::CanonicalUser(id) => match caller {
            Caller::CanonicalUser(user) => Truth::from(user.eq_ignore_ascii_case(id)),
            // It may be an IAM caller's account: nothing in a request tells. The search asks the canonical user itself.
            _ => Truth::False,
        },
        P::Nobody => Truth::False,
        P::Unreadable(_) if matches!(caller, Caller::Anonymous | Caller::Service(_)) => Truth::False,
        P::Unreadable(_) | P::Unknown => Truth::Unknown,
    }
}

/// The role's path and name, from `aws:PrincipalArn`.
fn clause_role(view: &View, program: &Program) -> Option<String> {
    let slot = program.keys.iter().position(|k| k.name.eq_ignore_ascii_case("aws:PrincipalArn"))?;
    match view.slot(slot) {
        Slot::One(arn) => arn.split_once(":role/").map(|(_, name)| name.to_owned()),
        _ => None,
    }
}

fn in_account(account: &AccountId, caller: &Caller, symbols: &Symbols) -> Truth {
    let Some(of_caller) = caller.account() else { return Truth::False };
    match account {
        AccountId::Known(id) if symbols.is_empty() => Truth::from(of_caller == &**id),
        AccountId::Known(id) => {
            let tokens: Vec<Tok> = literal(id).collect();
            matches_symbols(&tokens, of_caller, symbols)
        }
        // A request's caller, as a finding shows it.
        AccountId::Symbol(symbol) if of_caller == &*symbol.name => Truth::True,
        AccountId::Symbol(symbol) => {
            let c = symbols.clone().char_of(symbol);
            matches_symbols(&[Tok::Char(c)], of_caller, symbols)
        }
    }
}

// --- Resource ----------------------------------------------------------------------------------------------------

fn resource(test: &ResourceTest, view: &View, program: &Program) -> Truth {
    Truth::any(test.patterns.iter().map(|p| resource_one(p, view, program))).negate_if(test.negated)
}

fn resource_one(pattern: &ResourcePattern, view: &View, program: &Program) -> Truth {
    let value = view.resource.as_str();
    match pattern {
        ResourcePattern::Everything => Truth::True,
        ResourcePattern::Nothing => Truth::False,
        ResourcePattern::Arn { tokens, crossing } => {
            if value == "*" {
                // Actions without a resource need `*` (fact sheet K8).
                return Truth::False;
            }
            let narrow = matches_symbols(tokens, value, &program.symbols);
            match crossing {
                Some(wide) if narrow == Truth::False => {
                    match matches_symbols(wide, value, &program.symbols) {
                        Truth::False => Truth::False,
                        _ => Truth::Unknown,
                    }
                }
                _ => narrow,
            }
        }
        ResourcePattern::Variables(template) => match substitute(template, view, program) {
            Substituted::Tokens(tokens) => resource_one(&resource_pattern(tokens), view, program),
            Substituted::NoValue => Truth::False,
            Substituted::Unknown => Truth::Unknown,
        },
    }
}

// --- Policy variables --------------------------------------------------------------------------------------------

pub(super) enum Substituted {
    Tokens(Vec<Tok>),
    /// A variable has no value: the text matches nothing (fact sheet B, K6).
    NoValue,
    Unknown,
}

/// A template with its variables replaced by the request's values, taken literally.
pub(super) fn substitute(template: &Template, view: &View, program: &Program) -> Substituted {
    let mut out = Vec::with_capacity(template.source.len());
    for part in &template.parts {
        match part {
            Part::Literal(text) => out.extend(literal(text)),
            Part::AnyRun => out.push(Tok::Many(Class::ANY)),
            Part::AnyOne => out.push(Tok::One(Class::ANY)),
            Part::Symbol(symbol) => out.push(Tok::Char(program.symbols.clone().char_of(symbol))),
            Part::Variable(variable) => {
                let slot = program.keys.iter().position(|k| k.name.eq_ignore_ascii_case(&variable.key));
                match slot.map(|s| view.slot(s)) {
                    Some(Slot::One(value)) => out.extend(literal(value)),
                    Some(Slot::Many(_) | Slot::Unknown) => return Substituted::Unknown,
                    Some(Slot::Absent) | None => match &variable.default {
                        Some(default) => out.extend(literal(default)),
                        None => return Substituted::NoValue,
                    },
                }
            }
        }
    }
    Substituted::Tokens(out)
}

// --- Condition ---------------------------------------------------------------------------------------------------

fn condition(test: &ConditionTest, view: &View, program: &Program) -> Truth {
    let operator = test.operator;
    let slot = view.slot(test.slot);
    if operator.base == Base::Null {
        return null(test, slot);
    }
    let values: SmallVec<[&str; 2]> = match slot {
        // Whatever its type is, a caller with a canonical id signs.
        Slot::Unknown if asks_for_anonymous(test, program) && view.caller.is_signed() => {
            return Truth::from(operator.negated());
        }
        Slot::Unknown => return Truth::Unknown,
        Slot::Absent => SmallVec::new(),
        Slot::One(value) => SmallVec::from_slice(&[&**value]),
        Slot::Many(values) => values.iter().map(String::as_str).collect(),
    };
    if values.is_empty() {
        return when_absent(operator);
    }
    let each = |value: &&str| {
        Truth::any(test.values.iter().map(|v| compare(operator.base, v, value, view, program)))
            .negate_if(operator.negated())
    };
    match operator.quantifier {
        Some(Quantifier::ForAny) => Truth::any(values.iter().map(each)),
        Some(Quantifier::ForAll) => values.iter().fold(Truth::True, |all, value| {
            let one = each(value);
            // Older pages say that an empty string counts as no value here (fact sheet D4).
            all.and(if value.is_empty() && one == Truth::False { Truth::Unknown } else { one })
        }),
        None => {
            let multivalued = program.keys.get(test.slot).and_then(|k| k.fact).is_some_and(|f| f.multivalued);
            match values.as_slice() {
                [value] if !multivalued => each(value),
                // A multivalued key needs a set operator; what a plain one does is not documented (fact sheet D4).
                _ => Truth::Unknown,
            }
        }
    }
}

/// Whether a condition with this operator, which is not `Null`, holds when the request does not carry the key (fact sheet D2 to
/// D4).
#[must_use]
pub fn when_absent(operator: Operator) -> Truth {
    match (operator.quantifier, operator.if_exists) {
        // The set rule says false, `IfExists` says true: not documented (fact sheet K15).
        (Some(Quantifier::ForAny), true) => Truth::Unknown,
        (Some(Quantifier::ForAny), false) => Truth::False,
        (Some(Quantifier::ForAll), _) | (None, true) => Truth::True,
        (None, false) => Truth::from(operator.negated()),
    }
}

/// `aws:PrincipalType` is, or is not, `Anonymous`.
fn asks_for_anonymous(test: &ConditionTest, program: &Program) -> bool {
    let anonymous =
        |v: &ValueTest| matches!(v, ValueTest::Text(t) if t.iter().copied().eq(literal("Anonymous")));
    test.operator.quantifier.is_none()
        && test.values.iter().all(anonymous)
        && program.keys.get(test.slot).is_some_and(|k| k.name.eq_ignore_ascii_case("aws:PrincipalType"))
}

/// `Null`: whether the key is absent; with a set operator a constant (fact sheet K9).
fn null(test: &ConditionTest, slot: &Slot) -> Truth {
    match test.operator.quantifier {
        Some(Quantifier::ForAll) => return Truth::True,
        Some(Quantifier::ForAny) => return Truth::False,
        None => {}
    }
    let absent = match slot {
        Slot::Unknown => return Truth::Unknown,
        Slot::Absent => true,
        Slot::Many(values) => values.is_empty(),
        Slot::One(_) => false,
    };
    Truth::any(test.values.iter().map(|v| match v {
        ValueTest::Bool(wanted) => Truth::from(*wanted == absent),
        ValueTest::Unknown(_) | ValueTest::Variables(_) => Truth::Unknown,
        _ => Truth::False,
    }))
}

/// Whether one value of the request matches one value of the policy, before `Not`.
fn compare(base: Base, test: &ValueTest, value: &str, view: &View, program: &Program) -> Truth {
    match test {
        ValueTest::Text(tokens) => matches_symbols(tokens, value, &program.symbols),
        ValueTest::Arn(tokens) => {
            if value.matches(':').count() < 5 && !value.chars().any(super::pattern::is_reserved) {
                return Truth::False;
            }
            matches_symbols(tokens, value, &program.symbols)
        }
        ValueTest::Variables(template) => match substitute(template, view, program) {
            Substituted::NoValue => Truth::False,
            Substituted::Unknown => Truth::Unknown,
            Substituted::Tokens(tokens) if base.class() == OperatorClass::Arn => {
                compare(base, &arn_pattern(tokens), value, view, program)
            }
            Substituted::Tokens(tokens) => {
                let tokens = if base.ignores_case() { fold(tokens) } else { tokens };
                matches_symbols(&tokens, value, &program.symbols)
            }
        },
        ValueTest::Number(limit) => {
            Truth::from(number(value).is_some_and(|n| ordered(base, n.partial_cmp(limit))))
        }
        ValueTest::Time(limit) => Truth::from(time(value).is_some_and(|t| ordered(base, Some(t.cmp(limit))))),
        ValueTest::Bool(wanted) => Truth::from(boolean(value) == Some(*wanted)),
        ValueTest::Net(net) => {
            Truth::from(value.parse::<std::net::IpAddr>().is_ok_and(|address| net.contains(&address)))
        }
        ValueTest::Nothing => Truth::False,
        ValueTest::Unknown(_) => Truth::Unknown,
    }
}

fn fold(tokens: Vec<Tok>) -> Vec<Tok> {
    let lower = |t| match t {
        Tok::Char(c) => c.to_lowercase().next().map_or(t, Tok::Fold),
        other => other,
    };
    tokens.into_iter().map(lower).collect()
}

fn ordered(base: Base, order: Option<std::cmp::Ordering>) -> bool {
    let Some(order) = order else { return false };
    match base {
        Base::NumericLessThan | Base::DateLessThan => order.is_lt(),
        Base::NumericLessThanEquals | Base::DateLessThanEquals => order.is_le(),
        Base::NumericGreaterThan | Base::DateGreaterThan => order.is_gt(),
        Base::NumericGreaterThanEquals | Base::DateGreaterThanEquals => order.is_ge(),
        _ => order.is_eq(),
    }
}

/// The number of an action among S3's, from a request's `s3:Name`.
#[must_use]
pub fn action_index(action: &str) -> Option<usize> {
    super::program::strip_s3(action).and_then(aws::action).map(|a| a.index)
}
