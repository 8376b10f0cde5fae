//! The AWS partitions and their Regions.
//!
//! Source: the partition data of the AWS SDK for Python, named in the data file.

use std::sync::LazyLock;

use super::table::{self, Table};

/// A partition: a group of Regions with its own accounts and its own name in ARNs.
#[derive(Debug)]
pub struct Partition {
    /// As in the second field of an ARN: `aws`, `aws-cn` ...
    pub name: &'static str,
    /// What the host names of its endpoints end with: `amazonaws.com`.
    pub dns_suffix: &'static str,
    /// Its Regions, sorted.
    pub regions: Box<[&'static str]>,
}

/// All partitions, sorted by name.
#[must_use]
pub fn partitions() -> &'static [Partition] {
    &PARTITIONS.rows
}

/// The partition called `name`. Letter case matters, as in ARNs.
#[must_use]
pub fn partition(name: &str) -> Option<&'static Partition> {
    partitions().iter().find(|partition| partition.name == name)
}

/// The partition that `region` is in; none for a name that is no Region.
#[must_use]
pub fn partition_of_region(region: &str) -> Option<&'static Partition> {
    partitions().iter().find(|partition| partition.regions.binary_search(&region).is_ok())
}

static PARTITIONS: LazyLock<Table<Partition>> = LazyLock::new(|| {
    Table::parse("partitions.tsv", include_str!("data/partitions.tsv"), |[name, dns_suffix, regions], _| {
        Ok(Partition { name, dns_suffix, regions: table::list(regions).collect() })
    })
});

#[cfg(test)]
pub(super) fn problems() -> Vec<String> {
    PARTITIONS.problems.clone()
}
