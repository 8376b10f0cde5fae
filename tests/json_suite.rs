//! The JSON parser against the JSONTestSuite and against `serde_json`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use ringfence::finding::Severity;
use ringfence::kind::KindFrom;
use ringfence::lint::{FileInput, Linter, Settings};
use ringfence::policy::PolicyKind;
use ringfence::report::{Format, Rendered, Writer};
use ringfence::rules::RuleSet;
use ringfence::source::{Node, SyntaxErrorKind as Kind, Value, parse};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Every case: the name without `.json`, and the bytes.
fn cases() -> Vec<(String, Vec<u8>)> {
    let table = include_str!("../testdata/json/json_test_suite.tsv");
    let unhex = |hex: &str| {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let mut cases: Vec<(String, Vec<u8>)> = table
        .lines()
        .map(|line| line.split_once('\t').expect("name, tab, bytes"))
        .map(|(name, hex)| (name.to_owned(), unhex(hex)))
        .collect();
    cases.push(("n_structure_100000_opening_arrays".into(), "[".repeat(100_000).into_bytes()));
    let objects = "[{\"\":".repeat(50_000) + "\n";
    cases.push(("n_structure_open_array_object".into(), objects.into_bytes()));
    cases
}

/// What we decide where the RFC leaves the choice: None accepts, otherwise the kind of the first error.
///
/// - Numbers of any size are accepted: the tree keeps their text, so none is too large for it.
/// - Half a surrogate pair is no character (RFC 8259, section 8.2: what comes of it is unpredictable). AWS cannot mean a
///   name by it, so it is a mistake that must be seen.
/// - Text is UTF-8 without a byte order mark (section 8.1). Reading on after a guess would judge another text than AWS does.
/// - 128 levels are enough for any policy, and for a policy in a string in a string.
const CHOICES: &[(&str, Option<Kind>)] = &[
    ("i_number_double_huge_neg_exp", None),
    ("i_number_huge_exp", None),
    ("i_number_neg_int_huge_exp", None),
    ("i_number_pos_double_huge_exp", None),
    ("i_number_real_neg_overflow", None),
    ("i_number_real_pos_overflow", None),
    ("i_number_real_underflow", None),
    ("i_number_too_big_neg_int", None),
    ("i_number_too_big_pos_int", None),
    ("i_number_very_big_negative_int", None),
    ("i_object_key_lone_2nd_surrogate", Some(Kind::LoneSurrogate)),
    ("i_string_1st_surrogate_but_2nd_missing", Some(Kind::LoneSurrogate)),
    ("i_string_1st_valid_surrogate_2nd_invalid", Some(Kind::LoneSurrogate)),
    ("i_string_UTF-16LE_with_BOM", Some(Kind::Utf16)),
    ("i_string_UTF-8_invalid_sequence", Some(Kind::InvalidUtf8)),
    ("i_string_UTF8_surrogate_U+D800", Some(Kind::InvalidUtf8)),
    ("i_string_incomplete_surrogate_and_escape_valid", Some(Kind::LoneSurrogate)),
    ("i_string_incomplete_surrogate_pair", Some(Kind::LoneSurrogate)),
    ("i_string_incomplete_surrogates_escape_valid", Some(Kind::LoneSurrogate)),
    ("i_string_invalid_lonely_surrogate", Some(Kind::LoneSurrogate)),
    ("i_string_invalid_surrogate", Some(Kind::LoneSurrogate)),
    ("i_string_invalid_utf-8", Some(Kind::InvalidUtf8)),
    ("i_string_inverted_surrogates_U+1D11E", Some(Kind::LoneSurrogate)),
    ("i_string_iso_latin_1", Some(Kind::InvalidUtf8)),
    ("i_string_lone_second_surrogate", Some(Kind::LoneSurrogate)),
    ("i_string_lone_utf8_continuation_byte", Some(Kind::InvalidUtf8)),
    ("i_string_not_in_unicode_range", Some(Kind::InvalidUtf8)),
    ("i_string_overlong_sequence_2_bytes", Some(Kind::InvalidUtf8)),
    ("i_string_overlong_sequence_6_bytes", Some(Kind::InvalidUtf8)),
    ("i_string_overlong_sequence_6_bytes_null", Some(Kind::InvalidUtf8)),
    ("i_string_truncated-utf-8", Some(Kind::InvalidUtf8)),
    ("i_string_utf16BE_no_BOM", Some(Kind::Utf16)),
    ("i_string_utf16LE_no_BOM", Some(Kind::Utf16)),
    ("i_structure_500_nested_arrays", Some(Kind::TooDeep)),
    ("i_structure_UTF-8_BOM_empty_object", Some(Kind::Bom)),
];

/// The byte at which `serde_json` stops.
fn offset_of_error(bytes: &[u8]) -> usize {
    let error = serde_json::from_slice::<serde_json::Value>(bytes).unwrap_err();
    let before = bytes.split_inclusive(|&b| b == b'\n').take(error.line().saturating_sub(1));
    before.map(<[u8]>::len).sum::<usize>() + error.column()
}

#[test]
fn json_test_suite() {
    let cases = cases();
    assert_eq!(cases.len(), 318);
    let (mut accepted, mut refused, mut chosen) = (0, 0, 0);
    for (name, bytes) in &cases {
        let parsed = parse(bytes);
        for error in &parsed.errors {
            assert!(error.span.end as usize <= bytes.len(), "{name}: {error:?} outside of the file");
            assert!(!error.span.is_empty() || bytes.is_empty(), "{name}: {error:?} underlines nothing");
        }
        match name.get(..2) {
            Some("y_") => {
                assert_eq!(parsed.errors, [], "{name}");
                assert_eq!(parsed.documents.len(), 1, "{name}");
                accepted += 1;
            }
            Some("n_") => {
                assert_ne!(parsed.errors, [], "{name}");
                // The place is the culprit's: not after the byte where another parser can read no further (whose limit
                // of nesting is one level less).
                let noticed = offset_of_error(bytes);
                let first = parsed.errors.iter().map(|e| e.span.start as usize).min().unwrap();
                let deep = parsed.errors[0].kind == Kind::TooDeep;
                assert!(first <= noticed || deep, "{name}: at {first}, but serde_json stops at {noticed}");
                refused += 1;
            }
            _ => {
                let choice =
                    CHOICES.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} undecided"));
                assert_eq!(parsed.errors.first().map(|e| e.kind), choice.1, "{name}");
                chosen += 1;
            }
        }
    }
    assert_eq!((accepted, refused, chosen), (95, 188, 35));
}

