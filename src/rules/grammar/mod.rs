//! The grammar gate: what is wrong with a policy as a document, before asking what it means.
//!
//! The structure (which elements, forms and values are legal) is JSON Schema, in the rule files with a `schema`, run by
//! [`Gate`]. What JSON Schema cannot say is a built-in check here, named by a rule file's `check`. Knows nothing of how
//! a problem is shown, and never decides what a policy allows.

mod action;
mod document;
mod duplicate;
mod endpoint;
mod gate;
mod key;
mod operator;
mod pattern;
mod principal;
mod resource;
mod resource_type;
#[cfg(test)]
mod tests;
mod value;
mod value_type;
mod variable;
mod view;
mod words;

use crate::finding::{Remedy, Severity};
use crate::policy::{Policy, PolicyKind};
use crate::source::{Node, Span};
pub use gate::{COVERED, Gate, GateError, is_usual};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A policy to look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The policy's object in the tree.
    pub node: &'a Node,
    /// The same, typed. Its kind is the decided one, or any when that is unknown.
    pub policy: &'a Policy,
    /// The decided kind; with `None` only the checks common to both kinds run.
    pub kind: Option<PolicyKind>,
    /// The file's bytes, into which all spans lead.
    pub text: &'a [u8],
    /// True when the policy stands inside a JSON string of the file, so that its bytes there are escaped.
    pub embedded: bool,
}

/// Something wrong with a policy as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule's id.
    pub rule: Cow<'static, str>,
    /// The element it is about.
    pub span: Span,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What the element has to do with it; empty when the message says all.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<(Span, String)>,
    /// What to write instead; `None`: as the rule says.
    pub help: Option<String>,
    /// A milder severity than the rule's own.
    pub severity: Option<Severity>,
    /// The same as the help, for programs.
    pub remedy: Option<Remedy>,
}

impl Problem {
    fn new(rule: impl Into<Cow<'static, str>>, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            span,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            help: None,
            severity: None,
            remedy: None,
        }
    }

    fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to write, and that it stands in place of the value or key at `span`.
    fn write(self, span: Span, text: impl Into<String>, sure: bool) -> Self {
        let text = text.into();
        self.help(format!("write `{text}`")).remedy(Remedy::Write { span, value: text.into(), sure })
    }

    fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    fn warning(self) -> Self {
        self.severity(Severity::Warning)
    }

    fn note(self) -> Self {
        self.severity(Severity::Note)
    }
}

/// Names a rule file's `check` may have. `syntax`, `kind`, `presence` and `not-read` are made where files are read.
pub const CHECKS: &[&str] = &[
    "syntax",
    "kind",
    "not-read",
    "presence",
    "duplicate-key",
    "duplicate-sid",
    "empty-list",
    "endpoint-principal",
    "endpoint-save-limits",
    "literal-wildcard",
    "not-principal",
    "principal",
    "private-ip",
    "resource-arn",
    "resource-outside-bucket",
    "resource-type",
    "set-operator",
    "size",
    "unknown-action",
    "unknown-condition-key",
    "unknown-operator",
    "value-type",
    "variable",
    "vpc-id",
];

/// The built-in rule files with a `schema`.
const STRUCTURE: [(&str, &str); 3] = [
    ("policy-element", include_str!("../../../rules/policy-element.json")),
    ("policy-version", include_str!("../../../rules/policy-version.json")),
    ("policy-effect", include_str!("../../../rules/policy-effect.json")),
];

static GATE: LazyLock<Result<Gate, GateError>> = LazyLock::new(|| {
    let fragment = |(id, text): (&str, &str)| {
        let rule: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        (id.to_owned(), rule.get("schema").cloned().unwrap_or_default())
    };
    Gate::new(&STRUCTURE.map(fragment))
});

/// All problems of a policy, by the built-in rules, in the order of the file.
#[must_use]
pub fn problems(subject: &Subject) -> Vec<Problem> {
    match &*GATE {
        Ok(gate) => problems_with(subject, gate),
        Err(error) => {
            let mut out = checks(subject);
            out.push(Problem::new("policy-element", subject.node.span, format!("internal error: {error}")));
            out
        }
    }
}

/// All problems of a policy, by the built-in checks and the schemas of `gate`, in the order of the file.
#[must_use]
pub fn problems_with(subject: &Subject, gate: &Gate) -> Vec<Problem> {
    let mut out = gate.problems(subject.node);
    out.extend(checks(subject));
    out.sort_by(|a, b| (a.span, &a.rule, &a.message).cmp(&(b.span, &b.rule, &b.message)));
    out
}

/// What the built-in checks find, without the schemas.
#[must_use]
pub fn checks(subject: &Subject) -> Vec<Problem> {
    let mut out = Vec::new();
    let views = view::views(subject.node);
    duplicate::check(subject.node, &mut out);
    document::check(subject, &views, &mut out);
    for view in &views {
        action::check(view, subject.kind, &mut out);
        principal::check(view, subject.kind, &mut out);
        resource::check(view, subject.kind, &mut out);
        operator::check(view, &mut out);
        key::check(view, subject.kind, &mut out);
        value::check(view, subject.kind, &mut out);
        variable::check(view, subject.policy.version, &mut out);
        resource_type::check(view, subject.kind, &mut out);
        if subject.kind == Some(PolicyKind::Endpoint) {
            endpoint::check(view, &mut out);
        }
    }
    if subject.kind == Some(PolicyKind::Bucket) {
        resource::one_bucket(&views, &mut out);
    }
    out
}
