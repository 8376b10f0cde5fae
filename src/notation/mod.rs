//! How policies are written in each language, for writing more of one in the way of its author: as JSON, as an object of HCL, as
//! blocks of an `aws_iam_policy_document`, as YAML.
//!
//! Knows layouts, quotes and references; nothing of what a policy means.

mod block;
mod entries;
mod fragment;
mod layout;
mod references;
mod style;
#[cfg(test)]
mod tests;
mod yaml;

pub use fragment::retold;
pub use references::References;
pub use style::Style;

use crate::source::{Language, Node, node_at};

/// How a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// JSON.
    Json {
        /// How many strings it stands in, one inside of the other, whose escapes are its own.
        strings: usize,
        /// A reference is a function of CloudFormation in the place of a string; otherwise it stands in the text as `${name}`.
        functions: bool,
    },
    /// An object of HCL: `{ Effect = "Deny" }`.
    Object,
    /// A block of an `aws_iam_policy_document`: `statement { effect = "Deny" }`.
    Block,
    /// YAML in lines.
    Yaml,
}

impl Notation {
    /// JSON without references.
    #[must_use]
    pub const fn json(strings: usize) -> Self {
        Self::Json { strings, functions: false }
    }

    /// How a statement of a template or a module is written, going by its text and the documents of the file. `None`: it does not
    /// stand where its place says, or in no way that is known.
    #[must_use]
    pub fn of(text: &[u8], language: Language, documents: &[Node], statement: &Node) -> Option<Self> {
        let own = std::str::from_utf8(text.get(statement.span.range())?).ok()?;
        if language == Language::Terraform {
            return Self::of_text(own);
        }
        let is_here = |document: &Node| {
            let (node, _, is_key) = node_at(document, statement.span);
            // A list whose dash is not part of it begins and ends like its only statement.
            let inner = node.array().and_then(<[_]>::first).unwrap_or(node);
            !is_key && inner.span == statement.span && inner.object().is_some()
        };
        match (documents.iter().any(is_here), own.starts_with('{'), language) {
            (true, true, _) => Some(Self::Json { strings: 0, functions: true }),
            (true, false, Language::Yaml) => Some(Self::Yaml),
            (true, false, _) => None,
            // In a string of the template.
            (false, ..) => Self::of_text(own).filter(|found| found.is_json()),
        }
    }

    fn of_text(own: &str) -> Option<Self> {
        if own.starts_with("statement") {
            return Some(Self::Block);
        }
        let first = own.strip_prefix('{')?.trim_start();
        let strings = usize::from(first.starts_with("\\\""));
        let is_bare = first.starts_with(|c: char| c.is_ascii_alphabetic());
        let quotes = ['\\', '"'];
        let after = first.trim_start_matches(quotes).trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        match after.trim_start_matches(quotes).trim_start().chars().next()? {
            '=' if strings == 0 => Some(Self::Object),
            ':' if is_bare => Some(Self::Object),
            ':' => Some(Self::json(strings)),
            _ => None,
        }
    }

    /// Whether it is JSON.
    #[must_use]
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json { .. })
    }

    /// Whether it is HCL.
    #[must_use]
    pub fn is_hcl(self) -> bool {
        matches!(self, Self::Object | Self::Block)
    }

    /// How many strings it stands in.
    #[must_use]
    pub fn strings(self) -> usize {
        match self {
            Self::Json { strings, .. } => strings,
            _ => 0,
        }
    }
}