/// What the parser says reaches the user: as an error of `check`, at a line and column.
#[test]
fn check_refuses_what_is_no_json() {
    let linter = Linter::new(RuleSet::builtin().unwrap());
    let settings = Settings { kind: Some((PolicyKind::Bucket, KindFrom::Flag)), ..Settings::default() };
    for (name, bytes) in cases() {
        let file = FileInput {
            path: "p.json",
            name: "p.json",
            bytes: &bytes,
            explicit: true,
            named: true,
            around: &ringfence::source::Alone,
            part: None,
        };
        let report = linter.lint(&file, &settings);
        let refused = report
            .findings
            .iter()
            .any(|f| &*f.rule == "policy-syntax" && f.severity == Severity::Error && f.policy.is_none());
        let right = match name.get(..2) {
            Some("y_") => false,
            Some("n_") => true,
            _ => CHOICES.iter().any(|(n, choice)| *n == name && choice.is_some()),
        };
        assert_eq!(refused, right, "{name}: {:?}", report.findings);
        assert!(!report.findings.is_empty(), "{name} is no policy, and passes");
        let part = Rendered::new(Format::Text, &report, &bytes, false).unwrap();
        let mut out = Vec::new();
        let mut writer = Writer::new(Format::Text, &[], Box::new(&mut out)).unwrap();
        writer.add(&part).unwrap();
        writer.finish(&part.counts(), false).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            !refused || text.contains("error[policy-syntax]: ") && text.contains("[p.json:"),
            "{name}: {text}"
        );
    }
}

