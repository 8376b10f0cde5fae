//! JSON laid out for readers: members in their order, and what fits on a line stands on one.

use super::tree::{Node, Value};
use std::fmt::Write;

/// Lines are no longer than this many characters where they can be broken.
const WIDTH: usize = 90;
const STEP: usize = 2;

/// The value as text, without a line break at its end. The outermost object or list always takes several lines.
#[must_use]
pub fn layout(node: &Node) -> String {
    let mut out = String::new();
    broken(node, 0, &mut out);
    out
}

/// An object or list with a line for each of its entries.
fn broken(node: &Node, indent: usize, out: &mut String) {
    let inner = indent + STEP;
    match &node.value {
        Value::Object(members) if !members.is_empty() => {
            let entries = members.iter().map(|m| (format!("{}: ", quoted(&m.key.value)), &m.value));
            entries_between('{', entries, inner, out);
            let _ = write!(out, "{:indent$}}}", "");
        }
        Value::Array(elements) if !elements.is_empty() => {
            entries_between('[', elements.iter().map(|e| (String::new(), e)), inner, out);
            let _ = write!(out, "{:indent$}]", "");
        }
        _ => out.push_str(&flat(node)),
    }
}

fn entries_between<'n>(
    open: char,
    entries: impl ExactSizeIterator<Item = (String, &'n Node)>,
    indent: usize,
    out: &mut String,
) {
    let last = entries.len().saturating_sub(1);
    let _ = writeln!(out, "{open}");
    for (i, (key, value)) in entries.enumerate() {
        let line = flat(value);
        let _ = write!(out, "{:indent$}{key}", "");
        if indent + key.chars().count() + line.chars().count() < WIDTH {
            out.push_str(&line);
        } else {
            broken(value, indent, out);
        }
        out.push_str(if i < last { ",\n" } else { "\n" });
    }
}

/// The value on one line.
fn flat(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(&text.value),
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(flat).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let member = |m: &super::Member| format!("{}: {}", quoted(&m.key.value), flat(&m.value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse;

    #[test]
    fn what_fits_stands_on_one_line_and_nothing_changes_place() {
        let text = br#"{"b":{"z":[],"a":{}},"a":["arn:aws:s3:::packages.*.amazonaws.com/*","arn:aws:s3:::repo.*.amazonaws.com/*"],"b":"\u00e9\n\"","n":-1.50e3}"#;
        let shown = layout(&parse(text).documents[0]);
        insta::assert_snapshot!(shown, @r#"
        {
          "b": { "z": [], "a": {} },
          "a": ["arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*"],
          "b": "é\n\"",
          "n": -1.50e3
        }
        "#);
        let again = parse(shown.as_bytes());
        assert!(again.errors.is_empty());
        assert_eq!(layout(&again.documents[0]), shown);
    }
}
