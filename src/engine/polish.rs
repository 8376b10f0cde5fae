//! Makes a witness pleasant to read: made-up names such as `x` become names that look like what they stand for. A change
//! is kept only when the request stays in its set and keeps its outcome, so nothing depends on it.

use super::caller::Caller;
use super::request::{ContextValue, Request};
use crate::policy::PolicyKind;

/// Replaces made-up parts of the request, each as far as `still` says that the request is as good as before.
pub fn polish(request: &mut Request, kind: PolicyKind, mut still: impl FnMut(&Request) -> bool) {
    // A bucket policy sees its own bucket alone, whatever Region's name is in that bucket's.
    let region: fn(&mut Request) -> Changed = if kind == PolicyKind::Endpoint { region } else { |_| None };
    for change in [region, bucket, key, role, user, endpoint, vpc, address] {
        let mut candidate = request.clone();
        if change(&mut candidate).is_some() && candidate != *request && still(&candidate) {
            *request = candidate;
        }
    }
}

type Changed = Option<()>;

/// Any region of a repository's bucket: the best-known one.
fn region(request: &mut Request) -> Changed {
    let partition = crate::aws::partition(request.resource.split(':').nth(1)?)?;
    let bucket = request.resource.rsplit(':').next()?.split('/').next()?.to_owned();
    let usual = *partition.regions.iter().find(|r| **r == "us-east-1").or(partition.regions.first())?;
    let named = partition.regions.iter().filter(|r| bucket.contains(**r)).max_by_key(|r| r.len())?;
    request.resource = request.resource.replacen(*named, usual, 1);
    Some(())
}

/// A made-up bucket.
fn bucket(request: &mut Request) -> Changed {
    let (head, rest) = request.resource.split_once(":::xxx")?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    request.resource = format!("{head}:::some-bucket{rest}");
    Some(())
}

/// The first address of a range: one that a host can have.
fn address(request: &mut Request) -> Changed {
    for key in ["aws:SourceIp", "aws:VpcSourceIp"] {
        if let Some(ContextValue::One(value)) = request.context.get_mut(key)
            && let Some(stem) = value.strip_suffix(".0")
        {
            *value = format!("{stem}.9");
            return Some(());
        }
    }
    None
}

/// A made-up object key.
fn key(request: &mut Request) -> Changed {
    let stem = request.resource.strip_suffix("/x")?;
    let is_object = request.resource.matches(':').count() >= 5 && request.action.contains("Object");
    request.resource = if is_object { format!("{stem}/data/part-0001") } else { return None };
    Some(())
}

fn role(request: &mut Request) -> Changed {
    let Caller::Role { name, session, .. } = &mut request.principal else { return None };
    if name.ends_with('x') && name.len() <= 2 {
        "AnyRole".clone_into(name);
    }
    if session.as_deref() == Some("x") {
        *session = Some("session".to_owned());
    }
    follow(request);
    Some(())
}

fn user(request: &mut Request) -> Changed {
    let Caller::User { name, .. } = &mut request.principal else { return None };
    if name == "x" {
        "anyone".clone_into(name);
    }
    follow(request);
    Some(())
}

/// The keys that must follow a renamed caller.
fn follow(request: &mut Request) {
    let caller = request.principal.clone();
    for key in ["aws:PrincipalArn", "aws:username"] {
        if let Some(value) = request.context.get_mut(key)
            && let super::holds::Slot::One(new) = super::evaluate::implied(&caller, key)
        {
            *value = ContextValue::One(new.into_owned());
        }
    }
}

fn endpoint(request: &mut Request) -> Changed {
    id(request, "aws:SourceVpce", "vpce-0f1e2d3c4b5a69788")
}

fn vpc(request: &mut Request) -> Changed {
    // The VPC's ARN, where the request has it, ends with the id and would have to follow.
    if request.get("aws:SourceVpcArn").is_some() {
        return None;
    }
    id(request, "aws:SourceVpc", "vpc-0f1e2d3c4b5a69788")
}

fn id(request: &mut Request, key: &str, usual: &str) -> Changed {
    match request.context.get_mut(key)? {
        ContextValue::One(value) if value.ends_with("xxxx") => usual.clone_into(value),
        _ => return None,
    }
    Some(())
}
