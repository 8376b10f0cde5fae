//! For programs. The types here are the contract: they change by adding keys only.

use super::{DiffSummary, FileDiff, words};
use crate::diff::{Meaning, PolicyDiff};
use crate::engine::Request;
use crate::engine::changes::{Body, Callers, Class, Share, Version};
use crate::engine::space::Network;
use crate::policy::{Effect, Element, PolicyKind, PrincipalEntry, Template};
use crate::report::json;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};

const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Output<'d> {
    schema_version: u32,
    policies: Vec<PolicyOut<'d>>,
    summary: DiffSummary,
}

#[derive(Serialize)]
struct PolicyOut<'d> {
    path: &'d str,
    old_path: Option<&'d str>,
    old: Option<usize>,
    new: Option<usize>,
    kind: Option<PolicyKind>,
    meaning: &'static str,
    reason: Option<&'d str>,
    changes: Vec<ClassOut<'d>>,
}

#[derive(Serialize)]
struct ClassOut<'d> {
    change: &'static str,
    share: &'static str,
    reason: Option<&'d str>,
    message: String,
    callers: Option<Vec<&'static str>>,
    ways: Option<Vec<&'static str>>,
    actions: &'d [String],
    actions_are_exceptions: bool,
    statements: Vec<BodyOut<'d>>,
    example: Option<ExampleOut<'d>>,
}

/// A statement, cut down to what the class is about, in the language of policies.
#[derive(Serialize)]
struct BodyOut<'d> {
    version: &'static str,
    /// Null for the default policy, which stands in no file.
    index: Option<usize>,
    sid: Option<&'d str>,
    body: Map<String, Value>,
}

#[derive(Serialize)]
struct ExampleOut<'d> {
    #[serde(flatten)]
    request: &'d Request,
    before: &'static str,
    after: &'static str,
}

pub(super) fn write(files: &[FileDiff], out: &mut dyn Write) -> io::Result<()> {
    let all = files.iter().flat_map(|file| file.policies.iter().map(move |policy| (file, policy)));
    let policies = all.map(|(file, policy)| self::policy(file, policy)).collect();
    json::write(&Output { schema_version: SCHEMA_VERSION, policies, summary: DiffSummary::of(files) }, out)?;
    out.flush()
}

fn policy<'d>(file: &'d FileDiff, policy: &'d PolicyDiff) -> PolicyOut<'d> {
    let (meaning, reason, classes): (_, _, &[Class]) = match &policy.meaning {
        Meaning::Same => ("same", None, &[]),
        Meaning::Undecided(reason) => ("undecided", Some(reason.as_str()), &[]),
        Meaning::Changed(classes) => ("changed", None, classes),
    };
    PolicyOut {
        path: &file.path,
        old_path: file.old_path.as_deref(),
        old: policy.old,
        new: policy.new,
        kind: policy.kind,
        meaning,
        reason,
        changes: classes.iter().map(|c| class(c, policy)).collect(),
    }
}

fn class<'d>(class: &'d Class, policy: &PolicyDiff) -> ClassOut<'d> {
    let (share, reason) = match &class.share {
        Share::Every => ("every", None),
        Share::Remaining => ("remaining", None),
        Share::Some => ("some", None),
        Share::Undecided(reason) => ("undecided", Some(reason.as_str())),
    };
    let callers = class.callers.as_ref().map(|list| {
        let name = |c: &Callers| match c {
            Callers::Anonymous => "anonymous",
            Callers::Iam => "iam",
            Callers::Service => "service",
            Callers::CanonicalUser => "canonicalUser",
        };
        list.iter().map(name).collect()
    });
    let ways = class.ways.as_ref().map(|list| {
        let name = |w: &Network| match w {
            Network::Internet => "internet",
            Network::Endpoint => "endpoint",
            Network::Service => "service",
        };
        list.iter().map(name).collect()
    });
    ClassOut {
        change: class.change.as_str(),
        share,
        reason,
        message: words::sentence(class, policy),
        callers,
        ways,
        actions: &class.actions.texts,
        actions_are_exceptions: class.actions.negated,
        statements: class.bodies.iter().map(|b| body(b, policy)).collect(),
        example: class.example.as_ref().map(|e| ExampleOut {
            request: &e.request,
            before: e.before.as_str(),
            after: e.after.as_str(),
        }),
    }
}

fn body<'d>(body: &'d Body, policy: &PolicyDiff) -> BodyOut<'d> {
    let statement = &body.statement;
    let (version, exists) = match body.version {
        Version::Old => ("old", policy.old.is_some()),
        Version::New => ("new", policy.new.is_some()),
        Version::Both => ("both", policy.new.is_some()),
    };
    let mut out = Map::new();
    let mut add = |name: &str, value: Value| out.insert(name.to_owned(), value);
    if let Some(effect) = statement.effect {
        add("Effect", Effect::as_str(effect).into());
    }
    if let Some(element) = &statement.principal {
        add(if element.negated { "NotPrincipal" } else { "Principal" }, principals(element));
    }
    if let Some(element) = &statement.action {
        add(if element.negated { "NotAction" } else { "Action" }, texts(&element.values));
    }
    if let Some(element) = &statement.resource {
        add(if element.negated { "NotResource" } else { "Resource" }, texts(&element.values));
    }
    if !statement.conditions.is_empty() {
        let mut blocks = Map::new();
        for condition in &statement.conditions {
            let block = blocks.entry(condition.operator.to_string()).or_insert_with(|| Map::new().into());
            if let Some(block) = block.as_object_mut() {
                block.insert(condition.key.to_string(), texts(&condition.values));
            }
        }
        add("Condition", blocks.into());
    }
    BodyOut {
        version,
        index: exists.then_some(statement.index),
        sid: statement.sid.as_ref().map(|sid| &*sid.value),
        body: out,
    }
}

fn principals(element: &Element<PrincipalEntry>) -> Value {
    let mut groups = Map::new();
    for entry in &element.values {
        let Some(group) = entry.pattern.group() else { return "*".into() };
        let list = groups.entry(group).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(entry.pattern.to_string().into());
        }
    }
    groups.into()
}

fn texts(values: &[Template]) -> Value {
    values.iter().map(|v| Value::from(&*v.source)).collect()
}
