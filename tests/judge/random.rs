//! Random policies.

use crate::pool::{
    ACTIONS, ARN, AWS_PRINCIPALS, CANONICAL, DATES, IP_OPERATORS, KEYS, Key, Kind, NUMERIC, ODD,
    ODD_RESOURCES, RESOURCES, STRING,
};
use fastrand::Rng;
use ringfence::policy::PolicyKind;
use serde_json::{Map, Value, json};

pub fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(..list.len())]
}

pub fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

/// One of the list, or several.
fn some(rng: &mut Rng, list: &[&str]) -> Value {
    if chance(rng, 65) {
        return json!(pick(rng, list));
    }
    Value::Array((0..rng.usize(1..4)).map(|_| json!(pick(rng, list))).collect())
}

/// A policy document of this kind.
pub fn policy(rng: &mut Rng, kind: PolicyKind) -> Value {
    let mut statements: Vec<Value> = (0..rng.usize(1..=4)).map(|_| statement(rng, kind)).collect();
    if chance(rng, 40) {
        // What is not denied is allowed: the exceptions decide.
        statements.push(json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}));
    }
    let mut out = json!({ "Statement": if statements.len() == 1 && rng.bool() { statements[0].clone() } else { json!(statements) } });
    match rng.u8(..12) {
        0 => {}
        1 => out["Version"] = json!("2008-10-17"),
        _ => out["Version"] = json!("2012-10-17"),
    }
    out
}

fn statement(rng: &mut Rng, kind: PolicyKind) -> Value {
    let mut out = Map::new();
    out.insert("Effect".into(), json!(if chance(rng, 50) { "Allow" } else { "Deny" }));
    // The judge takes no endpoint policy with another principal.
    if kind == PolicyKind::Endpoint {
        out.insert("Principal".into(), json!("*"));
    } else {
        let element = if chance(rng, 6) { "NotPrincipal" } else { "Principal" };
        out.insert(element.into(), principal(rng, element == "NotPrincipal"));
    }
    let actions = if rng.bool() { &ACTIONS[..4] } else { ACTIONS };
    out.insert(if chance(rng, 10) { "NotAction" } else { "Action" }.into(), some(rng, actions));
    let resources = match rng.u8(..20) {
        0 => ODD_RESOURCES,
        1..=9 => &RESOURCES[..5],
        _ => RESOURCES,
    };
    out.insert(if chance(rng, 10) { "NotResource" } else { "Resource" }.into(), some(rng, resources));
    let count = [0, 0, 1, 1, 1, 2, 2, 3][rng.usize(..8)];
    if count > 0 {
        out.insert("Condition".into(), conditions(rng, count));
    }
    Value::Object(out)
}

fn principal(rng: &mut Rng, not: bool) -> Value {
    match rng.u8(..12) {
        0..=5 if !not => json!("*"),
        0..=8 => json!({"AWS": some(rng, AWS_PRINCIPALS)}),
        9 => json!({"Service": some(rng, &["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com"])}),
        10 => json!({"AWS": some(rng, AWS_PRINCIPALS), "Service": "cloudtrail.amazonaws.com"}),
        _ => json!({"CanonicalUser": CANONICAL, "AWS": some(rng, AWS_PRINCIPALS)}),
    }
}

fn conditions(rng: &mut Rng, count: usize) -> Value {
    let mut out: Map<String, Value> = Map::new();
    for _ in 0..count {
        let key = &KEYS[rng.usize(..KEYS.len())];
        let operator = operator(rng, key);
        let mut values: Vec<Value> = Vec::new();
        for _ in 0..[1, 1, 1, 2, 3][rng.usize(..5)] {
            let text = match (operator.ends_with("Null"), chance(rng, 7)) {
                (true, _) => pick(rng, &["true", "false"]),
                (false, true) => pick(rng, ODD),
                (false, false) => pick(rng, key.values),
            };
            // Numbers and booleans also without quotes.
            let bare = if chance(rng, 20) { serde_json::from_str::<Value>(text).ok() } else { None };
            values.push(bare.filter(|v| v.is_boolean() || v.is_i64()).unwrap_or_else(|| json!(text)));
        }
        let value = if values.len() == 1 && rng.bool() { values.remove(0) } else { json!(values) };
        let name = if chance(rng, 15) { case(rng, key.name) } else { key.name.to_owned() };
        let block = out.entry(operator).or_insert_with(|| json!({}));
        if let Some(block) = block.as_object_mut()
            && !block.keys().any(|k| k.eq_ignore_ascii_case(&name))
        {
            block.insert(name, value);
        }
    }
    Value::Object(out)
}

fn operator(rng: &mut Rng, key: &Key) -> String {
    let natural = match key.kind {
        Kind::Text => STRING,
        Kind::Arn if rng.bool() => &STRING[..4],
        Kind::Arn => ARN,
        Kind::Ip => IP_OPERATORS,
        Kind::Number => NUMERIC,
        Kind::Date => DATES,
        Kind::Bool => &["Bool"],
    };
    let base = match rng.u8(..40) {
        0..=3 => "Null",
        4 => pick(rng, STRING),
        5 => pick(
            rng,
            &[
                "ArnLike",
                "ArnNotLike",
                "NotIpAddress",
                "NumericNotEquals",
                "DateNotEquals",
                "Bool",
                "BinaryEquals",
            ],
        ),
        _ => pick(rng, natural),
    };
    let set = match rng.u8(..20) {
        0 => "ForAllValues:",
        1 => "ForAnyValue:",
        _ if key.many && chance(rng, 88) => pick(rng, &["ForAllValues:", "ForAnyValue:"]),
        _ => "",
    };
    let suffix = if base != "Null" && chance(rng, 22) { "IfExists" } else { "" };
    format!("{set}{base}{suffix}")
}

/// The text with the case of some of its letters changed.
pub fn case(rng: &mut Rng, text: &str) -> String {
    text.chars().map(|c| if rng.u8(..4) == 0 { flip(c) } else { c }).collect()
}

pub fn flip(c: char) -> char {
    if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
}
