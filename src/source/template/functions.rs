//! What references and functions of a template come to.

use crate::source::builder::Builder;
use crate::source::deployed::{as_text, placed, unknown};
use crate::source::span::Span;
use crate::source::to_json;
use crate::source::tree::{Member, Node, Text, Value};
use std::collections::BTreeMap;

/// References that lead to references: followed this many levels deep.
const MAX_DEPTH: usize = 16;

/// How the template's conditions turn out. One that is not named is true.
#[derive(Debug, Default)]
pub(super) struct World(pub(super) BTreeMap<String, bool>);

/// The function that an object calls: its only member.
pub(super) fn function(node: &Node) -> Option<(&str, &Node)> {
    let [only] = node.object()? else { return None };
    let name = &*only.key.value;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, &only.value))
}

/// A template, for looking things up in it.
#[derive(Debug)]
pub(super) struct Functions<'t> {
    document: &'t Node,
}

impl<'t> Functions<'t> {
    pub(super) fn new(document: &'t Node) -> Self {
        Self { document }
    }

    /// A value with all that can be known filled in; `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Node, world: &World) -> Option<Node> {
        self.value(node, world, 0)
    }

    fn value(&self, node: &Node, world: &World, depth: usize) -> Option<Node> {
        if let Some((name, argument)) = function(node) {
            return self.call(node, name, argument, world, depth);
        }
        let value = match &node.value {
            Value::Array(items) => {
                Value::Array(items.iter().filter_map(|item| self.value(item, world, depth)).collect())
            }
            Value::Object(members) => {
                let member = |m: &Member| {
                    Some(Member { key: m.key.clone(), value: self.value(&m.value, world, depth)? })
                };
                Value::Object(members.iter().filter_map(member).collect())
            }
            other => other.clone(),
        };
        Some(Node { span: node.span, value })
    }

    fn call(&self, node: &Node, name: &str, argument: &Node, world: &World, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return Some(untold(node));
        }
        let string = |text: Text| Some(Node { span: node.span, value: Value::String(text) });
        let list = argument.array().unwrap_or_default();
        match (name, list) {
            ("Ref", _) => match argument.text().and_then(Text::known) {
                Some("AWS::NoValue") => None,
                Some(to) => {
                    let mut out = Builder::default();
                    self.reference(to, node.span, world, depth, &mut out);
                    string(out.finish(node.span))
                }
                None => Some(untold(node)),
            },
            ("Fn::GetAtt", _) => {
                let dotted = match list {
                    [resource, attribute] => {
                        let known = |n: &Node| n.text().and_then(Text::known).map(str::to_owned);
                        known(resource).zip(known(attribute)).map(|(r, a)| format!("{r}.{a}"))
                    }
                    _ => argument.text().and_then(Text::known).map(str::to_owned),
                };
                let Some(dotted) = dotted else { return Some(untold(node)) };
                let mut out = Builder::default();
                self.attribute(&dotted, node.span, world, depth, &mut out);
                string(out.finish(node.span))
            }
            ("Fn::Sub", [template, names]) => {
                let names = names.object().unwrap_or_default();
                template.text().map_or_else(
                    || Some(untold(node)),
                    |text| string(self.substitute(text, names, node.span, world, depth)),
                )
            }
            ("Fn::Sub", _) => argument.text().map_or_else(
                || Some(untold(node)),
                |text| string(self.substitute(text, &[], node.span, world, depth)),
            ),
            ("Fn::Join", [separator, parts]) => {
                let parts = self.value(parts, world, depth + 1)?;
                let (Some(separator), Some(parts)) = (separator.text(), parts.array()) else {
                    return Some(untold(node));
                };
                let mut out = Builder::default();
                for (number, part) in parts.iter().enumerate() {
                    let Some(part) = as_text(part) else { return Some(untold(node)) };
                    if number > 0 {
                        out.text(separator);
                    }
                    out.text(&part);
                }
                string(out.finish(node.span))
            }
            ("Fn::If", [condition, then, otherwise]) => {
                let name = condition.text().and_then(Text::known).unwrap_or_default();
                let is_true = world.0.get(name).copied().unwrap_or(true);
                self.value(if is_true { then } else { otherwise }, world, depth + 1)
            }
            ("Fn::Select", [index, items]) => {
                let items = self.value(items, world, depth + 1)?;
                let index = as_text(index).and_then(|t| t.value.parse::<usize>().ok());
                let chosen = index.and_then(|index| items.array()?.get(index).cloned());
                Some(chosen.unwrap_or_else(|| untold(node)))
            }
            ("Fn::Split", [separator, text]) => {
                let text = self.value(text, world, depth + 1)?;
                let parts = separator.text().and_then(Text::known).zip(text.text());
                let Some((separator, text)) = parts.filter(|(s, t)| !s.is_empty() && t.holes.is_empty())
                else {
                    return Some(untold(node));
                };
                let mut at = 0;
                let part = |part: &str| {
                    let mut out = Builder::default();
                    out.part(text, at, at + part.len());
                    at += part.len() + separator.len();
                    Node { span: node.span, value: Value::String(out.finish(node.span)) }
                };
                let parts = text.value.split(separator).map(part).collect();
                Some(Node { span: node.span, value: Value::Array(parts) })
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let key = |n: &Node| self.value(n, world, depth + 1)?.text()?.known().map(str::to_owned);
                let found = (|| {
                    let map = self.document.get("Mappings")?.get(&key(map)?)?;
                    map.get(&key(first)?)?.get(&key(second)?)
                })();
                Some(found.map_or_else(|| untold(node), |found| placed(found, node.span)))
            }
            _ => Some(untold(node)),
        }
    }

    /// What `Ref` gives for a name.
    fn reference(&self, to: &str, place: Span, world: &World, depth: usize, out: &mut Builder) {
        match to {
            // In another partition all ARNs of the policy differ in the same way.
            "AWS::Partition" => out.literal("aws", place),
            "AWS::URLSuffix" => out.literal("amazonaws.com", place),
            _ => match self.literal_of(to, world, depth) {
                Some(text) => out.foreign(&text, place),
                None => out.symbol(&format!("${{{to}}}")),
            },
        }
    }

    /// The value behind a name, when the template alone tells it: a bucket's or a role's given name, or the only value that a
    /// parameter may have.
    fn literal_of(&self, to: &str, world: &World, depth: usize) -> Option<Text> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(parameter) = self.document.get("Parameters").and_then(|p| p.get(to)) {
            return match parameter.get("AllowedValues")?.array()? {
                [only] => as_text(only),
                _ => None,
            };
        }
        let resource = self.document.get("Resources")?.get(to)?;
        let name = match resource.get("Type")?.text()?.known()? {
            "AWS::S3::Bucket" => "BucketName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::IAM::User" => "UserName",
            _ => return None,
        };
        as_text(&self.value(resource.get("Properties")?.get(name)?, world, depth + 1)?)
    }

    /// What `Fn::GetAtt` gives for `Resource.Attribute`.
    fn attribute(&self, dotted: &str, place: Span, world: &World, depth: usize, out: &mut Builder) {
        let (name, attribute) = dotted.split_once('.').unwrap_or((dotted, ""));
        let kind = || self.document.get("Resources")?.get(name)?.get("Type")?.text()?.known();
        match (kind(), attribute) {
            (Some("AWS::S3::Bucket"), "Arn") => {
                out.literal("arn:aws:s3:::", place);
                self.reference(name, place, world, depth, out);
            }
            (Some(kind @ ("AWS::IAM::Role" | "AWS::IAM::User")), "Arn") => {
                out.literal("arn:aws:iam::", place);
                out.symbol("${AWS::AccountId}");
                out.literal(if kind == "AWS::IAM::Role" { ":role/" } else { ":user/" }, place);
                match self.literal_of(name, world, depth).filter(|text| text.holes.is_empty()) {
                    Some(text) => out.foreign(&text, place),
                    // It will have a name that nothing else has: this one stands for it.
                    None => out.literal(name, place),
                }
            }
            _ => out.symbol(&format!("${{{dotted}}}")),
        }
    }

    /// `Fn::Sub`: the text with its `${...}` filled in; `${!x}` is `${x}`, for a policy variable.
    fn substitute(&self, text: &Text, names: &[Member], span: Span, world: &World, depth: usize) -> Text {
        let mut out = Builder::default();
        let mut from = 0;
        while let Some(found) = text.value.get(from..).and_then(|rest| rest.find("${")) {
            let start = from + found;
            let Some(length) = text.value.get(start..).and_then(|rest| rest.find('}')) else { break };
            let end = start + length + 1;
            out.part(text, from, start);
            let name = text.value.get(start + 2..end - 1).unwrap_or_default().trim();
            let place = text.at(start, end);
            if let Some(kept) = name.strip_prefix('!') {
                out.literal(&format!("${{{kept}}}"), place);
            } else if let Some(given) = names.iter().find(|m| &*m.key.value == name) {
                match self.value(&given.value, world, depth + 1).as_ref().and_then(as_text) {
                    Some(given) => out.text(&given),
                    None => out.symbol(&format!("${{{name}}}")),
                }
            } else if name.contains('.') {
                self.attribute(name, place, world, depth, &mut out);
            } else {
                self.reference(name, place, world, depth, &mut out);
            }
            from = end;
        }
        out.part(text, from, text.value.len());
        out.finish(span)
    }
}

/// A value of which nothing is known but what it was made of.
fn untold(node: &Node) -> Node {
    unknown(&to_json(node).to_string(), node.span)
}
