//! The S3 actions, their resource types and the condition keys that their requests can carry.
//!
//! Source: Service Authorization Reference for Amazon S3, through the package named in the data files.

use std::sync::LazyLock;

use super::keys::{self, ConditionKey, Presence};
use super::table::{self, Lookup, Table};

/// What an S3 action works on.
///
/// In the order of `data/resource-types.tsv`: a variant's number is its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// A grant of S3 Access Grants.
    AccessGrant,
    /// An S3 Access Grants instance.
    AccessGrantsInstance,
    /// A location registered with S3 Access Grants.
    AccessGrantsLocation,
    /// An access point.
    AccessPoint,
    /// An object addressed through an access point.
    AccessPointObject,
    /// A bucket.
    Bucket,
    /// A Batch Operations job.
    Job,
    /// A multi-Region access point.
    MultiRegionAccessPoint,
    /// A request to change a multi-Region access point.
    MultiRegionAccessPointRequest,
    /// An object in a bucket.
    Object,
    /// An Object Lambda access point; its ARN belongs to service `s3-object-lambda`.
    ObjectLambdaAccessPoint,
    /// A Storage Lens configuration.
    StorageLensConfiguration,
    /// A Storage Lens group.
    StorageLensGroup,
}

impl ResourceType {
    /// All resource types, in order.
    pub const ALL: [Self; 13] = [
        Self::AccessGrant,
        Self::AccessGrantsInstance,
        Self::AccessGrantsLocation,
        Self::AccessPoint,
        Self::AccessPointObject,
        Self::Bucket,
        Self::Job,
        Self::MultiRegionAccessPoint,
        Self::MultiRegionAccessPointRequest,
        Self::Object,
        Self::ObjectLambdaAccessPoint,
        Self::StorageLensConfiguration,
        Self::StorageLensGroup,
    ];

    /// The name that the Service Authorization Reference uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessGrant => "accessgrant",
            Self::AccessGrantsInstance => "accessgrantsinstance",
            Self::AccessGrantsLocation => "accessgrantslocation",
            Self::AccessPoint => "accesspoint",
            Self::AccessPointObject => "accesspointobject",
            Self::Bucket => "bucket",
            Self::Job => "job",
            Self::MultiRegionAccessPoint => "multiregionaccesspoint",
            Self::MultiRegionAccessPointRequest => "multiregionaccesspointrequestarn",
            Self::Object => "object",
            Self::ObjectLambdaAccessPoint => "objectlambdaaccesspoint",
            Self::StorageLensConfiguration => "storagelensconfiguration",
            Self::StorageLensGroup => "storagelensgroup",
        }
    }

    /// The form of its ARNs, such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
    #[must_use]
    pub fn arn_format(self) -> &'static str {
        RESOURCE_TYPES.rows.get(self as usize).map_or("", |arn_format| arn_format)
    }
}

/// An action of S3, as it stands after `s3:` in a policy.
#[derive(Debug)]
pub struct Action {
    /// Canonical spelling, without the prefix: `GetObject`.
    pub name: &'static str,
    /// Place among [`actions`], from 0.
    pub index: usize,
    /// Access level: `List`, `Read`, `Write`, `Tagging` or `Permissions management`.
    pub access: &'static str,
    /// What the action works on: one of these. Empty: the whole account, which only `*` covers as a resource.
    pub resources: &'static [ResourceType],
    /// One bit for each key that the action or one of its resource types lists (see [`ConditionKey::listed`]).
    keys: u128,
}

impl Action {
    /// Whether a request for this action can carry `key`: a global key unless it is [`Presence::Never`] there,
    /// another one when the action or one of its resource types lists it. `key.presence` says when it does.
    #[must_use]
    pub fn has_key(&self, key: &ConditionKey) -> bool {
        match key.listed {
            Some(bit) => self.keys & (1 << bit) != 0,
            None => key.presence != Presence::Never,
        }
    }

    /// The keys that the action or its resource types list, in key order; the global keys come on top.
    pub fn listed_keys(&self) -> impl Iterator<Item = &'static ConditionKey> + use<'_> {
        keys::listed_keys().filter(|key| self.has_key(key))
    }

    /// Whether `resource` is one of the things the action works on.
    #[must_use]
    pub fn applies_to(&self, resource: ResourceType) -> bool {
        self.resources.contains(&resource)
    }
}

/// All S3 actions, sorted by name without regard to case.
#[must_use]
pub fn actions() -> &'static [Action] {
    ACTIONS.rows
}

/// The action called `name` (without `s3:`), in any letter case.
///
/// Source for the letter case: IAM User Guide, "Action" element.
#[must_use]
pub fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.find(name, |action| action.name)
}

/// The action that someone who wrote `name` probably meant; `name` without `s3:`.
///
/// API operations and other well-known wrong names first, then the nearest spelling. None for a pattern.
#[must_use]
pub fn nearest_action(name: &str) -> Option<&'static str> {
    if name.contains(['*', '?']) {
        return None;
    }
    action(name)
        .map(|action| action.name)
        .or_else(|| ALIASES.rows.iter().find(|row| row.0.eq_ignore_ascii_case(name)).map(|row| row.1))
        .or_else(|| table::nearest(name, actions().iter().map(|action| action.name)))
}

/// The ARN formats; the resource types' keys are among those of the actions.
static RESOURCE_TYPES: LazyLock<Table<&'static str>> = LazyLock::new(|| {
    Table::parse(
        "resource-types.tsv",
        include_str!("data/resource-types.tsv"),
        |[name, arn_format, _], row| match ResourceType::ALL.get(row) {
            Some(resource) if resource.name() == name && *resource as usize == row => Ok(arn_format),
            _ => Err(format!("resource type `{name}` is unknown or out of order")),
        },
    )
});

/// The lines of `data/actions.tsv`, as `build.rs` writes them.
#[expect(clippy::unreadable_literal, reason = "written by a program")]
static ACTIONS: Lookup<Action> = include!(concat!(env!("OUT_DIR"), "/actions.rs"));

static ALIASES: LazyLock<Table<(&'static str, &'static str)>> = LazyLock::new(|| {
    Table::parse("action-aliases.tsv", include_str!("data/action-aliases.tsv"), |[alias, name], _| {
        match action(name) {
            Some(action) if action.name == name => Ok((alias, name)),
            _ => Err(format!("`{name}` is not an action")),
        }
    })
});

#[cfg(test)]
pub(super) fn problems() -> Vec<String> {
    RESOURCE_TYPES.problems.iter().chain(&ALIASES.problems).cloned().collect()
}

#[cfg(test)]
pub(super) fn aliases() -> &'static [(&'static str, &'static str)] {
    &ALIASES.rows
}
