//! The buckets behind the package repositories of Amazon Linux, and other buckets that AWS owns.
//!
//! Sources are named in the data files. Names are templates with `${region}`, `${account}` and `${word}`.

use std::sync::LazyLock;

use super::partitions;
use super::table::Table;

/// A package repository that is served from an S3 bucket in each Region.
#[derive(Debug)]
pub struct Repository {
    /// Whose packages it holds: `Amazon Linux 2`.
    pub distribution: &'static str,
    /// Name of the bucket, with `${region}` for the Region: `amazonlinux-2-repos-${region}`.
    pub bucket: &'static str,
    /// Whether the SageMaker page on training jobs in a VPC names it among the repositories to deny.
    pub documented: bool,
    /// Whether the distribution's own tools download from it today.
    pub current: bool,
    /// Whether the name was inferred rather than stated by AWS.
    pub inferred: bool,
}

impl Repository {
    /// The bucket's name with `region` put in: a Region, or a wildcard.
    #[must_use]
    pub fn bucket_in(&self, region: &str) -> String {
        self.bucket.replace("${region}", region)
    }
}

/// All repositories, in the order of their history.
#[must_use]
pub fn repositories() -> &'static [Repository] {
    &REPOSITORIES.rows
}

/// The repository that a bucket name, or a pattern for one such as `packages.*.amazonaws.com`, stands for.
#[must_use]
pub fn repository_of_bucket(name: &str) -> Option<&'static Repository> {
    repositories().iter().find(|repository| fits(repository.bucket, name))
}

/// Whether `name`, which may hold wildcards or template references in place of a Region, is the name of a bucket
/// that AWS owns. Good for recognising what a policy is about; the list is not complete.
#[must_use]
pub fn is_aws_owned_bucket_pattern(name: &str) -> bool {
    repository_of_bucket(name).is_some() || SERVICE_BUCKETS.rows.iter().any(|template| fits(template, name))
}

/// Whether `name` can be read as `template` with its placeholders filled in.
fn fits(template: &str, name: &str) -> bool {
    // At a glance: nearly all templates begin otherwise.
    let begin = |text: &str| text.bytes().next();
    if begin(template) != begin(name) && begin(template) != Some(b'$') {
        return false;
    }
    let Some((literal, rest)) = template.split_once("${") else {
        return template == name;
    };
    let (Some((placeholder, template)), Some(name)) = (rest.split_once('}'), name.strip_prefix(literal))
    else {
        return false;
    };
    if !template.contains("${") {
        let filling = name.strip_suffix(template).filter(|filling| !filling.is_empty());
        return filling.is_some_and(|filling| fills(placeholder, filling));
    }
    name.char_indices().any(|(at, character)| match name.split_at_checked(at + character.len_utf8()) {
        Some((filling, name)) => fits(template, name) && fills(placeholder, filling),
        None => false,
    })
}

/// Whether `text` can stand for the placeholder. Text with a wildcard or a reference can stand for any.
fn fills(placeholder: &str, text: &str) -> bool {
    if text.contains(['*', '?']) || text.contains("${") {
        return true;
    }
    match placeholder {
        "region" => partitions::partition_of_region(text).is_some(),
        "account" => text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    }
}

static REPOSITORIES: LazyLock<Table<Repository>> = LazyLock::new(|| {
    Table::parse("repositories.tsv", include_str!("data/repositories.tsv"), |fields, _| {
        let [distribution, bucket, documented, current, mark] = fields;
        match (documented, current, mark) {
            ("documented" | "-", "current" | "old", "D" | "I") => Ok(Repository {
                distribution,
                bucket,
                documented: documented == "documented",
                current: current == "current",
                inferred: mark == "I",
            }),
            _ => Err("a flag has no known value".to_owned()),
        }
    })
});

static SERVICE_BUCKETS: LazyLock<Table<&'static str>> = LazyLock::new(|| {
    Table::parse("service-buckets.tsv", include_str!("data/service-buckets.tsv"), |[bucket], _| Ok(bucket))
});

#[cfg(test)]
pub(super) fn problems() -> Vec<String> {
    REPOSITORIES.problems.iter().chain(&SERVICE_BUCKETS.problems).cloned().collect()
}

#[cfg(test)]
pub(super) fn service_buckets() -> &'static [&'static str] {
    &SERVICE_BUCKETS.rows
}
