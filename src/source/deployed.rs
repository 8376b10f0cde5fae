//! What all that deploys resources has in common, templates and configurations: policies that are found by the type of their
//! resource, the default of an endpoint without one, values from elsewhere, and values that only the deployment tells.
//!
//! Knows no language in which these are written, and nothing of what a policy means.

use super::builder::Builder;
use super::locate::Located;
use super::parse::parse_embedded;
use super::span::Span;
use super::syntax_error::{SyntaxError, SyntaxErrorKind};
use super::to_json;
use super::tree::{Member, Node, Text, Value};

/// What a template or a configuration holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) located: Vec<Located<'static>>,
    /// Syntax errors of policies that stand in strings, and what was not read.
    pub(super) errors: Vec<SyntaxError>,
}

/// A policy that stands as JSON in a string, out of it; any other as it is. With how many strings it stood in.
pub(super) fn unfolded(node: Node, errors: &mut Vec<SyntaxError>) -> (Node, usize) {
    let Value::String(text) = &node.value else { return (node, 0) };
    if !is_json(text) {
        return (node, 0);
    }
    let mut parsed = parse_embedded(text);
    // A text that is not written here, but used: nothing of it has a place of its own.
    let is_used = text.map.iter().all(|&(_, at)| at == text.span.start || at == text.span.end);
    if is_used {
        parsed.errors.truncate(1);
        for error in &mut parsed.errors {
            (error.span, error.related) = (text.span, None);
        }
    }
    errors.append(&mut parsed.errors);
    match parsed.documents.into_iter().next() {
        Some(policy) if is_used => (placed(&policy, text.span), 1),
        Some(policy) => (policy, 1),
        None => (node, 0),
    }
}

/// Whether a text is meant to be a JSON object.
pub(super) fn is_json(text: &Text) -> bool {
    text.value.trim_start().starts_with('{')
}

/// The reference that a value is nothing but.
pub(super) fn reference(node: &Node) -> Option<&str> {
    let text = node.text()?;
    let [hole] = &*text.holes else { return None };
    text.value.trim().is_empty().then_some(&*hole.symbol.name)
}

/// The reference that a policy is nothing but, as it is or written out as JSON: what it is then is not known.
pub(super) fn reference_to_policy(node: &Node) -> Option<&str> {
    reference(node).or_else(|| {
        let text = node.text().filter(|text| &*text.value == "\"\"")?;
        let [hole] = &*text.holes else { return None };
        (hole.at == 1).then_some(&*hole.symbol.name)
    })
}

/// What is said of a policy that is nothing but a reference.
pub(super) fn only_at_deploy_time(name: &str, span: Span) -> SyntaxError {
    let message = format!("this policy cannot be known from the files here: {}", quoted(name));
    SyntaxError::new(SyntaxErrorKind::NotRead, span, message)
}

/// What is said of an endpoint of which it is not known where it leads.
pub(super) fn service_unknown(name: &str, span: Span) -> SyntaxError {
    let message = format!("it cannot be told whether the endpoint {} leads to S3", quoted(name));
    SyntaxError::new(SyntaxErrorKind::ServiceUnknown, span, message)
}

/// Whether the service of an endpoint is S3; `None` when that is known only at deploy time.
pub(super) fn is_s3(service: &Text) -> Option<bool> {
    // A symbol behind the last dot may be any service.
    let after = service.value.rfind('.').map_or(0, |dot| dot + 1);
    let is_open = service.holes.iter().any(|hole| hole.at as usize >= after);
    (!is_open).then(|| service.value.get(after..) == Some("s3"))
}

/// A name for a message.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.chars().take(80).collect::<String>())
}

/// A text that is not written at its place.
pub(super) fn text(value: &str, span: Span) -> Text {
    let mut out = Builder::default();
    out.literal(value, span);
    out.finish(span)
}

/// A string that is not written at its place.
pub(super) fn string(value: &str, span: Span) -> Node {
    Node { span, value: Value::String(text(value, span)) }
}

