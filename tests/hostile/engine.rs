//! Policies made to exhaust the reader or the engine: each gives a finding, in seconds, within the limit on memory.

use super::{Folder, open_policy};
use serde_json::{Value, json};

/// Both kinds, both formats: a finding each time. The rules that found something in the policy as one of an endpoint and of
/// a bucket.
#[track_caller]
fn found(text: impl AsRef<[u8]>) -> Vec<String> {
    let folder = Folder::with("p.json", text);
    let mut rules = Vec::new();
    for kind in ["endpoint", "bucket"] {
        rules.extend(folder.run(&["check", "--kind", kind, "--format", "json", "p.json"]).is(1).rules());
    }
    folder.run(&["check", "--kind", "endpoint", "p.json"]).is(1);
    rules
}

#[track_caller]
fn finds(text: impl AsRef<[u8]>, expected: &[&str]) {
    let rules = found(text);
    for rule in expected {
        assert!(rules.iter().any(|r| r == rule), "no {rule} in {rules:?}");
    }
}

/// What lets everybody in is found, whatever stands beside it.
const OPEN: &[&str] = &["endpoint-full-access", "bucket-outside-vpc-allowed"];

fn deny(resource: impl Into<Value>, condition: impl Into<Value>) -> Value {
    let (resource, condition) = (resource.into(), condition.into());
    json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": condition })
}

/// `*a*f*k...`
fn letters(seed: usize, n: usize) -> String {
    let letter = |i: usize| char::from(b'a' + u8::try_from((seed * 7 + i * 5) % 26).unwrap());
    (0..n).map(|i| format!("*{}", letter(i))).collect()
}

fn endpoint(number: usize) -> String {
    format!("vpce-{number:017x}")
}

#[test]
fn nesting_without_end() {
    for text in [
        "[".repeat(100_000),
        "[".repeat(100_000) + &"]".repeat(100_000),
        "{\"Statement\":".repeat(70_000),
        format!("{{\"Statement\":{}", "[".repeat(100_000)),
        format!("{{\"Statement\":[{{\"Effect\":\"Allow\",\"Condition\":{}", "{\"a\":".repeat(100_000)),
        "[{\"a\":".repeat(100_000),
    ] {
        finds(text, &["policy-syntax"]);
    }
}

#[test]
fn text_that_is_no_json() {
    for text in ["\"".repeat(1_000_000), ",".repeat(1_000_000), "9".repeat(1_000_000), "\\u".repeat(400_000)]
    {
        found(&text);
        finds(format!("{{\"Statement\":{text}"), &["policy-syntax"]);
    }
    finds([b"{\"Statement\":".as_slice(), &vec![0; 1_000_000]].concat(), &["policy-syntax"]);
    finds([b"{\"Statement\":\"".as_slice(), &vec![0xff; 1_000_000], b"\"}"].concat(), &["policy-syntax"]);
    let letters: Vec<char> = "{}[]\",:\\a1 \u{1b}\u{202e}".chars().collect();
    let mut random = fastrand::Rng::with_seed(7);
    let noise: String = (0..1_000_000).map(|_| letters[random.usize(..letters.len())]).collect();
    finds(format!("{{\"Statement\"{noise}"), &["policy-syntax"]);
}

#[test]
fn a_policy_of_one_mebibyte_on_one_line() {
    let mebibyte = 1024 * 1024;
    let policy = open_policy(Vec::new());
    finds(policy.replace("\"Effect\"", &format!("{}\"Effect\"", " ".repeat(mebibyte - policy.len()))), OPEN);
    let sid = format!("\"Sid\":\"{}\",\"Effect\"", "x".repeat(mebibyte - policy.len() - 9));
    let long = policy.replace("\"Effect\"", &sid);
    assert_eq!(long.len(), mebibyte);
    finds(&long, OPEN);
    finds(long + " ", &["policy-syntax"]);
}

/// Each of the findings is counted, and none of the lists is walked once for each of its entries.
#[test]
fn thousands_of_mistakes() {
    let keys: String = (0..60_000).map(|i| format!("\"k{i}\":1,")).collect();
    finds(format!("{{{keys}\"Statement\":[]}}"), &["policy-element"]);
    let twice = "\"Effect\":\"Allow\",".repeat(5_000);
    finds(
        format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{{twice}\"Resource\":\"*\"}}]}}"),
        &["policy-duplicate-key"],
    );
    let wrong = json!({ "Effect": "Maybe", "Principal": "*", "Action": "*", "Resource": "*", "X": 1 });
    finds(open_policy(vec![wrong; 3_000]), &["policy-effect", "policy-element"]);
    finds("{\"Version\":\"2012-10-17\",\"Statement\":[]}".repeat(2_000), &["policy-syntax"]);
}

