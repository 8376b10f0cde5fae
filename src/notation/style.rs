//! How an author lays out a policy, for writing more of it in the same way: line breaks, indentation, what stands on one line.
//!
//! Inside a string of another document everything is written on one line: its line breaks are escapes there.

use super::layout::{Layout, listed};
use super::{Notation, References};
use crate::source::{Node, Span, Value as Tree};
use serde_json::{Map, Value, json};

/// Lines longer than this many characters are broken where the author breaks any.
pub(super) const WIDTH: usize = 100;

/// Elements of a statement in the order of the IAM guide.
const ORDER: [&str; 6] = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];

/// What is written in the place of a span.
pub type Change = (Span, String);

pub(super) fn insertion(at: u32, text: String) -> Change {
    (Span { start: at, end: at }, text)
}

/// How keys are written that are names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    Quoted,
    Bare,
}

/// The layout of one policy.
#[derive(Debug)]
pub struct Style<'a> {
    pub(super) text: &'a [u8],
    pub(super) policy: &'a Node,
    pub(super) notation: Notation,
    pub(super) references: &'a References,
    /// Line ends, when statements take several lines.
    newline: Option<&'static str>,
    /// Line ends for what would make a line too long; none where everything stands on one line.
    pub(super) breaks: Option<&'static str>,
    /// Between a key and its value.
    pub(super) colon: &'a str,
    keys: Keys,
    /// Between the entries of one line.
    pub(super) comma: &'static str,
    /// Lists of strings take a line for each.
    pub(super) tall_lists: bool,
    /// One step of indentation, as the statement shows it.
    step: Option<&'a str>,
    /// Objects inside of statements stand on one line.
    pub(super) flat_objects: bool,
    /// `{ "a": 1 }`, not `{"a": 1}`.
    pub(super) padded: bool,
}

impl<'a> Style<'a> {
    /// Looks at a policy: the statement that others are to look like, and the whole of it.
    #[must_use]
    pub fn of(
        text: &'a [u8],
        policy: &'a Node,
        statement: &Node,
        notation: Notation,
        references: &'a References,
    ) -> Self {
        let embedded = notation.strings() > 0;
        let has_break = |node: &Node| bytes(text, node).contains(&b'\n');
        let tall = !embedded && has_break(statement);
        let crlf = text
            .iter()
            .position(|b| *b == b'\n')
            .is_some_and(|at| at > 0 && text.get(at - 1) == Some(&b'\r'));
        let first = statement.object().and_then(<[_]>::first);
        let between = first.and_then(|m| text.get(m.key.span.end as usize..m.value.span.start as usize));
        let between = between.and_then(|b| std::str::from_utf8(b).ok());
        let is_hcl = notation.is_hcl();
        let colon = match between.map(str::trim) {
            Some(":") if notation != Notation::Block => between.filter(|c| !c.contains('\n')).unwrap_or(": "),
            _ if is_hcl => " = ",
            _ => ": ",
        };
        let key = first.and_then(|m| text.get(m.key.span.start as usize));
        let newline = if crlf { "\r\n" } else { "\n" };
        let mut out = Self {
            text,
            policy,
            notation,
            references,
            newline: tall.then_some(newline),
            breaks: (!embedded && has_break(policy)).then_some(newline),
            colon,
            keys: if is_hcl && key != Some(&b'"') { Keys::Bare } else { Keys::Quoted },
            comma: if colon == ":" { "," } else { ", " },
            tall_lists: false,
            step: None,
            flat_objects: !tall,
            padded: is_hcl,
        };
        out.step = out.step_of(statement);
        out.look(policy, 0, embedded);
        if !tall && !is_hcl {
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
    pub(super) fn gap_before(&self, at: usize) -> &'a str {
        let before = self.text.get(..at).unwrap_or_default();
        let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
        let length = before.iter().rev().take_while(blank).count();
        before.get(at - length..).and_then(|gap| std::str::from_utf8(gap).ok()).unwrap_or_default()
    }

    /// The white space at the beginning of the place's line.
    pub(super) fn indentation(&self, at: usize) -> &'a str {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = self.text.get(line..).unwrap_or_default();
        let length = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        line.get(..length).and_then(|gap| std::str::from_utf8(gap).ok()).unwrap_or_default()
    }

