//! Principals and resources: where the judge departs from the documentation.

use super::{NOBODY, NOWHERE, caller, elements, principals, resources, value};
use crate::Case;

/// The name of the role that the caller is a session of.
fn role(case: &Case) -> Option<&str> {
    caller(case).split_once(":assumed-role/").and_then(|(_, name)| name.split('/').next())
}

/// Two names that differ in case are two names.
pub fn role_case(case: &Case) -> Option<Case> {
    let role = role(case)?;
    principals(case, |t| {
        let name = t.split_once(":role/").and_then(|(_, name)| name.rsplit('/').next())?;
        (name.eq_ignore_ascii_case(role) && name != role).then(|| NOBODY.to_owned())
    })
}

/// A role's ARN holds its path.
pub fn role_path(case: &Case) -> Option<Case> {
    let arn = value(case, "aws:PrincipalArn")?.as_str()?.to_owned();
    role(case)?;
    principals(case, |t| (t.contains(":role/") && t != arn).then(|| NOBODY.to_owned()))
}

/// Partition and service of an ARN are lower-case words.
pub fn segment_case(case: &Case) -> Option<Case> {
    resources(case, |t| {
        let upper = t.splitn(6, ':').take(5).any(|field| field.bytes().any(|b| b.is_ascii_uppercase()));
        upper.then(|| NOWHERE.to_owned())
    })
}

/// A wildcard in the empty Region or account field leaves the rest of the ARN a pattern like any other.
pub fn region_account_wildcards(case: &Case) -> Option<Case> {
    resources(case, |t| {
        let fields: Vec<&str> = t.splitn(6, ':').collect();
        let &[arn, partition, service, region, account, rest] = fields.as_slice() else { return None };
        let wild = |field: &str| field.bytes().all(|b| b == b'*');
        let here = wild(region) && wild(account) && !(region.is_empty() && account.is_empty());
        let of_bucket = case.request["resource"].as_str().is_some_and(|r| r.contains(":::"));
        (here && of_bucket).then(|| format!("{arn}:{partition}:{service}:::{rest}"))
    })
}

/// `NotResource` with a pattern of too few fields that ends in `*`: it excludes what it matches and nothing else.
pub fn short_not_resource(case: &Case) -> Option<Case> {
    elements(case, &["NotResource"], |t| {
        let colons = t.matches(':').count();
        (colons < 5 && t.starts_with("arn:") && t.ends_with('*'))
            .then(|| format!("{t}{}", ":*".repeat(5 - colons)))
    })
}