#[test]
fn policies_in_policies() {
    let mut text = open_policy(Vec::new());
    for _ in 0..12 {
        text = json!({ "Policy": text }).to_string();
        found(&text);
    }
    let many = json!(vec![json!({ "Policy": open_policy(Vec::new()) }); 1_000]);
    finds(many.to_string(), OPEN);
}

#[test]
fn two_thousand_statements() {
    let statement = |i| {
        deny(
            json!(format!("arn:aws:s3:::bkt/{i}/*")),
            json!({ "StringNotEquals": { "aws:SourceVpce": endpoint(i) } }),
        )
    };
    finds(open_policy((0..2_000).map(statement).collect()), OPEN);
    let same = deny(json!("arn:aws:s3:::bkt/*"), json!({}));
    finds(open_policy(vec![same; 2_000]), OPEN);
}

#[test]
fn ten_thousand_values_in_one_list() {
    let list = |value: fn(usize) -> String| (0..10_000).map(value).collect::<Vec<_>>();
    let endpoints = list(endpoint);
    // A fence that names ten thousand endpoints: as a bucket policy it holds, and its size is what is wrong.
    finds(
        open_policy(vec![deny(json!("*"), json!({ "StringNotEquals": { "aws:SourceVpce": endpoints } }))]),
        &["policy-size"],
    );
    let ranges = list(|i| format!("{}.{}.{}.0/24", i % 223 + 1, i / 7 % 256, i / 3 % 256));
    finds(open_policy(vec![deny(json!("*"), json!({ "IpAddress": { "aws:SourceIp": ranges } }))]), OPEN);
    let dates = list(|i| format!("2024-01-01T{:02}:{:02}:{:02}Z", i / 3600, i / 60 % 60, i % 60));
    finds(open_policy(vec![deny(json!("*"), json!({ "DateLessThan": { "aws:CurrentTime": dates } }))]), OPEN);
    let resources = list(|i| format!("arn:aws:s3:::bkt/{i}*x*"));
    finds(open_policy(vec![deny(json!(resources), json!({}))]), OPEN);
    let principals = list(|i| format!("arn:aws:iam::{i:012}:role/R"));
    let mut named = deny(json!("*"), json!({}));
    named["Principal"] = json!({ "AWS": principals });
    finds(open_policy(vec![named]), OPEN);
    let mut actions = deny(json!("*"), json!({}));
    actions["Action"] = json!(list(|i| format!("s3:Get{i}*")));
    finds(open_policy(vec![actions]), OPEN);
}

#[test]
fn patterns_that_blow_up_automata() {
    let resource = |pattern: &str| deny(json!(format!("arn:aws:s3:::bkt/{pattern}")), json!({}));
    finds(open_policy((0..50).map(|i| resource(&format!("{}*", letters(i, 3)))).collect()), OPEN);
    let principal = |i| {
        let pattern = format!("arn:aws:iam::*:role/{}*", letters(i, 4));
        deny(json!("*"), json!({ "StringLike": { "aws:PrincipalArn": pattern } }))
    };
    finds(open_policy((0..50).map(principal).collect()), OPEN);
    // The smallest deterministic automaton of each has more states than could ever be built.
    for pattern in [format!("*a{}", "?".repeat(40)), format!("*a{}*b{}", "?".repeat(300), "?".repeat(300))] {
        finds(open_policy(vec![resource(&pattern)]), OPEN);
    }
    for pattern in
        ["*a".repeat(2_000), "?*".repeat(2_000), format!("*a{}", "?".repeat(100_000)), "*".repeat(100_000)]
    {
        finds(open_policy(vec![resource(&pattern)]), OPEN);
        let mut action = resource("*");
        action["Action"] = json!(format!("s3:{pattern}"));
        finds(open_policy(vec![action]), OPEN);
    }
    let tags = |i: usize| {
        let block: serde_json::Map<String, Value> = (0..10)
            .map(|k| {
                (
                    format!("aws:PrincipalTag/t{}", (i + k * 3) % 25),
                    json!([letters(i + k, 2), format!("v{k}")]),
                )
            })
            .collect();
        deny(json!("*"), json!({ "StringNotLike": block }))
    };
    finds(open_policy((0..40).map(tags).collect()), &["endpoint-full-access"]);
}
