//! Values known only at deploy time: a verdict over them must hold for every text they may take. Random policies with
//! symbols are asked the same question with the symbols replaced by concrete texts, among them the very texts that the
//! policy names elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

use fastrand::Rng;
use ringfence::engine::groups::Cache;
use ringfence::engine::program::Program;
use ringfence::engine::search::{Answer, BUDGET, Question, Wanted};
use ringfence::engine::space::Space;
use ringfence::policy::{Policy, PolicyKind, lower};
use ringfence::source::{Hole, Node, Symbol, Text, Value, parse};
use serde_json::json;
use std::sync::Arc;

/// Turns `@{name}` in every string of the tree into a symbol.
fn with_symbols(node: &mut Node) {
    match &mut node.value {
        Value::String(text) => mark(text),
        Value::Array(items) => items.iter_mut().for_each(with_symbols),
        Value::Object(members) => members.iter_mut().for_each(|m| with_symbols(&mut m.value)),
        _ => {}
    }
}

fn mark(text: &mut Text) {
    let mut rest = text.value.to_string();
    let mut value = String::new();
    let mut holes = Vec::new();
    while let Some((before, after)) = rest.clone().split_once("@{") {
        let (name, after) = after.split_once('}').unwrap();
        value.push_str(before);
        let symbol = Symbol { name: format!("@{{{name}}}").into(), prefix: "".into(), suffix: "".into() };
        holes.push(Hole { at: u32::try_from(value.len()).unwrap(), symbol: Arc::new(symbol) });
        after.clone_into(&mut rest);
    }
    value.push_str(&rest);
    text.value = value.into();
    text.holes = holes.into();
}

fn read(text: &str, kind: PolicyKind, symbolic: bool) -> Policy {
    let mut parsed = parse(text.as_bytes());
    assert!(parsed.errors.is_empty());
    if symbolic {
        with_symbols(&mut parsed.documents[0]);
    }
    lower(&parsed.documents[0], kind)
}

fn ask(policy: &str, set: &str, kind: PolicyKind, wanted: Wanted, symbolic: bool) -> Answer {
    let policy = read(policy, kind, symbolic);
    let set = read(set, PolicyKind::Bucket, symbolic);
    let mut program = Program::new(&[&policy]);
    let clauses = program.clauses(&set.statements[0], PolicyKind::Bucket);
    let space = Space::new(&program);
    let cache = Cache::default();
    Question::new(&[&policy], &program, &clauses, &space, &cache).search(&[wanted], BUDGET)
}

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(..list.len())]
}

const ENDPOINTS: [&str; 4] = ["@{vpce}", "vpce-0aaaaaaaaaaaaaaaa", "@{vpce}", "vpce-0bbbbbbbbbbbbbbbb"];

fn condition(rng: &mut Rng) -> serde_json::Value {
    match rng.u8(..7) {
        0..=1 => {
            json!({pick(rng, &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]): {"aws:SourceVpce": [pick(rng, &ENDPOINTS), pick(rng, &ENDPOINTS)]}})
        }
        2 => {
            json!({pick(rng, &["StringEquals", "StringNotEquals"]): {"aws:SourceVpc": pick(rng, &["@{vpc}", "vpc-0aaaaaaaaaaaaaaaa"])}})
        }
        3 => {
            json!({pick(rng, &["ArnLike", "ArnNotEquals"]): {"aws:PrincipalArn": pick(rng, &["arn:aws:iam::@{account}:role/App", "arn:aws:iam::111122223333:role/App", "arn:aws:iam::@{account}:*"])}})
        }
        4 => {
            json!({pick(rng, &["StringEquals", "StringNotEquals"]): {"aws:PrincipalAccount": pick(rng, &["@{account}", "111122223333"])}})
        }
        5 => {
            json!({pick(rng, &["StringLike", "StringNotLike"]): {"s3:prefix": pick(rng, &["@{part}", "@{part}/*", "home/@{part}", "logs"])}})
        }
        _ => json!({}),
    }
}

fn statement(rng: &mut Rng, effect: &str) -> serde_json::Value {
    let principal = [
        json!("*"),
        json!({"AWS": "@{account}"}),
        json!({"AWS": "arn:aws:iam::111122223333:root"}),
        json!("*"),
    ];
    let resources = [
        "arn:aws:s3:::@{bucket}",
        "arn:aws:s3:::@{bucket}/*",
        "arn:aws:s3:::train/*",
        "arn:aws:s3:::train/@{part}/*",
        "arn:aws:s3:::train/@{part}",
        "arn:aws:s3:::@{bucket}/logs/@{part}*",
        "arn:aws:s3:::train/?@{part}/*",
        "arn:aws:s3:::@{bucket}-x/*",
        "*",
    ];
    json!({
        "Effect": effect,
        "Principal": principal[rng.usize(..principal.len())],
        "Action": pick(rng, &["s3:*", "s3:GetObject", "s3:ListBucket"]),
        "Resource": [pick(rng, &resources), pick(rng, &["arn:aws:s3:::@{bucket}/*", "arn:aws:s3:::train"])],
        "Condition": condition(rng),
    })
}

