//! What functions come to, as far as their arguments are known.
//!
//! Knows those functions that policies are written with; any other is an unknown value.
//! Source: Terraform's documentation, "Built-in Functions".

use super::eval::{At, Eval, Place, entries, insert};
use super::module::join;
use super::scope::Scope;
use crate::source::builder::Builder;
use crate::source::deployed::{as_text, is_json, placed, reference, string, text};
use crate::source::span::Span;
use crate::source::tree::{Member, Node, Text, Value};
use hcl_edit::Span as _;
use hcl_edit::expr::FuncCall;
use hcl_edit::parser::parse_template;
use rustc_hash::FxHashMap;

impl Eval<'_> {
    pub(super) fn call(&self, call: &FuncCall, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let span = at.span(call.span());
        if call.name.name.as_str() == "try" {
            return self.tried(call, at, scope).unwrap_or_else(|| self.untold(&at.words(call.span()), span));
        }
        let mut arguments: Vec<Node> =
            call.args.iter().map(|argument| self.expression(argument, at, scope)).collect();
        if call.args.expand_final()
            && let Some(last) = arguments.pop()
        {
            match last.value {
                Value::Array(items) => arguments.extend(items),
                value => arguments.push(Node { span: last.span, value }),
            }
        }
        let known = if call.name.is_namespaced() {
            None
        } else {
            self.function(call.name.name.as_str(), &arguments, span)
        };
        let known = known.and_then(|node| self.work.charged(node));
        known.unwrap_or_else(|| self.untold(&at.words(call.span()), span))
    }

    /// The first argument in which nothing is missing.
    fn tried(&self, call: &FuncCall, at: At<'_>, scope: Option<&Scope<'_>>) -> Option<Node> {
        let before = self.work.is_missing.get();
        let found = call.args.iter().find_map(|argument| {
            self.work.is_missing.set(false);
            let value = self.expression(argument, at, scope);
            (!self.work.is_missing.get()).then_some(value)
        });
        self.work.is_missing.set(before);
        found
    }

    fn function(&self, name: &str, arguments: &[Node], span: Span) -> Option<Node> {
        let node = |value| Some(Node { span, value });
        let first = arguments.first();
        match name {
            // A text that is JSON and the value that it stands for are one here; only where it goes into another text is it written out.
            "jsonencode" => match &first?.value {
                Value::String(inner) if !is_json(inner) => {
                    let mut out = Builder::default();
                    out.literal("\"", span);
                    out.text(inner);
                    out.literal("\"", span);
                    node(Value::String(out.finish(span)))
                }
                _ => first.cloned(),
            },
            "jsondecode" => match first?.text() {
                Some(inner) if is_json(inner) => {
                    let mut parsed = crate::source::parse::parse_embedded(inner);
                    parsed.documents.drain(..).next()
                }
                Some(_) => None,
                None => first.cloned(),
            },
            "file" | "templatefile" => self.file(name == "templatefile", arguments, span),
            "toset" | "tolist" | "tomap" | "tostring" | "tonumber" | "tobool" | "sensitive"
            | "nonsensitive" | "trimspace" | "chomp" | "sort" | "distinct" | "ephemeralasnull" => {
                first.cloned()
            }
            "list" => node(Value::Array(arguments.to_vec())),
            "concat" | "setunion" => {
                let items = arguments.iter().flat_map(parts).collect();
                node(Value::Array(items))
            }
            "setproduct" => node(Value::Array(product(arguments, span)?)),
            "flatten" => {
                let mut out = Vec::new();
                flatten(first?, &mut out);
                node(Value::Array(out))
            }
            "compact" => {
                let is_full = |n: &Node| !is_empty(n) && !matches!(n.value, Value::Null);
                node(Value::Array(parts(first?).into_iter().filter(is_full).collect()))
            }
            "merge" => merge(arguments, span),
            "replace" => replace(first?, arguments.get(1)?.text()?.known()?, arguments.get(2)?),
            "join" => join_texts(arguments, span),
            "split" => split(arguments, span),
            "format" => format(arguments, span),
            "formatlist" => node(Value::Array(format_each(arguments, span)?)),
            "lower" | "upper" => {
                let known = first?.text()?.known()?;
                let changed = if name == "lower" { known.to_lowercase() } else { known.to_uppercase() };
                Some(string(&changed, span))
            }
            // The first that is there; of something that is not known, that is.
            "coalesce" => {
                arguments.iter().find(|n| !matches!(&n.value, Value::Null) && !is_empty(n)).cloned()
            }
            "coalescelist" => {
                arguments.iter().find(|n| n.array().is_none_or(|items| !items.is_empty())).cloned()
            }
            "one" => match &first?.value {
                Value::Array(items) if items.is_empty() => node(Value::Null),
                Value::Array(items) if items.len() == 1 => items.first().cloned(),
                _ => None,
            },
            "element" => {
                let items = first?.array()?;
                if let [only] = items {
                    return Some(only.clone());
                }
                let number: usize = as_text(arguments.get(1)?)?.value.parse().ok()?;
                items.get(number.checked_rem(items.len())?).cloned()
            }
            "lookup" => {
                let found = first?.object().and_then(|_| first?.get(arguments.get(1)?.text()?.known()?));
                found.or_else(|| first?.object().and(arguments.get(2))).cloned()
            }
            "length" => {
                let length = match &first?.value {
                    Value::String(inner) => inner.known()?.chars().count(),
                    _ => entries(first?)?.len(),
                };
                node(Value::Number(length.to_string().into()))
            }
            "keys" => node(Value::Array(entries(first?)?.into_iter().map(|(key, _)| key).collect())),
            "values" => node(Value::Array(entries(first?)?.into_iter().map(|(_, value)| value).collect())),
            "contains" => {
                let wanted = arguments.get(1)?.text()?.known()?;
                let known = first?.array()?.iter().map(|n| n.text()?.known()).collect::<Option<Vec<_>>>()?;
                node(Value::Bool(known.contains(&wanted)))
            }
            _ => None,
        }
    }

    /// What is in a file, all of it at the place of the call.
    fn file(&self, is_template: bool, arguments: &[Node], span: Span) -> Option<Node> {
        let path = arguments.first()?.text()?.known()?;
        // `path.module` has come to the module's folder, which the path then begins with.
        let content = self.loader.text(&join("", path))?;
        let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
        if !is_template {
            return Some(placed(&string(content, span), span));
        }
        let at = At { source: content, place: Place::Call(span) };
        let empty = Node { span, value: Value::Object(Vec::new()) };
        let names = arguments.get(1).unwrap_or(&empty).object()?;
        self.filled(at, names, span)
    }

    /// A template with these names filled in.
    pub(super) fn filled(&self, at: At<'_>, names: &[Member], span: Span) -> Option<Node> {
        let template = parse_template(at.source).ok()?;
        let value = self.template(&template, at, false, span, Some(&Scope::members(names)));
        Some(Node { span, value: Value::String(value) })
    }
}

