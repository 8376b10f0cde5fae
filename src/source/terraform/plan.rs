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
use std::collections::{BTreeMap, BTreeSet};

/// The types of resources that are looked at: no others matter.
pub(in crate::source) const KINDS: [&str; 4] = [BUCKET, BUCKET_POLICY, ENDPOINT, ENDPOINT_POLICY];

const BUCKET: &str = "aws_s3_bucket";
const BUCKET_POLICY: &str = "aws_s3_bucket_policy";
const ENDPOINT: &str = "aws_vpc_endpoint";
const ENDPOINT_POLICY: &str = "aws_vpc_endpoint_policy";

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

impl<'t> Resource<'t> {
    fn value(&self, key: &str) -> Option<&'t str> {
        text(self.values, key).map(|text| &*text.value)
    }

    /// Whether it leads to S3; `None`: that is not known yet.
    fn service(&self) -> Option<bool> {
        text(self.values, "service_name").and_then(is_s3)
    }
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
    let (beside, written) = (Beside::new(&resources), Configuration::new(document));
    let mut found = Found::default();
    for resource in &resources {
        let wrapper = match resource.kind {
            BUCKET_POLICY => Wrapper::BucketPolicyResource,
            BUCKET if !beside.has_own_policy(resource) => Wrapper::BucketPolicyResource,
            ENDPOINT => match resource.service() {
                Some(true) => Wrapper::EndpointResource,
                Some(false) => continue,
                None => {
                    found.errors.push(service_unknown(&resource.address, resource.place));
                    continue;
                }
            },
            ENDPOINT_POLICY if beside.is_of_s3(resource) => Wrapper::EndpointResource,
            _ => continue,
        };
        let policy = resource.values.get("policy").filter(|node| !matches!(node.value, Value::Null));
        let (node, is_default, embedding) = match policy {
            Some(node) => {
                let (node, embedding) = unfolded(node.clone(), &mut found.errors);
                if node.text().is_some_and(|text| text.value.is_empty()) {
                    continue;
                }
                (node, false, embedding)
            }
            None if written.says_policy_of(&resource.address) => {
                let words = format!("{}.policy", resource.address);
                found.errors.push(only_at_deploy_time(&words, resource.place));
                continue;
            }
            None if resource.kind == ENDPOINT && !written.has_policy_resource(&resource.address) => {
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

/// What resources say of others.
struct Beside<'t> {
    /// The buckets that an `aws_s3_bucket_policy` speaks of; `None`: one whose name is not known yet.
    buckets: BTreeSet<Option<&'t str>>,
    /// The ids of the endpoints to S3.
    endpoints: BTreeSet<Option<&'t str>>,
}

impl<'t> Beside<'t> {
    fn new(resources: &[Resource<'t>]) -> Self {
        let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
        let endpoints = of(ENDPOINT).filter(|endpoint| endpoint.service() == Some(true));
        Self {
            buckets: of(BUCKET_POLICY).map(|policy| policy.value("bucket")).collect(),
            endpoints: endpoints.map(|endpoint| endpoint.value("id")).collect(),
        }
    }

    /// Whether the policy of a bucket is that of an `aws_s3_bucket_policy`, which is looked at by itself.
    fn has_own_policy(&self, bucket: &Resource<'_>) -> bool {
        bucket.values.get("policy").is_none() || self.buckets.contains(&bucket.value("bucket"))
    }

    /// Whether the endpoint of a policy leads to S3: the only endpoints there are, when its id is not known yet.
    fn is_of_s3(&self, policy: &Resource<'_>) -> bool {
        match policy.value("vpc_endpoint_id") {
            None => !self.endpoints.is_empty(),
            id => self.endpoints.contains(&id),
        }
    }
}

/// What the configuration of a plan writes.
#[derive(Default)]
struct Configuration<'t> {
    /// The blocks of resources by their addresses, without the keys of instances, each with the number of its module.
    blocks: BTreeMap<String, (usize, &'t Node)>,
    /// For each module what its `aws_vpc_endpoint_policy` speak of.
    spoken_of: Vec<BTreeSet<&'t str>>,
}

impl<'t> Configuration<'t> {
    fn new(document: &'t Node) -> Self {
        let mut out = Self::default();
        if let Some(module) = document.get("configuration").and_then(|c| c.get("root_module")) {
            out.module(module, "");
        }
        out
    }

    fn module(&mut self, module: &'t Node, prefix: &str) {
        let number = self.spoken_of.len();
        let mut spoken_of = BTreeSet::new();
        for resource in list(module, "resources") {
            let kind = text(resource, "type").and_then(Text::known);
            let Some(kind) = kind.filter(|kind| KINDS.contains(kind)) else { continue };
            if let Some(address) = text(resource, "address") {
                self.blocks.insert(format!("{prefix}{}", address.value), (number, resource));
            }
            if kind == ENDPOINT_POLICY {
                let id = resource.get("expressions").and_then(|e| e.get("vpc_endpoint_id"));
                let references = id.map(|id| list(id, "references")).unwrap_or_default();
                spoken_of.extend(references.iter().filter_map(Node::text).map(|text| &*text.value));
            }
        }
        self.spoken_of.push(spoken_of);
        for call in module.get("module_calls").and_then(Node::object).unwrap_or_default() {
            if let Some(inner) = call.value.get("module") {
                self.module(inner, &format!("{prefix}module.{}.", call.key.value));
            }
        }
    }

    fn block(&self, address: &str) -> Option<(usize, &'t Node)> {
        self.blocks.get(&without_keys(address)).copied()
    }

    /// Whether it says what the policy of a resource is.
    fn says_policy_of(&self, address: &str) -> bool {
        self.block(address).is_some_and(|(_, resource)| {
            resource.get("expressions").and_then(|e| e.get("policy")).is_some_and(|policy| {
                // What is written as `null` is not written.
                policy.get("constant_value").is_none_or(|constant| !matches!(constant.value, Value::Null))
            })
        })
    }

    /// Whether an `aws_vpc_endpoint_policy` of the same module speaks of an endpoint.
    fn has_policy_resource(&self, address: &str) -> bool {
        let Some((module, endpoint)) = self.block(address) else { return false };
        let own = text(endpoint, "address").map(|own| &*own.value);
        own.is_some_and(|own| self.spoken_of.get(module).is_some_and(|spoken_of| spoken_of.contains(own)))
    }
}

fn list<'t>(node: &'t Node, key: &str) -> &'t [Node] {
    node.get(key).and_then(Node::array).unwrap_or_default()
}

fn text<'t>(node: &'t Node, key: &str) -> Option<&'t Text> {
    node.get(key)?.text()
}
