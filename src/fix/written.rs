//! A policy of a file as fixes see it: with texts for the values that are known only at deploy time, as it is linted, and how it is
//! written.

use super::opening::Typed;
use crate::lint::instance::{ARN, REGION, StandIns, Which, general, has_symbols, instance};
use crate::lint::{FileInput, Judged};
use crate::notation::{Notation, References};
use crate::policy::{Policy, PolicyKind, lower, statements};
use crate::source::{Language, Node, Parsed};

/// A policy of a file.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) typed: Typed,
    /// How it is written; `None`: nothing can be added to it.
    pub(super) notation: Option<Notation>,
    /// It is that of a resource that is deployed.
    pub(super) is_resource: bool,
    /// It is not written here, but made of what is written elsewhere: a default, a plan.
    pub(super) is_made: bool,
    pub(super) references: References,
    /// What stands in it for buckets and the like.
    pub(super) names: StandIns,
    /// What stands for all other values in `example`.
    more: StandIns,
    /// The policy with texts for all values; `None`: it is `typed`.
    example: Option<Policy>,
}

impl Written {
    pub(super) fn new(file: &FileInput<'_>, parsed: &Parsed, judged: &Judged<'_>) -> Self {
        let Judged { located, report } = *judged;
        let kind = report.kind.unwrap_or(PolicyKind::Endpoint);
        let is_resource = located.is_resource();
        let is_plan = is_resource && parsed.language.is_json() && !located.address.starts_with('/');
        let mut node = located.node.clone().into_owned();
        let last = statements(&node).last().copied();
        let notation = match parsed.language {
            Language::Json if !is_resource => Some(Notation::json(located.embedding)),
            Language::JsonLines => None,
            language => last.and_then(|last| Notation::of(file.bytes, language, &parsed.documents, last)),
        };
        let (mut names, mut more, mut example) = (StandIns::new(), StandIns::new(), None);
        if is_resource && has_symbols(&node) {
            (node, names) = instance(&node, Which::Buckets, kind);
            if has_symbols(&node) {
                let (all, others) = instance(&node, Which::All, kind);
                (more, example) = (others, Some(lower(&all, kind)));
            }
        }
        let known = names.iter().chain(&more).filter(|(_, text)| *text != REGION);
        let references = known.flat_map(|(name, text)| references(file.bytes, parsed.language, name, text));
        let references = References::new(references.collect());
        Self {
            typed: Typed { policy: lower(&node, kind), node },
            notation,
            is_resource,
            is_made: located.is_default || is_plan,
            references,
            names,
            more,
            example,
        }
    }

    /// The policy with texts in the place of all values that are known only at deploy time.
    pub(super) fn example(&self) -> &Policy {
        self.example.as_ref().unwrap_or(&self.typed.policy)
    }

    /// What is made for `example`, in terms of `typed`.
    pub(super) fn general(&self, node: &Node) -> Policy {
        lower(&general(node, &self.more), self.typed.policy.kind)
    }
}

/// What stands for a value, with the name by which the file can refer to it; for a bucket's name, the same of its ARN.
fn references(text: &[u8], language: Language, name: &str, stand_in: &str) -> Vec<(String, Option<String>)> {
    let inner = name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or_default();
    let stands = |words: &str| memchr::memmem::find(text, words.as_bytes()).is_some();
    let is_terraform = language == Language::Terraform;
    let bucket = inner.strip_suffix(".bucket").filter(|_| is_terraform);
    // In a module it must stand in the file already: names of what other modules hold look alike.
    let can_be_written = if is_terraform {
        inner.contains('.') && stands(bucket.unwrap_or(inner))
    } else {
        inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b':')
    };
    let named = |name: &str| (can_be_written && !name.is_empty()).then(|| name.to_owned());
    let mut out = vec![(stand_in.to_owned(), named(inner))];
    let arn = match bucket {
        Some(bucket) => Some(format!("{bucket}.arn")),
        None => Some(format!("{inner}.Arn")).filter(|arn| !is_terraform && stands(arn)),
    };
    if let Some(arn) = arn.and_then(|arn| named(&arn)) {
        out.push((format!("{ARN}{stand_in}"), Some(arn)));
    }
    out
}
