#![allow(clippy::string_slice, clippy::type_complexity, clippy::format_push_string, reason = "tests")]

use super::*;
use crate::source::tree::{Hole, Symbol, Value};
use crate::source::{MAX_DEPTH, MAX_SYNTAX_ERRORS};
use Kind::*;
use std::sync::Arc;

/// Kind and underlined text of each error.
fn errors(text: &str) -> Vec<(Kind, &str)> {
    parse(text.as_bytes()).errors.iter().map(|e| (e.kind, &text[e.span.range()])).collect()
}

/// The tree as strict JSON, for comparing.
fn tree(text: &str) -> String {
    fn write(node: &Node, out: &mut String) {
        match &node.value {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Number(n) => out.push_str(n),
            Value::String(t) => out.push_str(&format!("{:?}", t.value)),
            Value::Array(elements) => {
                out.push('[');
                for (i, element) in elements.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    write(element, out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (i, member) in members.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    out.push_str(&format!("{:?}:", member.key.value));
                    write(&member.value, out);
                }
                out.push('}');
            }
        }
    }
    let mut out = String::new();
    for (i, document) in parse(text.as_bytes()).documents.iter().enumerate() {
        out.push_str(if i > 0 { " " } else { "" });
        write(document, &mut out);
    }
    out
}

