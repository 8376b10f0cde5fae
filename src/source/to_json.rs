//! The spanned tree as a `serde_json::Value`, for the schema validator. Spans, duplicate keys and symbols are lost on the way;
//! findings about those are made from the tree itself.

use super::tree::{Node, Text, Value};
use std::str::FromStr;

/// What stands for the unknown middle of a symbol's text.
pub const SYMBOL_PLACEHOLDER: &str = "unknown";

/// The same document without its places. Of duplicate keys the last one counts. A symbol becomes the text it is known to begin with,
/// [`SYMBOL_PLACEHOLDER`], and the text it is known to end with. A number too large for a float becomes its text, as a string.
#[must_use]
pub fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => serde_json::Value::Bool(*b),
        Value::Number(number) => match serde_json::Number::from_str(number) {
            Ok(number) => serde_json::Value::Number(number),
            Err(_) => serde_json::Value::String(number.to_string()),
        },
        Value::String(text) => serde_json::Value::String(with_placeholders(text)),
        Value::Array(elements) => elements.iter().map(to_json).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|m| (with_placeholders(&m.key), to_json(&m.value)));
            serde_json::Value::Object(members.collect())
        }
    }
}

fn with_placeholders(text: &Text) -> String {
    let mut out = String::with_capacity(text.value.len());
    let mut done = 0;
    for hole in &text.holes {
        let at = hole.at as usize;
        out.push_str(text.value.get(done..at).unwrap_or_default());
        out.push_str(&hole.symbol.prefix);
        out.push_str(SYMBOL_PLACEHOLDER);
        out.push_str(&hole.symbol.suffix);
        done = at;
    }
    out.push_str(text.value.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Hole, Span, Symbol, parse};
    use std::sync::Arc;

    #[test]
    fn keeps_values_and_the_last_of_duplicate_keys() {
        let parsed =
            parse(br#"{"a": 1, "b": [true, null, -0.5, "\u00e9"], "a": 18446744073709551615, "c": 1e999}"#);
        let right = serde_json::json!({"a": u64::MAX, "b": [true, null, -0.5, "é"], "c": "1e999"});
        assert_eq!(to_json(&parsed.documents[0]), right);
    }

    #[test]
    fn symbols_become_placeholders() {
        let symbol = Symbol { name: "${b}".into(), prefix: "log-".into(), suffix: "".into() };
        let mut text = Text::plain("arn:/*", Span::default());
        text.holes = [Hole { at: 4, symbol: Arc::new(symbol) }].into();
        let node = Node { span: Span::default(), value: Value::String(text) };
        assert_eq!(to_json(&node), "arn:log-unknown/*");
    }
}
