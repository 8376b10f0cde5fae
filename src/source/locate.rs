//! Where in a file's documents the policies stand: at top level, nested in the output of another tool, or embedded in a string.
//!
//! Tells a policy from other JSON by the names of its members alone, and errs towards finding one: what is passed over here is
//! never looked at again. Knows nothing of what the elements mean.

use super::deployed::Found;
use super::parse::{Parsed, parse_embedded};
use super::pointer::escape;
use super::syntax_error::SyntaxError;
use super::template;
use super::terraform::plan;
use super::tree::{Member, Node, Text, Value};
use std::borrow::Cow;

/// Strings in strings in strings: looked into this many levels deep.
const MAX_EMBEDDING: usize = 4;

/// Addresses are not longer than this many bytes, or a hostile file could make them outgrow the memory.
const MAX_ADDRESS: usize = 1024;

/// A policy and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<'t> {
    /// The policy; owned when it stood in a string. Its spans are the file's in either case.
    pub node: Cow<'t, Node>,
    /// The known form around it, which tells the kind of policy.
    pub wrapper: Option<Wrapper>,
    /// Index of the top-level document it stands in; 0 unless there are several.
    pub document: usize,
    /// JSON pointer in that document, empty for the whole of it. It goes on inside a string that holds JSON. One longer than 1 KiB
    /// loses its beginning to a `…`.
    pub address: String,
    /// The resource whose it is, where the surroundings name it: Terraform's address, `Resources/` and the logical name of a template,
    /// the id that AWS's API or AWS Config gives.
    pub resource: Option<String>,
    /// A statement, or an array of statements, without a policy around it.
    pub bare_statement: bool,
    /// How many strings it stands in, one inside the other.
    pub embedding: usize,
    /// It is written nowhere: the default of an endpoint without one.
    pub is_default: bool,
}

/// The forms in which tools hand out policies, as far as they tell the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrapper {
    /// What `aws s3api get-bucket-policy` prints or `put-bucket-policy --cli-input-json` takes: `Policy`.
    GetBucketPolicy,
    /// One endpoint of what `aws ec2 describe-vpc-endpoints` or `create-vpc-endpoint` prints: `PolicyDocument`.
    DescribeVpcEndpoints {
        /// The service, such as `com.amazonaws.eu-west-1.s3`, when it is given.
        service_name: Option<String>,
    },
    /// A bucket policy that is deployed: an `AWS::S3::BucketPolicy` of a CloudFormation template, an `aws_s3_bucket_policy` of
    /// Terraform.
    BucketPolicyResource,
    /// An endpoint to S3 that is deployed: an `AWS::EC2::VPCEndpoint`, an `aws_vpc_endpoint`.
    EndpointResource,
}

impl Located<'_> {
    /// Whether it is that of a resource that is deployed.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        self.wrapper.as_ref().is_some_and(Wrapper::is_resource)
    }
}

impl Wrapper {
    /// Whether it is a resource that is deployed, whose policy may refer to others.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        matches!(self, Self::BucketPolicyResource | Self::EndpointResource)
    }
}

/// All policies of a file in the order of the file, and the syntax errors of those that stand in strings. The policies of VPC
/// endpoints to other services than S3 are left out.
#[must_use]
pub fn policies(parsed: &Parsed) -> (Vec<Located<'_>>, Vec<SyntaxError>) {
    let Parsed { documents, located, .. } = parsed;
    if !located.is_empty() {
        return (located.clone(), Vec::new());
    }
    let mut search = Search { found: Vec::new(), errors: Vec::new(), document: 0 };
    for (index, document) in documents.iter().enumerate() {
        search.document = index;
        // What the CDK notes of its constructs stands in its templates too.
        if template::is_tree(document) {
            continue;
        }
        if plan::is_plan(document) {
            search.take(plan::policies(document, index));
            continue;
        }
        if is_bare(document) {
            search.add(document, &Place::default(), true);
        } else {
            search.walk(document, &Place::default());
        }
    }
    (search.found, search.errors)
}

/// How the walk came to a node: a list from the inside out, so that no address is written before it is needed.
#[derive(Debug, Clone, Default)]
struct Place<'p> {
    outer: Option<&'p Place<'p>>,
    token: Option<Token<'p>>,
    wrapper: Option<Wrapper>,
    embedding: usize,
    /// The key of the nearest member around it.
    key: &'p str,
    /// That member and those beside it.
    members: &'p [Member],
    /// Levels below the document or the recording's `data`.
    depth: usize,
}

