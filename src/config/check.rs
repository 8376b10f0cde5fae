//! What the values of a configuration may look like.

use crate::aws;
use std::net::IpAddr;

/// What is wrong with a value, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) help: String,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// A test of one value.
pub(super) type Check = fn(&str) -> Result<(), Problem>;

fn require(holds: bool, message: &str, help: &str) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(Problem::new(message, help)) }
}

/// Ids have 8 (the old ones) or 17 digits (Amazon EC2 User Guide, "Resource IDs").
fn is_id(value: &str, prefix: &str) -> bool {
    value.strip_prefix(prefix).is_some_and(|digits| {
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

pub(super) fn vpc(value: &str) -> Result<(), Problem> {
    if value.starts_with("vpce-") {
        return Err(Problem::new(
            "this is the id of a VPC endpoint, not of a VPC",
            "move it to `vpc_endpoints`",
        ));
    }
    let help = "write `vpc-` and 8 or 17 hexadecimal digits, such as `vpc-0123456789abcdef0`";
    require(is_id(value, "vpc-"), "not the id of a VPC", help)
}

pub(super) fn vpc_endpoint(value: &str) -> Result<(), Problem> {
    if value.starts_with("vpc-") {
        return Err(Problem::new("this is the id of a VPC, not of a VPC endpoint", "move it to `vpcs`"));
    }
    let help = "write `vpce-` and 8 or 17 hexadecimal digits, such as `vpce-0123456789abcdef0`";
    require(is_id(value, "vpce-"), "not the id of a VPC endpoint", help)
}

fn is_account(value: &str) -> bool {
    value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn account(value: &str) -> Result<(), Problem> {
    require(
        is_account(value),
        "not an account id",
        "write its 12 digits in quotes, such as `\"111122223333\"`",
    )
}

/// `o-` and 10 to 32 characters (AWS Organizations API reference, `Organization`).
pub(super) fn organization(value: &str) -> Result<(), Problem> {
    let holds = value.strip_prefix("o-").is_some_and(|id| {
        (10..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    require(holds, "not the id of an organization", "write `o-` and 10 to 32 lower-case letters and digits")
}

/// 3 to 63 characters, with the old ones of us-east-1 up to 255 (Amazon S3 User Guide, "Bucket naming rules").
pub(super) fn bucket(value: &str) -> Result<(), Problem> {
    if value.starts_with("arn:") {
        let name = value.rsplit(':').next().unwrap_or_default();
        let name = name.split('/').next().unwrap_or_default();
        return Err(Problem::new("this is an ARN, not a bucket's name", format!("write `{name}`")));
    }
    let holds = (3..=255).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    require(holds, "not the name of a bucket", "write the name alone, without wildcards")
}

pub(super) fn principal(value: &str) -> Result<(), Problem> {
    let mut parts = value.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) =
        (next(), next(), next(), next(), next(), next());
    let holds = arn == "arn"
        && aws::partition(partition).is_some()
        && matches!(service, "iam" | "sts")
        && region.is_empty()
        && is_account(account)
        && !resource.is_empty();
    let help =
        "write the whole ARN, such as `arn:aws:iam::111122223333:role/NAME`; for an account use `accounts`";
    require(holds, "not the ARN of an IAM or STS principal", help)
}

pub(super) fn ip_range(value: &str) -> Result<(), Problem> {
    let (address, length) = value.split_once('/').map_or((value, None), |(a, l)| (a, Some(l)));
    let holds = address.parse::<IpAddr>().is_ok_and(|address| {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        length
            .is_none_or(|l| l.bytes().all(|b| b.is_ascii_digit()) && l.parse::<u8>().is_ok_and(|l| l <= bits))
    });
    require(
        holds,
        "not an IP address or range",
        "write it as CIDR, such as `203.0.113.0/24` or `2001:db8::/32`",
    )
}

pub(super) fn region(value: &str) -> Result<(), Problem> {
    let mut parts = value.split('-');
    let holds = parts.clone().count() >= 3
        && parts.next_back().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        && parts.all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()));
    require(holds, "not the code of a Region", "write it as AWS does, such as `eu-west-1`")
}

pub(super) fn folder(value: &str) -> Result<(), Problem> {
    let holds = !value.is_empty() && !value.contains('\0');
    require(holds, "not a folder", "write its path, relative to the folder of this file")
}
