//! Reading rule files. A user's rule file is checked against the rule schema first, so that what is wrong with it is said
//! with its place; nothing of a folder is loaded unless all of it is good.

mod builtin;
#[cfg(test)]
mod tests;

use super::sets::{Sets, request_set};
use super::{Body, Condition, Example, Examples, Expect, Outcome, Rule, RuleFix, RuleSet};
use crate::finding::Severity;
use crate::policy::{PolicyKind, Statement};
use crate::rules::grammar::Gate;
use crate::source::{LineIndex, Node, Span, Text, Value, layout, parse};
pub(super) use builtin::builtin;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The JSON Schema of a rule file.
pub const RULE_SCHEMA: &str = include_str!("../../rules/rule.schema.json");

/// A rule file that cannot be used.
#[derive(Debug, Clone, thiserror::Error, miette::Diagnostic)]
#[error("{path}:{line}:{column}: {message}")]
#[diagnostic(code(rule_file))]
pub struct RuleError {
    /// The file.
    pub path: String,
    /// Line of the place, from 1.
    pub line: usize,
    /// Column of the place, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[help]
    pub help: Option<String>,
}

impl RuleError {
    fn at(path: &str, text: &str, span: Span, message: impl Into<String>, help: Option<String>) -> Self {
        let position = LineIndex::new(text.as_bytes()).position(span.start as usize);
        Self {
            path: path.to_owned(),
            line: position.line,
            column: position.column,
            message: message.into(),
            help,
        }
    }