/// Every prefix of every case, and every case with one byte cut out: the half-typed documents.
#[test]
fn no_input_panics_and_places_stay_inside() {
    let inside = |bytes: &[u8]| {
        for error in parse(bytes).errors {
            assert!(error.span.end as usize <= bytes.len(), "{error:?} in {bytes:?}");
            assert!(error.related.is_none_or(|(span, _)| span.end as usize <= bytes.len()));
        }
    };
    for (_, bytes) in cases().iter().filter(|(_, bytes)| bytes.len() < 2000) {
        for i in 0..bytes.len() {
            inside(&bytes[..i]);
            inside(&[&bytes[..i], &bytes[i + 1..]].concat());
        }
    }
}

#[test]
fn time_is_linear_in_hostile_inputs() {
    let seeds = [
        "[",
        "{",
        "[{\"\":",
        "{\"a\":",
        "]",
        "}",
        ",",
        ":",
        "\"",
        "\"\\",
        "'",
        "/",
        "/*",
        "//",
        "#",
        "\u{a0}",
        "“",
        "[,",
        "{,",
        "{\"a\" \"b\" ",
        "{\"a\" \"b\":",
        "\"a\":",
        "[1}",
        "{1]",
        "a ",
        "1 ",
        "\\ud800",
        "\"\\ud800\" ",
        "[\"a\":",
        "{a ",
        "-",
        "{\"a\n",
        "[}",
        "{]",
        "{\"\":[}",
        "\"\n",
        "'\n",
        "{{",
        "[[}",
        "\0",
        "\x7f",
        "{ \"a\" = ",
        "{\"a\":\"b\":",
        "[{\"a\":1 {",
    ];
    for seed in seeds {
        for open in ["", "[", "{", "\"", "{\"a\":[{\"b\":"] {
            let mut text = open.to_owned();
            text.push_str(&seed.repeat((1 << 17) / seed.len() - 20));
            let start = Instant::now();
            let parsed = parse(text.as_bytes());
            let took = start.elapsed();
            assert!(took < Duration::from_secs(1), "{seed:?} after {open:?} took {took:?}");
            assert!(!parsed.errors.is_empty() && parsed.errors.len() <= 52, "{seed:?} after {open:?}");
        }
    }
}

