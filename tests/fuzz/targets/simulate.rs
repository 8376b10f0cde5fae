//! `simulate`: a policy, a line of three dashes, and a request.

use super::{assert_harmless, assert_inside, given};
use ringfence::engine::{Decision, Match, Request, StatementExplanation, evaluate, explain};
use ringfence::policy::{Effect, Policy, PolicyKind, lower};
use ringfence::report::plain::plain;
use ringfence::report::text::request_lines;
use ringfence::source;

const DASHES: &[u8] = b"\n---\n";

/// Any bytes, as a policy file and a request.
pub fn simulate(data: &[u8]) {
    let (given, data) = given(data);
    let Some(at) = data.windows(DASHES.len()).position(|window| window == DASHES) else { return };
    let (text, request) = (&data[..at], &data[at + DASHES.len()..]);
    let request: Request = match serde_json::from_slice(request) {
        Ok(request) => request,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for (_, line) in request_lines(&request) {
        assert_harmless(&line);
    }
    let written = serde_json::to_string(&request).unwrap();
    let read: Request = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(serde_json::to_string(&read).unwrap(), written);

    let parsed = source::parse(text);
    let (found, _) = source::policies(&parsed);
    for located in &found {
        for kind in [PolicyKind::Bucket, PolicyKind::Endpoint] {
            if given.kind.is_none_or(|k| k == kind) {
                judge(&lower(&located.node, kind), &request, &read, text);
            }
        }
    }
}

fn judge(policy: &Policy, request: &Request, read: &Request, text: &[u8]) {
    let story = explain(policy, request);
    assert_eq!(story, explain(policy, request), "not the same twice");
    assert_eq!(story.decision, evaluate(policy, request));
    if read == request {
        assert_eq!(story.decision, evaluate(policy, read));
    }
    assert_eq!(story.statements.len(), policy.statements.len());
    for statement in &story.statements {
        assert_inside(statement.span, text, &statement.reason);
        assert!(!statement.reason.is_empty());
        assert_harmless(&plain(&statement.reason));
        assert!(!plain(&statement.reason).contains('\n'));
    }
    assert_eq!(story.decision, of_statements(&story.statements));
}

/// The decision as it follows from the statements: a Deny wins, then an Allow, and what cannot be told leaves it open.
fn of_statements(statements: &[StatementExplanation]) -> Decision {
    let any = |effect, matched| {
        statements.iter().any(|s| s.effect.is_none_or(|e| e == effect) && s.matched == matched)
    };
    if any(Effect::Deny, Match::Yes) {
        Decision::ExplicitDeny
    } else if any(Effect::Deny, Match::Unknown) {
        Decision::Undecided
    } else if any(Effect::Allow, Match::Yes) {
        Decision::Allowed
    } else if any(Effect::Allow, Match::Unknown) {
        Decision::Undecided
    } else {
        Decision::ImplicitDeny
    }
}