#[derive(Debug, Clone, Copy)]
enum Token<'p> {
    Key(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    fn key(&'p self, key: &'p str, members: &'p [Member]) -> Self {
        // A recorded response stands in `data`, beside its status.
        let depth = if self.depth == 0 && key == "data" { 0 } else { self.depth + 1 };
        Self { outer: Some(self), token: Some(Token::Key(key)), wrapper: None, key, members, depth, ..*self }
    }

    fn index(&'p self, index: usize) -> Self {
        Self { outer: Some(self), token: Some(Token::Index(index)), depth: self.depth + 1, ..self.clone() }
    }

    /// The name of the resource that it is a part of: in what the API says of an endpoint, or an item of AWS Config.
    fn resource(&self) -> Option<String> {
        const NAMES: [&str; 4] = ["VpcEndpointId", "vpcEndpointId", "resourceName", "resourceId"];
        let mut place = Some(self);
        while let Some(Place { outer, members, .. }) = place {
            place = *outer;
            if let Some(name) = NAMES.iter().find_map(|name| last_text(members, name)) {
                return Some(name.to_owned());
            }
        }
        None
    }

    fn address(&self) -> String {
        let (mut tokens, mut length) = (Vec::new(), 0);
        let mut place = Some(self);
        while let Some(Place { outer, token, .. }) = place {
            place = *outer;
            let token = match token {
                Some(Token::Key(key)) if key.len() > MAX_ADDRESS => "…".to_owned(),
                Some(Token::Key(key)) => escape(key),
                Some(Token::Index(index)) => index.to_string(),
                None => continue,
            };
            length += token.len() + 1;
            if length > MAX_ADDRESS {
                tokens.push("…".to_owned());
                break;
            }
            tokens.push(token);
        }
        tokens.iter().rev().flat_map(|token| ["/", token]).collect()
    }
}

struct Search<'t> {
    found: Vec<Located<'t>>,
    errors: Vec<SyntaxError>,
    document: usize,
}

impl<'t> Search<'t> {
    fn add(&mut self, node: &'t Node, place: &Place<'_>, bare_statement: bool) {
        let (node, wrapper, address) = (Cow::Borrowed(node), place.wrapper.clone(), place.address());
        let (document, embedding) = (self.document, place.embedding);
        let (resource, is_default) = (place.resource(), false);
        self.found.push(Located {
            node,
            wrapper,
            document,
            address,
            resource,
            bare_statement,
            embedding,
            is_default,
        });
    }

    fn take(&mut self, mut found: Found) {
        self.found.extend(found.located);
        self.errors.append(&mut found.errors);
    }

