//! What a policy decides on one request: the reference for everything else in the engine.

use super::caller::Caller;
use super::holds::{Slot, View, action_index, holds};
use super::pattern::Truth;
use super::program::{Compiled, Program};
use super::request::{ContextValue, Request};
use crate::policy::{Effect, Policy};
use serde::{Serialize, Serializer};
use std::fmt;

/// What one policy decides on one request (the terms of AWS's policy simulator).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// An Allow applies and no Deny does.
    Allowed,
    /// A Deny applies.
    ExplicitDeny,
    /// No statement applies.
    ImplicitDeny,
    /// It depends on something that is not known.
    Undecided,
}

impl Decision {
    /// `allowed`, `explicitDeny`, `implicitDeny` or `undecided`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What `policy` alone decides on `request`.
#[must_use]
pub fn evaluate(policy: &Policy, request: &Request) -> Decision {
    let program = Program::new(&[policy]);
    let view = view(&program, request);
    decide(&program, 0, &view)
}

/// What the owner's statements decide.
#[must_use]
pub fn decide(program: &Program, owner: usize, view: &View) -> Decision {
    let mut deny = Truth::False;
    let mut allow = Truth::False;
    for statement in program.statements.iter().filter(|s| s.owner == owner) {
        let truth = applies(statement, view, program);
        match statement.effect {
            Effect::Deny => deny = deny.or(truth),
            Effect::Allow => allow = allow.or(truth),
        }
        if deny == Truth::True {
            return Decision::ExplicitDeny;
        }
    }
    match (deny, allow) {
        (Truth::True, _) => Decision::ExplicitDeny,
        (Truth::False, Truth::True) => Decision::Allowed,
        (Truth::False, Truth::False) => Decision::ImplicitDeny,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Decision::Undecided,
    }
}

/// Whether a Deny of the owner's applies.
#[must_use]
pub fn denied(program: &Program, owner: usize, view: &View) -> Truth {
    let denies = program.statements.iter().filter(|s| s.owner == owner && s.effect == Effect::Deny);
    Truth::any(denies.map(|s| applies(s, view, program)))
}

/// Whether a statement applies: all its clauses hold.
#[must_use]
pub fn applies(statement: &Compiled, view: &View, program: &Program) -> Truth {
    let mut out = Truth::True;
    for clause in &statement.clauses {
        out = out.and(holds(clause, view, program));
        if out == Truth::False {
            break;
        }
    }
    out
}

/// The request by slot, with the keys that follow from the caller filled in where the request does not give them.
#[must_use]
pub fn view(program: &Program, request: &Request) -> View {
    let slots = program
        .keys
        .iter()
        .map(|key| match request.get(&key.name) {
            Some(ContextValue::One(value)) => Slot::one(value.clone()),
            Some(ContextValue::Many(values)) => Slot::Many(values.clone()),
            None => implied(&request.principal, &key.name),
        })
        .collect();
    View {
        action_index: action_index(&request.action),
        action: request.action.clone(),
        resource: request.resource.clone(),
        caller: request.principal.clone(),
        slots,
    }
}

/// What a key holds by the nature of the caller alone (fact sheet, section E): a request need not spell it out.
#[must_use]
pub fn implied(caller: &Caller, key: &str) -> Slot {
    let one = |value: Option<String>| value.map_or(Slot::Absent, Slot::one);
    let unknown_caller = matches!(caller, Caller::CanonicalUser(_));
    match key.to_ascii_lowercase().as_str() {
        "aws:principalarn" | "aws:principalaccount" | "aws:principaltype" if unknown_caller => Slot::Unknown,
        "aws:principalarn" => one(caller.principal_arn()),
        "aws:principaltype" => one(caller.principal_type().map(str::to_owned)),
        "aws:principalaccount" => match caller {
            Caller::Anonymous => Slot::one("anonymous"),
            _ => one(caller.account().map(str::to_owned)),
        },
        "aws:principalisawsservice" if caller.is_signed() => {
            Slot::truth(matches!(caller, Caller::Service(_)))
        }
        "aws:principalservicename" => match caller {
            Caller::Service(name) => Slot::one(name.clone()),
            _ => Slot::Absent,
        },
        "aws:username" => match caller {
            Caller::User { name, .. } => one(name.rsplit('/').next().map(str::to_owned)),
            _ => Slot::Absent,
        },
        "aws:userid" if *caller == Caller::Anonymous => Slot::one("anonymous"),
        _ => Slot::Absent,
    }
}