/// Our tree in `serde_json`'s form, where a number stays text and the last of duplicate keys wins.
fn plain(node: &Node) -> String {
    fn write(node: &Node, out: &mut String) {
        match &node.value {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => write!(out, "{b}").unwrap(),
            Value::Number(n) => write!(out, "{:.9e}", n.parse::<f64>().unwrap()).unwrap(),
            Value::String(t) => write!(out, "{:?}", t.value).unwrap(),
            Value::Array(elements) => {
                out.push('[');
                for element in elements {
                    write(element, out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                let last: std::collections::BTreeMap<&str, &Node> =
                    members.iter().map(|m| (&*m.key.value, &m.value)).collect();
                out.push('{');
                for (key, value) in last {
                    write!(out, "{key:?}").unwrap();
                    write(value, out);
                }
                out.push('}');
            }
        }
    }
    let mut out = String::new();
    write(node, &mut out);
    out
}

fn plain_serde(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Null => out.push_str("null"),
        serde_json::Value::Bool(b) => write!(out, "{b}").unwrap(),
        serde_json::Value::Number(n) => write!(out, "{:.9e}", n.as_f64().unwrap()).unwrap(),
        serde_json::Value::String(s) => write!(out, "{s:?}").unwrap(),
        serde_json::Value::Array(elements) => {
            out.push('[');
            for element in elements {
                plain_serde(element, out);
            }
            out.push(']');
        }
        serde_json::Value::Object(members) => {
            out.push('{');
            for (key, value) in members {
                write!(out, "{key:?}").unwrap();
                plain_serde(value, out);
            }
            out.push('}');
        }
    }
}

fn generate(rng: &mut fastrand::Rng, depth: usize, out: &mut String) {
    const SPACES: [&str; 6] = ["", "", "", " ", "\n  ", "\r\n\t"];
    const STRINGS: [&str; 14] = [
        "Effect",
        "Allow",
        "a",
        "",
        "s3:Get*",
        "\\\"",
        "\\u0041",
        "é",
        "\\n\\t\\/",
        "\\ud83d\\ude00",
        "\u{10ffff}",
        "\u{f0001}",
        "\\\\",
        "a\\u00e9\u{7f}",
    ];
    const NUMBERS: [&str; 9] = ["0", "-0", "1", "12", "-3.5", "1e5", "2E-2", "123456789012", "0.25"];
    let space = |rng: &mut fastrand::Rng, out: &mut String| out.push_str(SPACES[rng.usize(..SPACES.len())]);
    let string = |rng: &mut fastrand::Rng, out: &mut String| {
        out.push('"');
        (0..rng.usize(0..3)).for_each(|_| out.push_str(STRINGS[rng.usize(..STRINGS.len())]));
        out.push('"');
    };
    space(rng, out);
    match if depth == 0 { rng.u8(0..5) } else { rng.u8(0..10) } {
        0 => out.push_str("true"),
        1 => out.push_str("null"),
        2 => out.push_str(NUMBERS[rng.usize(..NUMBERS.len())]),
        3 | 4 => string(rng, out),
        5..=6 => {
            out.push('[');
            for i in 0..rng.usize(0..4) {
                out.push_str(if i > 0 { "," } else { "" });
                generate(rng, depth - 1, out);
            }
            space(rng, out);
            out.push(']');
        }
        _ => {
            out.push('{');
            for i in 0..rng.usize(0..4) {
                out.push_str(if i > 0 { "," } else { "" });
                space(rng, out);
                string(rng, out);
                space(rng, out);
                out.push(':');
                generate(rng, depth - 1, out);
            }
            space(rng, out);
            out.push('}');
        }
    }
    space(rng, out);
}

fn mutate(rng: &mut fastrand::Rng, bytes: &mut Vec<u8>) {
    const BYTES: &[u8] = b"{}[]\",:\\u0123456789abcdefE+-. \n\t\0\x0b/*#'tfn\xc3\xa9\xff\xef\xbb\xbf";
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(0..4) {
            0 if at < bytes.len() => drop(bytes.remove(at)),
            1 if at < bytes.len() => bytes[at] = BYTES[rng.usize(..BYTES.len())],
            2 if at < bytes.len() => bytes.swap(at, 0),
            _ => bytes.insert(at, BYTES[rng.usize(..BYTES.len())]),
        }
    }
}

#[test]
fn agrees_with_serde_json() {
    let mut rng = fastrand::Rng::with_seed(20_240_607);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..40_000 {
        let mut text = String::new();
        generate(&mut rng, 5, &mut text);
        let mut bytes = text.into_bytes();
        if round % 4 != 0 {
            mutate(&mut rng, &mut bytes);
        }
        let ours = parse(&bytes);
        let shown = String::from_utf8_lossy(&bytes);
        match serde_json::from_slice::<serde_json::Value>(&bytes) {
            Ok(theirs) => {
                assert_eq!(ours.errors, [], "refused: {shown}");
                let mut right = String::new();
                plain_serde(&theirs, &mut right);
                assert_eq!(plain(&ours.documents[0]), right, "{shown}");
                accepted += 1;
            }
            // The one thing that JSON allows and serde_json does not: a number beyond a float.
            Err(e) if e.to_string().contains("number out of range") => {}
            Err(_) => {
                assert_ne!(ours.errors, [], "accepted: {shown}");
                refused += 1;
            }
        }
    }
    assert!(accepted > 10_000 && refused > 10_000, "{accepted} {refused}");
}
