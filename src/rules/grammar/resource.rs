//! `policy-resource-arn` and `policy-resource-outside-bucket`: the form of a `Resource`, and whose bucket it is.

use super::view::View;
use super::words::quote;
use super::{Problem, Remedy, pattern};
use crate::aws;
use crate::policy::PolicyKind;
use crate::source::{Text, short};

const ARN: &str = "policy-resource-arn";
const OUTSIDE: &str = "policy-resource-outside-bucket";

/// First words of the resource part of ARNs that have a Region or an account.
const WITH_REGION: [&str; 7] = [
    "accesspoint/",
    "access-grants/",
    "async-request/",
    "job/",
    "outpost/",
    "storage-lens/",
    "storage-lens-group/",
];

/// The six fields of an ARN.
#[derive(Debug, Clone, Copy)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits on the first five colons.
    pub fn split(text: &'a str) -> Option<Self> {
        let (partition, rest) = short::split_once(text.strip_prefix("arn:")?, b':')?;
        let (service, rest) = short::split_once(rest, b':')?;
        let (region, rest) = short::split_once(rest, b':')?;
        let (account, resource) = short::split_once(rest, b':')?;
        Some(Self { partition, service, region, account, resource })
    }

    /// The bucket's name when this is a bucket's or an object's ARN and the name has no wildcard or variable.
    fn bucket(&self) -> Option<&'a str> {
        let name = short::split_once(self.resource, b'/').map_or(self.resource, |(name, _)| name);
        let plain = !name.is_empty() && !short::has_any(name, b"*?$");
        (plain && self.service == "s3" && self.region.is_empty() && self.account.is_empty()).then_some(name)
    }
}

/// Runs the check of the form.
pub fn check(view: &View, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    let Some(part) = view.resource else { return };
    // Actions of other services may have resources of theirs.
    let foreign_too = view.actions.entries.iter().any(|(t, n)| {
        matches!(n, super::action::Named::Foreign | super::action::Named::Open) || &*t.value == "*"
    }) || view.actions.entries.is_empty();
    for text in part.texts() {
        if let Some(problem) = form(text, kind, foreign_too) {
            out.push(problem);
        }
    }
}

/// What is wrong with the form; `None` also for what is known only at deploy time.
pub fn form(text: &Text, kind: Option<PolicyKind>, foreign_too: bool) -> Option<Problem> {
    let name = text.known()?;
    if usual(name).is_some() {
        return None;
    }
    let problem = |message: String| Problem::new(ARN, text.span, message);
    let shown = quote(name);
    let bucket = kind == Some(PolicyKind::Bucket);
    if name == "*" {
        return bucket.then(|| {
            problem("`*` is not this bucket: S3 refuses it in a bucket policy".to_owned()).help(
                "write the bucket's ARN and its objects': `arn:aws:s3:::BUCKET` and `arn:aws:s3:::BUCKET/*`",
            )
        });
    }
    let Some(rest) = name.strip_prefix("arn:") else {
        return not_an_arn(text, name, bucket);
    };
    let Some(arn) = Arn::split(name) else {
        return short(text, name, rest, bucket);
    };
    let Arn { partition, service, region, account, resource } = arn;
    if [partition, service, region, account].iter().any(|f| pattern::has_variable(f)) {
        return None;
    }
    if service.contains(['*', '?']) {
        return Some(
            problem(format!("{shown} has a wildcard in its service, where AWS takes none"))
                .write(text.span, format!("arn:{partition}:s3:{region}:{account}:{resource}"), true)
                .help("write `s3`"),
        );
    }
    if service != "s3" {
        if service.eq_ignore_ascii_case("s3") {
            let found = problem(format!("the service in {shown} must be written `s3`"));
            return Some(found.write(
                text.span,
                format!("arn:{partition}:s3:{region}:{account}:{resource}"),
                true,
            ));
        }
        if service.starts_with("s3") || foreign_too && !bucket {
            return None;
        }
        let found = problem(format!("{shown} is a resource of {}, not of S3", quote(service)));
        return Some(if bucket { found } else { found.warning() });
    }
    if !partition.contains(['*', '?']) && aws::partition(partition).is_none() {
        let known: Vec<&str> = aws::partitions().iter().map(|p| p.name).collect();
        let found = problem(format!("there is no partition {}", quote(partition)));
        return Some(found.help(format!("write one of {}", known.join(", "))));
    }
    if resource.is_empty() {
        return Some(problem(format!("{shown} names no bucket")));
    }
    let with_region = WITH_REGION.iter().any(|p| resource.starts_with(p));
    if bucket && resource.starts_with("accesspoint/") {
        return Some(
            problem(format!("{shown} is an access point's: S3 refuses it in a bucket policy")).help(
                "name the bucket; `s3:DataAccessPointArn` in a `Condition` tells through which access point",
            ),
        );
    }
    let open_start = resource.starts_with(['*', '?', '$']);
    let fills = |field: &str| !field.is_empty() && !field.trim_matches('*').is_empty();
    if !with_region && !open_start && (fills(region) || fills(account)) {
        return Some(
            problem(format!("{shown} matches nothing: a bucket's ARN has neither Region nor account"))
                .write(text.span, format!("arn:{partition}:s3:::{resource}"), true)
                .help(format!("write `arn:{partition}:s3:::{}`", super::words::cut(resource))),
        );
    }
    let head = resource.split('/').next().unwrap_or_default();
    if !with_region && (head.is_empty() || head.contains(':') && !head.contains(['$', '*', '?'])) {
        return Some(problem(format!("{shown} matches nothing: {} is no bucket name", quote(head))));
    }
    None
}

