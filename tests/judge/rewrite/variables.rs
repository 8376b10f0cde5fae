//! Policy variables: where the judge departs from the documentation.

use super::{
    Edit, NOWHERE, conditions, elements, has_variables, is_key, literal, multivalued, present, text,
    unresolved, value, values,
};
use crate::Case;
use crate::document::variables;
use serde_json::{Value, json};

/// Without `Version` 2012-10-17, `${...}` is text.
pub fn no_version_variables(case: &Case) -> Option<Case> {
    if has_variables(case) {
        return None;
    }
    let text = |t: &str| t.contains("${").then(|| t.replace("${", "${$}{"));
    let mut out =
        values(case, |operator, _, t| operator.variables().then(|| text(t)).flatten().map(|t| vec![t]));
    let base = out.as_ref().unwrap_or(case);
    out = elements(base, &["Resource", "NotResource"], text).or(out);
    let mut out = out?;
    out.policy["Version"] = json!("2012-10-17");
    Some(out)
}

/// Under a negated operator, a value with an unresolved variable matches nothing, so it excludes nothing.
pub fn negated_unresolved(case: &Case) -> Option<Case> {
    conditions(case, |operator, key, values| {
        let applies = has_variables(case) && operator.negated() && operator.variables() && present(case, key);
        let kept: Vec<Value> = values.iter().filter(|v| !unresolved(case, &text(v))).cloned().collect();
        match kept.len() {
            n if !applies || n == values.len() => Edit::Keep,
            0 => Edit::Holds,
            _ => Edit::Values(kept),
        }
    })
}

/// A `NotResource` entry with an unresolved variable matches nothing, so it excludes nothing.
pub fn not_resource_unresolved(case: &Case) -> Option<Case> {
    elements(case, &["NotResource"], |t| {
        (has_variables(case) && unresolved(case, t)).then(|| NOWHERE.to_owned())
    })
}

/// A key that is present and empty has a value.
pub fn empty_variable(case: &Case) -> Option<Case> {
    let fill = |t: &str| {
        let mut out = t.to_owned();
        for (name, whole) in variables(t) {
            if value(case, &name) == Some(&json!("")) {
                out = out.replace(&whole, "");
            }
        }
        (has_variables(case) && out != t).then_some(out)
    };
    let changed =
        values(case, |operator, _, t| operator.variables().then(|| fill(t)).flatten().map(|t| vec![t]));
    elements(changed.as_ref().unwrap_or(case), &["Resource", "NotResource"], fill).or(changed)
}

/// A variable's colon does not end a field of the ARN it stands in.
pub fn variable_in_arn(case: &Case) -> Option<Case> {
    values(case, |operator, _, t| {
        if !has_variables(case)
            || !operator.base.starts_with("Arn")
            || unresolved(case, t)
            || multivalued(case, t)
        {
            return None;
        }
        let mut out = t.to_owned();
        for (name, whole) in variables(t).into_iter().filter(|(name, _)| is_key(name)) {
            out = out.replace(&whole, &literal(value(case, &name)?.as_str()?));
        }
        (out != t).then(|| vec![out])
    })
}

/// Bool takes no variables.
pub fn variable_in_bool(case: &Case) -> Option<Case> {
    values(case, |operator, _, t| {
        (operator.base == "Bool" && t.contains("${")).then(|| vec!["no".to_owned()])
    })
}
