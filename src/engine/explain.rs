//! Why a policy decides as it does on one request: for each statement whether it applies and, if not, the first element
//! that fails and the reason in words.

use super::caller::Caller;
use super::evaluate::{Decision, decide, view};
use super::holds::{Slot, View, holds};
use super::pattern::Truth;
use super::program::{Clause, ConditionTest, Program, Test, ValueTest};
use super::request::Request;
use crate::aws::Presence;
use crate::policy::{Base, Condition, Effect, Policy, PrincipalPattern, Quantifier, Statement};
use crate::source::Span;

/// The whole story of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the policy decides.
    pub decision: Decision,
    /// Each statement's part in it, in the order of the file.
    pub statements: Vec<StatementExplanation>,
}

/// Whether a statement applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// All its elements match.
    Yes,
    /// An element does not match.
    No,
    /// It cannot be told.
    Unknown,
}

/// One statement's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementExplanation {
    /// Its number in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// `Allow` or `Deny`; `None` when it says neither.
    pub effect: Option<Effect>,
    /// Whether it applies.
    pub matched: Match,
    /// Why, in one sentence without a final stop.
    pub reason: String,
    /// The element that decides: the first that fails, or the statement's `Effect`.
    pub span: Span,
    /// How many elements matched before the one that failed.
    pub passed: usize,
}

/// Explains what `policy` decides on `request`.
#[must_use]
pub fn explain(policy: &Policy, request: &Request) -> Explanation {
    let program = Program::new(&[policy]);
    let view = view(&program, request);
    let statements =
        policy.statements.iter().map(|statement| explain_statement(statement, &program, &view)).collect();
    Explanation { decision: decide(&program, 0, &view), statements }
}

fn explain_statement(statement: &Statement, program: &Program, view: &View) -> StatementExplanation {
    let mut out = StatementExplanation {
        index: statement.index,
        sid: statement.sid.as_ref().map(|sid| sid.value.to_string()),
        effect: statement.effect,
        matched: Match::Yes,
        reason: "it applies: every element matches".to_owned(),
        span: statement.effect_span,
        passed: 0,
    };
    let compiled = program.statements.iter().find(|s| s.index == statement.index);
    let mut unknown = None;
    for clause in compiled.map(|s| s.clauses.as_slice()).unwrap_or_default() {
        match holds(clause, view, program) {
            Truth::True => out.passed += 1,
            Truth::Unknown => {
                out.passed += 1;
                unknown = unknown.or(Some(clause));
            }
            Truth::False => {
                out.matched = Match::No;
                out.reason = why_not(clause, statement, view, program);
                out.span = narrow_span(clause, statement);
                return out;
            }
        }
    }
    if let Some(clause) = unknown {
        out.matched = Match::Unknown;
        out.reason = self::unknown(clause, view, program);
        out.span = narrow_span(clause, statement);
    }
    out
}

/// The most telling part of a clause: a condition's operator, else the whole element.
fn narrow_span(clause: &Clause, statement: &Statement) -> Span {
    match &clause.test {
        Test::Condition(_) => condition_of(clause, statement).map_or(clause.span, telling),
        _ => clause.span,
    }
}

/// The key when the operator is a usual one, the operator when it is what fails.
fn telling(condition: &Condition) -> Span {
    if condition.operator.quantifier.is_some() || condition.operator.base == Base::Null {
        condition.operator_span
    } else {
        condition.key_span
    }
}

fn condition_of<'s>(clause: &Clause, statement: &'s Statement) -> Option<&'s Condition> {
    statement.conditions.iter().find(|c| c.operator_span.to(c.span) == clause.span)
}

/// The first clause that fails, in words.
fn why_not(clause: &Clause, statement: &Statement, view: &View, program: &Program) -> String {
    match &clause.test {
        Test::Action(test) if test.negated => format!("`NotAction` leaves out `{}`", view.action),
        Test::Action(_) => format!("`{}` is not among its actions", view.action),
        Test::Principal(test) if test.negated => format!("`NotPrincipal` leaves out {}", who(&view.caller)),
        Test::Principal(test) => {
            let root_only = test.root_only
                && test.entries.iter().any(|e| matches!(e, PrincipalPattern::Account { .. }))
                && view.caller.account().is_some();
            let note =
                if root_only { " (in an endpoint policy an account means its root user only)" } else { "" };
            format!("{} is not among its principals{note}", who(&view.caller))
        }
        Test::Resource(test) if test.negated => format!("`NotResource` leaves out `{}`", view.resource),
        Test::Resource(_) => format!("`{}` is not among its resources", view.resource),
        Test::Condition(test) => {
            let operator = condition_of(clause, statement).map_or(test.operator, |c| c.operator).to_string();
            condition_fails(test, &operator, view, program)
        }
        Test::Unreadable(reason) => reason.to_string(),
    }
}

fn who(caller: &Caller) -> String {
    match caller {
        Caller::Anonymous => "an anonymous caller".to_owned(),
        other => format!("`{other}`"),
    }
}