fn is_empty(node: &Node) -> bool {
    node.text().is_some_and(|text| text.value.is_empty() && text.holes.is_empty())
}

/// The elements of a list; a value that is not known is one of them itself.
fn parts(node: &Node) -> Vec<Node> {
    match &node.value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        _ => vec![node.clone()],
    }
}

fn flatten(node: &Node, out: &mut Vec<Node>) {
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| flatten(item, out)),
        _ => out.push(node.clone()),
    }
}

fn merge(arguments: &[Node], span: Span) -> Option<Node> {
    let mut out: Vec<Member> = Vec::new();
    let mut places: FxHashMap<Box<str>, usize> = FxHashMap::default();
    for argument in arguments {
        if matches!(argument.value, Value::Null) {
            continue;
        }
        for member in argument.object()? {
            let place = *places.entry(member.key.value.clone()).or_insert(out.len());
            match out.get_mut(place) {
                Some(old) => *old = member.clone(),
                None => out.push(member.clone()),
            }
        }
    }
    Some(Node { span, value: Value::Object(out) })
}

/// Rows of a product of sets.
const MAX_PRODUCT: usize = 1_000;

/// Texts that are put in many places are not longer than this many bytes.
const MAX_REPLACEMENT: usize = 256;

/// `replace`, in every text of a value that stands for its JSON too. Patterns are not followed.
fn replace(node: &Node, from: &str, to: &Node) -> Option<Node> {
    if from.is_empty() || from.len() > 1 && from.starts_with('/') && from.ends_with('/') {
        return None;
    }
    let to = as_text(to)?;
    // What grows beyond any policy is left alone.
    if to.value.len() > MAX_REPLACEMENT {
        return None;
    }
    Some(replaced(node, from, &to))
}

