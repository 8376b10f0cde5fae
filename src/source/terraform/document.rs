//! `data "aws_iam_policy_document"`: the policy that its blocks write.
//!
//! Source: the AWS provider's documentation of the data source, and what it makes of it (`internal/service/iam/policy_model.go`): values
//! of one operator and key come together, and so do principals of one type; a statement replaces one with the same Sid before it, where
//! documents are merged.

use super::eval::{Eval, entries, words};
use super::hcl::{Block, SourceFile};
use super::scope::Scope;
use crate::source::builder::Builder;
use crate::source::deployed::{as_text, reference, string, text, unfolded};
use crate::source::span::Span;
use crate::source::tree::{Member, Node, Text, Value};
use std::borrow::Cow;

/// The attributes of a statement and the elements that they make.
const LISTS: [(&str, &str); 4] = [
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
];

/// The policy of a data source.
pub(super) fn document(eval: &Eval<'_>, file: &SourceFile, block: &Block, scope: Option<&Scope<'_>>) -> Node {
    let mut statements: Vec<Node> = Vec::new();
    for key in ["source_json", "source_policy_documents"] {
        merged(eval, file, block, key, scope, &mut statements);
    }
    for (statement, names) in repeated(eval, file, block, "statement", scope) {
        let with = Names::within(&names, scope);
        add(with.of_statement(eval, file, &statement), &mut statements);
    }
    for key in ["override_json", "override_policy_documents"] {
        merged(eval, file, block, key, scope, &mut statements);
    }
    let span = block.span;
    let mut members = Vec::new();
    for (key, name, usual) in [("version", "Version", Some("2012-10-17")), ("policy_id", "Id", None)] {
        let written = block.get(key).map(|a| (a.key.span, eval.attribute(file, a, scope)));
        let written = written.filter(|(_, value)| !matches!(value.value, Value::Null));
        match (written, usual) {
            (Some((key, value)), _) => members.push(Member { key: text(name, key), value }),
            (None, Some(usual)) => {
                members.push(Member { key: text(name, block.header), value: string(usual, block.header) });
            }
            (None, None) => {}
        }
    }
    let list = Node { span, value: Value::Array(statements) };
    members.push(Member { key: text("Statement", block.header), value: list });
    Node { span, value: Value::Object(members) }
}

/// Adds the statements of other documents.
fn merged(
    eval: &Eval<'_>,
    file: &SourceFile,
    block: &Block,
    key: &str,
    scope: Option<&Scope<'_>>,
    out: &mut Vec<Node>,
) {
    let Some(attribute) = block.get(key) else { return };
    let value = eval.attribute(file, attribute, scope);
    for document in value.one_or_many() {
        let (document, _) = unfolded(document.clone(), &mut Vec::new());
        match document.get("Statement") {
            Some(list) => {
                let here = |statement: &Node| eval.brought(statement, attribute.key.span);
                list.one_or_many().iter().for_each(|statement| add(here(statement), out));
            }
            None if matches!(document.value, Value::Null | Value::Object(_)) => {}
            None if as_text(&document).is_some_and(|t| t.value.is_empty() && t.holes.is_empty()) => {}
            None => {
                let what = reference(&document).unwrap_or(key);
                eval.work.remark(
                    document.span,
                    format!("statements that come from elsewhere were not read: `{what}`"),
                );
            }
        }
    }
}

/// Adds a statement, in the place of one with the same Sid.
fn add(statement: Node, out: &mut Vec<Node>) {
    let sid = |node: &Node| node.get("Sid").and_then(|sid| Some(sid.text()?.known()?.to_owned()));
    let same = sid(&statement).and_then(|own| out.iter_mut().find(|old| sid(old).as_ref() == Some(&own)));
    match same {
        Some(old) => *old = statement,
        None => out.push(statement),
    }
}

