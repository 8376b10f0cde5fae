//! What an editor shows of a policy beside its findings: hovers, completions, an outline, and a line over each statement. Pure:
//! a text, a place in it and the settings of its file in, words and spans out; no protocol, no I/O.
//!
//! All facts come from `crate::aws`, the engine and the rules: none is written down here.

pub mod complete;
mod facts;
pub mod hover;
pub mod lens;
mod part;
pub mod symbols;

use crate::lint::{FileInput, Settings, judged};
use crate::policy::{Policy, PolicyKind, lower};
use crate::source::{self, Language, Node};

/// A file, read as the linter reads it.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub file: FileInput<'a>,
    /// Its settings.
    pub settings: &'a Settings,
    /// Its language.
    pub language: Language,
    /// Its policies, in the order of the file.
    pub policies: Vec<Shown>,
}

/// A policy in a file.
#[derive(Debug)]
pub struct Shown {
    /// The policy; of unknown kind, it is read as an endpoint policy.
    pub policy: Policy,
    /// Its kind, when it is known.
    pub kind: Option<PolicyKind>,
    /// Its tree.
    pub node: Node,
}

impl<'a> View<'a> {
    /// Reads a file.
    #[must_use]
    pub fn new(file: FileInput<'a>, settings: &'a Settings) -> Self {
        let parsed = file.parse();
        let (located, language) = (source::policies(&parsed).0, parsed.language);
        let shown = judged(&located, &file, settings).map(|judged| {
            let (node, kind) = (judged.located.node.clone().into_owned(), judged.report.kind);
            Shown { policy: lower(&node, kind.unwrap_or(PolicyKind::Endpoint)), kind, node }
        });
        Self { file, settings, language, policies: shown.collect() }
    }
}
