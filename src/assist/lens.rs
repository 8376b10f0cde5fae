//! A line over each policy and each statement: what is known of it as a whole.

use super::{Shown, View};
use crate::engine::groups::Cache;
use crate::engine::program::Program;
use crate::engine::search::{Answer, BUDGET, Question, Wanted};
use crate::engine::space::Space;
use crate::finding::{Finding, Severity};
use crate::lint::{FileReport, Session};
use crate::policy::{Effect, Policy, Statement};
use crate::report::plain::plain;
use crate::rules::{Body, Expect, Outcome, Rule};
use crate::source::Span;

/// Statements of a policy beyond this many have no line: nobody reads so many, and each is asked about.
const MOST: usize = 50;

/// The name that `holds` of a rule may use.
const VPCS: &str = "${trusted.vpcs}";

/// A line over a part of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// The part's first byte.
    pub span: Span,
    /// The line.
    pub text: String,
}

/// The lines over a file's policies and statements. The report must be that of the file.
#[must_use]
pub fn lenses(view: &View<'_>, session: &Session, report: &FileReport) -> Vec<Lens> {
    let mut out = Vec::new();
    for (number, shown) in view.policies.iter().enumerate() {
        let findings = report.findings.iter().filter(|f| f.policy == Some(number)).collect::<Vec<_>>();
        out.push(Lens { span: first(shown.policy.span), text: policy(view, session, shown, &findings) });
        for statement in shown.policy.statements.iter().take(MOST) {
            let known = self::statement(view, session, shown, statement);
            out.extend(known.map(|text| Lens { span: first(statement.span), text }));
        }
    }
    out
}

fn first(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start + 1) }
}

/// What the rules say of a policy of this kind on which they do not fire: those that are asked of every policy.
fn speaking<'s>(session: &'s Session, shown: &Shown) -> impl Iterator<Item = (&'s Rule, &'s str)> {
    let is_always_asked = |rule: &&Rule| matches!(rule.body, Body::Decision { only_if: None, .. });
    let rules = session.rules().for_kind(shown.kind).filter(is_always_asked);
    rules.filter_map(|rule| Some((rule, rule.holds.as_deref()?)))
}

/// Whether a rule, asked by itself, does not fire: not because another does, which would make silence look like an answer.
fn is_met(session: &Session, rule: &Rule, policy: &Policy, view: &View<'_>) -> bool {
    session.decide(policy, view.settings, &|other| other.id == rule.id).is_empty()
}

fn policy(view: &View<'_>, session: &Session, shown: &Shown, findings: &[&Finding]) -> String {
    let Some(kind) = shown.kind else { return "policy of unknown kind: not decided".to_owned() };
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let counts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let counts = counts.iter().map(|(severity, word)| (count(*severity), word)).filter(|(n, _)| *n > 0);
    let counts: Vec<String> =
        counts.map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" })).collect();
    let holds = speaking(session, shown).filter(|(rule, _)| is_met(session, rule, &shown.policy, view));
    let said = holds.map(|(_, holds)| filled(holds, view, &shown.policy));
    let head = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    std::iter::once(format!("{kind} policy: {head}")).chain(said).collect::<Vec<_>>().join("; ")
}

fn statement(view: &View<'_>, session: &Session, shown: &Shown, statement: &Statement) -> Option<String> {
    shown.kind?;
    let alone = |effect| {
        let only = Statement { effect: Some(effect), ..statement.clone() };
        Policy { statements: vec![only], ..shown.policy.clone() }
    };
    if nobody(&alone(Effect::Allow), &[], Wanted::Allowed) {
        return Some("never matches any request".to_owned());
    }
    match statement.effect? {
        Effect::Allow => nobody(&shown.policy, &[statement], Wanted::Allowed)
            .then(|| "allows nothing: all that it matches is denied".to_owned()),
        Effect::Deny => {
            let deny = alone(Effect::Deny);
            let is_seen_to = |rule: &Rule| {
                matches!(rule.body, Body::Decision { expect: Expect::All(Outcome::ExplicitDeny), .. })
                    && is_met(session, rule, &deny, view)
            };
            let said = speaking(session, shown).filter(|(rule, _)| is_seen_to(rule));
            let said: Vec<String> = said.map(|(_, holds)| filled(holds, view, &deny)).collect();
            (!said.is_empty()).then(|| said.join("; "))
        }
    }
}

/// What a rule says, with the ids for the one name that it may use. They are those that the rules take for the user's.
fn filled(holds: &str, view: &View<'_>, policy: &Policy) -> String {
    if !holds.contains(VPCS) {
        return holds.to_owned();
    }
    let trusted = &view.settings.trusted;
    let mut ids: Vec<&str> = trusted.vpcs.iter().chain(&trusted.vpc_endpoints).map(String::as_str).collect();
    if ids.is_empty() {
        let conditions = policy.statements.iter().flat_map(|s| &s.conditions);
        let is_vpc =
            |key: &str| ["aws:SourceVpc", "aws:SourceVpce"].iter().any(|k| k.eq_ignore_ascii_case(key));
        let values = conditions.filter(|c| is_vpc(&c.key)).flat_map(|c| &c.values);
        ids = values.filter_map(|value| value.as_literal().filter(|id| !id.contains(['*', '?']))).collect();
        ids.dedup();
    }
    let words = match ids.as_slice() {
        [] => "your VPC".to_owned(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    plain(&holds.replace(VPCS, &words)).into_owned()
}

/// Whether it is proved that no request which the statements match gets the outcome.
fn nobody(policy: &Policy, matched: &[&Statement], wanted: Wanted) -> bool {
    let mut program = Program::new(&[policy]);
    let requests: Vec<_> = matched.iter().flat_map(|s| program.clauses(s, policy.kind)).collect();
    let (space, cache) = (Space::new(&program), Cache::default());
    let policies = [policy];
    Question::new(&policies, &program, &requests, &space, &cache).search(&[wanted], BUDGET) == Answer::None
}
