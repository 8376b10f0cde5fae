//! Every rule's examples, every kind of problem with the text it underlines, and policies that must stay silent.

#![allow(clippy::string_slice, reason = "spans in tests")]

mod conditions;
mod examples;
mod gate;
mod good;
mod kinds;
mod usual;
mod whole;

use super::{Problem, Subject, problems};
use crate::policy::{PolicyKind, lower};
use crate::source::parse;

const BUCKET: Option<PolicyKind> = Some(PolicyKind::Bucket);
const ENDPOINT: Option<PolicyKind> = Some(PolicyKind::Endpoint);

/// All problems of all documents of a text.
fn lint(text: &str, kind: Option<PolicyKind>) -> Vec<Problem> {
    let parsed = parse(text.as_bytes());
    let mut out = Vec::new();
    for node in &parsed.documents {
        let policy = lower(node, kind.unwrap_or(PolicyKind::Endpoint));
        out.extend(problems(&Subject {
            node,
            policy: &policy,
            kind,
            text: text.as_bytes(),
            embedded: false,
        }));
    }
    out
}

const SOUND: [(&str, &str); 4] = [
    ("Effect", "\"Deny\""),
    ("Principal", "\"*\""),
    ("Action", "\"s3:*\""),
    ("Resource", "\"arn:aws:s3:::b/*\""),
];

/// A policy of one statement: the usual elements, with `changes` in their place. An empty value leaves one out.
fn policy(changes: &[(&str, &str)]) -> String {
    let mut members: Vec<(&str, &str)> = SOUND.to_vec();
    for (key, value) in changes {
        match members.iter_mut().find(|(k, _)| k == key) {
            Some(member) => member.1 = value,
            None => members.push((key, value)),
        }
    }
    let members: Vec<String> =
        members.iter().filter(|m| !m.1.is_empty()).map(|(k, v)| format!("\"{k}\": {v}")).collect();
    format!(r#"{{"Version": "2012-10-17", "Statement": [{{{}}}]}}"#, members.join(", "))
}

fn shown(found: &[Problem], text: &str) -> Vec<(String, String)> {
    found.iter().map(|p| (p.rule.to_string(), text[p.span.range()].to_owned())).collect()
}

/// Exactly these problems, in the order of the file.
#[track_caller]
fn expect(text: &str, kind: Option<PolicyKind>, right: &[(&str, &str)]) -> Vec<Problem> {
    let found = lint(text, kind);
    let right: Vec<_> = right.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(shown(&found, text), right, "{text}\n{found:#?}");
    found
}

/// One change, one problem, in both kinds of policy.
#[track_caller]
fn both(changes: &[(&str, &str)], rule: &str, underlined: &str) -> Problem {
    let text = policy(changes);
    expect(&text, BUCKET, &[(rule, underlined)]);
    expect(&text, ENDPOINT, &[(rule, underlined)]).remove(0)
}

#[track_caller]
fn condition(kind: Option<PolicyKind>, body: &str, rule: &str, underlined: &str) -> Problem {
    expect(&policy(&[("Condition", body)]), kind, &[(rule, underlined)]).remove(0)
}
