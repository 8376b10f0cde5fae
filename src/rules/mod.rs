//! Rules: what a rule file says, the set of them, and running them over a policy.
//!
//! A decision rule is a question about a set of requests ([`decide`]); a grammar rule is a JSON Schema fragment or a
//! built-in check ([`grammar`]). Everything a user reads of a rule stands in its file under `rules/`; adding a rule
//! touches nothing else.

pub mod compare;
pub mod decide;
pub mod deny;
pub mod grammar;
mod load;
mod names;
mod sets;
pub mod stock;
#[cfg(test)]
mod tests;

use crate::engine::Decision;
use crate::engine::search::Wanted;
use crate::finding::{Remedy, Severity, page};
use crate::policy::PolicyKind;
use crate::source::{Span, layout};
pub use deny::Deny;
pub use load::RuleError;
pub use sets::Sets;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// A rule, as its file says.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable kebab-case id.
    pub id: Arc<str>,
    /// What is wrong when it fires, as a heading.
    pub title: String,
    /// The kinds of policy it is about.
    pub applies_to: Vec<PolicyKind>,
    /// How much it matters.
    pub severity: Severity,
    /// A milder severity by what the policy decides on the witness.
    pub severity_if: Vec<(Outcome, Severity)>,
    /// Rules that make this one redundant when they fire on the same policy.
    pub unless: Vec<Arc<str>>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The same in other words, by what the policy decides on the witness.
    pub message_if: Vec<(Outcome, String)>,
    /// What is known of a policy on which it does not fire, to stand behind "this policy".
    pub holds: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// What, why, and what AWS does, in Markdown.
    pub explanation: Option<String>,
    /// Where to read more.
    pub reference: Option<String>,
    /// The version of Ringfence that brought it.
    pub since: Option<String>,
    /// What may be done about its findings.
    pub fix: Option<RuleFix>,
    /// True for the rules that come with the program.
    pub builtin: bool,
    /// What it asks.
    pub body: Body,
    /// Its question as the file words it, in JSON.
    requests: Cow<'static, str>,
    /// The text of the examples, read when someone asks.
    examples: load::ExamplesText,
}

/// What a rule asks.
#[derive(Debug, Clone)]
pub enum Body {
    /// About sets of requests; it fires when one does not meet the expectation, for the worst of them.
    Decision {
        /// The sets.
        requests: Sets,
        /// What must hold for each.
        expect: Expect,
        /// Only policies for which this holds are asked.
        only_if: Option<Box<Condition>>,
    },
    /// About the document's form: the text of a JSON Schema fragment.
    Schema(Cow<'static, str>),
    /// A check written in Rust, by name.
    Check(Cow<'static, str>),
}

/// What a rule's file says may be done about its findings: texts of JSON, read when a fix is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleFix {
    /// The Deny that settles it: the body of a statement, with names as in a set of requests.
    Deny(Cow<'static, str>),
    /// The value to write in place of what breaks the schema.
    Write(Cow<'static, str>),
}

/// An expectation on sets of requests.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The sets.
    pub requests: Sets,
    /// What must hold for one of them at least.
    pub expect: Expect,
}

/// What must hold for a set of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Every request has the outcome.
    All(Outcome),
    /// At least one has it.
    Some(Outcome),
    /// For at least one action of the set, every request with that action has it: "not everything is open".
    SomeAction(Outcome),
}

/// An outcome that an expectation speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// An Allow applies and no Deny.
    Allowed,
    /// A Deny applies.
    ExplicitDeny,
    /// Nothing applies.
    ImplicitDeny,
    /// Not `allowed`.
    NotAllowed,
    /// Not `explicitDeny`.
    NotExplicitDeny,
}

impl Outcome {
    /// The name that rule files use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
            Self::NotAllowed => "notAllowed",
            Self::NotExplicitDeny => "notExplicitDeny",
        }
    }

    /// True when the decision is such an outcome.
    #[must_use]
    pub fn admits(self, decision: Decision) -> bool {
        match self {
            Self::Allowed => decision == Decision::Allowed,
            Self::ExplicitDeny => decision == Decision::ExplicitDeny,
            Self::ImplicitDeny => decision == Decision::ImplicitDeny,
            Self::NotAllowed => matches!(decision, Decision::ExplicitDeny | Decision::ImplicitDeny),
            Self::NotExplicitDeny => matches!(decision, Decision::Allowed | Decision::ImplicitDeny),
        }
    }

    /// The searches that together find the outcome, the worst for a fence first.
    fn searches(self) -> &'static [Wanted] {
        match self {
            Self::Allowed => &[Wanted::Allowed],
            Self::ExplicitDeny => &[Wanted::ExplicitDeny],
            Self::ImplicitDeny => &[Wanted::ImplicitDeny],
            Self::NotAllowed => &[Wanted::ImplicitDeny, Wanted::ExplicitDeny],
            Self::NotExplicitDeny => &[Wanted::NotExplicitDeny],
        }
    }

    /// The searches that together find every other outcome.
    fn opposite(self) -> &'static [Wanted] {
        match self {
            Self::Allowed => Self::NotAllowed.searches(),
            Self::ExplicitDeny => Self::NotExplicitDeny.searches(),
            Self::ImplicitDeny => &[Wanted::Allowed, Wanted::ExplicitDeny],
            Self::NotAllowed => Self::Allowed.searches(),
            Self::NotExplicitDeny => Self::ExplicitDeny.searches(),
        }
    }
}

