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
        let whole = Whole::new(&shown.policy);
        for statement in shown.policy.statements.iter().take(MOST) {
            let known = self::statement(view, session, shown, statement, &whole);
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

fn statement(
    view: &View<'_>,
    session: &Session,
    shown: &Shown,
    statement: &Statement,
    whole: &Whole<'_>,
) -> Option<String> {
    shown.kind?;
    if whole.nobody(statement, Wanted::Any) {
        return Some("never matches any request".to_owned());
    }
    match statement.effect? {
        Effect::Allow => whole
            .nobody(statement, Wanted::Allowed)
            .then(|| "allows nothing: all that it matches is denied".to_owned()),
        Effect::Deny => {
            let policy = &shown.policy;
            let (kind, span, version) = (policy.kind, policy.span, policy.version);
            let deny = Policy { kind, span, version, statements: vec![statement.clone()] };
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

/// A policy, ready for questions about the requests that one of its statements matches.
struct Whole<'p> {
    policy: [&'p Policy; 1],
    program: Program,
    space: Space,
    cache: Cache,
}

impl<'p> Whole<'p> {
    fn new(policy: &'p Policy) -> Self {
        let program = Program::new(&[policy]);
        Self { policy: [policy], space: Space::new(&program), program, cache: Cache::default() }
    }

    /// Whether it is proved that no request which the statement matches has the outcome.
    fn nobody(&self, statement: &Statement, wanted: Wanted) -> bool {
        let Some(compiled) = self.program.statements.iter().find(|s| s.index == statement.index) else {
            return false;
        };
        let question =
            Question::new(&self.policy, &self.program, &compiled.clauses, &self.space, &self.cache);
        question.search(&[wanted], BUDGET) == Answer::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{FileInput, Linter, Settings};
    use crate::rules::RuleSet;
    use std::sync::Arc;

    /// The lines over the statements of a bucket policy, each behind its number.
    fn lines(statements: &[&str]) -> Vec<(usize, String)> {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(", "));
        let file = FileInput {
            around: &crate::source::Alone,
            part: None,
            path: "b-bucket-policy.json",
            name: "b-bucket-policy.json",
            bytes: text.as_bytes(),
            explicit: false,
            named: true,
        };
        let settings = Settings::default();
        let session = Arc::new(Linter::new(RuleSet::builtin().unwrap())).session();
        let view = View::new(file, &settings);
        let place = |lens: &Lens| {
            view.policies[0]
                .policy
                .statements
                .iter()
                .find(|s| s.span.start == lens.span.start)
                .map(|s| s.index)
        };
        let found = lenses(&view, &session, &session.lint(&file, &settings));
        found.into_iter().filter_map(|lens| Some((place(&lens)?, lens.text))).collect()
    }

    #[test]
    fn only_what_is_proved_is_said() {
        let allow = r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#;
        let unknown = [
            r#"{"Effect": "Allow", "Principal": {"AWS": "AccountB-ID"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": 5, "Resource": "arn:aws:s3:::b/*"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringIs": {"aws:SourceVpce": "x"}}}"#,
        ];
        for statement in unknown {
            assert_eq!(lines(&[allow, statement]), [], "{statement}");
        }
        let never = [
            r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:SourceVpcee": "x"}}}"#,
        ];
        for statement in never {
            assert_eq!(
                lines(&[allow, statement]),
                [(1, "never matches any request".to_owned())],
                "{statement}"
            );
        }
        let denied =
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}"#;
        assert_eq!(
            lines(&[allow, denied]),
            [(0, "allows nothing: all that it matches is denied".to_owned())]
        );
    }
}