/// A block, and the names that a `dynamic` block gives to what it repeats.
type Repeated<'b> = (Cow<'b, Block>, Vec<(String, Node)>);

/// The blocks of a kind with those that `dynamic` makes of it: each with the names that go for it.
fn repeated<'b>(
    eval: &Eval<'_>,
    file: &SourceFile,
    block: &'b Block,
    kind: &str,
    scope: Option<&Scope<'_>>,
) -> Vec<Repeated<'b>> {
    let written = block.blocks(kind).into_iter().map(|block| (block.header.start, (block, Vec::new())));
    let mut out: Vec<(u32, Repeated<'b>)> = written.collect();
    for dynamic in block.blocks("dynamic").into_iter().filter(|b| b.label(0) == kind) {
        let Some(each) = dynamic.get("for_each") else { continue };
        let items = eval.attribute(file, each, scope);
        let name = dynamic.get("iterator").map_or_else(|| kind.to_owned(), |a| words(file, a));
        // A list of which nothing is known counts as one unknown value.
        let one = || {
            let what = |part: &str| eval.untold(&format!("{name}.{part}"), items.span);
            vec![(what("key"), what("value"))]
        };
        for (key, value) in entries(&items).unwrap_or_else(one) {
            let iterator =
                crate::source::deployed::object(vec![("key", key), ("value", value)], each.key.span);
            let place = dynamic.header.start;
            let named = |block| (place, (block, vec![(name.clone(), iterator.clone())]));
            out.extend(contents(&dynamic).into_iter().map(named));
        }
    }
    // Blocks keep the order in which they are written.
    out.sort_by_key(|(place, _)| *place);
    out.into_iter().map(|(_, repeated)| repeated).collect()
}

fn contents<'b>(dynamic: &Cow<'b, Block>) -> Vec<Cow<'b, Block>> {
    match dynamic {
        Cow::Borrowed(block) => block.blocks("content"),
        Cow::Owned(block) => {
            block.blocks("content").into_iter().map(|content| Cow::Owned(content.into_owned())).collect()
        }
    }
}

/// The names that a `dynamic` block gives to what it repeats.
struct Names<'s>(Option<Scope<'s>>);

impl<'s> Names<'s> {
    fn within(names: &'s [(String, Node)], outer: Option<&'s Scope<'s>>) -> Self {
        match names.first() {
            Some((name, value)) => Self(Some(Scope::one(name, value, outer))),
            None => Self(outer.copied()),
        }
    }