/// A policy that a rule passes or fires on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The policy's kind, when the rule is about both.
    pub kind: Option<PolicyKind>,
    /// The file's text.
    pub text: String,
    /// For examples that pass: another rule may fire on it.
    pub trusted: Option<crate::config::Trusted>,
    /// The text of the `ringfence.toml` beside it, for rules about that.
    pub config: Option<String>,
}

/// The examples of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// It stays silent on these.
    pub pass: Vec<Example>,
    /// It fires on these.
    pub fail: Vec<Example>,
}

/// Rules, by id.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// The rules that come with the program.
    ///
    /// # Errors
    /// When a built-in rule file is broken: a defect of the program, which its tests exclude.
    pub fn builtin() -> Result<Self, RuleError> {
        load::builtin()
    }

    /// Adds the rule files (`*.json`) of a folder; all of them or, when one is broken, none.
    ///
    /// # Errors
    /// The first broken file with the place: not readable, no JSON, not a rule, an id that is taken.
    pub fn load_dir(&mut self, dir: &Path) -> Result<(), RuleError> {
        load::dir(self, dir)
    }

    /// Adds one rule file that was read already.
    ///
    /// # Errors
    /// As [`RuleSet::load_dir`].
    pub fn load_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), RuleError> {
        load::add(self, [Ok((path.to_owned(), bytes.to_owned()))])
    }

    /// The rules of a folder alone, for testing them.
    ///
    /// # Errors
    /// As [`RuleSet::load_dir`].
    pub fn only_dir(dir: &Path) -> Result<Self, RuleError> {
        let mut out = Self { rules: Vec::new() };
        load::dir(&mut out, dir)?;
        Ok(out)
    }

    /// The rules, sorted by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.place(id).and_then(|place| self.rules.get(place))
    }

    /// The place of the rule with this id among the rules.
    fn place(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|r| (*r.id).cmp(id)).ok()
    }

    /// The id that someone who wrote `id` most likely meant.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let ids = self.rules.iter().map(|r| (strsim::damerau_levenshtein(&r.id, id), &*r.id));
        ids.filter(|(distance, _)| *distance <= 2 + id.len() / 6).min().map(|(_, id)| id)
    }

    /// The rules for a kind of policy; without a kind, those that are about both.
    pub fn for_kind(&self, kind: Option<PolicyKind>) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| match kind {
            Some(kind) => rule.applies_to.contains(&kind),
            None => rule.applies_to.len() > 1,
        })
    }
}

impl Rule {
    /// The sets of requests that it asks about as its file words them, in JSON; `null` for a rule about form.
    #[must_use]
    pub fn requests(&self) -> String {
        crate::source::parse(self.requests.as_bytes()).documents.first().map(layout).unwrap_or_default()
    }

    /// The page of the documentation about it, if it comes with the program.
    #[must_use]
    pub fn page(&self) -> Option<String> {
        self.builtin.then(|| page::page(&self.id))
    }

    /// The remedy for a breach of its schema at a place.
    #[must_use]
    pub fn written_in_place(&self, span: Span) -> Option<Remedy> {
        match &self.fix {
            Some(RuleFix::Write(json)) => {
                Some(Remedy::Write { span, value: serde_json::from_str(json).ok()?, sure: true })
            }
            _ => None,
        }
    }

    /// How much it matters when a request gets this decision.
    #[must_use]
    pub fn severity_on(&self, decision: Decision) -> Severity {
        let milder = self.severity_if.iter().find(|(outcome, _)| outcome.admits(decision));
        milder.map_or(self.severity, |(_, severity)| *severity)
    }

    /// What is wrong when a request gets this decision.
    #[must_use]
    pub fn message_on(&self, decision: Decision) -> &str {
        let other = self.message_if.iter().find(|(outcome, _)| outcome.admits(decision));
        other.map_or(&self.message, |(_, message)| message)
    }

    /// The rule's examples.
    ///
    /// # Errors
    /// When they are not of the form that the rule schema asks for.
    pub fn examples(&self) -> Result<Examples, RuleError> {
        self.examples.read(&self.id)
    }
}
