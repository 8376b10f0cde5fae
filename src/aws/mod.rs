//! AWS facts as data: the S3 actions, condition keys, partitions, and the buckets of package repositories.
//!
//! Each fact is a line of a file in `data/`, whose head names its source, date and licence. The actions and condition keys
//! become data of the program when it is built; the shorter files are embedded in it and parsed once, on first use. This module answers look-ups and decides nothing:
//! it must not know policies, requests or findings, and imports nothing of the crate.

mod action_set;
mod actions;
mod keys;
mod partitions;
mod probe;
mod repositories;
mod table;
#[cfg(test)]
mod tests;

pub use action_set::ActionSet;
pub use actions::{Action, ResourceType, action, actions, nearest_action};
pub use keys::{ConditionKey, KeyType, Presence, condition_key, condition_keys, nearest_condition_key};
pub use partitions::{Partition, partition, partition_of_region, partitions};
pub use repositories::{Repository, is_aws_owned_bucket_pattern, repositories, repository_of_bucket};