fn replaced(node: &Node, from: &str, to: &Text) -> Node {
    let in_text = |text: &Text| {
        if !text.value.contains(from) {
            return text.clone();
        }
        let mut out = Builder::default();
        let mut at = 0;
        for (found, _) in text.value.match_indices(from) {
            out.part(text, at, found);
            out.foreign(to, text.at(found, found + from.len()));
            at = found + from.len();
        }
        out.part(text, at, text.value.len());
        out.finish(text.span)
    };
    let value = match &node.value {
        Value::String(text) => Value::String(in_text(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| replaced(item, from, to)).collect()),
        Value::Object(members) => {
            let member = |m: &Member| Member { key: in_text(&m.key), value: replaced(&m.value, from, to) };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    };
    Node { span: node.span, value }
}

fn join_texts(arguments: &[Node], span: Span) -> Option<Node> {
    let [separator, lists @ ..] = arguments else { return None };
    let separator = separator.text().filter(|text| text.value.len() <= MAX_REPLACEMENT)?;
    let mut out = Builder::default();
    for (number, item) in lists.iter().flat_map(parts).enumerate() {
        // A list of which nothing is known may have more than one element.
        if reference(&item).is_some() && lists.iter().any(|list| list.array().is_none()) {
            return None;
        }
        if number > 0 {
            out.foreign(separator, item.span);
        }
        insert(&item, item.span, &mut out);
    }
    Some(Node { span, value: Value::String(out.finish(span)) })
}

fn split(arguments: &[Node], span: Span) -> Option<Node> {
    let [separator, whole] = arguments else { return None };
    let separator = separator.text()?.known().filter(|s| !s.is_empty())?;
    let parts = whole.text()?.known()?.split(separator);
    let items = parts.map(|part| Node { span, value: Value::String(text(part, whole.span)) });
    Some(Node { span, value: Value::Array(items.collect()) })
}

/// Each row of lists that are combined.
fn product(arguments: &[Node], span: Span) -> Option<Vec<Node>> {
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for list in arguments.iter().map(Node::array) {
        let list = list?;
        if rows.len().saturating_mul(list.len()) > MAX_PRODUCT {
            return None;
        }
        let with = |row: &Vec<Node>| {
            let row = row.clone();
            list.iter().map(move |item| row.iter().chain([item]).cloned().collect())
        };
        rows = rows.iter().flat_map(with).collect();
    }
    Some(rows.into_iter().map(|row| Node { span, value: Value::Array(row) }).collect())
}

/// `formatlist`: `format` for each element of its list.
fn format_each(arguments: &[Node], span: Span) -> Option<Vec<Node>> {
    let Some(list) = arguments.iter().position(|a| a.array().is_some()) else {
        // A list of which nothing is known counts as one unknown value.
        arguments.iter().skip(1).find(|a| reference(a).is_some())?;
        return Some(vec![format(arguments, span)?]);
    };
    let each = |item: &Node| {
        let argument = |(n, a): (usize, &Node)| if n == list { item.clone() } else { a.clone() };
        format(&arguments.iter().enumerate().map(argument).collect::<Vec<_>>(), span)
    };
    arguments.get(list)?.array()?.iter().map(each).collect()
}

/// `format`, with `%s`, `%d`, `%v` and `%q` without widths.
fn format(arguments: &[Node], span: Span) -> Option<Node> {
    let [form, rest @ ..] = arguments else { return None };
    let form = form.text()?;
    let mut values = rest.iter();
    let mut out = Builder::default();
    let mut from = 0;
    let whole = form.value.as_bytes();
    let mut at = 0;
    while at < whole.len() {
        if whole.get(at) != Some(&b'%') {
            at += 1;
            continue;
        }
        out.part(form, from, at);
        let place = form.at(at, at + 2);
        match whole.get(at + 1)? {
            b'%' => out.literal("%", place),
            b's' | b'd' | b'v' => insert(values.next()?, place, &mut out),
            b'q' => {
                out.literal("\"", place);
                insert(values.next()?, place, &mut out);
                out.literal("\"", place);
            }
            _ => return None,
        }
        at += 2;
        from = at;
    }
    out.part(form, from, form.value.len());
    Some(Node { span, value: Value::String(out.finish(span)) })
}
