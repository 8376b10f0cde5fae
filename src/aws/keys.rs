//! The condition keys: type, multiplicity, and when a request carries them.
//!
//! Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference for Amazon S3;
//! what was inferred is marked in `data/condition-keys.tsv` and by [`ConditionKey::inferred`].

use std::sync::LazyLock;

use super::table::{self, Lookup, Table};

/// The type of a key's values. It decides which condition operators make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// An Amazon Resource Name.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A decimal number.
    Numeric,
    /// A point in time.
    Date,
    /// An IP address, version 4 or 6.
    Ip,
    /// Base64 text, compared byte by byte. No key of S3 has this type today.
    Binary,
}

/// When a request carries a key, given that its action can ([`super::Action::has_key`]).
///
/// "Exactly when" means present in that case and absent otherwise; "only when" means that it may be there in that
/// case and is absent otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// In every request.
    Always,
    /// Exactly when the request came through a VPC endpoint.
    Endpoint,
    /// Exactly when the request came through a VPC endpoint whose owner is in an AWS Organization.
    EndpointOrganization,
    /// Exactly when the request came neither through a VPC endpoint nor from an AWS service principal. When a service
    /// calls with a principal's credentials, the key holds that principal's own address.
    Internet,
    /// Exactly when the request is signed, that is, not anonymous.
    Signed,
    /// Exactly when the caller's account is in an AWS Organization; never for anonymous requests and AWS services.
    PrincipalOrganization,
    /// Exactly when the account that owns the resource is in an AWS Organization.
    ResourceOrganization,
    /// Only when the request is signed.
    PrincipalOptional,
    /// Only when the caller signs with temporary credentials (a role session, or an IAM user with a session token).
    Session,
    /// Exactly when the caller is an IAM user.
    User,
    /// Exactly when an AWS service principal makes the call itself.
    Service,
    /// Only when an AWS service principal makes the call itself, on behalf of a resource.
    ServiceOnBehalf,
    /// Only when an AWS service makes the call with the credentials of a principal (`aws:ViaAWSService` is true).
    ForwardAccess,
    /// Exactly when the caller signs with credentials that EC2 delivered to an instance.
    Ec2Credentials,
    /// Only when the caller's session comes from a web identity or SAML provider.
    Federated,
    /// Exactly when the request is made through an access point.
    AccessPoint,
    /// Exactly when the request is sent over TLS (`aws:SecureTransport` is true).
    Tls,
    /// May or may not be there; mostly because the caller chooses to send it.
    Optional,
    /// In every request of an action that lists it.
    WithAction,
    /// A real AWS key that S3 requests never carry.
    Never,
}

/// A condition key, or a family of keys that end in a tag's key.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a key, each a column of the data")]
pub struct ConditionKey {
    /// Canonical spelling: `aws:SourceVpce`; a family's ends with a slash: `aws:PrincipalTag/`.
    pub name: &'static str,
    /// Place among [`condition_keys`], from 0.
    pub index: usize,
    /// The type of its values.
    pub key_type: KeyType,
    /// A second type whose operators AWS accepts too (`aws:EpochTime`: Date, also Numeric).
    pub other_type: Option<KeyType>,
    /// Whether a request can carry several values, so that conditions need `ForAnyValue` or `ForAllValues`.
    pub multivalued: bool,
    /// When a request carries it.
    pub presence: Presence,
    /// Whether [`presence`](Self::presence) or [`values`](Self::values) was inferred rather than stated by AWS.
    pub inferred: bool,
    /// One of AWS's sensitive condition keys: a wildcard in its value has no valid use.
    pub sensitive: bool,
    /// Whether a tag's key follows the name (`aws:PrincipalTag/team`): the name ends with `/`.
    pub variable_part: bool,
    /// The values it can have, when that set is closed; empty when it is open.
    pub values: &'static [&'static str],
    /// One line: what it holds and when it is present.
    pub summary: &'static str,
    /// Its number among the keys that only the actions or resource types listing them carry; none for a global key.
    pub listed: Option<u8>,
}

/// All condition keys, sorted by name without regard to case.
#[must_use]
pub fn condition_keys() -> &'static [ConditionKey] {
    KEYS.rows
}

/// The keys that only the actions or resource types listing them carry, in order.
pub(super) fn listed_keys() -> impl Iterator<Item = &'static ConditionKey> {
    condition_keys().iter().filter(|key| key.listed.is_some())
}

/// The key called `name`, in any letter case; `aws:PrincipalTag/team` finds `aws:PrincipalTag/`.
///
/// Source for the letter case: IAM User Guide, "Condition" element.
#[must_use]
pub fn condition_key(name: &str) -> Option<&'static ConditionKey> {
    let name = match name.bytes().position(|b| b == b'/') {
        Some(slash) => name.get(..=slash)?,
        None => name,
    };
    KEYS.find(name, |key| key.name)
}

/// The key that someone who wrote `name` probably meant, with or without a prefix.
#[must_use]
pub fn nearest_condition_key(name: &str) -> Option<&'static str> {
    if let Some(key) = condition_key(name) {
        return Some(key.name);
    }
    let family = name.split('/').next().unwrap_or(name);
    // A provider's name may hold further colons; the key proper is what follows the last one.
    let bare = family.rsplit(':').next().unwrap_or(family);
    // Keys of one provider or service are no likely meaning of a name with another prefix.
    let common = || {
        condition_keys()
            .iter()
            .map(|key| key.name)
            .filter(|name| name.starts_with("aws:") || name.starts_with("s3:"))
    };
    let with_bare_name = |wanted: &str| common().find(|name| bare_name(name).eq_ignore_ascii_case(wanted));
    ALIASES
        .rows
        .iter()
        .find(|row| row.0.eq_ignore_ascii_case(bare))
        .map(|row| row.1)
        .or_else(|| with_bare_name(bare))
        .or_else(|| table::nearest(bare, common().map(bare_name)).and_then(with_bare_name))
        .or_else(|| table::nearest(family, condition_keys().iter().map(|key| key.name)))
}

/// A key's name without its prefix and without a family's slash.
fn bare_name(name: &'static str) -> &'static str {
    let name = name.strip_suffix('/').unwrap_or(name);
    name.rsplit_once(':').map_or(name, |(_, bare)| bare)
}

/// The lines of `data/condition-keys.tsv`, as `build.rs` writes them.
static KEYS: Lookup<ConditionKey> = include!(concat!(env!("OUT_DIR"), "/condition_keys.rs"));

static ALIASES: LazyLock<Table<(&'static str, &'static str)>> = LazyLock::new(|| {
    Table::parse("key-aliases.tsv", include_str!("data/key-aliases.tsv"), |[alias, name], _| {
        match condition_key(name) {
            Some(key) if key.name == name => Ok((alias, name)),
            _ => Err(format!("`{name}` is not a condition key")),
        }
    })
});

#[cfg(test)]
pub(super) fn problems() -> Vec<String> {
    ALIASES.problems.clone()
}

#[cfg(test)]
pub(super) fn aliases() -> &'static [(&'static str, &'static str)] {
    &ALIASES.rows
}
