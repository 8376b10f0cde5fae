//! How an author lays out a policy, for writing more of it in the same way: line breaks, indentation, what stands on one line.
//!
//! Inside a string of another document everything is written on one line: its line breaks are escapes there.

use crate::source::{Node, Value as Tree};
use serde_json::Value;

/// Lines longer than this many characters are broken where the author breaks any.
const WIDTH: usize = 100;

/// Elements of a statement in the order of the IAM guide.
const ORDER: [&str; 6] = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];

/// The layout of one policy.
#[derive(Debug)]
pub struct Style<'a> {
    text: &'a [u8],
    /// Line ends, when statements take several lines.
    newline: Option<&'static str>,
    /// Line ends for what would make a line too long; none where everything stands on one line.
    breaks: Option<&'static str>,
    /// Between a key and its value.
    colon: &'a str,
    /// Between the entries of one line.
    comma: &'static str,
    /// Lists of strings take a line for each.
    tall_lists: bool,
    /// Objects inside of statements stand on one line.
    flat_objects: bool,
    /// `{ "a": 1 }`, not `{"a": 1}`.
    padded: bool,
}

impl<'a> Style<'a> {
    /// Looks at a policy: the statement that others are to look like, and the whole of it.
    #[must_use]
    pub fn of(text: &'a [u8], policy: &Node, statement: &Node, embedded: bool) -> Self {
        let has_break = |node: &Node| bytes(text, node).contains(&b'\n');
        let tall = !embedded && has_break(statement);
        let crlf = text
            .iter()
            .position(|b| *b == b'\n')
            .is_some_and(|at| at > 0 && text.get(at - 1) == Some(&b'\r'));
        let first = statement.object().and_then(<[_]>::first);
        let between = first.and_then(|m| text.get(m.key.span.end as usize..m.value.span.start as usize));
        let colon = between
            .and_then(|b| std::str::from_utf8(b).ok())
            .filter(|c| c.trim() == ":" && !c.contains('\n'));
        let colon = colon.unwrap_or(": ");
        let newline = if crlf { "\r\n" } else { "\n" };
        let mut out = Self {
            text,
            newline: tall.then_some(newline),
            breaks: (!embedded && has_break(policy)).then_some(newline),
            colon,
            comma: if colon == ":" { "," } else { ", " },
            tall_lists: false,
            flat_objects: !tall,
            padded: false,
        };
        out.look(policy, 0, embedded);
        if !tall {
            out.padded = bytes(text, statement).starts_with(b"{ ");
        }
        out
    }

    /// Finds lists over several lines, and objects inside of statements on one.
    fn look(&mut self, node: &Node, depth: usize, embedded: bool) {
        let own = bytes(self.text, node);
        match &node.value {
            Tree::Array(list) => {
                let strings = !list.is_empty() && list.iter().all(|n| n.text().is_some());
                self.tall_lists |= strings && !embedded && own.contains(&b'\n');
                for entry in list {
                    self.look(entry, depth, embedded);
                }
            }
            Tree::Object(members) => {
                // The policy, its statement, and then what stands in it.
                if depth >= 2 && !members.is_empty() && !own.contains(&b'\n') {
                    self.flat_objects = true;
                    self.padded |= own.starts_with(b"{ ");
                }
                for member in members {
                    self.look(&member.value, depth + 1, embedded);
                }
            }
            _ => {}
        }
    }

    /// What parts a new entry from the last one of a list: what parts the last two.
    #[must_use]
    pub fn separator(&self, list: &[Node]) -> String {
        let Some(neighbour) = list.last() else { return String::new() };
        let gap = self.gap_before(neighbour.span.start as usize);
        if list.len() == 1 && !gap.contains('\n') { self.comma.to_owned() } else { format!(",{gap}") }
    }