/// The form that nearly all resources have, at a glance: `arn:aws:s3:::bucket` and what is in it. With its resource part.
pub fn usual(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("arn:aws:s3:::")?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let bucket = rest.as_bytes().iter().take_while(|b| plain(b)).count();
    (bucket > 0 && rest.as_bytes().get(bucket).is_none_or(|b| *b == b'/')).then_some(rest)
}

fn not_an_arn(text: &Text, name: &str, bucket: bool) -> Option<Problem> {
    let shown = quote(name);
    let problem = |message: String| Problem::new(ARN, text.span, message);
    let trimmed = name.trim();
    if trimmed.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("arn:")) {
        let found = problem(format!("{shown} does not begin with `arn:`, in lower case and without blanks"));
        let rest = trimmed.get(4..).unwrap_or_default();
        let write = Remedy::Write { span: text.span, value: format!("arn:{rest}").into(), sure: true };
        return Some(found.remedy(write));
    }
    if let Some(path) = name.strip_prefix("s3://") {
        return Some(
            problem(format!("{shown} is no ARN"))
                .write(text.span, format!("arn:aws:s3:::{path}"), true)
                .help(format!("write `arn:aws:s3:::{}`", super::words::cut(path))),
        );
    }
    if pattern::has_variable(name) {
        return None;
    }
    // `**`, `a*rn` and the like: a pattern that AWS matches by its fields.
    let any = !name.is_empty() && name.bytes().all(|b| b == b'*');
    if any && !bucket {
        return None;
    }
    Some(
        problem(format!("{shown} is no ARN and matches nothing"))
            .write(text.span, format!("arn:aws:s3:::{name}"), false)
            .help("write `arn:aws:s3:::BUCKET/KEY`"),
    )
}

