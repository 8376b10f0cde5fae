//! Checks of the document as a whole: its size, its Sids, and lists with nothing in them.

use super::view::View;
use super::words::{opening, quote};
use super::{Problem, Remedy, Subject};
use crate::policy::PolicyKind;
use crate::source::{Member, Node, Span, Text, Value};
use std::collections::{HashMap, HashSet};

/// The most that either kind of policy may hold: 20,480 characters of an endpoint policy as written, 20,480 bytes of
/// a bucket policy without its white space (fact sheet A7).
const LIMIT: usize = 20_480;

/// Runs the checks.
pub fn check(subject: &Subject, views: &[View], out: &mut Vec<Problem>) {
    size(subject, out);
    sids(views, out);
    for view in views {
        empty(view, out);
    }
}

fn size(subject: &Subject, out: &mut Vec<Problem>) {
    let written = subject.node.span.len();
    if written <= LIMIT {
        return;
    }
    let report = |size: String, limit: &str| {
        Problem::new(
            "policy-size",
            opening(subject.node),
            format!("the policy has {size}; AWS takes {limit}"),
        )
    };
    if subject.kind == Some(PolicyKind::Endpoint) {
        let characters = characters(subject);
        if characters > LIMIT {
            let size = format!("{characters} characters, white space included");
            out.push(report(size, "20480 for an endpoint").label("the policy begins here"));
        }
    } else {
        let bytes = compact_length(subject.node);
        if bytes > LIMIT {
            let size = format!("{bytes} bytes without white space");
            out.push(report(size, "20480").label("the policy begins here"));
        }
    }
}

/// The document's characters as AWS gets them.
fn characters(subject: &Subject) -> usize {
    let bytes = subject.text.get(subject.node.span.range()).unwrap_or_default();
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.len() };
    if !subject.embedded {
        return text.chars().count();
    }
    // Inside a string of another document: undo that string's escapes.
    serde_json::from_str::<String>(&format!("\"{text}\"")).map_or(0, |inner| inner.chars().count())
}

/// The bytes of the document written without white space. Symbols count as nothing: their length is not known.
fn compact_length(node: &Node) -> usize {
    match &node.value {
        Value::Null => 4,
        Value::Bool(b) => 5 - usize::from(*b),
        Value::Number(text) => text.len(),
        Value::String(text) => string_length(text),
        Value::Array(elements) => {
            1 + elements.len().max(1) + elements.iter().map(compact_length).sum::<usize>()
        }
        Value::Object(members) => {
            let member = |m: &Member| string_length(&m.key) + 1 + compact_length(&m.value);
            1 + members.len().max(1) + members.iter().map(member).sum::<usize>()
        }
    }
}

fn string_length(text: &Text) -> usize {
    let escaped = text.value.bytes().filter(|b| matches!(b, b'"' | b'\\' | 0..0x20)).count();
    2 + text.value.len() + escaped
}

fn sids(views: &[View], out: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut free = FreeNames { views, taken: None, tried: HashMap::new() };
    for sid in views.iter().filter_map(|v| v.sid) {
        let Some(name) = sid.known() else { continue };
        if name.is_empty() {
            let message = "the `Sid` is empty";
            out.push(
                Problem::new("policy-duplicate-sid", sid.span, message)
                    .note()
                    .help("name the statement or leave `Sid` out")
                    .remedy(Remedy::Remove { span: sid.span }),
            );
        } else if let Some(first) = seen.get(name) {
            let message = format!("the `Sid` {} names two statements", quote(name));
            out.push(
                Problem::new("policy-duplicate-sid", sid.span, message)
                    .label("again here")
                    .related(*first, "first here")
                    .remedy(Remedy::Write { span: sid.span, value: free.like(name).into(), sure: true }),
            );
        } else {
            seen.insert(name, sid.span);
        }
    }
}

/// Names for statements: one that stands there with the next number that makes it nobody's.
struct FreeNames<'v> {
    views: &'v [View<'v>],
    taken: Option<HashSet<&'v str>>,
    tried: HashMap<&'v str, u32>,
}

impl<'v> FreeNames<'v> {
    fn like(&mut self, name: &'v str) -> String {
        let views = self.views;
        let sids = || views.iter().filter_map(|v| v.sid).map(|sid| &*sid.value).collect();
        let taken = self.taken.get_or_insert_with(sids);
        let number = self.tried.entry(name).or_insert(1);
        loop {
            *number = number.saturating_add(1);
            let free = format!("{name}{number}");
            if !taken.contains(free.as_str()) || *number == u32::MAX {
                return free;
            }
        }
    }
}

/// `policy-empty-list`.
fn empty(view: &View, out: &mut Vec<Problem>) {
    let problem = |span, message: String| Problem::new("policy-empty-list", span, message);
    let is_empty = |node: &Node| node.array().is_some_and(<[Node]>::is_empty);
    for part in [view.principal, view.action, view.resource].into_iter().flatten() {
        let name = quote(&part.key.value);
        let empty_map = part.value.object().is_some_and(<[Member]>::is_empty);
        if is_empty(part.value) || empty_map {
            let effect = if part.negated { "excludes nothing" } else { "never applies" };
            out.push(problem(part.value.span, format!("{name} is empty: the statement {effect}")));
        }
        for member in part.value.object().unwrap_or_default() {
            if is_empty(&member.value) {
                let message = format!("{} lists no principal", quote(&member.key.value));
                out.push(problem(member.value.span, message).label("matches nobody"));
            }
        }
    }
    let Some(condition) = view.condition else { return };
    let Some(blocks) = condition.object() else { return };
    if blocks.is_empty() {
        let message = "the `Condition` is empty and restricts nothing".to_owned();
        out.push(
            problem(condition.span, message)
                .note()
                .help("leave `Condition` out")
                .remedy(Remedy::Remove { span: condition.span }),
        );
    }
    for block in blocks {
        if block.value.object().is_some_and(<[Member]>::is_empty) {
            let message = format!("{} has no condition key and restricts nothing", quote(&block.key.value));
            out.push(
                problem(block.value.span, message)
                    .warning()
                    .help("name a condition key or leave the operator out")
                    .remedy(Remedy::Remove { span: block.value.span }),
            );
        }
    }
    for clause in &view.clauses {
        if is_empty(clause.value) {
            let always = if clause.operator.negated() { "always holds" } else { "never holds" };
            let message =
                format!("{} has no value to compare with: the condition {always}", quote(&clause.key.value));
            out.push(problem(clause.value.span, message).help("list at least one value"));
        }
    }
}
