//! The outline of a file: its policies and their statements.

use super::View;
use crate::policy::Effect;
use crate::report::plain::plain;
use crate::source::Span;

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// How it is called: a statement's `Sid`, or its number.
    pub name: String,
    /// A few words more.
    pub detail: String,
    /// All of it.
    pub span: Span,
    /// The part to go to.
    pub selection: Span,
    /// What is in it.
    pub children: Vec<Symbol>,
}

/// The policies of the file, each with its statements.
#[must_use]
pub fn symbols(view: &View<'_>) -> Vec<Symbol> {
    let of = |shown: &super::Shown| {
        let statements = shown.policy.statements.iter().map(|statement| {
            let sid = statement.sid.as_ref().filter(|sid| !sid.value.is_empty());
            Symbol {
                name: sid.map_or_else(|| statement.name(), |sid| plain(&sid.value).into_owned()),
                detail: statement.effect.map_or("", Effect::as_str).to_owned(),
                span: statement.span,
                selection: sid.map_or(statement.effect_span, |sid| sid.span),
                children: Vec::new(),
            }
        });
        let span = shown.policy.span;
        let kind = shown.kind.map_or_else(|| "policy".to_owned(), |kind| format!("{kind} policy"));
        let first = Span { start: span.start, end: span.end.min(span.start + 1) };
        Symbol { name: kind, detail: String::new(), span, selection: first, children: statements.collect() }
    };
    view.policies.iter().map(of).collect()
}