#[test]
fn each_error_has_its_place_and_the_tree_goes_on() {
    let cases: &[(&str, &[(Kind, &str)], &str)] = &[
        (r#"{"a": 1, }"#, &[(TrailingComma, ",")], r#"{"a":1}"#),
        (r#"["a" , ]"#, &[(TrailingComma, ",")], r#"["a"]"#),
        ("[1,,2]", &[(ExtraComma, ",")], "[1,2]"),
        (r#"{,"a":1}"#, &[(ExtraComma, ",")], r#"{"a":1}"#),
        ("{\"a\": 1 // why\r\n}", &[(Comment, "// why")], r#"{"a":1}"#),
        ("# x\n{\"a\": /* b */ 1}", &[(Comment, "# x"), (Comment, "/* b */")], r#"{"a":1}"#),
        ("{'a': 'b'}", &[(SingleQuotes, "'a'"), (SingleQuotes, "'b'")], r#"{"a":"b"}"#),
        ("{“a”: ‘b’}", &[(CurlyQuotes, "“a”"), (CurlyQuotes, "‘b’")], r#"{"a":"b"}"#),
        (r#"{"a": 1 "b": 2}"#, &[(MissingComma, "\"")], r#"{"a":1,"b":2}"#),
        ("[{} {}]", &[(MissingComma, "{")], "[{},{}]"),
        (r#"{"a" 1}"#, &[(MissingColon, "1")], r#"{"a":1}"#),
        (r#"{"a" = 1}"#, &[(MissingColon, "=")], r#"{"a":1}"#),
        (r#"{"a"}"#, &[(MissingColon, "\"a\"")], r#"{"a":null}"#),
        (r#"{"a": , "b": 1}"#, &[(MissingValue, "\"a\"")], r#"{"a":null,"b":1}"#),
        (r#"{"a": "b": 1}"#, &[(MissingValue, "\"a\"")], r#"{"a":null,"b":1}"#),
        (r#"{"a": [1, 2}"#, &[(UnclosedBrace, "}")], r#"{"a":[1,2]}"#),
        (r#"[{"a": 1]"#, &[(UnclosedBrace, "]")], r#"[{"a":1}]"#),
        (r#"[{"a": 1, {"b": 2}]"#, &[(UnclosedBrace, "{")], r#"[{"a":1},{"b":2}]"#),
        ("[{\"a\": 1\n", &[(UnclosedBrace, "1")], r#"[{"a":1}]"#),
        (r#"{"a": 1]"#, &[(UnclosedBrace, "]")], r#"{"a":1}"#),
        ("{\"a\": \"b,\n \"c\": 1}", &[(UnclosedString, "\"b")], r#"{"a":"b","c":1}"#),
        ("{\"a\n \"c\": 1}", &[(UnclosedString, "\"a")], r#"{"a":null,"c":1}"#),
        ("\u{feff}{}", &[(Bom, "\u{feff}")], "{}"),
        (r#"["\ud800x"]"#, &[(LoneSurrogate, r"\ud800")], "[\"\u{fffd}x\"]"),
        ("[\"a\tb\"]", &[(ControlCharacter, "\t")], "[\"a\\tb\"]"),
        (r#"["a\qb"]"#, &[(InvalidEscape, r"\q")], r#"["a\\qb"]"#),
        (r#"["\u12"]"#, &[(InvalidEscape, r"\u12")], r#"["\\u12"]"#),
        ("[\u{a0}1]", &[(InvalidWhitespace, "\u{a0}")], "[1]"),
        (
            "[01, +1, .5, 1., NaN, -, 0x1F]",
            &[
                (InvalidNumber, "01"),
                (InvalidNumber, "+1"),
                (InvalidNumber, ".5"),
                (InvalidNumber, "1."),
                (InvalidNumber, "NaN"),
                (InvalidNumber, "-"),
                (InvalidNumber, "0x1F"),
            ],
            "[01,+1,.5,1.,NaN,-,0x1F]",
        ),
        ("{a: 1}", &[(UnquotedKey, "a")], r#"{"a":1}"#),
        (r#"{"a": Allow}"#, &[(UnquotedValue, "Allow")], r#"{"a":"Allow"}"#),
        ("[True, None]", &[(UnquotedValue, "True"), (UnquotedValue, "None")], "[true,null]"),
        (r#"{"a": 1, ...}"#, &[(UnexpectedToken, "...")], r#"{"a":1}"#),
        (r#"["a": 1]"#, &[(UnexpectedToken, ":")], r#"["a",1]"#),
        (r#"{"a": 1}}"#, &[(UnexpectedToken, "}")], r#"{"a":1}"#),
        (
            "1. {\n2.   \"a\": [\n3.     \"x\"\n4.   ],\n5.   \"b\": 1\n10. }",
            &[(LineNumber, "1.")],
            r#"{"a":["x"],"b":1}"#,
        ),
        ("here it is: {}", &[(UnexpectedToken, "here it is:")], "{}"),
        ("'{\"a\": 1}'", &[(UnexpectedToken, "'"), (UnexpectedToken, "'")], r#"{"a":1}"#),
        (r#""a": [1], "b": 2"#, &[(MissingOpeningBrace, "\"a\"")], r#"{"a":[1],"b":2}"#),
        ("", &[(Empty, "")], ""),
        (" \n\t", &[(Empty, " \n\t")], ""),
        ("{} {}\n[]", &[(MoreThanOneDocument, "{")], "{} {} []"),
    ];
    for (text, right, kept) in cases {
        assert_eq!(errors(text), *right, "{text}");
        assert_eq!(tree(text), *kept, "{text}");
    }
}

#[test]
fn a_half_typed_statement_keeps_what_is_there() {
    let whole = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": [\"s3:Get";
    let kept = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get"]}]}"#;
    assert_eq!(tree(whole), kept);
    assert_eq!(errors(whole), [(UnclosedString, "\"s3:Get"), (UnclosedBrace, "t")]);
    let editing = "{\n  \"Statement\": [{\n    \"Effect\": \n    \"Action\": \"s3:*\",\n    \"Res\n  }]\n}";
    assert_eq!(tree(editing), r#"{"Statement":[{"Effect":null,"Action":"s3:*","Res":null}]}"#);
    assert_eq!(errors(editing), [(MissingValue, "\"Effect\""), (UnclosedString, "\"Res")]);
}

#[test]
fn a_missing_brace_names_the_opening_one() {
    let text = "[{\"a\": 1]";
    let (span, label) = parse(text.as_bytes()).errors.remove(0).related.unwrap();
    assert_eq!((span, label.as_str()), (Span::new(1, 2), "this `{` is not closed"));

    let text = "{\n  \"Statement\": [\n    {\n      \"Condition\": {\n        \"Bool\": {\"a\": \"b\"}\n    }\n  ]\n}\n";
    let error = parse(text.as_bytes()).errors.remove(0);
    assert_eq!(error.kind, UnclosedBrace);
    let (span, _) = error.related.unwrap();
    assert_eq!(
        &text[..span.start as usize].lines().last().unwrap().trim(),
        &"\"Condition\":",
        "indentation tells which"
    );
}

#[test]
fn encodings() {
    let mut latin = b"{\"S\": \"caf\xe9\"}".to_vec();
    let parsed = parse(&latin);
    assert_eq!(
        (parsed.errors.len(), parsed.errors[0].kind, parsed.errors[0].span),
        (1, InvalidUtf8, Span::new(10, 11))
    );
    let text = parsed.documents[0].get("S").unwrap().text().unwrap();
    assert_eq!((&*text.value, text.span), ("caf\u{fffd}", Span::new(6, 12)));
    latin.truncate(11);
    let kinds: Vec<Kind> = parse(&latin).errors.iter().map(|e| e.kind).collect();
    assert!(
        kinds.contains(&InvalidUtf8) && kinds.contains(&UnclosedString) && kinds.contains(&UnclosedBrace)
    );

    for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
        let parsed = parse(bytes);
        assert_eq!(
            (parsed.errors.len(), parsed.errors[0].kind, parsed.documents.len()),
            (1, Utf16, 0),
            "{bytes:?}"
        );
    }
}

#[test]
fn limits() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(errors(&nested(MAX_DEPTH)), []);
    let deep = nested(MAX_DEPTH + 1);
    let parsed = parse(deep.as_bytes());
    assert_eq!((parsed.errors.len(), parsed.errors[0].kind), (1, TooDeep));
    assert_eq!(parsed.errors[0].span, Span::new(MAX_DEPTH, MAX_DEPTH + 1));
    assert_eq!(parse("[".repeat(100_000).as_bytes()).errors.len(), 1);

    let mut long = " ".repeat(MAX_FILE_BYTES - 2) + "{}";
    assert_eq!(errors(&long), []);
    long.push(' ');
    assert_eq!(errors(&long), [(TooLarge, " ")]);

    let many = parse("[,".repeat(100).as_bytes());
    assert_eq!(many.errors.len(), MAX_SYNTAX_ERRORS + 1);
    assert_eq!(many.errors.last().unwrap().kind, TooManyErrors);
}

#[test]
fn legal_json_is_left_as_it_is() {
    let text = "{\"k\": \"\u{f0000}\u{ffffd}\", \"k\": 1e9999, \"\\u006b\": 123456789012345678901234567890, \"d\": \"\u{7f}\"}";
    assert_eq!(errors(text), []);
    let parsed = parse(text.as_bytes());
    let members = parsed.documents[0].object().unwrap();
    assert_eq!(members.iter().filter(|m| &*m.key.value == "k").count(), 3, "duplicate keys stay");
    assert_eq!(&*members[0].value.text().unwrap().value, "\u{f0000}\u{ffffd}");
    assert_eq!(members[2].value.value, Value::Number("123456789012345678901234567890".into()));
}

/// Every decoded character's place in the file.
fn places<'s>(text: &Text, file: &'s str) -> Vec<(char, &'s str)> {
    text.value.char_indices().map(|(i, c)| (c, &file[text.at(i, i + c.len_utf8()).range()])).collect()
}

#[test]
fn a_decoded_character_knows_its_bytes() {
    let file = r#"["a\"\u00e9\ud83d\ude00é\\"]"#;
    let parsed = parse(file.as_bytes());
    let text = parsed.documents[0].array().unwrap()[0].text().unwrap();
    let right = [
        ('a', "a"),
        ('"', "\\\""),
        ('é', "\\u00e9"),
        ('\u{1f600}', "\\ud83d\\ude00"),
        ('é', "é"),
        ('\\', "\\\\"),
    ];
    assert_eq!(places(text, file), right);
}

/// `value` as a JSON string, each character written in a way the dice choose.
fn quote(value: &str, rng: &mut fastrand::Rng) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match (rng.u8(0..4), c) {
            (0, _) => c.encode_utf16(&mut [0; 2]).iter().for_each(|u| out.push_str(&format!("\\u{u:04x}"))),
            (_, '"' | '\\') => out.extend(['\\', c]),
            (_, '\n') => out.push_str("\\n"),
            _ => out.push(c),
        }
    }
    out + "\""
}

fn for_each_text(node: &Node, f: &mut impl FnMut(&Text)) {
    match &node.value {
        Value::String(text) => f(text),
        Value::Array(elements) => elements.iter().for_each(|e| for_each_text(e, f)),
        Value::Object(members) => members.iter().for_each(|m| {
            f(&m.key);
            for_each_text(&m.value, f);
        }),
        _ => {}
    }
}

#[test]
fn embedded_json_points_into_the_file() {
    let file = r#"{"Policy": "{\"Version\":\"2012\",\n \"S\u0069d\": \"a\\n\\u0062\", \"x\": \"\\\"{\\\"}"}"#;
    let outer = parse(file.as_bytes());
    assert_eq!(outer.errors, []);
    let inner = parse_embedded(outer.documents[0].get("Policy").unwrap().text().unwrap());
    let document = &inner.documents[0];
    assert_eq!(&file[document.span.range()], &file[12..file.len() - 2]);
    assert_eq!(&file[document.member("Version").unwrap().span().range()], r#"\"Version\":\"2012\""#);
    let sid = document.member("Sid").unwrap();
    assert_eq!(&file[sid.key.span.range()], r#"\"S\u0069d\""#);
    assert_eq!(places(sid.value.text().unwrap(), file), [('a', "a"), ('\n', "\\\\n"), ('b', "\\\\u0062")]);
    let shown: Vec<_> = inner.errors.iter().map(|e| (e.kind, &file[e.span.range()])).collect();
    assert_eq!(shown, [(UnclosedString, r#"\"\\\"{\\\"}"#), (UnclosedBrace, "}")]);
}

#[test]
fn places_survive_two_embeddings() {
    let mut rng = fastrand::Rng::with_seed(99);
    for _ in 0..500 {
        let letters = ['a', '"', '\\', '\n', 'é', '\u{1f600}', '{'];
        let word: String = (0..rng.usize(0..8)).map(|_| letters[rng.usize(..letters.len())]).collect();
        let innermost = format!("{{\"k\": [{}, 1]}}", quote(&word, &mut rng));
        let middle = format!("[{}]", quote(&innermost, &mut rng));
        let file = format!(" {}", quote(&middle, &mut rng));
        let one = parse(file.as_bytes());
        let two = parse_embedded(one.documents[0].text().unwrap());
        let three = parse_embedded(two.documents[0].array().unwrap()[0].text().unwrap());
        assert_eq!([&one.errors, &two.errors, &three.errors], [&vec![], &vec![], &vec![]], "{file}");
        let decode = |piece: &str| serde_json::from_str::<String>(&format!("\"{piece}\"")).unwrap();
        for_each_text(&three.documents[0], &mut |text| {
            // Undoing two levels of escapes of the bytes under the span gives the string as it stands in the innermost text.
            let written = decode(&decode(&file[text.span.range()]));
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), *text.value, "{file}");
            for (c, piece) in places(text, &file) {
                assert_eq!(decode(&decode(&decode(piece))), c.to_string(), "{file}");
            }
        });
    }
}

#[test]
fn symbols_of_the_outer_text_stay_with_their_strings() {
    let value = r#"{"a\n": "arn:/*", "b": "", "c": }"#;
    let symbol = |name: &str| Arc::new(Symbol { name: name.into(), prefix: "".into(), suffix: "".into() });
    let at = |what: &str, more: usize| u32::try_from(value.find(what).unwrap() + more).unwrap();
    let mut text = Text::plain(value, Span::new(10, 12 + value.len()));
    text.holes = [
        Hole { at: at("\\n", 2), symbol: symbol("key") },
        Hole { at: at("arn:", 4), symbol: symbol("bucket") },
        Hole { at: at("\"\",", 1), symbol: symbol("empty") },
        Hole { at: at("}", 0), symbol: symbol("bare") },
    ]
    .into();
    let parsed = parse_embedded(&text);
    let mut holes = Vec::new();
    for_each_text(&parsed.documents[0], &mut |t| {
        holes.extend(t.holes.iter().map(|h| (t.value.to_string(), h.at, h.symbol.name.to_string())));
    });
    let right = [("a\n", 2, "key"), ("arn:/*", 4, "bucket"), ("", 0, "empty")];
    assert_eq!(holes, right.map(|(t, at, name)| (t.to_owned(), at, name.to_owned())));
    assert!(parsed.errors.iter().any(|e| e.kind == ReferenceOutsideString && e.message.contains("bare")));
}

#[test]
fn every_place_is_between_characters() {
    let mut rng = fastrand::Rng::with_seed(5);
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "é",
        "\u{1F600}",
        "e\u{301}",
        "a",
        "1",
        "\\",
        "\n",
        " ",
        "true",
        "\u{A0}",
    ];
    for _ in 0..20_000 {
        let text: String = (0..rng.usize(0..16)).map(|_| pieces[rng.usize(..pieces.len())]).collect();
        for error in parse(text.as_bytes()).errors {
            for span in [Some(error.span), error.related.map(|(span, _)| span)].into_iter().flatten() {
                assert!(text.get(span.range()).is_some(), "{text:?}: {span:?} {}", error.message);
            }
        }
    }
}