/// An object whose keys are not written at their places.
pub(super) fn object(members: Vec<(&str, Node)>, span: Span) -> Node {
    let member = |(key, value): (&str, Node)| Member { key: text(key, span), value };
    Node { span, value: Value::Object(members.into_iter().map(member).collect()) }
}

/// The policy of an endpoint for which none is written, at the place of its resource.
pub(super) fn default_policy(span: Span) -> Node {
    let all = |key| (key, string("*", span));
    let effect = ("Effect", string("Allow", span));
    let statement = object(vec![effect, all("Principal"), all("Action"), all("Resource")], span);
    let statements = Node { span, value: Value::Array(vec![statement]) };
    object(vec![("Version", string("2008-10-17", span)), ("Statement", statements)], span)
}

/// A value from elsewhere, at the place where it is used.
pub(super) fn placed(node: &Node, span: Span) -> Node {
    let text = |text: &Text| {
        let mut out = Builder::default();
        out.foreign(text, span);
        out.finish(span)
    };
    let value = match &node.value {
        Value::String(inner) => Value::String(text(inner)),
        Value::Array(items) => Value::Array(items.iter().map(|item| placed(item, span)).collect()),
        Value::Object(members) => {
            let member = |m: &Member| Member { key: text(&m.key), value: placed(&m.value, span) };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    };
    Node { span, value }
}

/// A value of which nothing is known but its name: equal to another one with the same.
pub(super) fn unknown(name: &str, span: Span) -> Node {
    let mut out = Builder::default();
    out.symbol(name);
    Node { span, value: Value::String(out.finish(span)) }
}

/// A scalar as text: templates do not tell numbers from texts.
pub(super) fn as_text(node: &Node) -> Option<Text> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(text(number, node.span)),
        Value::Bool(value) => Some(text(if *value { "true" } else { "false" }, node.span)),
        _ => None,
    }
}

/// A value as the text of its JSON, each part of which knows where it came from.
pub(super) fn as_json(node: &Node) -> Text {
    let mut out = Builder::default();
    write(node, &mut out);
    out.finish(node.span)
}

/// Where what follows stands: a place ends where the next byte begins.
fn behind(span: Span) -> Span {
    Span { start: span.end, ..span }
}

fn write(node: &Node, out: &mut Builder) {
    let end = Span { start: node.span.end.saturating_sub(1), ..node.span };
    match &node.value {
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.literal("[", node.span);
            for (number, item) in items.iter().enumerate() {
                write(item, out);
                out.literal(if number + 1 < items.len() { "," } else { " " }, behind(item.span));
            }
            out.literal("]", end);
        }
        Value::Object(members) => {
            out.literal("{", node.span);
            for (number, member) in members.iter().enumerate() {
                write_text(&member.key, out);
                out.literal(":", behind(member.key.span));
                write(&member.value, out);
                out.literal(if number + 1 < members.len() { "," } else { " " }, behind(member.value.span));
            }
            out.literal("}", end);
        }
        scalar => {
            let json = to_json(&Node { span: node.span, value: scalar.clone() });
            out.literal(&json.to_string(), node.span);
        }
    }
}

/// A text in quotes. What needs no escape is copied in runs, so that places inside it stay known.
fn write_text(text: &Text, out: &mut Builder) {
    let escape = |c: char| matches!(c, '"' | '\\' | '\u{0}'..='\u{1F}');
    out.literal("\"", text.span);
    let mut from = 0;
    for (at, c) in text.value.char_indices().filter(|(_, c)| escape(*c)) {
        out.part(text, from, at);
        let written = match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            c => format!("\\u{:04x}", u32::from(c)),
        };
        out.literal(&written, text.at(at, at + 1));
        from = at + c.len_utf8();
    }
    out.part(text, from, text.value.len());
    out.literal("\"", Span { start: text.span.end.saturating_sub(1), ..text.span });
}