#[test]
fn verdicts_hold_for_every_value() {
    let (mut found, mut proved, mut undecided) = (0, 0, 0);
    for seed in 0..3000 {
        let mut rng = Rng::with_seed(seed);
        let kind = if rng.bool() { PolicyKind::Bucket } else { PolicyKind::Endpoint };
        let statements: Vec<_> = (0..rng.usize(1..4))
            .map(|_| {
                let effect = pick(&mut rng, &["Allow", "Deny", "Deny"]);
                statement(&mut rng, effect)
            })
            .collect();
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let set = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition(&mut rng)}]}).to_string();
        let wanted = [Wanted::Allowed, Wanted::ExplicitDeny, Wanted::NotExplicitDeny][rng.usize(..3)];
        let symbolic = ask(&policy, &set, kind, wanted, true);
        match symbolic {
            Answer::Found(_) => found += 1,
            Answer::None => proved += 1,
            Answer::Undecided(_) => undecided += 1,
        }
        for _ in 0..4 {
            let values = [
                (
                    "@{vpce}",
                    pick(
                        &mut rng,
                        &["vpce-0aaaaaaaaaaaaaaaa", "vpce-0bbbbbbbbbbbbbbbb", "vpce-0cccccccccccccccc"],
                    ),
                ),
                ("@{vpc}", pick(&mut rng, &["vpc-0aaaaaaaaaaaaaaaa", "vpc-0dddddddddddddddd"])),
                ("@{account}", pick(&mut rng, &["111122223333", "444455556666"])),
                ("@{bucket}", pick(&mut rng, &["train", "other-bucket"])),
                ("@{part}", pick(&mut rng, &["logs", "a/b", "x"])),
            ];
            let fill =
                |text: &str| values.iter().fold(text.to_owned(), |t, (name, value)| t.replace(name, value));
            let concrete = ask(&fill(&policy), &fill(&set), kind, wanted, false);
            let contradicts = matches!(
                (&symbolic, &concrete),
                (Answer::Found(_), Answer::None) | (Answer::None, Answer::Found(_))
            );
            assert!(
                !contradicts,
                "seed {seed}: {symbolic:?}\nbut with {values:?} {concrete:?}\n{policy}\nin {set}, wanted {wanted:?}"
            );
        }
    }
    eprintln!("found {found}, proved {proved}, undecided {undecided}");
    assert!(found > 100 && proved > 100 && undecided < 600);
}

/// An Allow on the objects below a prefix that only the deployment tells allows something, whatever that will be.
#[test]
fn objects_below_an_unknown_prefix() {
    let set = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}"#;
    for key in ["@{part}", "@{part}/*", "logs/@{part}/*", "@{part}@{other}", "x/@{part}"] {
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::train/{key}"}}]}}"#
        );
        for kind in [PolicyKind::Bucket, PolicyKind::Endpoint] {
            let answer = ask(&policy, set, kind, Wanted::Allowed, true);
            assert!(matches!(answer, Answer::Found(_)), "{key}: {answer:?}");
        }
    }
}

/// The stack's own endpoint under `aws:SourceVpce` is one value, whatever it will be.
#[test]
fn one_symbol_is_one_value() {
    let fence = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::@{bucket}", "arn:aws:s3:::@{bucket}/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "@{vpce}"}}}]}"#;
    let outside = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "@{vpce}"}}}]}"#;
    let other = outside.replace("vpce}", "other}");
    assert_eq!(ask(fence, outside, PolicyKind::Bucket, Wanted::NotExplicitDeny, true), Answer::None);
    let Answer::Undecided(why) = ask(fence, &other, PolicyKind::Bucket, Wanted::NotExplicitDeny, true) else {
        panic!("two references may be one value or two")
    };
    assert!(why.reason.contains("deploy time"), "{}", why.reason);
    // The bucket alone is not its objects.
    let bucket_only = fence.replace(r#", "arn:aws:s3:::@{bucket}/*""#, "");
    assert!(matches!(
        ask(&bucket_only, outside, PolicyKind::Bucket, Wanted::NotExplicitDeny, true),
        Answer::Found(_)
    ));
}