    /// The indentation of a statement's elements, when they stand on lines of their own.
    fn inner(&self, statement: &Node) -> Option<&'a str> {
        let first = statement.object()?.first()?;
        self.gap_before(first.key.span.start as usize).rsplit_once('\n').map(|(_, inner)| inner)
    }

    /// How much further right the elements of a statement stand than its end.
    fn step_of(&self, statement: &Node) -> Option<&'a str> {
        let outer = self.indentation(statement.span.end.saturating_sub(1) as usize);
        self.inner(statement)?.strip_prefix(outer).filter(|step| !step.is_empty())
    }

    /// One step of indentation, by an example of it.
    pub(super) fn unit(&self, example: &str) -> &'a str {
        if let Some(step) = self.step {
            return step;
        }
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

    /// The changes that add a statement after `neighbour`, the last one of `list` or the only one. `None` where that cannot be written.
    #[must_use]
    pub fn appended(
        &self,
        elements: &Map<String, Value>,
        list: &Node,
        neighbour: &Node,
    ) -> Option<Vec<Change>> {
        let rank = |key: &str| ORDER.iter().position(|o| *o == key).unwrap_or(ORDER.len());
        let mut members: Vec<(&str, &Value)> = listed(elements);
        members.sort_by_key(|(key, _)| rank(key));
        let end = neighbour.span.end;
        match self.notation {
            Notation::Yaml => return self.yaml_statement(list, neighbour, &members),
            Notation::Block => {
                let (outer, newline) = (self.indentation(end.saturating_sub(1) as usize), self.newline());
                let block = self.block(elements, outer);
                return Some(vec![insertion(end, format!("{newline}{newline}{outer}{block}"))]);
            }
            Notation::Json { .. } | Notation::Object => {}
        }
        let statement = self.statement(&members, neighbour);
        Some(match list.array() {
            Some(statements) => vec![insertion(end, format!("{}{statement}", self.separator(statements)))],
            None => vec![
                insertion(list.span.start, "[".to_owned()),
                insertion(list.span.end, format!(", {statement}]")),
            ],
        })
    }

    /// A statement in braces, laid out like `last`, after which it stands.
    fn statement(&self, members: &[(&str, &Value)], last: &Node) -> String {
        let outer = self.indentation(last.span.end.saturating_sub(1) as usize);
        let layout = Layout { style: self, unit: self.unit(outer) };
        let inner = self.inner(last).map_or_else(|| format!("{outer}{}", layout.unit), str::to_owned);
        let written = layout.members(members, outer, &inner, self.newline);
        let is_long = outer.len() + written.chars().count() > WIDTH;
        if self.newline.is_none() && self.breaks.is_some() && is_long {
            return layout.members(members, outer, &inner, self.breaks);
        }
        written
    }

    /// The line ends of the text.
    pub(super) fn newline(&self) -> &'static str {
        self.breaks.or(self.newline).unwrap_or("\n")
    }

    /// A string with its references.
    pub(super) fn string(&self, text: &str) -> String {
        let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if let Some(name) = self.references.alone(text).filter(is_name)
            && self.notation.is_hcl()
        {
            return name.to_owned();
        }
        let (mut spelled, refers) = self.references.spelled(text);
        // These blocks write a policy's own variables with `&`.
        if self.notation == Notation::Block && !refers {
            spelled = spelled.replace("${", "&{");
        }
        let quoted = Value::from(spelled.as_str()).to_string();
        match self.notation {
            Notation::Json { functions: true, .. } if refers => {
                let (function, argument) = match self.references.alone(text).map(|name| name.split_once('.'))
                {
                    Some(Some((resource, attribute))) => ("Fn::GetAtt", json!([resource, attribute])),
                    Some(None) => ("Ref", json!(self.references.alone(text))),
                    None => ("Fn::Sub", spelled.into()),
                };
                self.value(&json!({ function: argument }))
            }
            _ => quoted,
        }
    }

    /// A key as the author writes keys.
    pub(super) fn key(&self, key: &str) -> String {
        if self.keys == Keys::Quoted { Value::from(key).to_string() } else { super::layout::key(key) }
    }

    /// A value on one line.
    #[must_use]
    pub fn value(&self, value: &Value) -> String {
        Layout { style: self, unit: "" }.value(value, "", 0, None)
    }
}

pub(super) fn bytes<'t>(text: &'t [u8], node: &Node) -> &'t [u8] {
    text.get(node.span.range()).unwrap_or_default()
}
