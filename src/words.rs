//! Parts of a policy in plain words: what a statement says, and what a condition asks for. For hovers, and for what a change
//! means.
//!
//! Says what stands there, not what comes of it; texts of the policy are quoted as they are, control characters and all.

use crate::aws;
use crate::engine::holds::when_absent;
use crate::engine::pattern::Truth;
use crate::policy::operator::Class;
use crate::policy::{
    Base, Condition, Effect, Element, Operator, PrincipalPattern, Quantifier, Statement, Template,
};

/// A list longer than this is cut short.
const MOST: usize = 6;

/// `a`, `b` and `c`, each in back quotes; a long list is cut short.
#[must_use]
pub fn list<T: AsRef<str>>(texts: &[T], last: &str) -> String {
    let more = texts.len().saturating_sub(MOST);
    // One more is as long as saying that there is one more.
    let shown = if more > 1 { MOST } else { texts.len() };
    let mut quoted: Vec<String> = texts.iter().take(shown).map(|t| format!("`{}`", t.as_ref())).collect();
    if more > 1 {
        quoted.push(format!("{more} more"));
    }
    match quoted.split_last() {
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => "none".to_owned(),
    }
}

/// The values of an element or a condition, as a list.
#[must_use]
pub fn values(values: &[Template], last: &str) -> String {
    list(&values.iter().map(|v| &*v.source).collect::<Vec<_>>(), last)
}

/// What a statement says, as a sentence without a final stop: "denies every S3 action on `arn:aws:s3:::b/*` to everyone, if ...".
#[must_use]
pub fn statement(statement: &Statement) -> String {
    let effect = match statement.effect {
        Some(Effect::Allow) => "allows",
        Some(Effect::Deny) => "denies",
        None => "allows or denies (it does not say which)",
    };
    let mut out = effect.to_owned();
    if let Some(actions) = &statement.action {
        out.push_str(&format!(" {}", self::actions(actions)));
    }
    if let Some(resources) = &statement.resource {
        out.push_str(&format!(" on {}", self::resources(resources)));
    }
    if let Some(principals) = &statement.principal {
        let to = if statement.effect == Some(Effect::Deny) { "to" } else { "for" };
        out.push_str(&format!(" {to} {}", self::principals(principals)));
    }
    let conditions: Vec<String> = statement.conditions.iter().map(condition).collect();
    if !conditions.is_empty() {
        out.push_str(&format!(", if {}", conditions.join(", and ")));
    }
    out
}

fn actions(element: &Element<Template>) -> String {
    let is_all = |t: &Template| matches!(&*t.source.to_ascii_lowercase(), "*" | "s3:*");
    match (element.negated, element.values.iter().any(is_all)) {
        (false, true) => "every S3 action".to_owned(),
        (false, false) => values(&element.values, "and"),
        (true, _) => format!("every action but {}", values(&element.values, "and")),
    }
}

fn resources(element: &Element<Template>) -> String {
    match (element.negated, element.values.iter().any(|t| &*t.source == "*")) {
        (false, true) => "every resource".to_owned(),
        (false, false) => values(&element.values, "and"),
        (true, _) => format!("everything but {}", values(&element.values, "and")),
    }
}

fn principals(element: &Element<crate::policy::PrincipalEntry>) -> String {
    let is_everyone =
        |p: &PrincipalPattern| matches!(p, PrincipalPattern::Everyone | PrincipalPattern::EveryAws);
    let names: Vec<String> = element.values.iter().map(|e| e.pattern.to_string()).collect();
    match (element.negated, element.values.iter().any(|e| is_everyone(&e.pattern))) {
        (false, true) => "everyone".to_owned(),
        (false, false) => list(&names, "and"),
        (true, _) => format!("everyone but {}", list(&names, "and")),
    }
}