    /// The white space before a place.
    fn gap_before(&self, at: usize) -> &'a str {
        let before = self.text.get(..at).unwrap_or_default();
        let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
        let length = before.iter().rev().take_while(blank).count();
        before.get(at - length..).and_then(|gap| std::str::from_utf8(gap).ok()).unwrap_or_default()
    }

    /// The white space at the beginning of the place's line.
    fn indentation(&self, at: usize) -> &'a str {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = self.text.get(line..).unwrap_or_default();
        let length = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        line.get(..length).and_then(|gap| std::str::from_utf8(gap).ok()).unwrap_or_default()
    }

    /// One more list entry for the string or list `node`, as the changes that add it: `(place, text)`.
    #[must_use]
    pub fn entries(&self, node: &Node, entries: &[String]) -> Vec<(u32, String)> {
        let quoted = entries.iter().map(|e| Value::from(e.as_str()).to_string());
        match node.array() {
            Some([]) | None => {
                let (open, close) = if node.array().is_some() { ("", "") } else { ("[", "]") };
                let list: Vec<String> = quoted.collect();
                if node.array().is_some() {
                    return vec![(node.span.start + 1, list.join(self.comma))];
                }
                self.made_a_list(node, &list, open, close)
            }
            Some(list) => {
                let separator = self.separator(list);
                let end = list.last().map_or(node.span.end, |last| last.span.end);
                vec![(end, quoted.map(|entry| format!("{separator}{entry}")).collect())]
            }
        }
    }

    /// A lone string becomes a list: on its line if there is room.
    fn made_a_list(&self, node: &Node, more: &[String], open: &str, close: &str) -> Vec<(u32, String)> {
        let start = node.span.start as usize;
        let line = self.text.get(..start).unwrap_or_default();
        let column = line.iter().rev().take_while(|b| **b != b'\n').count();
        let flat: usize = more.iter().map(|m| m.chars().count() + self.comma.len()).sum();
        let room = column + node.span.len() + flat + 3 <= WIDTH;
        match self.newline {
            Some(newline) if self.tall_lists || !room => {
                let outer = self.indentation(start);
                let inner = format!("{outer}{}", self.unit(outer));
                let rest: String = more.iter().map(|entry| format!(",{newline}{inner}{entry}")).collect();
                vec![
                    (node.span.start, format!("{open}{newline}{inner}")),
                    (node.span.end, format!("{rest}{newline}{outer}{close}")),
                ]
            }
            _ => {
                let rest: String = more.iter().map(|entry| format!("{}{entry}", self.comma)).collect();
                vec![(node.span.start, open.to_owned()), (node.span.end, format!("{rest}{close}"))]
            }
        }
    }

    /// One step of indentation, by an example of it.
    fn unit(&self, example: &str) -> &'static str {
        if example.contains('\t') {
            return "\t";
        }
        // The first line that begins with blanks.
        let mut lines = self.text.split(|b| *b == b'\n').skip(1);
        let blanks = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
        match lines.find_map(|line| (blanks(line) > 0).then(|| blanks(line))) {
            Some(4) => "    ",
            Some(3) => "   ",
            Some(1) => " ",
            _ if self.text.split(|b| *b == b'\n').any(|line| line.starts_with(b"\t")) => "\t",
            _ => "  ",
        }
    }

    /// A new statement that stands after `last`, laid out like it.
    #[must_use]
    pub fn statement(&self, elements: &serde_json::Map<String, Value>, last: &Node) -> String {
        let rank = |key: &str| ORDER.iter().position(|o| *o == key).unwrap_or(ORDER.len());
        let mut members: Vec<(&String, &Value)> = elements.iter().collect();
        members.sort_by_key(|(key, _)| rank(key));
        let outer = self.indentation(last.span.end.saturating_sub(1) as usize);
        let first = last.object().and_then(<[_]>::first);
        let gap = first.map_or("", |m| self.gap_before(m.key.span.start as usize));
        let inner = gap.rsplit_once('\n').map(|(_, inner)| inner);
        let unit = inner.and_then(|i| i.strip_prefix(outer)).filter(|unit| !unit.is_empty());
        let layout = Layout { style: self, unit: unit.unwrap_or_else(|| self.unit(outer)) };
        let inner = inner.map_or_else(|| format!("{outer}{}", layout.unit), str::to_owned);
        let written = layout.members(&members, outer, &inner, self.newline);
        let is_long = outer.len() + written.chars().count() > WIDTH;
        if self.newline.is_none() && self.breaks.is_some() && is_long {
            return layout.members(&members, outer, &inner, self.breaks);
        }
        written
    }

    /// A value on one line.
    #[must_use]
    pub fn value(&self, value: &Value) -> String {
        Layout { style: self, unit: "" }.value(value, "", 0, None)
    }
}

struct Layout<'s> {
    style: &'s Style<'s>,
    unit: &'s str,
}

impl Layout<'_> {
    fn members(
        &self,
        members: &[(&String, &Value)],
        outer: &str,
        inner: &str,
        newline: Option<&str>,
    ) -> String {
        let style = self.style;
        let one = |(key, value): &(&String, &Value), inner: &str, newline| {
            let key = Value::from(key.as_str()).to_string();
            let column = inner.len() + key.len() + style.colon.len();
            format!("{key}{}{}", style.colon, self.value(value, inner, column, newline))
        };
        let Some(newline) = newline else {
            let list: Vec<String> = members.iter().map(|m| one(m, "", None)).collect();
            let pad = if style.padded { " " } else { "" };
            return format!("{{{pad}{}{pad}}}", list.join(style.comma));
        };
        let list: Vec<String> =
            members.iter().map(|m| format!("{newline}{inner}{}", one(m, inner, Some(newline)))).collect();
        format!("{{{}{newline}{outer}}}", list.join(","))
    }

    /// A value that begins at this column, in a line that is indented so.
    fn value(&self, value: &Value, outer: &str, column: usize, newline: Option<&str>) -> String {
        let style = self.style;
        let flat = match value {
            Value::Array(list) => {
                let list: Vec<String> = list.iter().map(|v| self.value(v, "", 0, None)).collect();
                format!("[{}]", list.join(style.comma))
            }
            Value::Object(members) => self.members(&members.iter().collect::<Vec<_>>(), "", "", None),
            scalar => scalar.to_string(),
        };
        let Some(newline) = newline else { return flat };
        let fits = column + flat.chars().count() < WIDTH;
        let inner = format!("{outer}{}", self.unit);
        match value {
            Value::Array(list) if style.tall_lists || !fits => {
                let entry = |v| format!("{newline}{inner}{}", self.value(v, &inner, 0, None));
                let list: Vec<String> = list.iter().map(entry).collect();
                format!("[{}{newline}{outer}]", list.join(","))
            }
            Value::Object(members) if !(style.flat_objects && fits) => {
                self.members(&members.iter().collect::<Vec<_>>(), outer, &inner, Some(newline))
            }
            _ => flat,
        }
    }
}

fn bytes<'t>(text: &'t [u8], node: &Node) -> &'t [u8] {
    text.get(node.span.range()).unwrap_or_default()
}
