//! The evidence that [`super::detect`] weighs: words of the file's name, and facts of the policy's content. Scores
//! are positive for a bucket policy and negative for an endpoint policy; the table stands in the parent module.

use crate::aws::is_aws_owned_bucket_pattern;
use crate::source::{Node, short};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The words of a file's name, in lower case.
pub(super) struct Words(pub(super) Vec<String>);

/// Splits a file's name, without its extension, at everything that is not a letter or digit and at camel case.
pub(super) fn name_words(name: &str) -> Words {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for c in stem.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|w| !w.is_empty());
    Words(words)
}

/// Words of names of policies that are attached to identities: they have no `Principal`.
const IDENTITY_WORDS: [&str; 12] = [
    "iam",
    "identity",
    "role",
    "user",
    "group",
    "permission",
    "permissions",
    "boundary",
    "execution",
    "lambda",
    "inline",
    "managed",
];

/// Words of names of an AWS organization's policies.
const ORGANIZATION_WORDS: [&str; 2] = ["scp", "rcp"];

impl Words {
    fn any(&self, mut test: impl FnMut(&str) -> bool) -> bool {
        self.0.iter().any(|w| test(w))
    }

    fn bucket(&self) -> bool {
        self.any(|w| w.contains("bucket"))
    }

    fn endpoint(&self) -> bool {
        self.any(|w| w.contains("endpoint") || w.starts_with("vpce"))
    }

    fn policy(&self) -> bool {
        self.any(|w| w.contains("policy") || w.contains("policies"))
    }

    /// True when the name promises an endpoint or bucket policy, so that a missing `Principal` is a mistake.
    pub(super) fn expects_principal(&self) -> bool {
        (self.bucket() || self.endpoint()) && self.policy() && !self.any(|w| IDENTITY_WORDS.contains(&w))
    }

    pub(super) fn is_organization_policy(&self) -> bool {
        self.any(|w| ORGANIZATION_WORDS.contains(&w))
    }

    pub(super) fn score(&self) -> i32 {
        match (self.bucket(), self.endpoint(), self.policy()) {
            (true, _, true) => 4,
            (true, _, false) => 3,
            (false, true, true) => -3,
            (false, true, false) => -2,
            (false, false, _) => 0,
        }
    }
}

/// Facts of the content, gathered over all statements.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "a list of independent observations")]
pub(super) struct Content<'t> {
    pub(super) has_principal: bool,
    pub(super) denies_only: bool,
    named_principal: bool,
    service_principal: bool,
    s3_actions: bool,
    other_actions: bool,
    s3_resources: bool,
    other_resources: bool,
    every_resource: bool,
    not_resource: bool,
    buckets: BTreeSet<Cow<'t, str>>,
    network_condition: bool,
    resource_owner_condition: bool,
    bucket_condition: bool,
}

/// Condition keys that tell where a request comes from by its VPC: a bucket policy's fence. In an endpoint policy
/// they limit nothing, since the endpoint itself fixes them.
const NETWORK_KEYS: [&str; 6] = [
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:vpcsourceip",
    "aws:vpceorgid",
    "aws:vpceaccount",
];

/// Condition keys about the bucket's owner: pointless in a bucket policy, the usual fence of an endpoint policy.
const RESOURCE_OWNER_KEYS: [&str; 4] =
    ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"];

/// Condition keys that are at home in bucket policies.
const BUCKET_KEYS: [&str; 11] = [
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:securetransport",
    "aws:referer",
    "aws:multifactorauthage",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:tlsversion",
    "s3:authtype",
    "s3:signatureversion",
];

impl<'t> Content<'t> {
    pub(super) fn of(policy: &'t Node) -> Self {
        let mut content = Self { denies_only: true, ..Self::default() };
        let statements = member(policy, "statement").unwrap_or(policy);
        for statement in statements.one_or_many() {
            content.statement(statement);
        }
        content
    }

    fn statement(&mut self, statement: &'t Node) {
        for (key, value) in members(statement) {
            match element(key) {
                "effect" => {
                    self.denies_only &= value.text().is_some_and(|t| t.value.eq_ignore_ascii_case("deny"));
                }
                "principal" => self.principal(value),
                "notprincipal" => {
                    self.named_principal = true;
                    self.principal(value);
                }
                "action" | "notaction" => texts(value).for_each(|a| self.action(a)),
                "resource" => texts(value).for_each(|r| self.resource(r)),
                "notresource" => {
                    self.not_resource = true;
                    texts(value).for_each(|r| self.resource(r));
                }
                "condition" => self.condition(value),
                _ => {}
            }
        }
    }

    fn principal(&mut self, value: &Node) {
        self.has_principal = true;
        self.named_principal |= texts(value).any(|name| name != "*");
        for (key, names) in members(value) {
            if is_one_of(key, &["service", "canonicaluser"]) {
                self.service_principal = true;
            } else {
                self.named_principal |= texts(names).any(|n| n != "*");
            }
        }
    }

