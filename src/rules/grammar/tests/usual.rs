//! The glance at a document's structure against the schemas that it stands in for: on the rules' examples and on
//! documents made from them by chance changes, it says "legal" exactly when the schemas do.

use super::super::{COVERED, Gate, is_usual};
use crate::rules::{Body, RuleSet};
use crate::source::parse;
use fastrand::Rng;
use serde_json::{Value, json};

fn covered() -> Gate {
    let rules = RuleSet::builtin().unwrap();
    let schema = |id: &&str| match &rules.get(id).unwrap().body {
        Body::Schema(schema) => Gate::fragment(id, schema).unwrap(),
        body => panic!("{id} has no schema: {body:?}"),
    };
    Gate::new(&COVERED.iter().map(schema).collect::<Vec<_>>()).unwrap()
}

fn examples() -> Vec<Value> {
    let rules = RuleSet::builtin().unwrap();
    let all = rules.rules().iter().map(|rule| rule.examples().unwrap());
    let texts = all.flat_map(|e| e.pass.into_iter().chain(e.fail)).map(|e| e.text);
    texts.filter(|t| t.len() < 5000).filter_map(|t| serde_json::from_str(&t).ok()).collect()
}

/// A value of any kind, often of one that belongs somewhere in a policy.
fn anything(rng: &mut Rng) -> Value {
    let few = |rng: &mut Rng| rng.usize(..3);
    match rng.u8(..12) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i32(-3..2100)),
        3 => json!(["Allow", "Deny", "allow", ""][rng.usize(..4)]),
        4 => json!(["2012-10-17", "2008-10-17", "2012-10-18"][rng.usize(..3)]),
        5 | 6 => json!("s3:GetObject"),
        7 | 8 => (0..few(rng)).map(|_| anything(rng)).collect(),
        _ => Value::Object((0..few(rng)).map(|_| (key(rng), anything(rng))).collect()),
    }
}

fn key(rng: &mut Rng) -> String {
    const KEYS: [&str; 18] = [
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
        "StringEquals",
        "aws:SourceVpc",
        "version",
        "effect",
        "",
        "AWS",
    ];
    KEYS[rng.usize(..KEYS.len())].to_owned()
}

/// Changes one place somewhere in the document.
fn mutate(value: &mut Value, rng: &mut Rng) {
    match value {
        Value::Object(members) if !members.is_empty() && rng.u8(..8) > 0 => {
            let at = members.keys().nth(rng.usize(..members.len())).unwrap().clone();
            match rng.u8(..10) {
                0 => drop(members.remove(&at)),
                1 => drop(members.insert(key(rng), anything(rng))),
                2 => {
                    let moved = members.remove(&at).unwrap();
                    members.insert(key(rng), moved);
                }
                3 => drop(members.insert(at, anything(rng))),
                _ => mutate(members.get_mut(&at).unwrap(), rng),
            }
        }
        Value::Array(elements) if !elements.is_empty() && rng.u8(..8) > 0 => {
            let at = rng.usize(..elements.len());
            match rng.u8(..8) {
                0 => drop(elements.remove(at)),
                1 => elements.push(anything(rng)),
                2 => *value = elements.swap_remove(at),
                _ => mutate(&mut elements[at], rng),
            }
        }
        other => *other = anything(rng),
    }
}

/// The text, with a member doubled now and then: the document's first key stands again at its end.
fn text(document: &Value, rng: &mut Rng) -> (String, bool) {
    let text = document.to_string();
    match (document.as_object().and_then(|m| m.keys().next()), text.strip_suffix('}')) {
        (Some(key), Some(open)) if rng.u8(..10) == 0 => {
            (format!("{open},{}:{}}}", json!(key), anything(rng)), true)
        }
        _ => (text, false),
    }
}

#[test]
fn the_glance_and_the_schemas_agree() {
    let gate = covered();
    let examples = examples();
    assert!(examples.len() > 250, "{} examples", examples.len());
    let mut rng = Rng::with_seed(11);
    let (mut legal, mut illegal, mut doubled) = (0, 0, 0);
    for round in 0..40 {
        for example in &examples {
            let mut document = example.clone();
            for _ in 0..round % 4 {
                mutate(&mut document, &mut rng);
            }
            let (text, has_doubled) = text(&document, &mut rng);
            let parsed = parse(text.as_bytes());
            let node = &parsed.documents[0];
            let usual = is_usual(node);
            let problems = gate.problems(node);
            if has_doubled {
                doubled += 1;
                assert!(!usual || problems.is_empty(), "{text}\n{problems:?}");
            } else {
                assert_eq!(usual, problems.is_empty(), "{text}\n{problems:?}");
            }
            if usual { legal += 1 } else { illegal += 1 }
        }
    }
    assert!(legal > 2000 && illegal > 2000 && doubled > 500, "{legal} {illegal} {doubled}");
}

/// What is known only at deploy time is not the value that the schema asks for.
#[test]
fn what_is_not_wholly_known_is_not_usual() {
    use crate::source::{Hole, Symbol, Value};
    use std::sync::Arc;
    let text = super::policy(&[("Sid", "\"\"")]).replace(['[', ']'], "");
    let sound = parse(text.as_bytes()).documents.remove(0);
    assert!(is_usual(&sound));
    let symbol = Arc::new(Symbol { name: "x".into(), prefix: "".into(), suffix: "".into() });
    for (path, usual) in
        [(&["Version"][..], false), (&["Statement", "Effect"], false), (&["Statement", "Sid"], true)]
    {
        let mut document = sound.clone();
        let mut node = &mut document;
        for key in path {
            let Value::Object(members) = &mut node.value else { panic!("{path:?}") };
            node = &mut members.iter_mut().find(|m| &*m.key.value == *key).unwrap().value;
        }
        let Value::String(text) = &mut node.value else { panic!("{path:?}") };
        text.holes = [Hole { at: 0, symbol: Arc::clone(&symbol) }].into();
        assert_eq!(is_usual(&document), usual, "{path:?}");
    }
}
