//! A policy with values that are known only at deploy time, with texts in their place.
//!
//! First for its buckets: one that is given by a reference alone is taken to be none that the policy names in letters, and none of
//! AWS's, so a name that is new stands for it well. Likewise an account's canonical id, the name of a role or user, and the partition and
//! the Region, which are the same everywhere.
//! Then, once a finding is made, for all others: so that the request which it shows
//! is one that can be read, and tried. What is found must hold for every value, so it must hold for these.

use crate::policy::PolicyKind;
use crate::source::{Hole, Node, Symbol, Text, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The texts by the names of the values.
pub type StandIns = BTreeMap<Box<str>, String>;

/// Whether a policy has such values.
#[must_use]
pub fn has_symbols(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => !text.holes.is_empty(),
        Value::Array(items) => items.iter().any(has_symbols),
        Value::Object(members) => members.iter().any(|m| has_symbols(&m.value)),
        _ => false,
    }
}

/// Which values get a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Buckets that are given by a reference alone, by their names or their ARNs; canonical ids; the Region.
    Buckets,
    /// All.
    All,
}

/// The policy with texts, none of which it has anywhere else, and what they stand for.
#[must_use]
pub fn instance(node: &Node, which: Which, kind: PolicyKind) -> (Node, StandIns) {
    let mut texts = String::new();
    collect(node, &mut texts);
    let is_of_one = kind == PolicyKind::Bucket;
    let mut filling = Filling { which, texts, names: StandIns::new(), is_of_one, bucket: None };
    let node = with_texts(node, "", &mut |text, key| filling.text(text, key));
    (node, filling.names)
}

/// The way back: a policy with values in the place of what stands for them.
#[must_use]
pub fn general(node: &Node, stand_ins: &StandIns) -> Node {
    with_texts(node, "", &mut |text, _| general_text(text, stand_ins))
}

/// The tree with other texts in the place of its own, but for keys; each is asked for with the key of the member that it stands in.
fn with_texts(node: &Node, key: &str, change: &mut dyn FnMut(&Text, &str) -> Text) -> Node {
    let value = match &node.value {
        Value::String(text) => Value::String(change(text, key)),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| with_texts(item, key, &mut *change)).collect())
        }
        Value::Object(members) => {
            let mut members = members.clone();
            for member in &mut members {
                member.value = with_texts(&member.value, &member.key.value, &mut *change);
            }
            Value::Object(members)
        }
        other => other.clone(),
    };
    Node { span: node.span, value }
}

