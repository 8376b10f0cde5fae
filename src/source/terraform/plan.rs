//! What `terraform show -json` prints of a plan or a state, and the state file itself: the resources with their values, where almost
//! everything is known.
//!
//! Source: Terraform's documentation, "JSON Output Format"; state files of version 4.

use super::written::without_keys;
use crate::source::deployed::{Found, default_policy, is_s3, only_at_deploy_time, service_unknown, unfolded};
use crate::source::locate::{Located, Wrapper};
use crate::source::span::Span;
use crate::source::tree::{Node, Text, Value};
use std::borrow::Cow;

/// Whether a document is one of these.
pub(in crate::source) fn is_plan(document: &Node) -> bool {
    let has = |key: &&str| document.get(key).is_some();
    document.get("planned_values").is_some_and(|values| values.get("root_module").is_some())
        || has(&"terraform_version") && ["values", "resources"].iter().any(has)
}

/// A resource of a plan or state.
struct Resource<'t> {
    address: String,
    kind: &'t str,
    values: &'t Node,
    /// Its name or address in the document.
    place: Span,
}

/// The policies of a plan or a state.
pub(in crate::source) fn policies(document: &Node, number: usize) -> Found {
    let mut resources = Vec::new();
    match document.get("planned_values").or_else(|| document.get("values")) {
        Some(values) => {
            if let Some(module) = values.get("root_module") {
                of_module(module, &mut resources);
            }
        }
        None => of_state(document, &mut resources),
    }
    let mut found = Found::default();
    for resource in &resources {
        let wrapper = match resource.kind {
            "aws_s3_bucket_policy" => Wrapper::BucketPolicyResource,
            "aws_s3_bucket" if !has_own_policy(resource, &resources) => Wrapper::BucketPolicyResource,
            "aws_vpc_endpoint" => match text(resource.values, "service_name").map(is_s3) {
                Some(Some(true)) => Wrapper::EndpointResource,
                Some(Some(false)) => continue,
                Some(None) | None => {
                    found.errors.push(service_unknown(&resource.address, resource.place));
                    continue;
                }
            },
            "aws_vpc_endpoint_policy" if is_of_s3(resource, &resources) => Wrapper::EndpointResource,
            _ => continue,
        };
        let written = resource.values.get("policy").filter(|node| !matches!(node.value, Value::Null));
        let (node, is_default, embedding) = match written {
            Some(node) => {
                let (node, embedding) = unfolded(node.clone(), &mut found.errors);
                if node.text().is_some_and(|text| text.value.is_empty()) {
                    continue;
                }
                (node, false, embedding)
            }
            None if is_written(document, &resource.address) => {
                let words = format!("{}.policy", resource.address);
                found.errors.push(only_at_deploy_time(&words, resource.place));
                continue;
            }
            None if resource.kind == "aws_vpc_endpoint"
                && !has_policy_resource(document, &resource.address) =>
            {
                (default_policy(resource.place), true, 1)
            }
            None => continue,
        };
        found.located.push(Located {
            node: Cow::Owned(node),
            wrapper: Some(wrapper),
            document: number,
            address: resource.address.clone(),
            resource: Some(resource.address.clone()),
            bare_statement: false,
            embedding,
            is_default,
        });
    }
    found
}

fn of_module<'t>(module: &'t Node, out: &mut Vec<Resource<'t>>) {
    for resource in list(module, "resources") {
        let (Some(address), Some(kind), Some(values)) =
            (text(resource, "address"), text(resource, "type").and_then(Text::known), resource.get("values"))
        else {
            continue;
        };
        if text(resource, "mode").and_then(Text::known) != Some("data") {
            out.push(Resource { address: address.value.to_string(), kind, values, place: address.span });
        }
    }
    for child in list(module, "child_modules") {
        of_module(child, out);
    }
}

fn of_state<'t>(document: &'t Node, out: &mut Vec<Resource<'t>>) {
    for resource in list(document, "resources") {
        let (Some(name), Some(kind)) = (text(resource, "name"), text(resource, "type").and_then(Text::known))
        else {
            continue;
        };
        if text(resource, "mode").and_then(Text::known) == Some("data") {
            continue;
        }
        let module = text(resource, "module").map(|module| format!("{}.", module.value)).unwrap_or_default();
        for instance in list(resource, "instances") {
            let Some(values) = instance.get("attributes") else { continue };
            out.push(Resource {
                address: format!("{module}{kind}.{}", name.value),
                kind,
                values,
                place: name.span,
            });
        }
    }
}

/// Whether the policy of a bucket is that of an `aws_s3_bucket_policy`, which is looked at by itself.
fn has_own_policy(bucket: &Resource<'_>, resources: &[Resource<'_>]) -> bool {
    let name = |resource: &Resource<'_>| text(resource.values, "bucket").map(|t| t.value.clone());
    bucket.values.get("policy").is_none()
        || resources.iter().any(|other| other.kind == "aws_s3_bucket_policy" && name(other) == name(bucket))
}

/// Whether the endpoint of a policy leads to S3: the only endpoints there are, when its id is not known yet.
fn is_of_s3(policy: &Resource<'_>, resources: &[Resource<'_>]) -> bool {
    let id = text(policy.values, "vpc_endpoint_id").map(|t| &t.value);
    let mut endpoints = resources.iter().filter(|r| r.kind == "aws_vpc_endpoint");
    endpoints.any(|endpoint| {
        let is_it = id.is_none_or(|id| text(endpoint.values, "id").is_some_and(|t| t.value == *id));
        is_it && text(endpoint.values, "service_name").and_then(is_s3) == Some(true)
    })
}

/// Whether the configuration of a plan says what the policy of a resource is.
fn is_written(document: &Node, address: &str) -> bool {
    configured(document, address).is_some_and(|(_, resource)| {
        resource.get("expressions").and_then(|e| e.get("policy")).is_some_and(|policy| {
            // What is written as `null` is not written.
            policy.get("constant_value").is_none_or(|constant| !matches!(constant.value, Value::Null))
        })
    })
}

/// Whether an `aws_vpc_endpoint_policy` of the same module speaks of an endpoint.
fn has_policy_resource(document: &Node, address: &str) -> bool {
    let Some((module, endpoint)) = configured(document, address) else { return false };
    let Some(own) = text(endpoint, "address") else { return false };
    list(module, "resources").iter().any(|resource| {
        let id = resource.get("expressions").and_then(|e| e.get("vpc_endpoint_id"));
        let references = id.map(|id| list(id, "references")).unwrap_or_default();
        text(resource, "type").and_then(Text::known) == Some("aws_vpc_endpoint_policy")
            && references.iter().filter_map(Node::text).any(|reference| reference.value == own.value)
    })
}

/// The module and the block of the configuration that make the resource with this address.
fn configured<'t>(document: &'t Node, address: &str) -> Option<(&'t Node, &'t Node)> {
    let mut module = document.get("configuration")?.get("root_module")?;
    let plain = without_keys(address);
    let mut rest = &*plain;
    while let Some(inner) = rest.strip_prefix("module.") {
        let (name, after) = inner.split_once('.')?;
        module = module.get("module_calls")?.get(name)?.get("module")?;
        rest = after;
    }
    let mut resources = list(module, "resources").iter();
    let found = resources.rfind(|r| text(r, "address").is_some_and(|a| &*a.value == rest))?;
    Some((module, found))
}

fn list<'t>(node: &'t Node, key: &str) -> &'t [Node] {
    node.get(key).and_then(Node::array).unwrap_or_default()
}

fn text<'t>(node: &'t Node, key: &str) -> Option<&'t Text> {
    node.get(key)?.text()
}
