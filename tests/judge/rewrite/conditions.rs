//! Condition operators and their values: where the judge departs from the documentation.

use super::{Edit, conditions, text, value, values};
use crate::Case;
use crate::document::{Operator, each};
use regex::Regex;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

/// `ForAllValues:Null` is always true, `ForAnyValue:Null` always false.
pub fn null_with_set(case: &Case) -> Option<Case> {
    conditions(case, |operator, _, _| match (operator.base.as_str(), operator.set.as_str()) {
        ("Null", "ForAllValues") => Edit::Holds,
        ("Null", "ForAnyValue") => Edit::Fails,
        _ => Edit::Keep,
    })
}

fn is_ip(operator: &Operator) -> bool {
    operator.base.ends_with("IpAddress")
}

/// `0.0.0.0/0` covers every address of version 4.
pub fn ipv4_everything(case: &Case) -> Option<Case> {
    values(case, |operator, _, t| {
        let everything = is_ip(operator) && t.ends_with("/0") && t.contains('.');
        everything.then(|| vec!["0.0.0.0/1".to_owned(), "128.0.0.0/1".to_owned()])
    })
}

/// An address without a prefix length is a range of one address.
pub fn single_address(case: &Case) -> Option<Case> {
    values(case, |operator, _, t| {
        let address: std::net::IpAddr = t.parse().ok().filter(|_| is_ip(operator))?;
        Some(vec![format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })])
    })
}

/// A date in digits is seconds since 1970.
pub fn epoch(case: &Case) -> Option<Case> {
    let iso = |t: &str| {
        let digits = t.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let seconds: f64 = t.parse().ok().filter(|_| digits)?;
        let time = chrono::DateTime::UNIX_EPOCH
            + chrono::Duration::from_std(Duration::try_from_secs_f64(seconds).ok()?).ok()?;
        Some(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    };
    let mut keys: Vec<String> = Vec::new();
    let mut out = conditions(case, |operator, key, list| {
        if !operator.base.starts_with("Date") {
            return Edit::Keep;
        }
        keys.push(key.to_ascii_lowercase());
        let new: Vec<Value> =
            list.iter().map(|v| iso(&text(v)).map_or_else(|| v.clone(), Value::String)).collect();
        if new == list { Edit::Keep } else { Edit::Values(new) }
    });
    let base = out.clone().unwrap_or_else(|| case.clone());
    let mut request = base.request.clone();
    let mut changed = false;
    for (key, value) in request["context"].as_object_mut()? {
        let digits = value.as_str().and_then(iso).filter(|_| keys.contains(&key.to_ascii_lowercase()));
        if let Some(new) = digits {
            *value = json!(new);
            changed = true;
        }
    }
    if changed {
        out = Some(Case { policy: base.policy, request });
    }
    out
}

/// Digits followed by something else are no number; `1e1` is ten.
pub fn number_form(case: &Case) -> Option<Case> {
    values(case, |operator, _, t| {
        if !operator.base.starts_with("Numeric") {
            return None;
        }
        let plain = t.parse::<f64>().map_or_else(|_| "none".to_owned(), |n| n.to_string());
        let simple = t.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        (!simple).then(|| vec![plain])
    })
}

/// A pattern that matches no request's ARN.
const NO_ARN: &str = "arn:none:none:none:none:none";

/// The W3C profile of ISO 8601, or seconds since 1970.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let zoned = r"T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})";
    Regex::new(&format!(r"^(\d{{4}}-\d{{2}}(-\d{{2}}({zoned})?)?|\d+)$")).expect("a regular expression")
});

/// An address, or a range.
pub fn is_address(text: &str) -> bool {
    text.split('/').next().is_some_and(|a| a.parse::<std::net::IpAddr>().is_ok())
}

/// Whether the text is of the operator's type.
fn fits(operator: &Operator, text: &str) -> bool {
    match operator.base.as_str() {
        "NumericNotEquals" => text.parse::<f64>().is_ok(),
        "DateNotEquals" => DATE.is_match(text),
        "NotIpAddress" => is_address(text),
        "ArnNotEquals" | "ArnNotLike" => text.starts_with("arn:") && text.matches(':').count() >= 5,
        _ => true,
    }
}

/// Under a negated operator, what is not of the operator's type equals nothing.
pub fn negated_mismatch(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, values| {
        let request = value(case, key).map(each).unwrap_or_default();
        if request.is_empty() {
            return Edit::Keep;
        }
        if request.iter().any(|v| !fits(operator, &text(v))) {
            return Edit::Holds;
        }
        let kept: Vec<Value> = values.iter().filter(|v| fits(operator, &text(v))).cloned().collect();
        match kept.len() {
            n if n == values.len() => Edit::Keep,
            0 => Edit::Holds,
            _ => Edit::Values(kept),
        }
    })
}

/// The first of an ARN's six fields is compared like the others.
pub fn arn_prefix(case: &Case) -> Option<Case> {
    values(case, |operator, key, t| {
        let request = value(case, key)?.as_str()?;
        let (policy, request) = (t.split(':').next()?, request.split(':').next()?);
        let differ = operator.base.starts_with("Arn") && !policy.contains(['*', '?']) && policy != request;
        (differ && t != NO_ARN).then(|| vec![NO_ARN.to_owned()])
    })
}

/// An ARN has six fields, not five.
pub fn arn_of_five(case: &Case) -> Option<Case> {
    let five = |t: &str| t.matches(':').count() == 4;
    values(case, |operator, key, t| {
        let request = value(case, key)?.as_str()?;
        let here = operator.base.starts_with("Arn") && (five(t) || five(request)) && t != NO_ARN;
        here.then(|| vec![NO_ARN.to_owned()])
    })
}

/// A key without values is a key that is absent.
pub fn empty_list(case: &Case) -> Option<Case> {
    let mut out = case.clone();
    let context = out.request["context"].as_object_mut()?;
    let before = context.len();
    context.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
    (context.len() < before).then_some(out)
}
