//! Which part of a policy stands at a place.

use super::{Shown, View};
use crate::policy::{Condition, Element, PrincipalEntry, Statement, Template};
use crate::source::Span;

/// A part of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'p> {
    /// A value of `Action` or `NotAction`.
    Action(&'p Template),
    /// A value of `Resource` or `NotResource`.
    Resource(&'p Template),
    /// An entry of `Principal` or `NotPrincipal`.
    Principal(&'p PrincipalEntry),
    /// The operator of a condition.
    Operator(&'p Condition),
    /// The key of a condition.
    Key(&'p Condition),
    /// A value of a condition.
    Value(&'p Condition),
    /// Anything else of the statement.
    Statement,
}

/// A part, and what it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'p> {
    pub(super) shown: &'p Shown,
    pub(super) statement: &'p Statement,
    pub(super) part: Part<'p>,
    pub(super) span: Span,
}

/// The part at a byte of the file; `None` outside of statements.
pub(super) fn at<'p>(view: &'p View<'_>, offset: u32) -> Option<Found<'p>> {
    let holds = |span: Span| span.start <= offset && offset < span.end;
    let statements =
        view.policies.iter().flat_map(|shown| shown.policy.statements.iter().map(move |s| (shown, s)));
    let (shown, statement) = statements.rev().find(|(_, s)| holds(s.span))?;
    let (part, span) = part(statement, &holds).unwrap_or((Part::Statement, statement.span));
    Some(Found { shown, statement, part, span })
}

fn part<'p>(statement: &'p Statement, holds: &dyn Fn(Span) -> bool) -> Option<(Part<'p>, Span)> {
    fn value<'p, T>(
        element: Option<&'p Element<T>>,
        span: impl Fn(&T) -> Span,
        holds: &dyn Fn(Span) -> bool,
    ) -> Option<&'p T> {
        element?.values.iter().find(|value| holds(span(value)))
    }
    if let Some(action) = value(statement.action.as_ref(), |t| t.span, holds) {
        return Some((Part::Action(action), action.span));
    }
    if let Some(resource) = value(statement.resource.as_ref(), |t| t.span, holds) {
        return Some((Part::Resource(resource), resource.span));
    }
    if let Some(entry) = value(statement.principal.as_ref(), |e| e.span, holds) {
        return Some((Part::Principal(entry), entry.span));
    }
    statement.conditions.iter().find_map(|condition| {
        if holds(condition.operator_span) {
            return Some((Part::Operator(condition), condition.operator_span));
        }
        if holds(condition.key_span) {
            return Some((Part::Key(condition), condition.key_span));
        }
        let value = condition.values.iter().find(|value| holds(value.span))?;
        Some((Part::Value(condition), value.span))
    })
}