    fn action(&mut self, action: &str) {
        match short::split_once(action, b':') {
            Some((service, _)) if service.eq_ignore_ascii_case("s3") || short::has_any(service, b"*?") => {
                self.s3_actions = true;
            }
            None if short::has_any(action, b"*") => self.s3_actions = true,
            Some((service, _)) if !service.is_empty() => self.other_actions = true,
            _ => {}
        }
    }

    fn resource(&mut self, resource: &'t str) {
        if is_one_of(resource, &["*", "arn:*", "arn:aws:*"]) {
            self.every_resource = true;
            return;
        }
        let mut rest = Some(resource);
        let mut field = |last: bool| {
            let (field, more) = match rest.take()? {
                text if last => (text, None),
                text => {
                    short::split_once(text, b':').map_or((text, None), |(field, more)| (field, Some(more)))
                }
            };
            rest = more;
            Some(field)
        };
        let [_arn, _partition, service, _region, _account, name] =
            [false, false, false, false, false, true].map(|last| field(last).unwrap_or_default());
        if !service.eq_ignore_ascii_case("s3") && !short::has_any(service, b"*?") {
            self.other_resources |= !service.is_empty();
            return;
        }
        self.s3_resources = true;
        let bucket = match short::split_once(name, b'/') {
            Some((word, rest)) if word.eq_ignore_ascii_case("accesspoint") => {
                rest.split('/').next().unwrap_or_default()
            }
            Some((bucket, _)) => bucket,
            None => name,
        };
        if bucket.is_empty() || bucket.chars().all(|c| c == '*') {
            self.every_resource = true;
        } else {
            self.buckets.insert(lower_case(bucket));
        }
    }

    fn condition(&mut self, condition: &Node) {
        for (_, keys) in members(condition) {
            for (key, _) in members(keys) {
                const HEADERS: &str = "s3:x-amz-";
                let is_header = || key.get(..HEADERS.len()).is_some_and(|k| k.eq_ignore_ascii_case(HEADERS));
                self.network_condition |= is_one_of(key, &NETWORK_KEYS);
                self.resource_owner_condition |= is_one_of(key, &RESOURCE_OWNER_KEYS);
                self.bucket_condition |= is_one_of(key, &BUCKET_KEYS) || is_header();
            }
        }
    }

    /// True when the actions, or else the resources, are those of other services only.
    pub(super) fn is_other_service(&self) -> bool {
        (self.other_actions && !self.s3_actions)
            || (self.other_resources && !self.s3_resources && !self.every_resource)
    }

    /// True when actions of S3 stand next to those of other services.
    pub(super) fn mixed_services(&self) -> bool {
        self.s3_actions && self.other_actions
    }

    pub(super) fn score(&self) -> i32 {
        let one_bucket = self.one_bucket();
        let resources = if self.every_resource
            || self.buckets.iter().any(|b| is_aws_owned_bucket_pattern(b))
            || (self.buckets.len() > 1 && !one_bucket)
        {
            -3
        } else if self.buckets.iter().any(|b| is_pattern(b)) && !one_bucket {
            -2
        } else {
            i32::from(one_bucket)
        };
        resources
            + 3 * i32::from(self.network_condition)
            + 3 * i32::from(self.service_principal)
            + i32::from(self.named_principal)
            + i32::from(self.bucket_condition)
            + i32::from(self.denies_only && one_bucket)
            - 2 * i32::from(self.not_resource)
            - 3 * i32::from(self.resource_owner_condition)
    }

    /// True when every bucket is the same one; `name*` next to `name` counts as that one.
    fn one_bucket(&self) -> bool {
        let mut plain = self.buckets.iter().filter(|b| !is_pattern(b));
        let Some(name) = plain.next() else { return false };
        plain.next().is_none()
            && !self.every_resource
            && self.buckets.iter().all(|b| b == name || b.strip_suffix('*') == Some(&**name))
    }
}

/// True when the bucket's name has a wildcard (a `*` inside `${...}` or `<...>` placeholders does not occur).
fn is_pattern(bucket: &str) -> bool {
    short::has_any(bucket, b"*?")
}

/// The members of an object. Letter case is to be ignored in keys: a misspelt `principal` still tells what was meant.
fn members(node: &Node) -> impl Iterator<Item = (&str, &Node)> {
    node.object().unwrap_or_default().iter().map(|m| (&*m.key.value, &m.value))
}

fn member<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    members(node).find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

/// The strings of a value or list, in which letter case is to be ignored too.
fn texts(node: &Node) -> impl Iterator<Item = &str> {
    node.one_or_many().iter().filter_map(Node::text).map(|t| &*t.value)
}

/// The element of a statement that a key stands for; empty for any other.
fn element(key: &str) -> &'static str {
    const ELEMENTS: [&str; 8] = [
        "effect",
        "principal",
        "notprincipal",
        "action",
        "notaction",
        "resource",
        "notresource",
        "condition",
    ];
    ELEMENTS.into_iter().find(|element| element.eq_ignore_ascii_case(key)).unwrap_or_default()
}

/// Letter case aside.
fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