    fn scope(&self) -> Option<&Scope<'s>> {
        self.0.as_ref()
    }

    fn of_statement(&self, eval: &Eval<'_>, file: &SourceFile, block: &Block) -> Node {
        let value = |key: &str| {
            let attribute = block.get(key)?;
            let value = with_variables(&eval.attribute(file, attribute, self.scope()));
            let is_there = !matches!(value.value, Value::Null);
            is_there.then_some((attribute.key.span, value))
        };
        let mut members = Vec::new();
        if let Some((key, sid)) = value("sid")
            && as_text(&sid).is_none_or(|t| !t.value.is_empty() || !t.holes.is_empty())
        {
            members.push(Member { key: text("Sid", key), value: sid });
        }
        let (key, effect) = value("effect").unwrap_or_else(|| (block.header, string("Allow", block.header)));
        members.push(Member { key: text("Effect", key), value: effect });
        for (name, element) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
            members.extend(self.principals(eval, file, block, name, element));
        }
        for (attribute, element) in LISTS {
            if let Some((key, list)) = value(attribute)
                && list.array().is_none_or(|items| !items.is_empty())
            {
                members.push(Member { key: text(element, key), value: list });
            }
        }
        members.extend(self.conditions(eval, file, block));
        Node { span: block.span, value: Value::Object(members) }
    }

    fn principals(
        &self,
        eval: &Eval<'_>,
        file: &SourceFile,
        block: &Block,
        name: &str,
        element: &str,
    ) -> Option<Member> {
        let mut types: Vec<Member> = Vec::new();
        let mut place: Option<Span> = None;
        for (block, names) in repeated(eval, file, block, name, self.scope()) {
            let with = Names::within(&names, self.scope());
            let value =
                |key: &str| Some(with_variables(&eval.attribute(file, block.get(key)?, with.scope())));
            let (Some(kind), Some(ids)) = (value("type"), value("identifiers")) else { continue };
            place.get_or_insert(block.header);
            let Some(kind) = as_text(&kind) else { continue };
            gather(&mut types, kind, &ids);
        }
        let place = place?;
        let is_all = |m: &Member| {
            let all = |n: &Node| n.text().and_then(Text::known) == Some("*");
            m.key.known() == Some("*")
                && m.value.array().is_some_and(|ids| ids.len() == 1 && ids.iter().all(all))
        };
        let value = match types.as_slice() {
            [only] if is_all(only) => only.value.array()?.first()?.clone(),
            _ => {
                let span = types.iter().map(Member::span).reduce(Span::to).unwrap_or(place);
                Node { span, value: Value::Object(types) }
            }
        };
        Some(Member { key: text(element, place), value })
    }

    fn conditions(&self, eval: &Eval<'_>, file: &SourceFile, block: &Block) -> Option<Member> {
        let mut operators: Vec<Member> = Vec::new();
        let mut place: Option<Span> = None;
        for (block, names) in repeated(eval, file, block, "condition", self.scope()) {
            let with = Names::within(&names, self.scope());
            let value =
                |key: &str| Some(with_variables(&eval.attribute(file, block.get(key)?, with.scope())));
            let (Some(test), Some(variable), Some(values)) =
                (value("test"), value("variable"), value("values"))
            else {
                continue;
            };
            place.get_or_insert(block.header);
            let (Some(test), Some(variable)) = (as_text(&test), as_text(&variable)) else { continue };
            let span = variable.span.to(values.span);
            if !operators.iter().any(|m| m.key.value == test.value) {
                let keys = Node { span, value: Value::Object(Vec::new()) };
                operators.push(Member { key: test.clone(), value: keys });
            }
            let keys = operators.iter_mut().find(|m| m.key.value == test.value);
            if let Some(Value::Object(keys)) = keys.map(|m| &mut m.value.value) {
                gather(keys, variable, &values);
            }
        }
        let place = place?;
        let span = operators.iter().map(|m| m.value.span).reduce(Span::to).unwrap_or(place);
        Some(Member { key: text("Condition", place), value: Node { span, value: Value::Object(operators) } })
    }
}

/// Adds values to those of a key.
fn gather(members: &mut Vec<Member>, key: Text, values: &Node) {
    let new = match &values.value {
        Value::Array(items) => items.clone(),
        _ => vec![values.clone()],
    };
    match members.iter_mut().find(|m| m.key.value == key.value && m.key.holes == key.holes) {
        Some(Member { value: Node { value: Value::Array(known), .. }, .. }) => known.extend(new),
        _ => members.push(Member { key, value: Node { span: values.span, value: Value::Array(new) } }),
    }
}

/// `&{aws:username}` is how these blocks write `${aws:username}`.
fn with_variables(node: &Node) -> Node {
    let value = match &node.value {
        Value::String(inner) if inner.value.contains("&{") => {
            let mut out = Builder::default();
            let mut from = 0;
            while let Some(found) = inner.value.get(from..).and_then(|rest| rest.find("&{")) {
                let at = from + found;
                out.part(inner, from, at);
                out.literal("$", inner.at(at, at + 1));
                from = at + 1;
            }
            out.part(inner, from, inner.value.len());
            Value::String(out.finish(inner.span))
        }
        Value::Array(items) => Value::Array(items.iter().map(with_variables).collect()),
        other => other.clone(),
    };
    Node { span: node.span, value }
}