fn condition_fails(test: &ConditionTest, operator: &str, view: &View, program: &Program) -> String {
    let key = program.keys.get(test.slot);
    let name = key.map_or("", |k| &k.name);
    let values = match view.slot(test.slot) {
        Slot::Absent | Slot::Unknown => Vec::new(),
        Slot::One(value) => vec![program.symbols.readable(value)],
        Slot::Many(values) => values.iter().map(|v| program.symbols.readable(v)).collect(),
    };
    if test.operator.base == Base::Null {
        return match test.operator.quantifier {
            Some(_) => format!("`{operator}` is always false"),
            None if values.is_empty() => format!("`Null` wants `{name}` to be present, and it is absent"),
            None => format!("`Null` wants `{name}` to be absent, and it is {}", list(&values)),
        };
    }
    if values.is_empty() {
        let why = absence(name, key.and_then(|k| k.fact).map(|f| f.presence), view);
        return format!("`{operator}` is false when `{name}` is absent{why}");
    }
    let verb = if values.len() == 1 { "is" } else { "are" };
    let rest = if test.operator.negated() {
        "a value that it leaves out"
    } else if test.values.iter().all(|v| matches!(v, ValueTest::Nothing)) {
        "and none of its values can match"
    } else {
        "which matches none of its values"
    };
    format!("`{name}` {verb} {}, {rest} (`{operator}`)", list(&values))
}

fn list(values: &[String]) -> String {
    values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ")
}

/// Why a key is absent, as an addition to a sentence.
fn absence(name: &str, presence: Option<Presence>, view: &View) -> String {
    let Some(presence) = presence else { return format!(": there is no condition key `{name}`") };
    match presence {
        Presence::Endpoint | Presence::EndpointOrganization => {
            ", and it is absent because the request did not come through a VPC endpoint".to_owned()
        }
        Presence::Internet => ", and it is absent because the request came through a VPC endpoint".to_owned(),
        Presence::Signed
        | Presence::PrincipalOptional
        | Presence::Session
        | Presence::PrincipalOrganization
            if view.caller == Caller::Anonymous =>
        {
            ", and it is absent because the request is anonymous".to_owned()
        }
        Presence::Never => ", and S3 requests never carry it".to_owned(),
        _ => String::new(),
    }
}

/// Why a clause cannot be told, in words.
#[must_use]
pub fn unknown(clause: &Clause, view: &View, program: &Program) -> String {
    match &clause.test {
        Test::Unreadable(reason) => format!("cannot tell what the statement does: {reason}"),
        Test::Action(_) => "AWS does not say what a wildcard in an action's service prefix matches".to_owned(),
        Test::Principal(test) if test.negated => {
            "AWS does not say whether `NotPrincipal` exempts a caller whose account, role and session are not all listed"
                .to_owned()
        }
        Test::Principal(test) => test
            .entries
            .iter()
            .find_map(|e| match e {
                PrincipalPattern::Unreadable(reason) => Some(reason.to_string()),
                PrincipalPattern::Unknown => Some("the principal is known only at deploy time".to_owned()),
                _ => None,
            })
            .unwrap_or_else(|| match &view.caller {
                Caller::Service(_) => "AWS does not say whether `{\"AWS\": \"*\"}` covers AWS services".to_owned(),
                Caller::FederatedUser { .. } => {
                    "a federated session acts for the IAM user who asked for it, and its ARN does not tell which".to_owned()
                }
                _ => "the account behind the canonical user is not known".to_owned(),
            }),
        Test::Resource(_) if !clause.slots.is_empty() => {
            "its resources hold policy variables, and not every value of them can be tried".to_owned()
        }
        Test::Resource(_) if !program.symbols.is_empty() => {
            format!("whether `{}` is among its resources is known only at deploy time", program.symbols.readable(&view.resource))
        }
        Test::Resource(_) => "AWS's pages disagree on whether a `*` may cross the colons of an ARN".to_owned(),
        Test::Condition(test) => condition_unknown(test, clause, view, program),
    }
}

fn condition_unknown(test: &ConditionTest, clause: &Clause, view: &View, program: &Program) -> String {
    let operator = test.operator;
    let key = program.keys.get(test.slot);
    let name = key.map_or("", |k| &k.name);
    if let Some(reason) = test.values.iter().find_map(|v| match v {
        ValueTest::Unknown(reason) => Some(*reason),
        _ => None,
    }) {
        return format!("`{operator}` on `{name}`: {reason}");
    }
    match view.slot(test.slot) {
        Slot::Absent if operator.quantifier == Some(Quantifier::ForAny) => {
            format!("AWS does not say what `{operator}` is when `{name}` is absent")
        }
        Slot::Unknown => format!("what `{name}` holds for this caller is not known"),
        _ if clause.slots.len() > 1 => {
            format!("the values of `{name}` hold policy variables, and not every value of them can be tried")
        }
        _ if clause.inexact => {
            format!("`{operator}` does not fit what `{name}` holds, and not every value can be tried")
        }
        _ if key.and_then(|k| k.fact).is_some_and(|f| f.multivalued) && operator.quantifier.is_none() => {
            format!(
                "`{name}` has several values: AWS does not say what `{operator}` does without `ForAnyValue:` or `ForAllValues:`"
            )
        }
        _ if !program.symbols.is_empty() => {
            format!("whether `{operator}` on `{name}` holds is known only at deploy time")
        }
        _ => format!("whether `{operator}` on `{name}` holds cannot be told"),
    }
}
