//! The schema gate with fragments of users' own.

use super::super::Gate;
use crate::source::parse;
use serde_json::{Value, json};

fn gate(fragments: &[Value]) -> Gate {
    let named: Vec<_> = fragments.iter().enumerate().map(|(i, f)| (format!("rule-{i}"), f.clone())).collect();
    Gate::new(&named).unwrap()
}

fn messages(gate: &Gate, text: &str) -> Vec<(String, String, String)> {
    let parsed = parse(text.as_bytes());
    gate.problems(&parsed.documents[0])
        .into_iter()
        .map(|p| (p.rule.to_string(), p.message, text[p.span.range()].to_owned()))
        .collect()
}

fn one(fragment: Value, text: &str) -> (String, String) {
    let mut found = messages(&gate(&[fragment]), text);
    assert_eq!(found.len(), 1, "{found:?}");
    let (_, message, underlined) = found.remove(0);
    (message, underlined)
}

#[test]
fn each_violation_names_its_rule_and_place() {
    let gate = gate(&[
        json!({"properties": {"Id": {"type": "string"}}}),
        json!({"required": ["Id", "Version"]}),
        json!({"properties": {"Statement": {"items": {"$ref": "#/$defs/s"}}}, "$defs": {"s": {"required": ["Sid"]}}}),
    ]);
    let found = messages(&gate, r#"{"Id": 7, "Statement": [{"Sid": "a"}, {"Effect": "Deny"}]}"#);
    let right = [
        ("rule-0", "`Id` must be a string, not a number", "7"),
        ("rule-1", "the policy has no `Version`", "{"),
        ("rule-2", "statement 2 has no `Sid`", "{"),
    ];
    assert_eq!(found.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect::<Vec<_>>(), right);
    assert_eq!(messages(&gate, r#"{"Id": "x", "Version": "2012-10-17", "Statement": []}"#), []);
}

#[test]
fn words_for_every_kind() {
    let sid =
        |schema: Value| json!({"properties": {"Statement": {"items": {"properties": {"Sid": schema}}}}});
    let text = r#"{"Statement": [{"Effect": "Deny", "Sid": "abc"}]}"#;
    let of = |schema| one(sid(schema), text).0;
    assert_eq!(of(json!({"pattern": "^[A-Z]"})), "`Sid` is `abc`, which does not fit `^[A-Z]`");
    assert_eq!(of(json!({"minLength": 4})), "`Sid` is shorter than 4 characters");
    assert_eq!(of(json!({"maxLength": 2})), "`Sid` is longer than 2 characters");
    assert_eq!(of(json!({"const": "x"})), "`Sid` must be `x`, not `abc`");
    assert_eq!(of(json!({"enum": ["x", "y", "z"]})), "`Sid` must be `x`, `y` or `z`, not `abc`");
    assert_eq!(of(json!({"type": ["array", "object"]})), "`Sid` must be an array or an object, not a string");
    assert_eq!(of(json!({"not": {"const": "abc"}})), "`Sid` has a form that is not allowed");
    assert_eq!(
        of(json!({"oneOf": [{"type": "string"}, {"minLength": 1}]})),
        "`Sid` fits several forms that exclude each other"
    );
    assert_eq!(
        of(json!({"anyOf": [{"type": "null"}, {"const": "x"}]})),
        "`Sid` has none of the allowed forms"
    );
    assert_eq!(one(sid(json!(false)), text), ("`Sid` is not allowed here".to_owned(), "\"Sid\"".to_owned()));
    let names = json!({"propertyNames": {"pattern": "^S"}});
    assert_eq!(
        one(names, r#"{"Statement": [], "Id": ""}"#),
        ("`Id` is not allowed as a key of the policy".to_owned(), "\"Id\"".to_owned())
    );
    let deep = json!({"anyOf": [{"type": "array"}, {"properties": {"Statement": {"items": {"required": ["Sid"]}}}}]});
    assert_eq!(one(deep, r#"{"Statement": [{}]}"#), ("statement 1 has no `Sid`".to_owned(), "{".to_owned()));
    let list = json!({"properties": {"Statement": {"maxItems": 1, "uniqueItems": true}}});
    let both = messages(&gate(&[list]), r#"{"Statement": [{}, {}]}"#);
    assert_eq!(
        both.iter().map(|m| &*m.1).collect::<Vec<_>>(),
        ["`Statement` has more than 1 entries", "`Statement` lists a value twice"]
    );
    let actions = json!({"properties": {"Statement": {"items": {"properties": {"Action": {"items": {"pattern": "^s3:"}}}}}}});
    let found = one(actions, r#"{"Statement": [{"Action": ["s3:GetObject", "ec2:RunInstances"]}]}"#);
    assert_eq!(
        found,
        (
            "an entry of `Action` is `ec2:RunInstances`, which does not fit `^s3:`".to_owned(),
            "\"ec2:RunInstances\"".to_owned()
        )
    );
}

#[test]
fn long_values_are_cut() {
    let long = "x".repeat(500);
    let (message, _) = one(json!({"properties": {"Id": {"const": "a"}}}), &format!(r#"{{"Id": "{long}"}}"#));
    assert_eq!(message, format!("`Id` must be `a`, not `{}…`", "x".repeat(60)));
}

#[test]
fn bad_schemas_are_named() {
    let good = ("good".to_owned(), json!({"type": "object"}));
    let error = |schema: Value| Gate::new(&[good.clone(), ("mine".to_owned(), schema)]).unwrap_err();
    let typo = error(json!({"properties": {"Id": {"type": "strng"}}}));
    assert_eq!((&*typo.rule, &*typo.pointer), ("mine", "/properties/Id/type"));
    assert!(typo.message.contains("strng"), "{typo}");
    assert_eq!(error(json!({"properties": {"Id": {"pattern": "("}}})).rule, "mine");
    // Nothing is fetched, by whatever scheme.
    for reference in ["https://example.com/schema.json", "file:///etc/hostname", "other.json", "#/$defs/none"]
    {
        let error = error(json!({"$ref": reference}));
        assert_eq!(error.rule, "mine", "{reference}");
    }
    assert!(Gate::new(&[]).unwrap().problems(&parse(b"{}").documents[0]).is_empty());
    for odd in [json!(null), json!("text"), json!([1]), json!(7)] {
        assert_eq!(error(odd).rule, "mine");
    }
    assert!(gate(&[json!(true), json!({})]).problems(&parse(b"{}").documents[0]).is_empty());
}

#[test]
fn values_known_only_at_deploy_time_are_let_through() {
    use crate::source::{Hole, Node, Symbol, Value as V};
    let parsed = parse(br#"{"Id": "x"}"#);
    let mut node: Node = parsed.documents[0].clone();
    if let V::Object(members) = &mut node.value
        && let V::String(text) = &mut members[0].value.value
    {
        let symbol = Symbol { name: "${id}".into(), prefix: "".into(), suffix: "".into() };
        text.holes = [Hole { at: 0, symbol: std::sync::Arc::new(symbol) }].into();
    }
    assert_eq!(gate(&[json!({"properties": {"Id": {"const": "a"}}})]).problems(&node), []);
}
