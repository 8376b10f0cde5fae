//! `docs/ringfence.schema.json` and the loader of `ringfence.toml` say the same: the same keys, the same values.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use jsonschema::Validator;
use ringfence::config::{CONFIG_SCHEMA, Config, ConfigError, Level};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn schema() -> Value {
    serde_json::from_str(CONFIG_SCHEMA).unwrap()
}

fn validator() -> Validator {
    let schema = schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

fn load(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("ringfence.toml"), std::env::current_dir().unwrap())
}

/// A TOML document as editors give it to a schema: a date is its text.
fn to_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(n) => json!(n),
        toml::Value::Float(n) => json!(n),
        toml::Value::Boolean(b) => json!(b),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(list) => list.iter().map(to_json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.iter().map(|(k, v)| (k.clone(), to_json(v))).collect::<Map<_, _>>())
        }
    }
}

/// Both agree on the document. Whether it is a configuration.
#[track_caller]
fn both(validator: &Validator, text: &str) -> bool {
    let table: toml::Table = toml::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let by_schema = validator.is_valid(&to_json(&toml::Value::Table(table)));
    let loaded = load(text);
    assert_eq!(by_schema, loaded.is_ok(), "schema: {by_schema}, loader: {:?}\n{text}", loaded.err());
    by_schema
}

/// The keys that the loader expects where `text` has an unknown one.
fn expected(text: &str) -> BTreeSet<String> {
    use miette::Diagnostic;
    let error = load(text).unwrap_err();
    let label = error.labels().unwrap().next().unwrap();
    let words = label.label().unwrap_or_default().to_owned();
    let (_, list) = words.split_once("expected").unwrap_or_else(|| panic!("{text}: {words}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn keys(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_keys_are_the_same() {
    let schema = schema();
    let properties = &schema["properties"];
    for (text, place) in [
        ("zzz = 1", &schema),
        ("[kinds]\nzzz = 1", &properties["kinds"]),
        ("[trusted]\nzzz = 1", &properties["trusted"]),
        ("[[paths]]\nzzz = 1", &properties["paths"]["items"]),
        ("[[ignore]]\nzzz = 1", &properties["ignore"]["items"]),
    ] {
        assert_eq!(expected(text), keys(place), "{text}");
        assert_eq!(place["additionalProperties"], false, "{text}");
    }
    assert_eq!(schema["$defs"]["rules"]["additionalProperties"]["enum"], json!(Level::WORDS));
}

#[test]
fn the_values_are_the_same() {
    let validator = validator();
    let lists: [(&str, &[&str], &[&str]); 13] = [
        (
            "regions",
            &["eu-west-1", "us-gov-east-1", "ap-southeast-12"],
            &["eu", "EU-west-1", "eu-west-", "eu--1", "", "1-a-1"],
        ),
        ("include", &["a", "./a", "a/**/b", "a/", "[ab]?", "é*"], &["", "/a", "../a", "a/..", "a/../b"]),
        ("exclude", &["a..b", "..."], &["/", ".."]),
        ("rule_folders", &["a", "../a", "/a"], &[""]),
        ("kinds.endpoint", &["**"], &[""]),
        ("kinds.bucket", &["**/*.json"], &["/"]),
        (
            "trusted.vpcs",
            &["vpc-0123456789abcdef0", "vpc-1a2b3c4d"],
            &["vpce-0123456789abcdef0", "vpc-*", "vpc-1A2B3C4D", "vpc-", " vpc-1a2b3c4d"],
        ),
        ("trusted.vpc_endpoints", &["vpce-0123456789abcdef0"], &["vpc-1a2b3c4d", "vpce-123"]),
        ("trusted.accounts", &["111122223333"], &["11112222333", "1111222233334", "1111-2222-3333"]),
        ("trusted.organizations", &["o-a1b2c3d4e5"], &["o-short", "o-A1B2C3D4E5", "r-a1b2c3d4e5"]),
        (
            "trusted.buckets",
            &["amzn-s3-demo-bucket", "a.b", "Old_Bucket"],
            &["ab", "a*b", "arn:aws:s3:::abc", "a/b"],
        ),
        (
            "trusted.principals",
            &["arn:aws:iam::111122223333:role/a", "arn:aws-cn:sts::111122223333:assumed-role/a/b"],
            &[
                "111122223333",
                "arn:aws:s3:::b",
                "arn:aws:iam:eu:111122223333:role/a",
                "arn:aws:iam::1:role/a",
            ],
        ),
        (
            "trusted.ip_ranges",
            &["203.0.113.0/24", "2001:db8::/32", "198.51.100.7"],
            &["203.0.113.x", "", "203.0.113.0/+1", "a b"],
        ),
    ];
    let mut seen = (0, 0);
    for (key, good, bad) in lists {
        for (values, is_good) in [(good, true), (bad, false)] {
            for value in values {
                assert_eq!(both(&validator, &format!("{key} = [\"{value}\"]")), is_good, "{key} {value}");
                if is_good { seen.0 += 1 } else { seen.1 += 1 }
            }
        }
        for other in ["7", "\"x\"", "[7]", "[[]]", "{}", "true", "2027-01-31"] {
            assert!(!both(&validator, &format!("{key} = {other}")), "{key} {other}");
        }
        assert!(both(&validator, &format!("{key} = []")), "{key}");
    }
    assert!(seen.0 > 25 && seen.1 > 40, "{seen:?}");
}

#[test]
fn the_tables_are_the_same() {
    let validator = validator();
    let ignore = |more: &str| format!("[[ignore]]\nrule = \"r\"\npath = \"p\"\nreason = \"x\"\n{more}\n");
    for (text, is_good) in [
        ("", true),
        ("[rules]\nx = \"off\"\ny = \"note\"\nz = \"warning\"\na = \"error\"", true),
        ("[rules]\nx = \"Off\"", false),
        ("[rules]\nx = false", false),
        ("rules = []", false),
        ("[[paths]]\npath = \"a/\"\nrules = { x = \"off\" }", true),
        ("[[paths]]\npath = [\"a\", \"b\"]\nrules = {}", true),
        ("[[paths]]\npath = []\nrules = {}", true),
        ("[[paths]]\npath = \"../a\"\nrules = {}", false),
        ("[[paths]]\npath = [\"\"]\nrules = {}", false),
        ("[[paths]]\npath = 7\nrules = {}", false),
        ("[[paths]]\npath = \"a\"", false),
        ("[[paths]]\nrules = {}", false),
        ("paths = {}", false),
        (&ignore(""), true),
        (&ignore("sid = \"\""), true),
        (&ignore("pointer = \"\""), true),
        (&ignore("pointer = \"/a~1b/0\""), true),
        (&ignore("pointer = \"a\""), false),
        (&ignore("sid = \"a\"\npointer = \"/a\""), false),
        (&ignore("until = 2027-01-31"), true),
        (&ignore("until = 2027-01-31T10:00:00Z"), false),
        (&ignore("until = 10:00:00"), false),
        (&ignore("until = 2027"), false),
        (&ignore("").replace("reason = \"x\"", "reason = \" \\t\""), false),
        (&ignore("").replace("reason = \"x\"", ""), false),
        (&ignore("").replace("path = \"p\"", ""), false),
        (&ignore("").replace("rule = \"r\"", ""), false),
        (&ignore("").replace("path = \"p\"", "path = [\"p\"]"), false),
        (&ignore("because = \"x\""), false),
    ] {
        assert_eq!(both(&validator, text), is_good, "{text}");
    }
}