    fn whole(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: 1, column: 1, message: message.into(), help: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    id: String,
    title: String,
    applies_to: Vec<PolicyKind>,
    severity: Severity,
    #[serde(default)]
    since: Option<String>,
    #[serde(default)]
    severity_if: BTreeMap<String, Severity>,
    #[serde(default)]
    message_if: BTreeMap<String, String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    requests: Option<OneOrMany>,
    #[serde(default)]
    expect: Option<RawExpect>,
    #[serde(default)]
    only_if: Option<RawCondition>,
    #[serde(default)]
    schema: Option<serde_json::Value>,
    #[serde(default)]
    check: Option<String>,
    message: String,
    #[serde(default)]
    help: Option<String>,
    #[serde(default)]
    explanation: Option<String>,
    #[serde(default)]
    holds: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    fix: Option<RawFix>,
    #[serde(default)]
    examples: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawFix {
    Deny(serde_json::Value),
    Write(serde_json::Value),
}

impl RawFix {
    fn read(&self) -> Result<RuleFix, String> {
        match self {
            Self::Deny(statement) => {
                request_set(&document(statement)).map_err(|e| e.replace("`requests`", "`fix`"))?;
                Ok(RuleFix::Deny(Cow::Owned(statement.to_string())))
            }
            Self::Write(value) => Ok(RuleFix::Write(Cow::Owned(value.to_string()))),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<serde_json::Value>),
    One(serde_json::Value),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawExpect {
    All(Outcome),
    Some(Outcome),
    SomeAction(Outcome),
}

impl OneOrMany {
    fn sets(&self) -> Result<Sets, String> {
        let sets: Result<Vec<Statement>, String> = match self {
            Self::One(set) => Ok(vec![request_set(&document(set))?]),
            Self::Many(sets) => sets.iter().map(|set| request_set(&document(set))).collect(),
        };
        sets.map(Sets::from)
    }
}

impl From<RawExpect> for Expect {
    fn from(raw: RawExpect) -> Self {
        match raw {
            RawExpect::All(outcome) => Self::All(outcome),
            RawExpect::Some(outcome) => Self::Some(outcome),
            RawExpect::SomeAction(outcome) => Self::SomeAction(outcome),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    requests: OneOrMany,
    expect: RawExpect,
}

/// The examples of a rule, as text.
#[derive(Debug, Clone)]
pub(super) struct ExamplesText(Cow<'static, str>);

impl ExamplesText {
    pub(super) fn read(&self, id: &str) -> Result<Examples, RuleError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct RawExamples {
            #[serde(default)]
            pass: Vec<RawExample>,
            #[serde(default)]
            fail: Vec<RawExample>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct RawExample {
            #[serde(default)]
            name: String,
            #[serde(default)]
            kind: Option<PolicyKind>,
            #[serde(default)]
            policy: Option<Box<RawValue>>,
            #[serde(default)]
            text: Option<String>,
            #[serde(default)]
            trusted: Option<RawTrusted>,
            #[serde(default)]
            config: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, default)]
        #[derive(Default)]
        struct RawTrusted {
            vpcs: Vec<String>,
            vpc_endpoints: Vec<String>,
            accounts: Vec<String>,
            organizations: Vec<String>,
            buckets: Vec<String>,
            principals: Vec<String>,
            ip_ranges: Vec<String>,
        }
        let raw: RawExamples = serde_json::from_str(&self.0).map_err(|e| {
            RuleError::whole(&format!("{id}.json"), format!("its examples cannot be read: {e}"))
        })?;
        let make = |raw: RawExample| Example {
            name: raw.name,
            kind: raw.kind,
            text: match (raw.policy, raw.text) {
                (_, Some(text)) => text,
                (Some(policy), None) => laid_out(policy.get()),
                (None, None) => String::new(),
            },
            config: raw.config,
            trusted: raw.trusted.map(|t| crate::config::Trusted {
                vpcs: t.vpcs,
                vpc_endpoints: t.vpc_endpoints,
                accounts: t.accounts,
                organizations: t.organizations,
                buckets: t.buckets,
                principals: t.principals,
                ip_ranges: t.ip_ranges,
            }),
        };
        Ok(Examples {
            pass: raw.pass.into_iter().map(make).collect(),
            fail: raw.fail.into_iter().map(make).collect(),
        })
    }
}

/// JSON as a person would write it.
fn laid_out(json: &str) -> String {
    parse(json.as_bytes()).documents.first().map(layout).unwrap_or_default()
}

pub(super) fn dir(set: &mut RuleSet, dir: &Path) -> Result<(), RuleError> {
    let shown = dir.display().to_string();
    let entries = std::fs::read_dir(dir)
        .map_err(|e| RuleError::whole(&shown, format!("cannot read this folder: {e}")))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| RuleError::whole(&shown, e.to_string()))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|e| e == "json") && !name.ends_with(".schema.json") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(RuleError::whole(&shown, "no rule file (`*.json`) in this folder"));
    }
    let read = |path: PathBuf| {
        let shown = path.display().to_string();
        match crate::source::files::read(&path) {
            Ok(bytes) => Ok((shown, bytes)),
            Err(error) => Err(RuleError::whole(&shown, error.to_string())),
        }
    };
    add(set, files.into_iter().map(read))
}

/// Adds rule files, given as path and bytes: all of them or, when one cannot be used, none.
pub(super) fn add(
    set: &mut RuleSet,
    files: impl IntoIterator<Item = Result<(String, Vec<u8>), RuleError>>,
) -> Result<(), RuleError> {
    let mut rules = set.rules.clone();
    let mut unless = Vec::new();
    for file in files {
        let (path, bytes) = file?;
        let (rule, places) = user_rule(&path, &bytes)?;
        if rules.iter().any(|other| other.id == rule.id) {
            let message = format!("the id `{}` is taken by another rule", rule.id);
            return Err(RuleError { message, ..places.id });
        }
        unless.extend(rule.unless.iter().cloned().zip(places.unless));
        rules.push(rule);
    }
    for (id, place) in unless {
        if !rules.iter().any(|rule| rule.id == id) {
            return Err(RuleError { message: format!("there is no rule `{id}`"), ..place });
        }
    }
    *set = finish(rules)?;
    Ok(())
}

/// Where a rule file says what can only be judged beside the other files.
struct Places {
    id: RuleError,
    unless: Vec<RuleError>,
}

impl Places {
    fn of(path: &str, text: &str, document: &Node) -> Self {
        let at = |node: &Node| RuleError::at(path, text, node.span, "", None);
        let unless = document.get("unless").map(|list| match &list.value {
            Value::Array(items) => items.iter().map(at).collect(),
            _ => Vec::new(),
        });
        Self { id: at(document.get("id").unwrap_or(document)), unless: unless.unwrap_or_default() }
    }
}

/// Reads one rule file of a user's.
fn user_rule(path: &str, bytes: &[u8]) -> Result<(Rule, Places), RuleError> {
    let text = String::from_utf8_lossy(bytes);
    let parsed = parse(bytes);
    if let Some(error) = parsed.errors.first() {
        return Err(RuleError::at(path, &text, error.span, error.message.clone(), error.help.clone()));
    }
    let Some(document) = parsed.documents.first() else {
        return Err(RuleError::whole(path, "the file is empty"));
    };
    let schema: serde_json::Value =
        serde_json::from_str(RULE_SCHEMA).map_err(|e| RuleError::whole("rule.schema.json", e.to_string()))?;
    let gate = Gate::new(&[("rule".to_owned(), schema)])
        .map_err(|e| RuleError::whole("rule.schema.json", e.to_string()))?;
    if let Some(problem) = gate.problems(document).into_iter().next() {
        return Err(RuleError::at(path, &text, problem.span, problem.message, problem.help));
    }
    if let Some(key) = repeated_key(document) {
        let message = format!("the key `{}` stands here a second time", key.value);
        return Err(RuleError::at(path, &text, key.span, message, Some("put both together".to_owned())));
    }
    let value = crate::source::to_json(document);
    let raw: Raw = serde_json::from_value(value).map_err(|e| RuleError::whole(path, e.to_string()))?;
    if raw.check.is_some() {
        let span = document.member("check").map_or(document.span, |m| m.key.span);
        let help = Some("write what the policy has to look like as `schema`".to_owned());
        return Err(RuleError::at(
            path,
            &text,
            span,
            "`check` is for the rules that come with the program",
            help,
        ));
    }
    if let Some(schema) = &raw.schema {
        Gate::new(&[(raw.id.clone(), schema.clone())]).map_err(|e| {
            let span = document.member("schema").map_or(document.span, |m| m.key.span);
            RuleError::at(path, &text, span, format!("this is no usable JSON Schema: {e}"), None)
        })?;
    }
    let mut rule = rule(raw).map_err(|message| RuleError::whole(path, message))?;
    rule.keep_words(document, &text);
    Ok((rule, Places::of(path, &text, document)))
}

/// A key that an object has twice. The policy of an example may well have one: that can be what it shows.
fn repeated_key(node: &Node) -> Option<&Text> {
    match &node.value {
        Value::Array(items) => items.iter().find_map(repeated_key),
        Value::Object(members) => {
            let mut seen = std::collections::BTreeSet::new();
            members.iter().find_map(|member| {
                let is_example = &*member.key.value == "policy";
                let is_new = seen.insert(&member.key.value);
                if is_new { (!is_example).then(|| repeated_key(&member.value))? } else { Some(&member.key) }
            })
        }
        _ => None,
    }
}

impl Rule {
    /// Takes the requests and the examples as the file words them: in the order in which their members stand there.
    fn keep_words(&mut self, document: &Node, text: &str) {
        let words = |name| document.get(name).and_then(|node| text.get(node.span.range())).map(str::to_owned);
        self.requests = words("requests").map_or_else(|| self.requests.clone(), Cow::Owned);
        if let Some(examples) = words("examples") {
            self.examples = ExamplesText(Cow::Owned(examples));
        }
    }
}

/// Sorts the rules, and refuses ids that are taken and `unless` that lead nowhere or in a circle.
fn finish(mut rules: Vec<Rule>) -> Result<RuleSet, RuleError> {
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    for pair in rules.windows(2) {
        if let [a, b] = pair
            && a.id == b.id
        {
            let message = format!("there are two rules with the id `{}`", a.id);
            return Err(RuleError::whole(&format!("{}.json", a.id), message));
        }
    }
    let set = RuleSet { rules };
    for rule in &set.rules {
        for other in &rule.unless {
            let file = format!("{}.json", rule.id);
            match set.get(other) {
                // One step is enough to exclude circles: a rule that others are waiting for waits for none.
                Some(other) if !other.unless.is_empty() && other.unless.contains(&rule.id) => {
                    return Err(RuleError::whole(
                        &file,
                        format!("`unless` leads in a circle to `{}`", other.id),
                    ));
                }
                Some(_) => {}
                None => return Err(RuleError::whole(&file, format!("`unless` names no rule: `{other}`"))),
            }
        }
    }
    Ok(set)
}

fn rule(raw: Raw) -> Result<Rule, String> {
    let requests = match &raw.requests {
        Some(OneOrMany::One(set)) => set.to_string(),
        Some(OneOrMany::Many(sets)) => json!(sets).to_string(),
        None => "null".to_owned(),
    };
    let body = match (raw.requests, raw.expect, raw.schema, raw.check) {
        (Some(requests), Some(expect), None, None) => {
            let only_if = match raw.only_if {
                Some(condition) => Some(Box::new(Condition {
                    requests: condition.requests.sets()?,
                    expect: condition.expect.into(),
                })),
                None => None,
            };
            Body::Decision { requests: requests.sets()?, expect: expect.into(), only_if }
        }
        (None, None, Some(schema), None) => Body::Schema(Cow::Owned(schema.to_string())),
        (None, None, None, Some(check)) => Body::Check(Cow::Owned(check)),
        _ => return Err("a rule has either `requests` and `expect`, or `schema`, or `check`".to_owned()),
    };
    Ok(Rule {
        id: raw.id.into(),
        title: raw.title,
        applies_to: raw.applies_to,
        severity: raw.severity,
        severity_if: by_outcome(raw.severity_if)?,
        message_if: by_outcome(raw.message_if)?,
        unless: raw.unless.into_iter().map(Arc::from).collect(),
        message: raw.message,
        help: raw.help,
        explanation: raw.explanation,
        holds: raw.holds,
        reference: raw.reference,
        since: raw.since,
        fix: raw.fix.as_ref().map(RawFix::read).transpose()?,
        builtin: false,
        body,
        requests: Cow::Owned(requests),
        examples: ExamplesText(raw.examples.map_or(Cow::Borrowed("{}"), |e| Cow::Owned(e.to_string()))),
    })
}

fn by_outcome<T>(cases: BTreeMap<String, T>) -> Result<Vec<(Outcome, T)>, String> {
    let case = |(outcome, then): (String, T)| {
        let outcome =
            serde_json::from_value(serde_json::Value::String(outcome)).map_err(|e| e.to_string())?;
        Ok((outcome, then))
    };
    cases.into_iter().map(case).collect()
}

/// A set of requests as a policy document: its one statement.
fn document(set: &serde_json::Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [set] }).to_string()
}
