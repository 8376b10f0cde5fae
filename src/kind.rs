//! Which of the two kinds a policy is, when neither a flag nor the configuration says so.
//!
//! The two kinds share one language, so this is a judgement: the file's name and the policy's content are weighed
//! together, and "unknown" is a possible answer. Knows nothing of files, of configuration or of what a policy
//! decides.
//!
//! | evidence | speaks for | weight |
//! |---|---|---|
//! | a name with `bucket` and `policy` / with `bucket` | bucket | 4 / 3 |
//! | a name with `endpoint` or `vpce` and `policy` / without (not when it has `bucket`) | endpoint | 3 / 2 |
//! | every `Resource` is in one and the same bucket (or access point) | bucket | 1 |
//! | `Resource` is `*` or every bucket; several buckets; buckets that AWS owns | endpoint | 3 |
//! | a bucket name with a wildcard in it; `NotResource` | endpoint | 2 |
//! | a condition on `aws:SourceVpce`, `aws:SourceVpc`, `aws:VpcSourceIp` and their kin | bucket | 3 |
//! | a condition on the account or organization of the resource | endpoint | 3 |
//! | a `Service` or `CanonicalUser` principal | bucket | 3 |
//! | a principal named by its account or ARN, or `NotPrincipal` | bucket | 1 |
//! | a condition that is at home in bucket policies (source address, transport, encryption, ACL ...) | bucket | 1 |
//! | one bucket and no `Allow` at all (as an endpoint policy it would shut S3 off) | bucket | 1 |
//!
//! The side ahead by [`LEAD`] or more wins.

mod evidence;
#[cfg(test)]
mod tests;

use crate::policy::PolicyKind;
use crate::source::{Node, Wrapper};
use evidence::{Content, name_words};
use serde::Serialize;

/// How far one side must be ahead. One bucket alone (weight 1) is not enough: a grant to everyone on one bucket
/// looks the same in both kinds.
pub const LEAD: i32 = 2;

/// What told the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KindFrom {
    /// `--kind`.
    Flag,
    /// A glob of the configuration file.
    Config,
    /// The document around the policy, such as the output of `aws s3api get-bucket-policy`.
    Wrapper,
    /// The file's name, perhaps with help from the content.
    Name,
    /// The policy's content alone.
    Content,
}

impl KindFrom {
    /// The word used in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Config => "config",
            Self::Wrapper => "wrapper",
            Self::Name => "name",
            Self::Content => "content",
        }
    }
}

/// What a policy turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detected {
    /// One of the two kinds, and what told so.
    Policy(PolicyKind, KindFrom),
    /// One of the two, but nothing tells which: the rule `policy-kind-unknown`.
    Unknown,
    /// Neither: an identity policy, a role's trust policy, an organization's policy, or the policy of another
    /// service's resource. To be skipped.
    Identity,
}

/// Judges the policy `node` (the object that holds `Statement`) from the file's `name`, without its folders, and
/// from what stands around it. `node` may also be a statement, or a list of them, without a policy around it.
#[must_use]
pub fn detect(name: &str, node: &Node, wrapper: Option<&Wrapper>) -> Detected {
    if let Some(kind) = wrapper.map(wrapper_kind) {
        return Detected::Policy(kind, KindFrom::Wrapper);
    }
    let words = name_words(name);
    let content = Content::of(node);
    if content.is_other_service() || (content.denies_only && content.mixed_services()) {
        return Detected::Identity;
    }
    if words.is_organization_policy() || (!content.has_principal && !words.expects_principal()) {
        return Detected::Identity;
    }
    let by_name = words.score();
    let by_content = content.score();
    let total = by_name + by_content;
    if total.abs() < LEAD {
        return Detected::Unknown;
    }
    let kind = if total > 0 { PolicyKind::Bucket } else { PolicyKind::Endpoint };
    let content_alone = by_content.abs() >= LEAD && (by_content > 0) == (total > 0);
    Detected::Policy(kind, if content_alone { KindFrom::Content } else { KindFrom::Name })
}

fn wrapper_kind(wrapper: &Wrapper) -> PolicyKind {
    match wrapper {
        Wrapper::GetBucketPolicy | Wrapper::BucketPolicyResource => PolicyKind::Bucket,
        Wrapper::DescribeVpcEndpoints { .. } | Wrapper::EndpointResource => PolicyKind::Endpoint,
    }
}
