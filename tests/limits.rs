//! Policies made to exhaust the engine: it answers or gives up, always in the same way, within its budget of steps.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

use ringfence::config::Trusted;
use ringfence::engine::cells::Budget;
use ringfence::engine::groups::Cache;
use ringfence::engine::program::Program;
use ringfence::engine::search::{Answer, BUDGET, Question, Wanted};
use ringfence::engine::space::Space;
use ringfence::finding::Verdict;
use ringfence::policy::{Policy, PolicyKind, lower};
use ringfence::rules::RuleSet;
use ringfence::rules::decide::{Given, decide};
use ringfence::source::parse;
use serde_json::{Value, json};

fn policy(statements: &[Value], kind: PolicyKind) -> Policy {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    lower(&parse(text.as_bytes()).documents[0], kind)
}

fn letters(seed: usize, n: usize) -> String {
    (0..n)
        .map(|i| char::from(b'a' + u8::try_from((seed * 7 + i * 5) % 26).unwrap()))
        .map(|c| format!("*{c}"))
        .collect()
}

/// `(name, policy)` of each hostile shape.
fn shapes() -> Vec<(&'static str, Policy)> {
    let statement = |resource: Value, condition: Value| json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": condition});
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let mut out = Vec::new();
    let mut patterns: Vec<Value> = (0..50)
        .map(|i| statement(json!(format!("arn:aws:s3:::bkt/{}*", letters(i, 3))), json!({})))
        .collect();
    patterns.push(allow.clone());
    out.push(("fifty statements of *a*b*c* resources", policy(&patterns, PolicyKind::Bucket)));
    out.push(("the same for an endpoint", policy(&patterns, PolicyKind::Endpoint)));
    let mut keys: Vec<Value> = (0..50)
        .map(|i| statement(json!("*"), json!({"StringLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:role/{}*", letters(i, 4))}})))
        .collect();
    keys.push(allow.clone());
    out.push(("fifty *a*b*c*d* principals", policy(&keys, PolicyKind::Bucket)));
    let mut tags: Vec<Value> = (0..40)
        .map(|i| {
            let block: serde_json::Map<String, Value> = (0..10)
                .map(|k| {
                    (
                        format!("aws:PrincipalTag/t{}", (i + k * 3) % 25),
                        json!([letters(i + k, 2), format!("v{k}")]),
                    )
                })
                .collect();
            statement(json!("*"), json!({ "StringNotLike": block }))
        })
        .collect();
    tags.push(allow.clone());
    out.push(("20 KB of conditions on many keys", policy(&tags, PolicyKind::Bucket)));
    let question_marks = format!("arn:aws:s3:::bkt/*a{}", "?".repeat(30));
    out.push((
        "a pattern with exponential automaton",
        policy(&[statement(json!([question_marks]), json!({})), allow.clone()], PolicyKind::Bucket),
    ));
    let long: Vec<Value> = (0..10_000).map(|i| json!(format!("vpce-{i:017x}"))).collect();
    out.push((
        "ten thousand values in one list",
        policy(
            &[statement(json!("*"), json!({"StringNotEquals": {"aws:SourceVpce": long}})), allow.clone()],
            PolicyKind::Bucket,
        ),
    ));
    let many: Vec<Value> = (0..2_000)
        .map(|i| {
            statement(
                json!(format!("arn:aws:s3:::bkt/{i}/*")),
                json!({"StringNotEquals": {"aws:SourceVpce": format!("vpce-{i:017x}")}}),
            )
        })
        .chain([allow])
        .collect();
    out.push(("two thousand statements", policy(&many, PolicyKind::Bucket)));
    out
}

#[test]
fn hostile_policies_are_answered_or_given_up_the_same_way_every_time() {
    for (name, policy) in shapes() {
        let run = || {
            let program = Program::new(&[&policy]);
            let space = Space::new(&program);
            let cache = Cache::default();
            let policies = [&policy];
            let question = Question::new(&policies, &program, &[], &space, &cache);
            [Wanted::Allowed, Wanted::NotExplicitDeny, Wanted::ImplicitDeny].map(|wanted| {
                let mut budget = Budget::new(BUDGET);
                let answer = question.search_within(&[wanted], &mut budget);
                (answer, BUDGET - budget.left())
            })
        };
        let first = run();
        for (answer, steps) in &first {
            let word = match answer {
                Answer::Found(_) => "found",
                Answer::None => "proved none",
                Answer::Undecided(why) => {
                    assert!(!why.reason.contains("internal error"), "{name}: {}", why.reason);
                    "gave up"
                }
            };
            eprintln!("{name}: {word} after {steps} steps");
            assert!(*steps <= BUDGET);
        }
        assert_eq!(first, run(), "{name}: not the same twice");
    }
}

#[test]
fn no_rule_is_silent_because_the_engine_gave_up() {
    let rules = RuleSet::builtin().unwrap();
    let (trusted, regions) = (Trusted::default(), Vec::new());
    for (name, policy) in shapes() {
        let findings = decide(&rules, &policy, Given { trusted: &trusted, regions: &regions });
        let undecided = findings.iter().filter(|f| f.verdict == Verdict::Undecided).count();
        eprintln!("{name}: {} findings, {undecided} undecided", findings.len());
        // Every one of these policies lets a stranger in, so saying nothing would be wrong; but for the one that names
        // ten thousand endpoints and denies everybody else, which is a good fence and is proved to be one.
        assert_eq!(findings.is_empty(), name == "ten thousand values in one list", "{name}");
    }
}