fn general_text(text: &Text, stand_ins: &StandIns) -> Text {
    let (mut value, mut holes) = (text.value.to_string(), text.holes.to_vec());
    for (name, stand_in) in stand_ins.iter().filter(|(_, stand_in)| !stand_in.is_empty()) {
        while let Some(at) = value.find(stand_in.as_str()) {
            value.replace_range(at..at + stand_in.len(), "");
            let (at, removed) = (number(at), number(stand_in.len()));
            for hole in holes.iter_mut().filter(|hole| hole.at > at) {
                hole.at -= removed;
            }
            let symbol = Symbol { name: name.clone(), prefix: "".into(), suffix: "".into() };
            holes.push(Hole { at, symbol: Arc::new(symbol) });
        }
    }
    holes.sort_by_key(|hole| hole.at);
    Text { value: value.into(), span: text.span, map: text.map.clone(), holes: holes.into() }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn collect(node: &Node, out: &mut String) {
    match &node.value {
        Value::String(text) => {
            out.push_str(&text.value);
            out.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(members) => members.iter().for_each(|m| collect(&m.value, out)),
        _ => {}
    }
}

/// The Region's references, and what stands for them.
const REGION_NAMES: [&str; 2] = ["${AWS::Region}", "${Region}"];
/// The Region that stands for one that is known only at deploy time.
pub const REGION: &str = "us-east-1";
/// What the ARN of a bucket begins with.
pub const ARN: &str = "arn:aws:s3:::";
/// What stands for a partition.
const PARTITION: &str = "aws";

struct Filling {
    which: Which,
    /// All that stands in the policy.
    texts: String,
    names: StandIns,
    /// It is the policy of one bucket: AWS takes no other's name in its resources, so all that stands for one there is this one.
    is_of_one: bool,
    bucket: Option<String>,
}

impl Filling {
    fn text(&mut self, text: &Text, key: &str) -> Text {
        if text.holes.is_empty() {
            return text.clone();
        }
        let (mut value, mut map, mut from, mut holes) = (String::new(), Vec::new(), 0, Vec::new());
        for Hole { at, symbol } in &text.holes {
            let at = *at as usize;
            map.push((number(value.len()), number(text.file_offset(from))));
            value.push_str(text.value.get(from..at).unwrap_or_default());
            map.push((number(value.len()), number(text.file_offset(at))));
            let after = text.value.get(at..).unwrap_or_default();
            let is_alone = text.holes.iter().filter(|other| other.at as usize == at).count() == 1;
            match self.stand_in(&symbol.name, &value, after, key, is_alone) {
                Some(stand_in) => value.push_str(&stand_in),
                None => holes.push(Hole { at: number(value.len()), symbol: Arc::clone(symbol) }),
            }
            from = at;
        }
        map.push((number(value.len()), number(text.file_offset(from))));
        value.push_str(text.value.get(from..).unwrap_or_default());
        // Of several at one place the last counts.
        map.reverse();
        map.dedup_by_key(|(decoded, _)| *decoded);
        map.reverse();
        Text { value: value.into(), span: text.span, map: map.into(), holes: holes.into() }
    }

    /// What stands for a value, going by where it first stands.
    fn stand_in(
        &mut self,
        name: &str,
        before: &str,
        after: &str,
        key: &str,
        is_alone: bool,
    ) -> Option<String> {
        let key = key.to_ascii_lowercase();
        let is_whole = is_alone && (after.is_empty() || after.starts_with('/'));
        let is_arn = is_whole && before.is_empty() && matches!(&*key, "resource" | "notresource");
        let is_bucket = is_whole && before.ends_with(":::") || is_arn;
        let is_canonical = key == "canonicaluser" && is_alone && before.is_empty() && after.is_empty();
        let is_region = REGION_NAMES.contains(&name) && !self.texts.contains(REGION);
        let is_partition = before == "arn:" && after.starts_with(':');
        // A role or user that is not known by name is none of those that the policy names in letters.
        let is_identity = key == "aws"
            && before.contains(":iam:")
            && [":role/", ":user/"].iter().any(|k| before.contains(k));
        let is_told = is_bucket || is_canonical || is_region || is_partition || is_identity;
        if self.which == Which::Buckets && !is_told {
            return None;
        }
        if is_partition {
            return Some(PARTITION.to_owned());
        }
        if let Some(known) = self.names.get(name) {
            return Some(known.clone());
        }
        let is_own = self.is_of_one && is_bucket && matches!(&*key, "resource" | "notresource");
        if let Some(bucket) = self.bucket.as_ref().filter(|_| is_own) {
            let text = if is_arn { format!("{ARN}{bucket}") } else { bucket.clone() };
            self.names.insert(name.into(), text.clone());
            return Some(text);
        }
        if is_region {
            self.names.insert(name.into(), REGION.to_owned());
            return Some(REGION.to_owned());
        }
        let made: Box<dyn Fn(usize) -> String> = if is_canonical {
            Box::new(|n| format!("{n:064x}"))
        } else if is_arn {
            Box::new(|n| format!("{ARN}{}", numbered(&slug(name), n)))
        } else if before.ends_with(":::") {
            Box::new(|n| numbered(&slug(name), n))
        } else if before.ends_with("::") || key.ends_with("account") || key == "aws" && before.is_empty() {
            Box::new(|n| format!("{:012}", 111_122_223_333_u64 + 111_111_111_u64 * n as u64))
        } else if key == "aws:sourcevpce" {
            Box::new(|n| format!("vpce-0a1b2c3d4e5f{n:05x}"))
        } else if key == "aws:sourcevpc" {
            Box::new(|n| format!("vpc-0a1b2c3d4e5f{n:05x}"))
        } else if key.ends_with("kms-key-id") && before.is_empty() {
            Box::new(|n| format!("arn:aws:kms:us-east-1:111122223333:key/{}", numbered(&slug(name), n)))
        } else if key == "aws:principalarn" && before.is_empty() {
            Box::new(|n| format!("arn:aws:iam::111122223333:role/{}", numbered(&slug(name), n)))
        } else if key.starts_with("aws:") && key.ends_with("arn") && before.is_empty() {
            Box::new(|n| format!("arn:aws:s3:::{}", numbered(&slug(name), n)))
        } else if key.ends_with("orgid") {
            Box::new(|n| format!("o-a1b2c3{n:04x}"))
        } else if key == "aws:sourceip" || key == "aws:vpcsourceip" {
            Box::new(|n| format!("192.0.2.{}/32", n % 256))
        } else {
            Box::new(|n| numbered(&slug(name), n))
        };
        let is_new =
            |text: &String| !self.texts.contains(text.as_str()) && !self.names.values().any(|t| t == text);
        let text = (1..1000).map(made).find(is_new).unwrap_or_default();
        if is_own {
            self.bucket = Some(text.strip_prefix(ARN).unwrap_or(&text).to_owned());
        }
        self.names.insert(name.into(), text.clone());
        Some(text)
    }
}

fn numbered(text: &str, n: usize) -> String {
    if n == 1 { text.to_owned() } else { format!("{text}-{n}") }
}

/// `${TrainingBucket}` as a name that a bucket can have: `training-bucket`.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().take(200) {
        if c.is_ascii_uppercase() && out.chars().last().is_some_and(|last| last.is_ascii_lowercase()) {
            out.push('-');
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let short: String = out.trim_matches('-').chars().take(40).collect();
    let short = short.trim_end_matches('-');
    if short.len() < 3 { format!("value-{short}").trim_end_matches('-').to_owned() } else { short.to_owned() }
}