/// What a condition asks for: "`aws:SourceVpce` is absent or is not `vpce-1`".
#[must_use]
pub fn condition(condition: &Condition) -> String {
    let Condition { operator, key, values, .. } = condition;
    if operator.base == Base::Null {
        return null(condition);
    }
    let listed = self::values(values, "or");
    let Some(comparison) = comparison(*operator) else {
        return format!("`{key}` `{operator}` {listed}");
    };
    let is_always_there = aws::condition_key(key).is_some_and(|k| k.presence == aws::Presence::Always);
    let or_absent = !is_always_there && when_absent(*operator) == Truth::True;
    match (operator.quantifier, or_absent) {
        (None, false) => format!("`{key}` {comparison} {listed}"),
        (None, true) => format!("`{key}` is absent or {comparison} {listed}"),
        (Some(Quantifier::ForAny), _) => format!("some value of `{key}` {comparison} {listed}"),
        (Some(Quantifier::ForAll), _) => {
            format!("`{key}` is absent or each of its values {comparison} {listed}")
        }
    }
}

fn null(condition: &Condition) -> String {
    let key = &condition.key;
    match condition.operator.quantifier {
        Some(Quantifier::ForAll) => return format!("`{}` (always true) on `{key}`", condition.operator),
        Some(Quantifier::ForAny) => return format!("`{}` (always false) on `{key}`", condition.operator),
        None => {}
    }
    match condition.values.iter().map(Template::as_literal).collect::<Vec<_>>().as_slice() {
        [Some(text)] if text.eq_ignore_ascii_case("true") => format!("`{key}` is absent"),
        [Some(text)] if text.eq_ignore_ascii_case("false") => format!("`{key}` is present"),
        _ => format!("`{key}` `Null` {}", values(&condition.values, "or")),
    }
}

/// What an operator asks of one value, to stand between the key and the policy's values; `None` for `Null`.
#[must_use]
pub fn comparison(operator: Operator) -> Option<&'static str> {
    use Base as B;
    Some(match operator.base {
        B::StringEquals | B::NumericEquals | B::DateEquals | B::Bool | B::BinaryEquals => "is",
        B::StringNotEquals | B::NumericNotEquals | B::DateNotEquals => "is not",
        B::StringEqualsIgnoreCase => "is (in any letter case)",
        B::StringNotEqualsIgnoreCase => "is not (in any letter case)",
        B::StringLike | B::ArnEquals | B::ArnLike => "matches",
        B::StringNotLike | B::ArnNotEquals | B::ArnNotLike => "does not match",
        B::NumericLessThan => "is less than",
        B::NumericLessThanEquals => "is at most",
        B::NumericGreaterThan => "is greater than",
        B::NumericGreaterThanEquals => "is at least",
        B::DateLessThan => "is before",
        B::DateLessThanEquals => "is not after",
        B::DateGreaterThan => "is after",
        B::DateGreaterThanEquals => "is not before",
        B::IpAddress => "is in",
        B::NotIpAddress => "is not in",
        B::Null => return None,
    })
}

/// What an operator compares, in words: "text", "ARNs, part by part".
#[must_use]
pub fn class(class: Class) -> &'static str {
    match class {
        Class::String => "text",
        Class::Numeric => "numbers",
        Class::Date => "points in time",
        Class::Bool => "`true` and `false`",
        Class::Binary => "bytes in base64",
        Class::Ip => "IP addresses with addresses and CIDR ranges",
        Class::Arn => "ARNs, part by part",
        Class::Null => "nothing: it asks whether the key is there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PolicyKind, lower};
    use crate::source::parse;

    fn said(body: &str) -> String {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{{{body}}}]}}"#);
        let parsed = parse(text.as_bytes());
        statement(&lower(&parsed.documents[0], PolicyKind::Bucket).statements[0])
    }

    #[test]
    fn statements_in_words() {
        assert_eq!(
            said(
                r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
                "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}"#
            ),
            "denies every S3 action on `arn:aws:s3:::b` and `arn:aws:s3:::b/*` to everyone, \
             if `aws:SourceVpce` is absent or is not `vpce-1` or `vpce-2`"
        );
    }
}
