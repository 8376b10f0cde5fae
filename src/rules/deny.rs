//! The Deny that a rule asks for (`fix` in its file), with its names filled in for a policy.

use super::decide::Given;
use super::names::Names;
use super::stock::Shelf;
use super::{Rule, RuleFix};
use crate::engine::program::Program;
use crate::engine::space::Space;
use crate::policy::Policy;
use crate::source::{Node, parse};
use serde_json::{Map, Value, json};

/// A Deny statement, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Deny {
    /// Its elements, `Effect` included.
    pub elements: Map<String, Value>,
    /// A policy of this statement alone, as a document.
    pub document: Node,
    /// The ids in it that were taken to be the user's because the policy names them.
    pub assumed: Vec<String>,
}

impl Deny {
    /// The Deny that the rule asks for on this policy. `None`: the rule asks for none, or what it needs is not known: the bucket,
    /// or any id to spare.
    #[must_use]
    pub fn of(rule: &Rule, policy: &Policy, given: Given<'_>) -> Option<Self> {
        let Some(RuleFix::Deny(text)) = &rule.fix else { return None };
        let Value::Object(body) = serde_json::from_str(text).ok()? else { return None };
        let program = Program::new(&[policy]);
        // Nothing is asked, so there is no set to make ready.
        let shelf = Shelf::default();
        let names = Names::new(given, Space::new(&program).partitions, policy, &shelf);
        let mut filling = Filling { names, named: 0, filled: 0, assumed: Vec::new() };
        let mut elements = Map::new();
        elements.insert("Effect".to_owned(), "Deny".into());
        for (name, value) in body {
            let filled = match (name.as_str(), value) {
                ("Condition", Value::Object(blocks)) => Value::Object(filling.condition(blocks)),
                (_, value) => filling.value(value, "")?,
            };
            if filled.as_object().is_none_or(|members| !members.is_empty()) {
                elements.insert(name, filled);
            }
        }
        // A fence with no gate in it would shut everybody out.
        if filling.named > 0 && filling.filled == 0 {
            return None;
        }
        let document = json!({ "Version": "2012-10-17", "Statement": [elements] }).to_string();
        let document = parse(document.as_bytes()).documents.into_iter().next()?;
        let mut assumed = filling.assumed;
        assumed.sort();
        assumed.dedup();
        Some(Self { elements, document, assumed })
    }
}

struct Filling<'a> {
    names: Names<'a, 'a>,
    /// Conditions that use names.
    named: usize,
    /// Those of them for which there are values.
    filled: usize,
    assumed: Vec<String>,
}

impl Filling<'_> {
    /// A `Condition`, without the keys whose names stand for nothing.
    fn condition(&mut self, blocks: Map<String, Value>) -> Map<String, Value> {
        let mut out = Map::new();
        for (operator, keys) in blocks {
            let Value::Object(keys) = keys else { continue };
            let mut kept = Map::new();
            for (key, value) in keys {
                let uses_names = strings(&value).any(|text| text.contains("${"));
                self.named += usize::from(uses_names);
                let Some(value) = self.value(value, &key) else { continue };
                if value.as_array().is_some_and(Vec::is_empty) {
                    continue;
                }
                self.filled += usize::from(uses_names);
                kept.insert(key, value);
            }
            if !kept.is_empty() {
                out.insert(operator, Value::Object(kept));
            }
        }
        out
    }

    /// A value or list of values with its names filled in: one text is one string, several are a list.
    fn value(&mut self, value: Value, key: &str) -> Option<Value> {
        if !strings(&value).any(|text| text.contains("${")) {
            return Some(value);
        }
        let mut texts = Vec::new();
        for text in strings(&value) {
            texts.extend(self.text(text, key)?);
        }
        Some(match texts.as_slice() {
            [one] => one.as_str().into(),
            _ => texts.into(),
        })
    }

    /// A text once for each value of its names.
    fn text(&mut self, text: &str, key: &str) -> Option<Vec<String>> {
        let Some((before, rest)) = text.split_once("${") else { return Some(vec![text.to_owned()]) };
        let (name, after) = rest.split_once('}')?;
        let (values, assumed) = self.names.texts(name, key)?;
        if assumed {
            self.assumed.extend(values.iter().cloned());
        }
        let mut out = Vec::new();
        for value in values {
            out.extend(self.text(after, key)?.into_iter().map(|rest| format!("{before}{value}{rest}")));
        }
        Some(out)
    }
}

/// The strings of a value or list.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}
