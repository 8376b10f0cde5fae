//! `policy-resource-type`: actions that fit none of their statement's resources, such as `s3:GetObject` on a bucket's
//! ARN. S3 refuses them ("Action does not apply to any resource(s) in statement").

use super::action::Named;
use super::pattern;
use super::resource::{self, Arn};
use super::view::{Part, View};
use super::words::quote;
use super::{Problem, Remedy};
use crate::aws::{Action, ActionSet, ResourceType};
use crate::policy::PolicyKind;
use crate::source::short;

/// Which kinds of thing a statement's resources can be.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of kinds")]
struct Reach {
    everything: bool,
    bucket: bool,
    object: bool,
    /// Access points, jobs and the like: not told apart.
    other: bool,
    /// `arn:aws:s3:::*`, which AWS's samples use for actions on the account.
    all_buckets: bool,
}

impl Reach {
    fn admits(self, action: &Action) -> bool {
        let types = &action.resources;
        self.everything
            || self.bucket && action.applies_to(ResourceType::Bucket)
            || self.object && action.applies_to(ResourceType::Object)
            || self.other && types.iter().any(|t| !matches!(t, ResourceType::Bucket | ResourceType::Object))
    }
}

/// The kinds of thing, or `None` when a resource is malformed or not wholly known.
fn reach(view: &View) -> Option<Reach> {
    let part = view.resource?;
    if part.negated {
        return Some(Reach { everything: true, ..Reach::default() });
    }
    let mut reach = Reach::default();
    for text in part.texts() {
        let name = text.known()?;
        if name == "*" {
            reach.everything = true;
            continue;
        }
        if let Some(resource) = resource::usual(name).filter(|r| !pattern::has_variable(r)) {
            let is_object = short::has_any(resource, b"/");
            reach.object |= is_object;
            reach.bucket |= !is_object;
            continue;
        }
        if resource::form(text, None, true).is_some() || !name.starts_with("arn:") {
            return None;
        }
        let Some(arn) = Arn::split(name) else {
            // `arn:aws:s3:*` and the like.
            reach.everything = true;
            continue;
        };
        if pattern::has_variable(name) && !arn.resource.contains("${") {
            return None;
        }
        if arn.service != "s3" {
            reach.other = true;
            continue;
        }
        let empty = |field: &str| field.trim_matches('*').is_empty();
        let any = |field: &str| field.contains(['*', '?']);
        if empty(arn.region) && empty(arn.account) {
            // A variable's value may hold a slash.
            let open = pattern::has_variable(arn.resource);
            let before_variable = arn.resource.split("${").next().unwrap_or_default();
            reach.bucket |= !before_variable.contains('/') && (open || !arn.resource.contains('/'));
            reach.object |= arn.resource.contains(['/', '*', '?']) || open;
            reach.all_buckets |= arn.resource.trim_matches('*').is_empty();
        }
        reach.other |=
            !arn.region.is_empty() || !arn.account.is_empty() || any(arn.region) || any(arn.account);
    }
    let any = reach.everything || reach.bucket || reach.object || reach.other;
    any.then_some(reach)
}

/// The statement's S3 actions that fit one of its resources; `None` when that is not known.
pub fn effective(view: &View) -> Option<ActionSet> {
    let set = view.actions.set?;
    let reach = reach(view)?;
    if reach.everything {
        return Some(set);
    }
    let mut out = ActionSet::default();
    let fits = |action: &&Action| reach.admits(action) || reach.all_buckets && action.resources.is_empty();
    set.actions().filter(fits).for_each(|action| out.insert(action.index));
    Some(out)
}

/// The objects of the buckets that the element names, or the buckets of the objects.
fn completion(part: Part<'_>, objects: bool) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    for text in part.texts() {
        let name = text.known().filter(|name| resource::usual(name).is_some())?;
        let entry = if objects { format!("{name}/*") } else { name.split('/').next()?.to_owned() };
        if !out.contains(&entry) {
            out.push(entry);
        }
    }
    Some(out).filter(|entries| !entries.is_empty())
}

/// Runs the check.
pub fn check(view: &View, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    let (Some(part), Some(resources)) = (view.action, view.resource) else { return };
    let Some(reach) = reach(view).filter(|r| !r.everything && !part.negated) else { return };
    for (text, named) in &view.actions.entries {
        let Named::S3(set) = named else { continue };
        if set.actions().any(|a| reach.admits(a)) {
            continue;
        }
        let name = quote(&text.value);
        let problem = |message: String| {
            Problem::new("policy-resource-type", text.span, message)
                .related(resources.value.span, "the statement's resources")
        };
        let account_only = set.actions().all(|a| a.resources.is_empty());
        if account_only && reach.all_buckets && kind != Some(PolicyKind::Bucket) {
            let message = format!(
                "{name} works on the account, and AWS's pages disagree on whether `arn:aws:s3:::*` covers it"
            );
            out.push(problem(message).note().help("write `\"Resource\": \"*\"` for it"));
            continue;
        }
        let (what, help) = if account_only {
            (
                "the account, not on a bucket",
                "write `\"Resource\": \"*\"` for it, in an endpoint or identity policy",
            )
        } else if set.actions().all(|a| a.applies_to(ResourceType::Object)) {
            ("objects, and the statement names none", "add the objects: `arn:aws:s3:::BUCKET/*`")
        } else if set.actions().all(|a| a.applies_to(ResourceType::Bucket)) {
            (
                "the bucket, and the statement names only objects",
                "add the bucket itself: `arn:aws:s3:::BUCKET`",
            )
        } else {
            ("none of the statement's resources", "name a resource that the action works on")
        };
        let found = problem(format!("{name} works on {what}")).help(help);
        let wanted = set.actions().all(|a| a.applies_to(ResourceType::Object));
        let found = match completion(resources, wanted).filter(|_| !account_only) {
            Some(entries) => found.remedy(Remedy::Add { span: resources.value.span, entries }),
            None => found,
        };
        // What an endpoint's policy names in vain does no harm by itself.
        out.push(if kind == Some(PolicyKind::Bucket) { found } else { found.warning() });
    }
}
