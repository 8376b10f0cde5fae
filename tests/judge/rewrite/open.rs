//! Open questions, which we answer with `undecided`: the judge's reading, for our copy.

use super::conditions::is_address;
use super::{
    Edit, NOBODY, NOWHERE, caller, conditions, has_variables, multivalued, never, present, principals,
    resources, statements, text, value,
};
use crate::Case;
use crate::document::each;
use ringfence::aws;
use serde_json::{Value, json};

/// `ForAnyValue:...IfExists` on a key without values: the judge lets the set operator decide (false).
pub fn any_value_if_exists(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, _| {
        let open = operator.set == "ForAnyValue" && operator.if_exists && !present(case, key);
        if open { Edit::Fails } else { Edit::Keep }
    })
}

/// An operator without set prefix on a key of several values: the judge never lets it hold.
pub fn plain_many(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, _| {
        let many = aws::condition_key(key).is_some_and(|k| k.multivalued);
        let open = operator.set.is_empty() && operator.base != "Null" && many && value(case, key).is_some();
        if open { Edit::Fails } else { Edit::Keep }
    })
}

/// `{"AWS": "*"}` and a service: the judge reads it as `"*"`.
pub fn every_aws(case: &Case) -> Option<Case> {
    if caller(case).starts_with("arn:") || caller(case) == "anonymous" {
        return None;
    }
    let mut out = case.clone();
    let mut changed = false;
    for statement in statements(&mut out.policy) {
        for name in ["Principal", "NotPrincipal"] {
            let everyone = statement.get(name).is_some_and(|p| each(&p["AWS"]).contains(&json!("*")));
            if everyone {
                statement.insert(name.into(), json!("*"));
                changed = true;
            }
        }
    }
    changed.then_some(out)
}

/// `NotPrincipal` that lists the caller in one form and not in all: the judge exempts it.
pub fn not_principal(case: &Case) -> Option<Case> {
    let account = value(case, "aws:PrincipalAccount").and_then(Value::as_str).unwrap_or_default().to_owned();
    let arn = value(case, "aws:PrincipalArn").and_then(Value::as_str).unwrap_or_default().to_owned();
    let names = [caller(case).to_owned(), arn, format!("arn:aws:iam::{account}:root"), account];
    let mut out = case.clone();
    let mut changed = false;
    for statement in statements(&mut out.policy) {
        let listed: Vec<Value> = statement.get("NotPrincipal").map(|p| each(&p["AWS"])).unwrap_or_default();
        if listed.iter().any(|p| names.iter().any(|n| p == n)) {
            never(statement);
            changed = true;
        }
    }
    changed.then_some(out)
}

/// A `*` that ends a field, in a pattern with too few fields: the judge does not let it run past the colon.
pub fn crossing(case: &Case) -> Option<Case> {
    resources(case, |t| {
        let short = t.matches(':').count() < 5 && t.contains("*:");
        short.then(|| NOWHERE.to_owned())
    })
}

/// `BinaryEquals` on a key that is not binary: the judge compares the texts.
pub fn binary(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, values| {
        let request = value(case, key).map(each).unwrap_or_default();
        if operator.base != "BinaryEquals" || request.is_empty() {
            return Edit::Keep;
        }
        let equal = |v: &Value| values.iter().any(|p| text(p) == text(v));
        let holds =
            if operator.set == "ForAnyValue" { request.iter().any(equal) } else { request.iter().all(equal) };
        if holds { Edit::Holds } else { Edit::Fails }
    })
}

/// `*` alone under an Arn operator: the judge takes it for no ARN, under a negated operator too.
pub fn star_as_arn(case: &Case) -> Option<Case> {
    let short = |v: &Value| text(v) == "*";
    conditions(case, |operator, key, values| {
        let kept: Vec<Value> = values.iter().filter(|v| !short(v)).cloned().collect();
        if !operator.base.starts_with("Arn") || kept.len() == values.len() || !present(case, key) {
            Edit::Keep
        } else if operator.negated() || kept.is_empty() {
            Edit::Fails
        } else {
            Edit::Values(kept)
        }
    })
}

/// Text that is no address under an Ip operator: the judge lets it match nothing, and the condition fail under `NotIpAddress`.
pub fn text_as_address(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, values| {
        let kept: Vec<Value> = values.iter().filter(|v| is_address(&text(v))).cloned().collect();
        if !operator.base.ends_with("IpAddress") || kept.len() == values.len() || !present(case, key) {
            Edit::Keep
        } else if operator.negated() || kept.is_empty() {
            Edit::Fails
        } else {
            Edit::Values(kept)
        }
    })
}

/// An empty string under `ForAllValues`: the judge compares it like any other value.
pub fn empty_all_values(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, _| {
        let empty = value(case, key).map(each).unwrap_or_default().contains(&json!(""));
        if operator.set == "ForAllValues" && empty { Edit::Fails } else { Edit::Keep }
    })
}

/// A variable whose key has several values: the judge lets its text match nothing, also under a negated operator.
pub fn multivalued_variable(case: &Case) -> Option<Case> {
    let changed = conditions(case, |operator, key, values| {
        let kept: Vec<Value> = values.iter().filter(|v| !multivalued(case, &text(v))).cloned().collect();
        if !has_variables(case) || !operator.variables() || kept.len() == values.len() || !present(case, key)
        {
            Edit::Keep
        } else if operator.negated() || kept.is_empty() {
            Edit::Fails
        } else {
            Edit::Values(kept)
        }
    });
    let mut out = changed.clone().unwrap_or_else(|| case.clone());
    let request: Vec<&str> =
        case.request["resource"].as_str().unwrap_or_default().splitn(6, ':').take(5).collect();
    let mut edited = false;
    for statement in statements(&mut out.policy) {
        let element = |name: &str| statement.get(name).map(each).unwrap_or_default();
        let many = |v: &Value| has_variables(case) && multivalued(case, &text(v));
        // Unless its first five fields rule it out anyway.
        let near = |v: &Value| many(v) && text(v).splitn(6, ':').take(5).eq(request.iter().copied());
        let (listed, excluded) = (element("Resource"), element("NotResource"));
        if excluded.iter().any(near) {
            never(statement);
            edited = true;
        }
        for (name, list) in [("Resource", listed), ("NotResource", excluded)] {
            if list.iter().any(many) {
                let kept = list.into_iter().map(|v| if many(&v) { json!(NOWHERE) } else { v });
                statement.insert(name.to_owned(), kept.collect());
                edited = true;
            }
        }
    }
    if edited { Some(out) } else { changed }
}

/// A request in a role's name without a session's: the judge compares it with a session's ARN as text.
pub fn unknown_session(case: &Case) -> Option<Case> {
    if !caller(case).contains(":role/") {
        return None;
    }
    principals(case, |t| t.contains(":assumed-role/").then(|| NOBODY.to_owned()))
}

/// An IAM user in `Principal`, and a federated session of the same account: the judge takes the session's name for the user's.
pub fn federated_as_user(case: &Case) -> Option<Case> {
    let user = caller(case).replace(":sts:", ":iam:").replace(":federated-user/", ":user/");
    if user == caller(case) || !caller(case).contains(":federated-user/") {
        return None;
    }
    principals(case, |t| {
        let is_user = t.contains(":user/") && t != NOBODY;
        is_user.then(|| if t == user { caller(case).to_owned() } else { NOBODY.to_owned() })
    })
}
