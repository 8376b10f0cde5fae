//! The typed policy: what a document says, statement by statement, each part with its place in the file.
//!
//! Built from the spanned tree by [`lower`]; knows nothing of what the parts mean for a request (that is
//! [`crate::engine`]), of rules, or of output. What cannot be read is kept as [`Unreadable`] so that nothing is
//! silently dropped: the engine treats it as unknown.

mod lower;
pub mod operator;
pub mod principal;
pub mod template;
#[cfg(test)]
mod tests;

use crate::source::{Span, Text};
pub use lower::{is_bare, lower, statements};
pub use operator::{Base, Operator, Quantifier};
pub use principal::PrincipalPattern;
use serde::{Deserialize, Serialize};
use std::fmt;
pub use template::{Part, Template, Variable};

/// Which of the two policies a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyKind {
    /// The policy of a VPC endpoint to S3: a boundary on what may pass through it.
    Endpoint,
    /// The policy of an S3 bucket: grants and denies on that bucket and its objects.
    Bucket,
}

impl PolicyKind {
    /// `endpoint` or `bucket`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Bucket => "bucket",
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The policy language's version. A missing `Version` element means [`Version::V2008`] (fact sheet A4, K1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `2008-10-17`: `${...}` is literal text.
    V2008,
    /// `2012-10-17`: policy variables are substituted.
    V2012,
}

/// A whole policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Endpoint or bucket.
    pub kind: PolicyKind,
    /// The document's object in the file.
    pub span: Span,
    /// The language version that applies.
    pub version: Version,
    /// The statements, in the order of the file.
    pub statements: Vec<Statement>,
}

/// `Allow` or `Deny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The statement grants.
    Allow,
    /// The statement denies; a matching one wins over every Allow.
    Deny,
}

impl Effect {
    /// `Allow` or `Deny`, as policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// One statement. Elements that are missing or cannot be read are absent here and stand in `unreadable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its number in the document, from 0.
    pub index: usize,
    /// The statement's object.
    pub span: Span,
    /// The `Sid`, when there is a readable one.
    pub sid: Option<Text>,
    /// What it does when it matches; `None` when the element is missing or illegal (then AWS stores no such policy
    /// and the engine must consider both).
    pub effect: Option<Effect>,
    /// The `Effect` member, or the whole statement when there is none.
    pub effect_span: Span,
    /// `Principal` or `NotPrincipal`.
    pub principal: Option<Element<PrincipalEntry>>,
    /// `Action` or `NotAction`.
    pub action: Option<Element<Template>>,
    /// `Resource` or `NotResource`.
    pub resource: Option<Element<Template>>,
    /// One entry for each operator and key, in the order of the file; all must hold.
    pub conditions: Vec<Condition>,
    /// What could not be read, and why.
    pub unreadable: Vec<Unreadable>,
}

/// `X` or `NotX` with its list of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<T> {
    /// True for the `Not...` form.
    pub negated: bool,
    /// The element's key in the file (`"NotAction"`).
    pub key: Span,
    /// The element's value in the file.
    pub span: Span,
    /// The values; one when the file has no brackets.
    pub values: Vec<T>,
}

impl<T> Element<T> {
    /// True when both say the same, their places aside; `same` compares values, one by one.
    pub fn is_like(&self, other: &Self, same: impl Fn(&T, &T) -> bool) -> bool {
        self.negated == other.negated
            && self.values.len() == other.values.len()
            && self.values.iter().zip(&other.values).all(|(a, b)| same(a, b))
    }
}

/// One entry of a `Principal` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalEntry {
    /// The entry's string in the file.
    pub span: Span,
    /// Whom it names.
    pub pattern: PrincipalPattern,
}

/// One key under one operator of a `Condition` block, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The operator's name in the file.
    pub operator_span: Span,
    /// The condition key as written.
    pub key: Box<str>,
    /// The key in the file.
    pub key_span: Span,
    /// The value or list of values in the file.
    pub span: Span,
    /// The values; numbers and booleans as their text.
    pub values: Vec<Template>,
}

/// Something in a statement that has no agreed meaning: AWS would refuse it, or it is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where.
    pub span: Span,
    /// Why, in words that complete "cannot tell what this statement does: ...".
    pub reason: String,
}

impl Statement {
    /// How to speak of the statement: its number, from 1, and its `Sid` when it has one.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.sid {
            Some(sid) if !sid.value.is_empty() => format!("statement {} (`{}`)", self.index + 1, sid.value),
            _ => format!("statement {}", self.index + 1),
        }
    }
}
