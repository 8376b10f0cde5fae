//! Words for messages: quoting a policy's text, and lists.

use crate::source::{Node, Span, Value};
use std::fmt;

/// Quoted text is cut to this many characters.
const LONGEST: usize = 60;

/// The policy's text in backticks, cut when long. Made when it is written: most checks find nothing to say.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(LONGEST) {
            Some((at, _)) => write!(f, "`{}…`", self.0.get(..at).unwrap_or_default()),
            None => write!(f, "`{}`", self.0),
        }
    }
}

/// See [`Quoted`].
pub fn quote(text: &str) -> Quoted<'_> {
    Quoted(text)
}

/// A value in backticks; a container by its kind.
pub fn quote_node(node: &Node) -> String {
    match &node.value {
        Value::String(text) => quote(&text.value).to_string(),
        Value::Number(text) => quote(text).to_string(),
        Value::Bool(true) => "`true`".to_owned(),
        Value::Bool(false) => "`false`".to_owned(),
        Value::Null => "`null`".to_owned(),
        Value::Array(_) | Value::Object(_) => node.kind_in_words().to_owned(),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub fn alternatives(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

/// The first byte of a container: its opening brace or bracket.
pub fn opening(node: &Node) -> Span {
    Span { start: node.span.start, end: node.span.end.min(node.span.start.saturating_add(1)) }
}

/// The text, cut when longer than a line or two.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What a misspelt name most likely means. Edit distances cost: none for long names, and none for a policy in which very much
/// is wrong already.
pub fn suggestion<T>(name: &str, problems: usize, nearest: impl Fn(&str) -> Option<T>) -> Option<T> {
    if name.len() <= 80 && problems < 40 { nearest(name) } else { None }
}

/// True for what the parser made of a broken number (`4.`): a syntax error that has been reported.
pub fn is_broken(node: &Node) -> bool {
    matches!(&node.value, Value::Number(text) if !text.ends_with(|c: char| c.is_ascii_digit()))
}
