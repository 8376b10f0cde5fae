//! stand-in
use crate::source::{Node, Span};
use std::sync::Arc;
/// t
#[derive(Debug)]
pub struct Gate;
/// t
#[derive(Debug)]
pub struct Problem {
    /// t
    pub span: Span,
    /// t
    pub message: String,
    /// t
    pub help: Option<String>,
}
impl Gate {
    /// t
    /// # Errors
    /// t
    pub fn new(_f: &[(Arc<str>, serde_json::Value)]) -> Result<Self, String> { Ok(Self) }
    /// t
    #[must_use]
    pub fn problems(&self, _n: &Node) -> Vec<Problem> { Vec::new() }
}
