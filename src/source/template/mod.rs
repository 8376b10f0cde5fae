//! CloudFormation templates, and what SAM and the CDK make of them: where in one the policies stand, and what their references
//! come to. A value that is known only at deploy time becomes a symbol, equal to itself and otherwise unknown.
//!
//! Knows the template language and two resource types; nothing of what a policy means.
//!
//! Sources: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters reference";
//! `AWS::EC2::VPCEndpoint` and `AWS::S3::BucketPolicy` in the resource reference.

mod functions;
mod worlds;

use super::deployed::{Found, default_policy, is_s3, only_at_deploy_time, quoted, reference, unfolded};
use super::locate::{Located, Wrapper};
use super::pointer::escape;
use super::span::Span;
use super::syntax_error::SyntaxError;
use super::syntax_error::SyntaxErrorKind::{NotRead, ServiceUnknown};
use super::tree::{Member, Node, Text, Value};
use functions::{Functions, World};
use std::borrow::Cow;
use worlds::worlds;

pub(super) const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";
pub(super) const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";

/// Whether a document is a template: it has resources, and one of them has a type of AWS's.
pub(super) fn is_template(document: &Node) -> bool {
    let resources = document.get("Resources").and_then(Node::object).unwrap_or_default();
    resources.iter().any(|resource| {
        kind(resource).is_some_and(|kind| kind.starts_with("AWS::"))
            || resource.key.value.starts_with(FOR_EACH)
    })
}

/// Whether a document is what the CDK notes of its constructs, `tree.json`.
pub(super) fn is_tree(document: &Node) -> bool {
    let version = document.get("version").and_then(Node::text).and_then(Text::known);
    version.is_some_and(|version| version.starts_with("tree-")) && document.get("tree").is_some()
}

/// Resources that a loop makes.
const FOR_EACH: &str = "Fn::ForEach::";

fn kind(resource: &Member) -> Option<&str> {
    resource.value.get("Type")?.text()?.known()
}

/// The bucket policies and S3 endpoint policies of a template, those that are not written down too: an endpoint without one has
/// the default. When conditions of the template decide what a policy says, each way is one of them.
pub(super) fn policies(document: &Node, number: usize) -> Found {
    let mut out = Found::default();
    let functions = Functions::new(document);
    let resources = document.get("Resources").and_then(Node::object).unwrap_or_default();
    for resource in resources {
        let properties = resource.value.get("Properties");
        let mut remark = |kind, span, message: String| {
            out.errors.push(SyntaxError::new(kind, span, message));
        };
        if resource.key.value.starts_with(FOR_EACH) {
            if speaks_of_policies(&resource.value) {
                remark(
                    NotRead,
                    resource.key.span,
                    "the policies that this loop makes were not read".to_owned(),
                );
            }
            continue;
        }
        let wrapper = match kind(resource) {
            Some(BUCKET_POLICY) => Wrapper::BucketPolicyResource,
            Some(ENDPOINT) => match is_to_s3(&functions, properties) {
                Some(true) => Wrapper::EndpointResource,
                Some(false) => continue,
                None => {
                    let name = quoted(&resource.key.value);
                    let message = format!("it cannot be told whether the endpoint {name} leads to S3");
                    remark(
                        ServiceUnknown,
                        properties.and_then(|p| p.get("ServiceName")).map_or(resource.key.span, |s| s.span),
                        message,
                    );
                    continue;
                }
            },
            _ => {
                if let Some(span) = inner_template(&resource.value) {
                    remark(NotRead, span, "the template in this text was not read".to_owned());
                }
                continue;
            }
        };
        if let Some(name) = written_conditions(properties).get(worlds::MOST) {
            let message =
                format!("this policy depends on too many conditions: {} is taken to be true", quoted(name));
            remark(NotRead, resource.key.span, message);
        }
        let is_endpoint = wrapper == Wrapper::EndpointResource;
        let name = &resource.key.value;
        let written = properties.and_then(|p| p.member("PolicyDocument"));
        let mut known: Vec<Node> = Vec::new();
        for world in worlds(written.map(|m| &m.value)) {
            let policy = written.and_then(|member| {
                let node = functions.resolve(&member.value, &world)?;
                Some(unfolded(node, &mut out.errors))
            });
            if let Some(name) = policy.as_ref().and_then(|(node, _)| reference(node)) {
                let span = written.map_or(resource.key.span, |member| member.value.span);
                out.errors.push(only_at_deploy_time(name, span));
                continue;
            }
            let (policy, is_default, embedding) = match policy {
                Some((node, embedding)) => (node, false, embedding),
                None if is_endpoint => (default_policy(resource.key.span), true, 0),
                // A bucket policy must have one; what is there can only be `AWS::NoValue`.
                None => continue,
            };
            // What two ways come to alike is one policy.
            if known.contains(&policy) {
                continue;
            }
            known.push(policy.clone());
            out.located.push(Located {
                node: Cow::Owned(policy),
                wrapper: Some(wrapper.clone()),
                document: number,
                address: format!("/Resources/{}/Properties/PolicyDocument", escape(name)),
                resource: Some(format!("Resources/{name}")),
                bare_statement: false,
                embedding: embedding + usize::from(is_default),
                is_default,
            });
        }
    }
    out.errors.sort_by_key(|error| error.span);
    out.errors.dedup();
    out
}

/// Whether an endpoint leads to S3; `None` when that is known only at deploy time.
fn is_to_s3(functions: &Functions<'_>, properties: Option<&Node>) -> Option<bool> {
    is_s3(functions.resolve(properties?.get("ServiceName")?, &World::default())?.text()?)
}

fn written_conditions(properties: Option<&Node>) -> Vec<&str> {
    properties.and_then(|p| p.get("PolicyDocument")).map(worlds::conditions).unwrap_or_default()
}

fn speaks_of_policies(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => matches!(&*text.value, BUCKET_POLICY | ENDPOINT),
        Value::Array(items) => items.iter().any(speaks_of_policies),
        Value::Object(members) => members.iter().any(|m| speaks_of_policies(&m.value)),
        _ => false,
    }
}

/// A text that holds a template with policies in it: what a stack set deploys.
fn inner_template(node: &Node) -> Option<Span> {
    match &node.value {
        Value::String(text) => {
            let holds =
                text.value.contains('\n') && [BUCKET_POLICY, ENDPOINT].iter().any(|t| text.value.contains(t));
            holds.then(|| Span { end: node.span.end.min(node.span.start + 1), ..node.span })
        }
        Value::Array(items) => items.iter().find_map(inner_template),
        Value::Object(members) => members.iter().find_map(|m| inner_template(&m.value)),
        _ => None,
    }
}
