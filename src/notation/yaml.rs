//! Statements as YAML in lines.

use super::layout::listed;
use super::style::{Change, Style, insertion};
use crate::source::{Node, Span};
use serde_json::Value;

impl Style<'_> {
    /// A statement after the last one of a list, or after the only one, which becomes the first of a list. `None` where the last
    /// one does not stand on lines of its own.
    pub(super) fn yaml_statement(
        &self,
        list: &Node,
        neighbour: &Node,
        members: &[(&str, &Value)],
    ) -> Option<Vec<Change>> {
        let start = neighbour.span.start as usize;
        let head = self.line_before(start)?;
        let end = self.end_of_line(neighbour.span.end as usize)?;
        let newline = self.newline();
        let inner = " ".repeat(head.len());
        let (indent, inner, mut out) = if list.array().is_some() {
            let indent = head.trim_end().strip_suffix('-').filter(|indent| indent.trim().is_empty())?;
            (indent, inner, Vec::new())
        } else {
            if !head.trim().is_empty() {
                return None;
            }
            // Each line moves to the right.
            let own = self.text.get(start..end)?;
            let lines = own.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            let starts = lines.map(|(at, _)| start + at + 1).filter(|at| self.text.get(*at) == Some(&b' '));
            let moved = starts.map(|at| insertion(place(at), "  ".to_owned()));
            let first = insertion(neighbour.span.start, "- ".to_owned());
            (head, inner + "  ", std::iter::once(first).chain(moved).collect())
        };
        let dash = format!("{newline}{indent}-");
        let gap = " ".repeat(inner.len().saturating_sub(indent.len() + 1));
        out.push(insertion(place(end), format!("{dash}{gap}{}", self.mapping(members, &inner))));
        Some(out)
    }

    /// More entries for a list, or for a lone string.
    pub(super) fn yaml_entries(&self, node: &Node, entries: &[String]) -> Option<Vec<Change>> {
        let is_flow = self.text.get(node.span.start as usize) == Some(&b'[');
        match node.array() {
            Some([]) => None,
            Some([.., last]) if is_flow => {
                let more = entries.iter().map(|entry| format!(", {}", self.yaml_text(entry, true)));
                Some(vec![insertion(last.span.end, more.collect())])
            }
            Some([.., last]) => {
                let head = self.line_before(last.span.start as usize)?;
                if head.trim() != "-" {
                    return None;
                }
                let end = self.end_of_line(last.span.end as usize)?;
                Some(vec![insertion(place(end), self.items(entries, head))])
            }
            // The string goes to a line of its own.
            None => {
                let head = self.line_before(node.span.start as usize)?;
                let key = head.trim_end().strip_suffix(':')?;
                let column = key.len() - key.trim_start_matches([' ', '-']).len();
                let step = if self.lists_are_indented() { 2 } else { 0 };
                let dash = format!("{}- ", " ".repeat(column + step));
                let colon = node.span.start as usize - (head.len() - head.trim_end().len());
                let end = self.end_of_line(node.span.end as usize)?;
                Some(vec![
                    (Span::new(colon, node.span.start as usize), format!("{}{dash}", self.newline())),
                    insertion(place(end), self.items(entries, &dash)),
                ])
            }
        }
    }

    /// Lines for the entries of a list, each with what stands before its words.
    fn items(&self, entries: &[String], dash: &str) -> String {
        let newline = self.newline();
        entries.iter().map(|entry| format!("{newline}{dash}{}", self.yaml_text(entry, false))).collect()
    }

    /// Lines of a mapping, of which the first begins where the text is.
    fn mapping(&self, members: &[(&str, &Value)], indent: &str) -> String {
        let newline = self.newline();
        let lines = members.iter().map(|(key, value)| {
            let key = quoted(key, false);
            match value {
                Value::Object(members) => {
                    let inner = format!("{indent}  ");
                    format!("{key}:{newline}{inner}{}", self.mapping(&listed(members), &inner))
                }
                Value::Array(items) => {
                    let step = if self.lists_are_indented() { "  " } else { "" };
                    let item = |item: &Value| format!("{newline}{indent}{step}- {}", self.yaml_scalar(item));
                    format!("{key}:{}", items.iter().map(item).collect::<String>())
                }
                scalar => format!("{key}: {}", self.yaml_scalar(scalar)),
            }
        });
        lines.collect::<Vec<_>>().join(&format!("{newline}{indent}"))
    }

    fn yaml_scalar(&self, value: &Value) -> String {
        value.as_str().map_or_else(|| value.to_string(), |text| self.yaml_text(text, false))
    }

    fn yaml_text(&self, text: &str, is_flow: bool) -> String {
        if let Some(name) = self.references.alone(text) {
            return format!("{} {name}", if name.contains('.') { "!GetAtt" } else { "!Ref" });
        }
        match self.references.spelled(text) {
            (text, true) => format!("!Sub {}", Value::from(text)),
            (text, false) => quoted(&text, is_flow),
        }
    }

    /// The text of a line up to a place.
    fn line_before(&self, at: usize) -> Option<&str> {
        let before = self.text.get(..at)?;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        std::str::from_utf8(before.get(start..)?).ok()
    }

    /// The end of the line on which something ends; `None` when more than a comment follows.
    fn end_of_line(&self, end: usize) -> Option<usize> {
        let is_break = |byte: Option<&u8>| matches!(byte, Some(b'\n' | b'\r'));
        let mut at = end;
        while at > 0 && is_break(self.text.get(at - 1)) {
            at -= 1;
        }
        if at < end {
            return Some(at);
        }
        let rest = self.text.get(end..)?;
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = rest.get(..length)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let words = line.trim_ascii();
        (words.is_empty() || words.starts_with(b"#")).then_some(end + line.len())
    }

    /// Whether the dashes of a list stand further right than its key.
    fn lists_are_indented(&self) -> bool {
        let column = |at: u32| self.line_before(at as usize).map_or(0, str::len);
        let statements = self.policy.member("Statement");
        let dash = |first: &Node| {
            let head = self.line_before(first.span.start as usize).unwrap_or_default();
            head.trim_end().len().saturating_sub(1)
        };
        statements
            .and_then(|m| Some((column(m.key.span.start), dash(m.value.array()?.first()?))))
            .is_none_or(|(key, dash)| dash > key)
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A text that stays one: plain, or in quotes where it could be taken for something else.
pub(super) fn quoted(text: &str, is_flow: bool) -> String {
    const OTHERS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain = !is_flow
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/-_.*".contains(&b))
        && !text.ends_with(':')
        && !OTHERS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}
