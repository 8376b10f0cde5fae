//! The document as a whole, and documents of any shape.

use super::super::{Subject, problems};
use super::{BUCKET, ENDPOINT, both, expect, policy};
use crate::policy::{PolicyKind, lower};
use crate::source::{Hole, Node, Symbol, Text, Value, parse, parse_embedded};
use std::fmt::Write;
use std::sync::Arc;

#[test]
fn empty_lists_and_sids() {
    let rule = "policy-empty-list";
    both(&[("Action", "[]")], rule, "[]");
    both(&[("Resource", "[]")], rule, "[]");
    both(&[("Principal", "{}")], rule, "{}");
    both(&[("Principal", r#"{"AWS": []}"#)], rule, "[]");
    both(&[("Condition", "{}")], rule, "{}");
    let found = both(&[("Condition", r#"{"StringNotEquals": {"aws:SourceVpc": []}}"#)], rule, "[]");
    assert!(found.message.ends_with("always holds"), "{}", found.message);
    let one = r#"{"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}"#;
    let text = format!(r#"{{"Statement": [{one}, {one}, {one}]}}"#);
    expect(&text, BUCKET, &[("policy-duplicate-sid", "\"a\""), ("policy-duplicate-sid", "\"a\"")]);
}

#[test]
fn sizes() {
    let rule = "policy-size";
    let padded = |n: usize| policy(&[]).replace("{\"Version\"", &format!("{{{}\"Version\"", " ".repeat(n)));
    let room = 20_480 - policy(&[]).len();
    expect(&padded(room), ENDPOINT, &[]);
    let found = expect(&padded(room + 1), ENDPOINT, &[(rule, "{")]);
    assert!(
        found[0].message.starts_with("the policy has 20481 characters, white space included"),
        "{}",
        found[0].message
    );
    expect(&padded(room + 1), BUCKET, &[]);
    expect(&padded(room + 1), None, &[]);
    // Characters, not bytes, for an endpoint; bytes for a bucket.
    let wide = policy(&[("Sid", &format!("\"{}\"", "é".repeat(11_000)))]);
    expect(&wide, ENDPOINT, &[]);
    expect(&wide, BUCKET, &[(rule, "{")]);
    // Inside a string of another document the escapes do not count.
    let inner = padded(room - 1_000);
    let outer = serde_json::json!({ "Policy": inner.replace("                ", "\n\t\n\t\n\t\n\t\n\t\n\t\n\t\n\t") }).to_string();
    let wrapper = parse(outer.as_bytes());
    let text = wrapper.documents[0].get("Policy").and_then(Node::text).unwrap();
    let parsed = parse_embedded(text);
    let node = &parsed.documents[0];
    assert!(node.span.len() > 25_000);
    let subject = Subject {
        node,
        policy: &lower(node, PolicyKind::Endpoint),
        kind: ENDPOINT,
        text: outer.as_bytes(),
        embedded: true,
    };
    assert_eq!(problems(&subject), []);
}

/// Puts a symbol into every string of a tree.
fn with_holes(node: &mut Node, at: &mut impl FnMut(usize) -> usize) {
    let hole = |text: &mut Text, at: usize| {
        let symbol = Symbol { name: "${x}".into(), prefix: "".into(), suffix: "".into() };
        text.holes = [Hole { at: u32::try_from(at).unwrap(), symbol: Arc::new(symbol) }].into();
    };
    match &mut node.value {
        Value::String(text) => {
            let place = at(text.value.len());
            if text.value.is_char_boundary(place) {
                hole(text, place);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|e| with_holes(e, at)),
        Value::Object(members) => members.iter_mut().for_each(|m| with_holes(&mut m.value, at)),
        _ => {}
    }
}

#[test]
fn values_known_only_at_deploy_time_are_not_judged() {
    for changes in [
        &[
            ("Effect", "\"x\""),
            ("Principal", "{\"AWS\": \"x\", \"Service\": \"x\"}"),
            ("Action", "\"x\""),
            ("Resource", "\"x\""),
        ][..],
        &[(
            "Condition",
            r#"{"StringEquals": {"aws:SourceVpce": "x", "aws:SourceAccount": "*"}, "Bool": {"aws:SecureTransport": "x"}, "NumericLessThan": {"s3:TlsVersion": "x"}, "ArnLike": {"aws:PrincipalArn": "x"}, "IpAddress": {"aws:VpcSourceIp": "10."}}"#,
        )],
    ] {
        let text = policy(changes);
        let mut node = parse(text.as_bytes()).documents.remove(0);
        with_holes(&mut node, &mut |length| length);
        let policy = lower(&node, PolicyKind::Bucket);
        for kind in [BUCKET, ENDPOINT, None] {
            let found = problems(&Subject {
                node: &node,
                policy: &policy,
                kind,
                text: text.as_bytes(),
                embedded: false,
            });
            assert_eq!(found, [], "{text}");
        }
    }
}

#[test]
fn any_json_gets_an_answer() {
    const WORDS: [&str; 40] = [
        "Version",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "AWS",
        "Service",
        "Allow",
        "Deny",
        "*",
        "s3:*",
        "s3:Get*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:*:b",
        "arn:::::",
        "StringEquals",
        "ForAllValues:StringLike",
        "NullIfExists",
        "Bool",
        "IpAddress",
        "ArnLike",
        "DateLessThan",
        "aws:SourceVpc",
        "aws:PrincipalTag/é",
        "aws:SourceIp",
        "s3:prefix",
        "${aws:username}",
        "${",
        "}${é",
        "10.0.0.0/8",
        "é*?ü",
        "vpc-",
        "2012-10-17",
    ];
    fn value(rng: &mut fastrand::Rng, depth: u32, out: &mut String) {
        let word = |rng: &mut fastrand::Rng| WORDS[rng.usize(..WORDS.len())];
        match if depth == 0 { rng.u32(..5) } else { rng.u32(..12) } {
            0 => out.push_str("null"),
            1 => out.push_str("-12.5e3"),
            2 => out.push_str("true"),
            3 | 4 => write!(out, "\"{}\"", word(rng)).unwrap(),
            5..=7 => {
                out.push('[');
                for i in 0..rng.u32(..4) {
                    out.push_str(if i == 0 { "" } else { ", " });
                    value(rng, depth - 1, out);
                }
                out.push(']');
            }
            _ => {
                out.push('{');
                for i in 0..rng.u32(..7) {
                    write!(out, "{}\"{}\": ", if i == 0 { "" } else { ", " }, word(rng)).unwrap();
                    value(rng, depth - 1, out);
                }
                out.push('}');
            }
        }
    }
    let mut rng = fastrand::Rng::with_seed(7);
    let mut found = 0;
    for round in 0..400 {
        let mut text = String::new();
        value(&mut rng, 6, &mut text);
        if round % 2 == 0 {
            let (mut principal, mut condition) = (String::new(), String::new());
            value(&mut rng, 3, &mut principal);
            value(&mut rng, 3, &mut condition);
            text = policy(&[("Principal", &principal), ("Resource", &text), ("Condition", &condition)]);
        }
        let mut node = parse(text.as_bytes()).documents.remove(0);
        if round % 5 == 0 {
            with_holes(&mut node, &mut |length| rng.usize(..=length));
        }
        let policy = lower(&node, PolicyKind::Bucket);
        for kind in [BUCKET, ENDPOINT, None] {
            for problem in problems(&Subject {
                node: &node,
                policy: &policy,
                kind,
                text: text.as_bytes(),
                embedded: round % 3 == 0,
            }) {
                assert!(
                    text.get(problem.span.range()).is_some_and(|t| !t.is_empty()),
                    "{problem:?} in {text}"
                );
                assert!(!problem.message.is_empty());
                found += 1;
            }
        }
    }
    assert!(found > 2_000, "only {found}: the generator has gone stale");
}