    fn walk(&mut self, node: &'t Node, place: &Place<'_>) {
        match &node.value {
            // A template may be a part of a test or of another tool's file.
            _ if template::is_template(node) => {
                let mut found = template::policies(node, self.document);
                let outer = place.address();
                for located in found.located.iter_mut().filter(|_| !outer.is_empty()) {
                    located.address.insert_str(0, &outer);
                }
                self.take(found);
            }
            _ if is_policy(node) => self.add(node, place, false),
            Value::Object(members) => {
                for member in members {
                    if let Some(place) = member_place(members, member, place) {
                        self.walk(&member.value, &place);
                    }
                }
            }
            Value::Array(elements) => {
                for (i, element) in elements.iter().enumerate() {
                    let below = place.index(i);
                    if place.outer.is_none() && is_bare_statement(element) {
                        self.add(element, &below, true);
                    } else {
                        self.walk(element, &below);
                    }
                }
            }
            Value::String(text) => self.embedded(text, place),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn embedded(&mut self, text: &Text, place: &Place<'_>) {
        if place.embedding >= MAX_EMBEDDING || !looks_embedded(text) {
            return;
        }
        let parsed = parse_embedded(text);
        let mut inner = Search { found: Vec::new(), errors: Vec::new(), document: self.document };
        let place = Place { embedding: place.embedding + 1, ..place.clone() };
        for document in &parsed.documents {
            inner.walk(document, &place);
        }
        if !inner.found.is_empty() || matches!(place.key, "Policy" | "PolicyDocument") {
            self.errors.extend(parsed.errors);
        }
        self.errors.append(&mut inner.errors);
        self.found
            .extend(inner.found.into_iter().map(|l| Located { node: Cow::Owned(l.node.into_owned()), ..l }));
    }
}

/// The place of `member`'s value with the wrapper that it makes. None for what is to be passed over.
fn member_place<'p>(members: &'p [Member], member: &'p Member, place: &'p Place<'p>) -> Option<Place<'p>> {
    let key = &*member.key.value;
    let mut below = place.key(key, members);
    if key == "Policy" && place.depth == 0 && is_bucket_policy_wrapper(members) && mentions_s3(&member.value)
    {
        below.wrapper = Some(Wrapper::GetBucketPolicy);
    }
    // An item of AWS Config holds what the API says, with names that begin in lower case.
    if key == "policyText" && place.key == "BucketPolicy" && mentions_s3(&member.value) {
        below.wrapper = Some(Wrapper::GetBucketPolicy);
    }
    if key == "policyDocument"
        && let Some(service) = last_text(members, "serviceName")
    {
        if service.rsplit('.').next() != Some("s3") {
            return None;
        }
        below.wrapper = Some(Wrapper::DescribeVpcEndpoints { service_name: Some(service.to_owned()) });
    }
    if key == "PolicyDocument" {
        let endpoint = matches!(place.key, "VpcEndpoints" | "VpcEndpoint");
        let service = last_text(members, "ServiceName");
        if endpoint || (place.depth == 0 && service.is_some()) {
            if service.is_some_and(|s| s.rsplit('.').next() != Some("s3")) {
                return None;
            }
            below.wrapper = Some(Wrapper::DescribeVpcEndpoints { service_name: service.map(str::to_owned) });
        }
    }
    Some(below)
}

/// Only members of `get-bucket-policy`'s output and `put-bucket-policy`'s input beside it: other services have a `Policy` too.
fn is_bucket_policy_wrapper(members: &[Member]) -> bool {
    const BESIDE: [&str; 7] = [
        "Policy",
        "ResponseMetadata",
        "Bucket",
        "ExpectedBucketOwner",
        "ConfirmRemoveSelfBucketAccess",
        "ChecksumAlgorithm",
        "ContentMD5",
    ];
    members.iter().all(|m| BESIDE.contains(&&*m.key.value))
}

/// Every bucket policy names its bucket's ARN; the policy of a key or of a queue has another service's.
fn mentions_s3(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.value.contains(":s3:"),
        Value::Array(elements) => elements.iter().any(mentions_s3),
        Value::Object(members) => members.iter().any(|m| mentions_s3(&m.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn last_text<'t>(members: &'t [Member], key: &str) -> Option<&'t str> {
    members.iter().rev().find(|m| &*m.key.value == key)?.value.text()?.known()
}

/// Begins like JSON, and speaks of statements, or has a policy's version, somewhere.
fn looks_embedded(text: &Text) -> bool {
    let start = text.value.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    start.starts_with(['{', '[', '"'])
        && (start.contains("-10-17") || contains_ignoring_case(start.as_bytes(), b"statement"))
}

/// Whether something of which this text is a part, a key or a value, may be taken for a policy. Without a text like that, nothing is.
pub(super) fn may_hold_policy(text: &Text) -> bool {
    let value = &*text.value;
    contains_ignoring_case(value.as_bytes(), b"statement")
        || ["-10-17", template::BUCKET_POLICY, template::ENDPOINT].iter().any(|word| value.contains(word))
}

fn contains_ignoring_case(text: &[u8], lower_case_word: &[u8]) -> bool {
    text.windows(lower_case_word.len()).any(|window| window.eq_ignore_ascii_case(lower_case_word))
}

/// A policy: an object with a `Statement`, however its name's case is, if its content or the members beside it confirm it; or an
/// object with a policy's `Version`, so that one with its `Statement` still missing or mistyped is not passed over.
pub(super) fn is_policy(node: &Node) -> bool {
    let Some(members) = node.object() else { return false };
    let version = members.iter().any(|m| {
        let known = matches!(m.value.text().and_then(Text::known), Some("2012-10-17" | "2008-10-17"));
        known && m.key.value.eq_ignore_ascii_case("Version")
    });
    version
        || members.iter().any(|m| {
            let value = &m.value;
            match &*m.key.value {
                "Statement" => match &value.value {
                    Value::Null => true,
                    Value::Array(elements) => elements.is_empty() || elements.iter().any(has_statement_key),
                    Value::Object(inner) => inner.is_empty() || has_statement_key(value),
                    _ => has_policy_member(members),
                },
                key if key.eq_ignore_ascii_case("Statement") || key.eq_ignore_ascii_case("Statements") => {
                    value.one_or_many().iter().any(is_bare_statement)
                }
                _ => false,
            }
        })
}

fn has_policy_member(members: &[Member]) -> bool {
    members.iter().any(|m| matches!(&*m.key.value, "Version" | "Id"))
}

const STATEMENT_KEYS: [&str; 9] = [
    "Effect",
    "Action",
    "Resource",
    "Principal",
    "NotAction",
    "NotResource",
    "NotPrincipal",
    "Condition",
    "Sid",
];

fn has_statement_key(node: &Node) -> bool {
    let is_key = |m: &Member| STATEMENT_KEYS.iter().any(|key| m.key.value.eq_ignore_ascii_case(key));
    node.object().is_some_and(|members| members.iter().any(is_key))
}

/// An object with an effect, and an action, a resource or a principal for it.
fn is_bare_statement(node: &Node) -> bool {
    let Some(members) = node.object() else { return false };
    let effect = members.iter().any(|m| {
        let value = m.value.text().map(|t| t.value.to_ascii_lowercase());
        &*m.key.value == "Effect"
            || (m.key.value.eq_ignore_ascii_case("effect")
                && matches!(value.as_deref(), Some("allow" | "deny")))
    });
    let rest = STATEMENT_KEYS.get(1..7).unwrap_or_default();
    let about = |m: &Member| rest.iter().any(|key| m.key.value.eq_ignore_ascii_case(key));
    effect && !is_policy(node) && members.iter().any(about)
}

/// A statement, or an array of objects of which one is a statement and none a policy.
pub(super) fn is_bare(document: &Node) -> bool {
    match document.array() {
        Some(elements) => elements.iter().any(is_bare_statement) && !elements.iter().any(is_policy),
        None => is_bare_statement(document),
    }
}

#[cfg(test)]
mod tests;