/// An ARN of fewer than six fields.
fn short(text: &Text, name: &str, rest: &str, bucket: bool) -> Option<Problem> {
    let shown = quote(name);
    let problem = |message: String| Problem::new(ARN, text.span, message);
    let with_colons = |found: Problem| {
        let (partition, bare) =
            (rest.split(':').next().unwrap_or_default(), rest.rsplit(':').next().unwrap_or_default());
        // `arn:aws:s3::bucket`: nothing else is missing.
        let sure = name.split(':').nth(2) == Some("s3") && aws::partition(partition).is_some();
        let partition = if sure { partition } else { "aws" };
        found
            .write(text.span, format!("arn:{partition}:s3:::{bare}"), sure)
            .help(format!("write `arn:aws:s3:::{}`, with three colons", super::words::cut(bare)))
    };
    if pattern::has_variable(name) {
        return None;
    }
    let fields = name.split(':').count();
    if !name.contains('*') {
        let found = problem(format!("{shown} matches nothing: an ARN has six fields, this has {fields}"));
        return Some(with_colons(found));
    }
    // A `*` that ends a field and is not the last character: AWS's own pages disagree on whether it runs across colons.
    let inner = name.contains("*:");
    if inner {
        let message = format!(
            "{shown} has {fields} of an ARN's six fields, and AWS's pages disagree on what it matches"
        );
        let help = "write all six fields: `arn:aws:s3:::BUCKET/KEY`";
        let found = problem(message).help(help);
        return Some(if bucket { found } else { found.warning() });
    }
    if name.ends_with('*') && covers(name, fields) {
        return bucket.then(|| problem(format!("{shown} names no bucket: S3 refuses it in a bucket policy")));
    }
    Some(with_colons(problem(format!("{shown} matches nothing: an ARN has six fields, this has {fields}"))))
}

/// Whether a pattern of fewer than six fields that ends in `*` can match: its last field can begin a partition, a
/// service, a Region or an account.
fn covers(name: &str, fields: usize) -> bool {
    let last = name.rsplit(':').next().unwrap_or_default();
    let head = last.split(['*', '?']).next().unwrap_or_default();
    if last.contains('/') {
        return false;
    }
    match fields {
        4 => aws::partitions().iter().flat_map(|p| &p.regions).any(|r| r.starts_with(head)),
        5 => head.bytes().all(|b| b.is_ascii_digit()),
        _ => true,
    }
}

/// A bucket policy speaks of one bucket: the one that most of its resources name.
pub fn one_bucket(views: &[View], out: &mut Vec<Problem>) {
    let mut found: Vec<(&str, &str, &Text)> = Vec::new();
    for view in views {
        for text in view.resource.into_iter().filter(|p| !p.negated).flat_map(super::view::Part::texts) {
            if let Some(arn) = text.known().and_then(Arn::split)
                && let Some(bucket) = arn.bucket()
            {
                found.push((bucket, arn.partition, text));
            }
        }
    }
    let Some(&(first, _, _)) = found.first() else { return };
    let count = |name: &str| found.iter().filter(|(b, _, _)| *b == name).count();
    let own = if found.iter().all(|(b, _, _)| *b == first) {
        first
    } else {
        // The first of those that stand there most often. Few buckets stand in a policy; count each but once.
        let mut names: Vec<(&str, usize)> = Vec::new();
        for (name, _, _) in &found {
            if names.len() < 64 && !names.iter().any(|(n, _)| n == name) {
                names.push((name, count(name)));
            }
        }
        names.iter().rev().max_by_key(|(_, n)| *n).map_or(first, |(name, _)| name)
    };
    let Some(&(_, partition, place)) = found.iter().find(|(b, _, _)| *b == own) else { return };
    let plain = |p: &str| !p.contains(['*', '?', '$']);
    for (bucket, its_partition, text) in &found {
        if *bucket != own {
            let message =
                format!("{} is not in the bucket {}, whose policy this is", quote(&text.value), quote(own));
            out.push(Problem::new(OUTSIDE, text.span, message).related(place.span, "the bucket's own ARN"));
        } else if *its_partition != partition && plain(partition) && plain(its_partition) {
            let message = format!(
                "the same bucket stands in the partitions {} and {}",
                quote(partition),
                quote(its_partition)
            );
            out.push(Problem::new(OUTSIDE, text.span, message).related(place.span, "the first one"));
        }
    }
}
