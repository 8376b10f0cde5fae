//! YAML to the spanned tree, as CloudFormation takes it: short tags become what they are short for (`!Ref x` is `{"Ref": "x"}`), a date
//! stays text. Events come from a library; the tree is our own, because it must know places.
//!
//! Knows nothing of templates beyond their tags. What cannot be read ends the document; what stood before it is kept.

use super::grammar::MAX_DEPTH;
use super::language::Language;
use super::lexer::pair;
use super::parse::Parsed;
use super::span::Span;
use super::syntax_error::{SyntaxError, SyntaxErrorKind as Kind};
use super::tree::{Member, Node, Text, Value};
use granit_parser::{Event, Parser, ScalarStyle, Tag, options};
use std::collections::BTreeMap;

/// Nodes that all aliases of a file may stand for together: a few lines of YAML can mean billions.
const MAX_ALIASED: usize = 100_000;

/// How many containers a section of a template is: itself, and the document.
const SECTION: usize = 2;

/// Reads all documents of a text. Time is linear in the length, and in what aliases stand for.
#[must_use]
pub fn parse_yaml(text: &str) -> Parsed {
    let mut reader =
        Reader { text, open: Vec::new(), documents: Vec::new(), anchors: BTreeMap::new(), aliased: 0 };
    let mut errors = Vec::new();
    let limits = options! { emit_comments: false };
    for next in Parser::new_from_str_with_options(text, limits) {
        let outcome = match next {
            Ok((event, span)) => reader.event(event, &place(&span)),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                let message = format!("this is no YAML: {}", error.info());
                Err(SyntaxError::new(Kind::Yaml, character(text, at), message))
            }
        };
        if let Err(error) = outcome {
            errors.push(explained(error, text));
            reader.leave();
            break;
        }
    }
    reader.close();
    Parsed { documents: reader.documents, errors, language: Language::Yaml, ..Parsed::default() }
}

/// With what can be done about it. What another program has yet to make YAML of is no mistake.
fn explained(error: SyntaxError, text: &str) -> SyntaxError {
    if error.kind == Kind::Yaml && ["{{", "{%"].iter().any(|mark| text.contains(mark)) {
        let message = "this is no YAML yet: another program fills in its `{{`; it was read up to here";
        return SyntaxError::new(Kind::NotRead, error.span, message)
            .help("check what that program makes of it");
    }
    error.help("correct the YAML; what stands behind this was not read")
}

/// Where an event stands in the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    span: Span,
    /// Its tag, when it has one.
    tag: Option<Span>,
}

fn place(span: &granit_parser::Span) -> Place {
    let of = |range: Option<std::ops::Range<usize>>| range.map(|r| Span::new(r.start, r.end));
    let tag = span.tag_span().and_then(|tag| of(tag.byte_range()));
    Place { span: of(span.byte_range()).unwrap_or_default(), tag }
}

/// The character at a byte, or the last one.
fn character(text: &str, at: usize) -> Span {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    match (text.get(at..).and_then(|t| t.chars().next()), text.get(..at).and_then(|t| t.chars().next_back()))
    {
        (Some(c), _) => Span::new(at, at + c.len_utf8()),
        (None, Some(c)) => Span::new(at - c.len_utf8(), at),
        (None, None) => Span::new(at, at),
    }
}

/// A container that is being read.
struct Open {
    span: Span,
    tag: Option<Text>,
    anchor: usize,
    value: Value,
    /// The key whose value comes next.
    key: Option<Text>,
}

