//! What a rule found: a rule id, a severity, places in one file, and the request that shows it.
//!
//! A finding knows nothing of how it is shown: no colour, no format, no line numbers.

pub mod fingerprint;
pub mod page;
mod remedy;

use crate::engine::{Decision, Request};
use crate::policy::PolicyKind;
use crate::source::Span;
pub use fingerprint::Fingerprint;
pub use remedy::{Edit, Fix, Remedy, Safety};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How much a finding matters. Ordered: `Note < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run by default.
    Note,
    /// Likely a mistake.
    Warning,
    /// A hole in the fence, or a policy AWS would refuse.
    Error,
}

impl Severity {
    /// The word used in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Whether the rule's question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The rule is broken; for a decision rule the witness shows it.
    Violated,
    /// The question could not be answered; the message says why. Never shown as a pass.
    Undecided,
}

/// A place in the file with a few words on what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bytes the words are about.
    pub span: Span,
    /// What is here, in lower case, without a final stop.
    pub message: String,
}

/// One concrete request and what the policy decides on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: Request,
    /// What the policy alone decides.
    pub decision: Decision,
}

/// One thing found in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, such as `bucket-vpc-only`.
    pub rule: Arc<str>,
    /// How much it matters here.
    pub severity: Severity,
    /// Violated or undecided.
    pub verdict: Verdict,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The element the finding is about.
    pub span: Span,
    /// What the primary element has to do with it; empty when the message says all.
    pub span_message: String,
    /// Other places that matter, in the order of the story.
    pub labels: Vec<Label>,
    /// Facts that need no place: what was assumed, why something did not apply.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// Where to read more.
    pub reference: Option<String>,
    /// The page of the documentation about its rule, for rules that have one: see [`page`].
    pub page: Option<String>,
    /// Which policy of the file (counting from 0), when the finding is about one.
    pub policy: Option<usize>,
    /// That policy's kind, when known.
    pub kind: Option<PolicyKind>,
    /// The resource whose policy it is, when the surroundings name it: `aws_vpc_endpoint.s3`, `Resources/S3Endpoint`, an id.
    pub resource: Option<String>,
    /// The request that goes through the hole.
    pub witness: Option<Witness>,
    /// What the finding is known by from one run to the next; `None` when nobody asked for it.
    pub fingerprint: Option<Fingerprint>,
    /// What may be done about it.
    pub remedy: Option<Remedy>,
    /// The change of the text that settles it, when one was asked for and proved.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A violated finding with nothing but its rule, severity, message and place.
    pub fn new(
        rule: impl Into<Arc<str>>,
        severity: Severity,
        message: impl Into<String>,
        span: Span,
    ) -> Self {
        Self {
            rule: rule.into(),
            severity,
            verdict: Verdict::Violated,
            message: message.into(),
            span,
            span_message: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            reference: None,
            page: None,
            policy: None,
            kind: None,
            resource: None,
            witness: None,
            fingerprint: None,
            remedy: None,
            fix: None,
        }
    }

    /// Says what the primary element has to do with it.
    #[must_use]
    pub fn at(mut self, message: impl Into<String>) -> Self {
        self.span_message = message.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds a fact without a place.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The address of a page on the web to read more: that about its rule or, as long as this has none, the reference.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        let page = self.page.as_deref().filter(|page| page::is_address(page));
        page.or(self.reference.as_deref())
    }

    /// The order of findings in every output: by place, then rule, then message.
    #[must_use]
    pub fn sort_key(&self) -> impl Ord + use<> {
        (
            self.span,
            std::cmp::Reverse(self.severity),
            Arc::clone(&self.rule),
            self.policy,
            self.message.clone(),
        )
    }
}
