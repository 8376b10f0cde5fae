//! The parser: places, agreement with `serde_json`, and the search for policies in what was parsed.

use super::assert_inside;
use ringfence::source::{
    self, Encoding, LineIndex, Node, Parsed, Span, SyntaxError, SyntaxErrorKind, Text, Value, to_json,
};

/// Any bytes, as a file.
pub fn parse(data: &[u8]) {
    let parsed = source::parse(data);
    assert_eq!(parsed, source::parse(data), "not the same twice");
    for error in &parsed.errors {
        assert_error(error, data);
    }
    let places = parsed.errors.iter().filter(|e| e.kind != SyntaxErrorKind::TooManyErrors);
    assert!(places.is_sorted_by_key(|e| e.span.start), "not by place: {:?}", parsed.errors);
    let whole = Span::new(0, data.len());
    for document in &parsed.documents {
        assert_node(document, whole);
    }
    if parsed.errors.is_empty() {
        assert_eq!(parsed.documents.len(), 1);
        assert_texts(&parsed.documents[0], data);
    }
    assert_agrees_with_serde(&parsed, data);

    let (found, errors) = source::policies(&parsed);
    for error in &errors {
        assert_error(error, data);
    }
    for policy in &found {
        // What references of a template come to stands where they do, and not as in a document.
        if !policy.is_resource() {
            assert_node(&policy.node, whole);
        }
        assert!(policy.document < parsed.documents.len());
    }
    // What is left out of long documents would change nothing.
    if let Some(long) = source::parse_long(data) {
        assert_eq!(long.errors, parsed.errors);
        assert_eq!(source::policies(&long), (found, errors));
    }
}

fn assert_error(error: &SyntaxError, data: &[u8]) {
    assert_inside(error.span, data, &error.message);
    assert!(!error.message.is_empty());
    if let Some((span, _)) = error.related {
        assert_inside(span, data, &error.message);
    }
    let lines = LineIndex::new(data);
    for encoding in [Encoding::Scalars, Encoding::Utf8, Encoding::Utf16] {
        let start = lines.position_in(error.span.start as usize, encoding);
        let end = lines.position_in(error.span.end as usize, encoding);
        assert!(start.line >= 1 && start.column >= 1 && start <= end && end.line <= lines.line_count());
    }
}

/// Every part stands within what holds it.
fn assert_node(node: &Node, around: Span) {
    assert!(around.covers(node.span), "{:?} is not in {around:?}", node.span);
    match &node.value {
        Value::String(text) => {
            assert_eq!(text.span, node.span);
            assert_text(text);
        }
        Value::Array(elements) => {
            for pair in elements.windows(2) {
                assert!(pair[0].span.end <= pair[1].span.start, "elements overlap");
            }
            for element in elements {
                assert_node(element, node.span);
            }
        }
        Value::Object(members) => {
            for member in members {
                assert!(node.span.covers(member.key.span) && member.key.span.end <= member.value.span.start);
                assert_text(&member.key);
                assert_node(&member.value, node.span);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The way back from a string's bytes to the file's never leaves the string, nor does it go backwards.
fn assert_text(text: &Text) {
    let mut last = text.span.start as usize;
    for at in 0..=text.value.len() {
        let offset = text.file_offset(at);
        assert!(last <= offset && offset <= text.span.end as usize, "{at} of {text:?} leads to {offset}");
        last = offset;
    }
}

/// What a span covers reads as what the tree holds there.
fn assert_texts(node: &Node, data: &[u8]) {
    let source = |span: Span| &data[span.range()];
    match &node.value {
        Value::String(text) => {
            assert_eq!(serde_json::from_slice::<String>(source(text.span)).unwrap(), *text.value);
        }
        Value::Number(number) => assert_eq!(source(node.span), number.as_bytes()),
        Value::Bool(b) => assert_eq!(source(node.span), b.to_string().as_bytes()),
        Value::Null => assert_eq!(source(node.span), b"null"),
        Value::Array(elements) => elements.iter().for_each(|element| assert_texts(element, data)),
        Value::Object(members) => {
            for member in members {
                assert_eq!(
                    serde_json::from_slice::<String>(source(member.key.span)).unwrap(),
                    *member.key.value
                );
                assert_texts(&member.value, data);
            }
        }
    }
}

/// Where one of the two refuses by a limit of its own, the other need not.
fn assert_agrees_with_serde(parsed: &Parsed, data: &[u8]) {
    match serde_json::from_slice::<serde_json::Value>(data) {
        Ok(value) => {
            if parsed.errors.first().is_some_and(|e| e.kind == SyntaxErrorKind::TooDeep) {
                return;
            }
            assert_eq!(parsed.errors, [], "serde_json accepts it");
            assert_eq!(to_json(&parsed.documents[0]), value);
        }
        Err(error) => {
            let limits = ["number out of range", "recursion limit exceeded"];
            let of_serde = limits.iter().any(|limit| error.to_string().contains(limit));
            assert!(of_serde || !parsed.errors.is_empty(), "serde_json refuses it: {error}");
        }
    }
}