struct Reader<'t> {
    text: &'t str,
    open: Vec<Open>,
    documents: Vec<Node>,
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, place: &Place) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let text = scalar(self.text, &value, style, place.span);
                // A key is text, also where it looks like something else: `Null:` is an operator.
                let is_key =
                    self.open.last().is_some_and(|o| matches!(o.value, Value::Object(_)) && o.key.is_none());
                let style = if is_key { ScalarStyle::SingleQuoted } else { style };
                let node = match function(tag.as_deref(), place) {
                    Some(key) => wrapped(key, plain_value(text, ScalarStyle::SingleQuoted, None), place),
                    None => plain_value(text, style, tag.as_deref()),
                };
                self.keep(anchor, &node);
                self.add(node)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Value::Array(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(Value::Object(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place.span.end),
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else { return Ok(()) };
                self.aliased += size(&node);
                if self.aliased > MAX_ALIASED {
                    let message = "the aliases of this file stand for too much: it was read up to here";
                    return Err(SyntaxError::new(Kind::TooDeep, place.span, message));
                }
                self.add(node)
            }
            Event::DocumentEnd => {
                self.close();
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        value: Value,
        anchor: usize,
        tag: Option<&Tag>,
        place: &Place,
    ) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels: it was read up to here");
            return Err(SyntaxError::new(
                Kind::TooDeep,
                character(self.text, place.span.start as usize),
                message,
            ));
        }
        let tag = function(tag, place);
        self.open.push(Open { span: place.span, tag, anchor, value, key: None });
        Ok(())
    }

    fn end(&mut self, end: u32) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        // A block ends behind its last part, not where the next thing begins.
        let last = match &open.value {
            Value::Array(items) => items.last().map(|node| node.span.end),
            Value::Object(members) => members.last().map(|m| m.value.span.end.max(m.key.span.end)),
            _ => None,
        };
        let is_flow =
            self.text.as_bytes().get(open.span.start as usize).is_some_and(|b| matches!(b, b'[' | b'{'));
        let end = if is_flow { end } else { last.unwrap_or(open.span.end) };
        let span = Span { start: open.span.start, end: end.max(open.span.start) };
        let mut node = Node { span, value: open.value };
        if let Some(key) = open.tag {
            let whole = Place { span, tag: Some(key.span) };
            node = wrapped(key, node, &whole);
        }
        self.keep(open.anchor, &node);
        self.add(node)
    }

    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn add(&mut self, node: Node) -> Result<(), SyntaxError> {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut open.value, open.key.take()) {
            (Value::Array(items), _) => items.push(node),
            (Value::Object(members), Some(key)) => members.push(Member { key, value: node }),
            (Value::Object(_), None) => {
                let span = node.span;
                open.key = Some(key(node).ok_or_else(|| {
                    SyntaxError::new(
                        Kind::Yaml,
                        span,
                        "a key that is a list or a mapping: templates have none",
                    )
                })?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Leaves out what is not finished: of a template the resource, so that nothing is said of what it lacks.
    fn leave(&mut self) {
        if self.open.len() > SECTION {
            self.open.truncate(SECTION);
            if let Some(section) = self.open.last_mut() {
                section.key = None;
            }
        }
    }

    /// Takes what is open as it is.
    fn close(&mut self) {
        while !self.open.is_empty() {
            if let Some(Open { value: Value::Object(members), key, .. }) = self.open.last_mut()
                && let Some(key) = key.take()
            {
                let span = Span { start: key.span.end, end: key.span.end };
                members.push(Member { key, value: Node { span, value: Value::Null } });
            }
            let _ = self.end(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        }
    }
}

/// A scalar as a key.
fn key(node: Node) -> Option<Text> {
    let span = node.span;
    let written =
        |value: &str| Text { map: Box::new([pair(0, span.start as usize)]), ..Text::plain(value, span) };
    match node.value {
        Value::String(text) => Some(text),
        Value::Null => Some(written("")),
        Value::Bool(value) => Some(written(if value { "true" } else { "false" })),
        Value::Number(number) => Some(written(&number)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.iter().map(|m| size(&m.value)).sum::<usize>(),
        _ => 0,
    }
}

/// What a short tag is short for: the key `Ref` or `Fn::...`, at the tag's place.
fn function(tag: Option<&Tag>, place: &Place) -> Option<Text> {
    let tag = tag.filter(|tag| tag.handle() == "!")?;
    let name = match tag.suffix() {
        "" => return None,
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Some(Text::plain(&name, place.tag.unwrap_or(place.span)))
}

fn wrapped(key: Text, value: Node, place: &Place) -> Node {
    let span = key.span.to(place.span);
    Node { span, value: Value::Object(vec![Member { key, value }]) }
}

/// What a scalar is: a plain one may be a number, `true` or nothing. A date is text: `Version: 2012-10-17`.
fn plain_value(text: Text, style: ScalarStyle, tag: Option<&Tag>) -> Node {
    let span = text.span;
    let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix() == "str");
    let value = match &*text.value {
        _ if is_text => Value::String(text),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if is_number(number) => Value::Number(number.into()),
        _ => Value::String(text),
    };
    Node { span, value }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
}

/// A scalar with the way back from its decoded bytes to the file's.
fn scalar(file: &str, value: &str, style: ScalarStyle, span: Span) -> Text {
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let start = span.start as usize + usize::from(quoted);
    let raw = file.get(start..span.end as usize).unwrap_or_default();
    let mut map = vec![pair(0, start)];
    let (mut at, mut decoded) = (0, 0);
    for c in value.chars() {
        let step = step(raw, at, c, style);
        let expected = map.last().map_or(0, |&(d, f)| f as usize + decoded - d as usize);
        if start + step.start != expected {
            map.push(pair(decoded, start + step.start));
        }
        at = step.end;
        decoded += c.len_utf8();
    }
    // A line end that is not there, at the end of the file.
    let end = start + at.min(raw.len());
    if map.last().is_some_and(|&(d, f)| end != f as usize + decoded - d as usize) {
        map.push(pair(decoded, end));
    }
    Text { value: value.into(), span, map: map.into(), holes: Box::default() }
}

/// The bytes of `raw`, from `at` on, that the decoded character `c` comes from. Steps over indentation and folded line ends.
fn step(raw: &str, at: usize, c: char, style: ScalarStyle) -> std::ops::Range<usize> {
    let rest = raw.get(at..).unwrap_or_default();
    if style == ScalarStyle::DoubleQuoted && rest.starts_with('\\') {
        let length = match rest.as_bytes().get(1) {
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            // The line goes on, and nothing stands for that.
            Some(b'\n' | b'\r') => {
                let blank = rest.get(1..).unwrap_or_default();
                let blank = blank.len() - blank.trim_start().len();
                return step(raw, at + 1 + blank, c, style);
            }
            _ => 2,
        };
        return at..(at + length).min(raw.len());
    }
    if style == ScalarStyle::SingleQuoted && rest.starts_with("''") {
        return at..at + 2;
    }
    if rest.starts_with(c) {
        return at..at + c.len_utf8();
    }
    let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    if c.is_whitespace() {
        // A folded line end, with the indentation behind it.
        return at..at + blank;
    }
    let next = at + blank;
    let is_there = blank > 0
        && raw.get(next..).is_some_and(|rest| rest.starts_with(c) || rest.starts_with(['\\', '\'']));
    if is_there { step(raw, next, c, style) } else { at..at }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "tests")]

    use super::*;
    use crate::source::to_json;

    fn json(text: &str) -> String {
        let parsed = parse_yaml(text);
        let documents: Vec<String> = parsed.documents.iter().map(to_json).map(|v| v.to_string()).collect();
        format!(
            "{}{}",
            documents.join(" --- "),
            parsed.errors.iter().map(|e| format!(" ({})", e.message)).collect::<String>()
        )
    }

    #[test]
    fn values_tags_and_dates() {
        assert_eq!(
            json(
                "a: !Ref B\nb: !Sub '${C}-x'\nc: !GetAtt D.Arn\nd: !Join ['', [a, !Ref E]]\nVersion: 2012-10-17\n"
            ),
            r#"{"Version":"2012-10-17","a":{"Ref":"B"},"b":{"Fn::Sub":"${C}-x"},"c":{"Fn::GetAtt":"D.Arn"},"d":{"Fn::Join":["",["a",{"Ref":"E"}]]}}"#
        );
        assert_eq!(
            json("[false, 'false', 123456789012, 1.5, ~, x]"),
            r#"[false,"false",123456789012,1.5,null,"x"]"#
        );
        assert_eq!(json("a: &x [1, 2]\nb: *x\n---\nc: 1\n"), r#"{"a":[1,2],"b":[1,2]} --- {"c":1}"#);
        assert_eq!(
            json("a: !If [C, {b: 1}, !Ref AWS::NoValue]"),
            r#"{"a":{"Fn::If":["C",{"b":1},{"Ref":"AWS::NoValue"}]}}"#
        );
    }

    #[test]
    fn what_is_yet_to_be_made_yaml_is_no_mistake() {
        let error = &parse_yaml("a: 1\nb: {{ .Values.x }}\n").errors[0];
        assert_eq!(error.kind, Kind::NotRead);
        assert_eq!(parse_yaml("a: [1\n").errors[0].kind, Kind::Yaml);
    }

    #[test]
    fn what_stands_before_a_mistake_is_kept() {
        let text = "a:\n  b: 1\n  c: [x,\n d: }";
        let found = json(text);
        assert!(found.starts_with(r#"{"a":{"b":1"#), "{found}");
        assert!(found.contains("this is no YAML"), "{found}");
        let error = &parse_yaml(text).errors[0];
        assert!(text.get(error.span.range()).is_some());
    }

    /// Each scalar's place, and the place of each of its characters.
    #[test]
    fn places_lead_to_the_file() {
        let text = "plain: some words\nsingle: 'it''s'\ndouble: \"a\\u00e9\\n\\\"b\"\nliteral: |\n    first\n      {\"x\": 1}\n\n    last\nfolded: >-\n  one\n  two\n\n  three\nmany: word\n  goes on\n";
        let parsed = parse_yaml(text);
        assert_eq!(parsed.errors, []);
        for member in parsed.documents[0].object().unwrap() {
            let found = member.value.text().unwrap();
            for (at, c) in found.value.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                let offset = found.file_offset(at);
                let there = &text.as_bytes()[offset..];
                let escaped = there.starts_with(b"\\") || there.starts_with(b"''");
                assert!(
                    escaped || there.starts_with(c.to_string().as_bytes()),
                    "{} {at} {c}: {:?}",
                    member.key.value,
                    &text[offset..]
                );
            }
        }
        let whole = |key: &str| &text[parsed.documents[0].get(key).unwrap().span.range()];
        assert_eq!((whole("plain"), whole("single")), ("some words", "'it''s'"));
        assert!(whole("literal").starts_with("first\n"));
    }

    #[test]
    fn hostile_texts_end() {
        let laughs = format!(
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n{}",
            (0..9)
                .map(|n| {
                    let (name, of) = (char::from(b'b' + n), char::from(b'a' + n));
                    format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 10].join(","))
                })
                .collect::<String>()
        );
        assert!(json(&laughs).contains("stand for too much"));
        let deep = "[".repeat(100_000);
        assert_eq!(parse_yaml(&deep).errors.len(), 1);
        let mut rng = fastrand::Rng::with_seed(9);
        let pieces = [
            "a: ",
            "- ",
            "{",
            "}",
            "[",
            "]",
            "\n",
            "  ",
            "'",
            "\"",
            "|",
            ">",
            "é",
            "\u{1F600}",
            "!Ref ",
            "&x ",
            "*x",
            "#",
            ":",
            "\\",
            "---\n",
            "%",
            "\t",
        ];
        for _ in 0..5000 {
            let text: String = (0..rng.usize(0..20)).map(|_| pieces[rng.usize(..pieces.len())]).collect();
            for error in parse_yaml(&text).errors {
                assert!(text.get(error.span.range()).is_some(), "{text:?} {error:?}");
            }
        }
    }
}
