//! stand-in
use crate::source::{Node, Span};
use crate::policy::{Policy, PolicyKind};
use crate::finding::Severity;
use std::borrow::Cow;
/// t
#[derive(Debug)]
pub struct Gate;
/// t
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct GateError;
/// t
#[derive(Debug)]
pub struct Problem {
    /// t
    pub rule: Cow<'static, str>,
    /// t
    pub span: Span,
    /// t
    pub message: String,
    /// t
    pub label: String,
    /// t
    pub related: Vec<(Span, String)>,
    /// t
    pub help: Option<String>,
    /// t
    pub severity: Option<Severity>,
}
/// t
#[derive(Debug)]
pub struct Subject<'a> {
    /// t
    pub node: &'a Node,
    /// t
    pub policy: &'a Policy,
    /// t
    pub kind: Option<PolicyKind>,
    /// t
    pub text: &'a [u8],
    /// t
    pub embedded: bool,
}
/// t
#[must_use]
pub fn checks(_s: &Subject) -> Vec<Problem> { Vec::new() }
impl Gate {
    /// t
    /// # Errors
    /// t
    pub fn new(_f: &[(String, serde_json::Value)]) -> Result<Self, GateError> { Ok(Self) }
    /// t
    #[must_use]
    pub fn problems(&self, _n: &Node) -> Vec<Problem> { Vec::new() }
}
