//! Notations are told by the text, helps retold, references put back.

use super::references::Piece;
use super::*;
use crate::source::{parse, parse_yaml};
use serde_json::json;

#[test]
fn helps_in_each_notation() {
    let help = "deny it for everyone (`\"Principal\": \"*\"`), not by `Resource`, with `\"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}, \
        \"StringEquals\": {\"aws:SourceVpce\": [\"a\", \"b\"]}}`, or write `{\"AWS\": \"*\"}`, `\"*\"`, `s3:*`";
    assert_eq!(retold(help, Notation::json(0)), help);
    assert_eq!(
        retold(help, Notation::Object),
        "deny it for everyone (`Principal = \"*\"`), not by `Resource`, with `Condition = { Bool = { \"aws:SecureTransport\" = \"false\" }, \
        StringEquals = { \"aws:SourceVpce\" = [\"a\", \"b\"] } }`, or write `{ AWS = \"*\" }`, `\"*\"`, `s3:*`"
    );
    assert_eq!(
        retold(help, Notation::Block),
        "deny it for everyone (`principals { type = \"*\" identifiers = [\"*\"] }`), not by `resources`, with `condition { test = \"Bool\" \
        variable = \"aws:SecureTransport\" values = [\"false\"] } condition { test = \"StringEquals\" variable = \"aws:SourceVpce\" values = \
        [\"a\", \"b\"] }`, or write `{ AWS = \"*\" }`, `\"*\"`, `s3:*`"
    );
    assert_eq!(
        retold(help, Notation::Yaml),
        "deny it for everyone (`Principal: \"*\"`), not by `Resource`, with `Condition: {Bool: {aws:SecureTransport: \"false\"}, StringEquals: \
        {aws:SourceVpce: [\"a\", \"b\"]}}`, or write `{AWS: \"*\"}`, `\"*\"`, `s3:*`"
    );
    assert_eq!(
        retold(
            "but for `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}`, `\"aws:SourceVpce\": \"a\"`",
            Notation::Block
        ),
        "but for `condition { test = \"BoolIfExists\" variable = \"aws:PrincipalIsAWSService\" values = [\"false\"] }`, `\"aws:SourceVpce\": \"a\"`"
    );
    for odd in ["", "`", "``", "a ` b", "`{`", "`\"Principal\":`"] {
        assert_eq!(retold(odd, Notation::Yaml), odd);
    }
}

#[test]
fn references_are_put_back() {
    let known = |text: &str, name: Option<&str>| (text.to_owned(), name.map(str::to_owned));
    let references = References::new(vec![
        known("data", Some("Data")),
        known("arn:aws:s3:::data", Some("Data.Arn")),
        known("data-2", None),
    ]);
    let spelled = |text: &str| references.spelled(text);
    assert_eq!(spelled("arn:aws:s3:::data/*"), ("${Data.Arn}/*".to_owned(), true));
    assert_eq!(spelled("x-data-y"), ("x-${Data}-y".to_owned(), true));
    assert_eq!(spelled("nothing"), ("nothing".to_owned(), false));
    assert_eq!(spelled(""), (String::new(), false));
    assert_eq!(references.alone("arn:aws:s3:::data"), Some("Data.Arn"));
    assert_eq!(references.alone("arn:aws:s3:::data/*"), None);
    // The longest that begins first.
    assert_eq!(references.pieces("data-2"), [Piece::Reference(None)]);
    assert!(references.can_write(&json!({ "a": ["data", 1, null] })));
    assert!(!references.can_write(&json!({ "a": ["b", "a data-2"] })));
}

/// The notation of the part of a text that begins and ends with these words.
fn notation(language: Language, text: &str, first: &str, last: &str) -> Option<Notation> {
    let start = text.find(first).unwrap();
    let end = start + text.get(start..).unwrap().find(last).unwrap() + last.len();
    let parsed = if language == Language::Yaml { parse_yaml(text) } else { parse(text.as_bytes()) };
    let statement =
        Node { span: crate::source::Span::new(start, end), value: crate::source::Value::Object(Vec::new()) };
    Notation::of(text.as_bytes(), language, &parsed.documents, &statement)
}

#[test]
fn notations_are_told_by_the_text() {
    let functions = Some(Notation::Json { strings: 0, functions: true });
    for (text, first, last, wanted) in [
        ("a: [{\"Effect\": 1}]", "{", "}", functions),
        ("a:\n- Effect: 1\n  b: 2\n", "Effect", "2", Some(Notation::Yaml)),
        ("a:\n  - Effect: 1\n  - b: 2\n", "Effect", "1", Some(Notation::Yaml)),
        ("a: |\n  {\"Effect\": 1}", "{", "}", Some(Notation::json(0))),
        ("a: \"{\\\"Effect\\\": 1}\"", "{", "}", Some(Notation::json(1))),
        ("a: words", "words", "words", None),
    ] {
        assert_eq!(notation(Language::Yaml, text, first, last), wanted, "{text}");
    }
    for (text, first, last, wanted) in [
        ("{\"a\": {\"Effect\": 1}}", "{\"E", "}", functions),
        ("{\"a\": \"{\\\"Effect\\\": 1}\"}", "{\\", "}", Some(Notation::json(1))),
        ("{\"a\": \"words\"}", "words", "words", None),
    ] {
        assert_eq!(notation(Language::Json, text, first, last), wanted, "{text}");
    }
    for (text, wanted) in [
        ("{ Effect = \"Deny\" }", Some(Notation::Object)),
        ("{\n  \"Effect\" = \"Deny\"\n}", Some(Notation::Object)),
        ("{ Effect: \"Deny\" }", Some(Notation::Object)),
        ("{ \"Effect\": \"Deny\" }", Some(Notation::json(0))),
        ("{\\\"Effect\\\": \\\"Deny\\\" }", Some(Notation::json(1))),
        ("{}", None),
        ("{ \"a b\" = 1 }", None),
    ] {
        assert_eq!(notation(Language::Terraform, text, "{", "}"), wanted, "{text}");
    }
    assert_eq!(notation(Language::Terraform, "statement {}", "s", "}"), Some(Notation::Block));
    assert_eq!(notation(Language::Terraform, "local.fence", "l", "e"), None);
}

#[test]
fn yaml_texts_stay_texts() {
    for plain in ["s3:*", "arn:aws:s3:::data/*", "Deny", "aws:SourceVpce", "a1"] {
        assert_eq!(yaml::quoted(plain, false), plain);
    }
    for other in
        ["", "*", "true", "No", "NULL", "1", "a:", "a b", "x #", "${a}", "&a", "[", "é", "2012-10-17", "~"]
    {
        let quoted = yaml::quoted(other, false);
        let parsed = parse_yaml(&format!("a: {quoted}"));
        let value = parsed.documents[0].get("a").unwrap().text().map(|t| t.value.to_string());
        assert_eq!((quoted.starts_with('"'), value.as_deref()), (true, Some(other)));
    }
    assert_eq!(yaml::quoted("Deny", true), "\"Deny\"");
}
