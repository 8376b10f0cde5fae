//! The rules that come with the program: data that `build.rs` made of the files in `rules/`.

use super::{ExamplesText, Sets, finish};
use crate::finding::Severity;
use crate::policy::PolicyKind;
use crate::rules::{Body, Condition, Expect, Outcome, Rule, RuleError, RuleFix, RuleSet};
use std::borrow::Cow;
use std::sync::Arc;

const BUILTIN: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// A rule file. Its members are those of [`Rule`]; texts in JSON are named so.
struct Builtin {
    id: &'static str,
    title: &'static str,
    message: &'static str,
    help: Option<&'static str>,
    explanation: Option<&'static str>,
    reference: Option<&'static str>,
    since: Option<&'static str>,
    holds: Option<&'static str>,
    severity: Severity,
    applies_to: &'static [PolicyKind],
    severity_if: &'static [(Outcome, Severity)],
    message_if: &'static [(Outcome, &'static str)],
    unless: &'static [&'static str],
    fix: Option<BuiltinFix>,
    body: BuiltinBody,
    /// JSON: the question in the file's words.
    requests: &'static str,
    /// JSON.
    examples: &'static str,
}

/// JSON: what may be done.
enum BuiltinFix {
    Deny(&'static str),
    Write(&'static str),
}

enum BuiltinBody {
    /// Each set of requests is the one statement of a policy document.
    Decision {
        requests: &'static [&'static str],
        expect: Expect,
        only_if: Option<(&'static [&'static str], Expect)>,
    },
    /// JSON.
    Schema(&'static str),
    Check(&'static str),
}

pub(in crate::rules) fn builtin() -> Result<RuleSet, RuleError> {
    finish(BUILTIN.iter().map(Builtin::rule).collect())
}

impl Builtin {
    fn rule(&self) -> Rule {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Rule {
            id: self.id.into(),
            title: self.title.to_owned(),
            applies_to: self.applies_to.to_vec(),
            severity: self.severity,
            severity_if: self.severity_if.to_vec(),
            message_if: self
                .message_if
                .iter()
                .map(|(outcome, text)| (*outcome, (*text).to_owned()))
                .collect(),
            unless: self.unless.iter().copied().map(Arc::from).collect(),
            message: self.message.to_owned(),
            help: owned(self.help),
            explanation: owned(self.explanation),
            reference: owned(self.reference),
            since: owned(self.since),
            holds: owned(self.holds),
            fix: self.fix.as_ref().map(|fix| match fix {
                BuiltinFix::Deny(json) => RuleFix::Deny(Cow::Borrowed(json)),
                BuiltinFix::Write(json) => RuleFix::Write(Cow::Borrowed(json)),
            }),
            builtin: true,
            body: self.body.body(),
            requests: Cow::Borrowed(self.requests),
            examples: ExamplesText(Cow::Borrowed(self.examples)),
        }
    }
}

impl BuiltinBody {
    fn body(&self) -> Body {
        match *self {
            Self::Decision { requests, expect, only_if } => {
                let condition =
                    |(documents, expect)| Box::new(Condition { requests: Sets::builtin(documents), expect });
                Body::Decision { requests: Sets::builtin(requests), expect, only_if: only_if.map(condition) }
            }
            Self::Schema(text) => Body::Schema(Cow::Borrowed(text)),
            Self::Check(name) => Body::Check(Cow::Borrowed(name)),
        }
    }
}
