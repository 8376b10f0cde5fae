//! `policy-value-type`: values that their operator cannot read, and operators that do not go with their key's type.
//! What a value is read as is the engine's own reading.

use super::view::Clause;
use super::words::{is_broken, quote};
use super::{Problem, pattern};
use crate::aws::{ConditionKey, KeyType};
use crate::engine::value::{boolean, net, number, time};
use crate::policy::PolicyKind;
use crate::policy::operator::Class;
use crate::source::{Node, Value};

const RULE: &str = "policy-value-type";

/// Keys whose values are account ids.
const ACCOUNTS: [&str; 7] = [
    "aws:PrincipalAccount",
    "aws:ResourceAccount",
    "aws:SourceAccount",
    "aws:SourceOwner",
    "aws:VpceAccount",
    "s3:DataAccessPointAccount",
    "s3:ResourceAccount",
];

/// Runs the check.
pub fn check(clause: &Clause, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    let class = clause.operator.base.class();
    // An endpoint policy with one of these cannot even be saved, which `policy-endpoint-save-limits` says.
    let unsaved = kind == Some(PolicyKind::Endpoint) && class == Class::Numeric;
    if unsaved && clause.fact.is_some_and(|f| f.sensitive) {
        return;
    }
    if let Some(problem) = clause.fact.and_then(|fact| operator(clause, fact)) {
        out.push(problem);
        return;
    }
    let values = clause.value.one_or_many();
    if matches!(class, Class::Bool | Class::Null) && values.len() > 1 {
        let message = format!("`{}` takes one value, not {}", clause.operator, values.len());
        let found = Problem::new(RULE, clause.value.span, message).warning();
        out.push(found.help("`true` and `false` together ask only whether the key is there"));
    }
    if let Some(odd) = mixed(values) {
        let message = format!("the values of {} mix JSON types", quote(&clause.key.value));
        out.push(
            Problem::new(RULE, odd.span, message).warning().label(format!("this is {}", odd.kind_in_words())),
        );
    }
    for node in values {
        out.extend(value(clause, class, node));
    }
}

/// The first value of another JSON type than the first one.
fn mixed(values: &[Node]) -> Option<&Node> {
    let kind = |node: &Node| std::mem::discriminant(&node.value);
    let first = kind(values.first()?);
    values.iter().find(|v| kind(v) != first && !is_broken(v))
}

/// An operator that does not go with the key.
fn operator(clause: &Clause, fact: &ConditionKey) -> Option<Problem> {
    let class = clause.operator.base.class();
    let types = [Some(fact.key_type), fact.other_type];
    let has = |t: KeyType| types.contains(&Some(t));
    // A tag holds what its author puts there.
    if fact.variable_part || class == Class::Null {
        return None;
    }
    let fits = match class {
        Class::Null => true,
        Class::String => has(KeyType::String) || has(KeyType::Arn),
        // The values decide: a text that is no ARN is reported as such.
        Class::Arn => has(KeyType::Arn) || has(KeyType::String),
        Class::Numeric => has(KeyType::Numeric),
        Class::Date => has(KeyType::Date),
        Class::Bool => has(KeyType::Bool),
        Class::Ip => has(KeyType::Ip),
        Class::Binary => has(KeyType::Binary),
    };
    if fits {
        return None;
    }
    let key = quote(&clause.key.value);
    let right = match fact.key_type {
        KeyType::String => "StringEquals",
        KeyType::Arn => "ArnLike",
        KeyType::Bool => "Bool",
        KeyType::Numeric => "NumericEquals",
        KeyType::Date => "DateLessThan",
        KeyType::Ip => "IpAddress",
        KeyType::Binary => "BinaryEquals",
    };
    let holds = words(fact.key_type);
    let found = |message: String| {
        Problem::new(RULE, clause.operator_key.span, message)
            .related(clause.key.span, format!("holds {holds}"))
            .help(format!("use an operator for {holds}, such as `{right}`"))
    };
    let operator = clause.operator;
    Some(match (class, fact.key_type) {
        (Class::String, KeyType::Bool) => {
            found(format!("`{operator}` compares {key}, a boolean, as text")).note()
        }
        (Class::String, _) => {
            found(format!("`{operator}` compares {key} character by character, though it holds {holds}"))
                .warning()
        }
        (Class::Numeric, KeyType::Date) | (Class::Date, KeyType::Numeric) | (Class::Binary, _) => {
            found(format!("`{operator}` does not go with {key}, which holds {holds}")).warning()
        }
        _ => found(format!("`{operator}` never matches {key}, which holds {holds}")),
    })
}

fn words(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::String => "text",
        KeyType::Arn => "an ARN",
        KeyType::Bool => "`true` or `false`",
        KeyType::Numeric => "a number",
        KeyType::Date => "a time",
        KeyType::Ip => "an IP address",
        KeyType::Binary => "bytes in Base64",
    }
}

fn value(clause: &Clause, class: Class, node: &Node) -> Option<Problem> {
    if is_broken(node) {
        return None;
    }
    let text = match &node.value {
        Value::String(text) => text.known()?,
        Value::Number(number) => number,
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        _ => return None,
    };
    if pattern::has_variable(text) {
        return None;
    }
    let problem = |message: String| Problem::new(RULE, node.span, message);
    let shown = quote(text);
    let operator = clause.operator;
    match class {
        Class::Bool | Class::Null => boolean(text)
            .is_none()
            .then(|| problem(format!("`{operator}` takes `true` or `false`, not {shown}"))),
        Class::Numeric => {
            number(text).is_none().then(|| problem(format!("`{operator}` takes a number, not {shown}")))
        }
        Class::Date => time(text).is_none().then(|| {
            problem(format!("`{operator}` takes a time, not {shown}"))
                .help("write it like `2026-01-31T00:00:00Z`, or as seconds since 1970")
        }),
        Class::Ip => net(text).is_none().then(|| {
            problem(format!("`{operator}` takes an IP address or range, not {shown}"))
                .help("write it like `203.0.113.0/24` or `2001:db8::/32`")
        }),
        Class::Arn => arn(clause, node, text),
        Class::String => string(clause, node, text),
        Class::Binary => None,
    }
}

fn arn(clause: &Clause, node: &Node, text: &str) -> Option<Problem> {
    let fields = text.split(':').count();
    if fields >= 6 && (text.starts_with("arn:") || text.starts_with(['*', '?'])) {
        return None;
    }
    let operator = clause.operator;
    let problem = |message: String| Problem::new(RULE, node.span, message);
    if text == "*" {
        let message = format!("AWS does not say what `*` alone matches under `{operator}`");
        return Some(
            problem(message)
                .warning()
                .help("write `arn:*:*:*:*:*`, or use `Null` to ask whether the key is there"),
        );
    }
    Some(if text.starts_with("arn:") {
        problem(format!("{} has {fields} of an ARN's six fields: `{operator}` never matches it", quote(text)))
            .help("write all six fields, with `*` for each that may be anything")
    } else {
        problem(format!("`{operator}` takes an ARN, not {}", quote(text)))
    })
}

fn string(clause: &Clause, node: &Node, text: &str) -> Option<Problem> {
    let fact = clause.fact?;
    let problem = |message: String| Problem::new(RULE, node.span, message);
    if ACCOUNTS.contains(&fact.name) {
        return account(fact, node, text, &problem);
    }
    if pattern::has_wildcard(text) || fact.values.is_empty() || fact.values.contains(&text) {
        return None;
    }
    let fold = clause.operator.base.ignores_case();
    let nearest = fact
        .values
        .iter()
        .filter(|v| v.len().abs_diff(text.len()) <= 2)
        .map(|v| (strsim::damerau_levenshtein(&v.to_lowercase(), &text.to_lowercase()), v))
        .min_by_key(|(d, _)| *d);
    match nearest {
        Some((0, _)) if fold => None,
        Some((d, v)) if d <= 2 => {
            Some(problem(format!("`{}` never holds {}", fact.name, quote(text))).warning().write(
                node.span,
                *v,
                d == 0,
            ))
        }
        _ => Some(
            problem(format!("`{}` is not known to hold {}", fact.name, quote(text)))
                .note()
                .help(format!("its values are {}", fact.values.join(", "))),
        ),
    }
}

/// A value of a key that holds account ids.
fn account(
    fact: &ConditionKey,
    node: &Node,
    text: &str,
    problem: &dyn Fn(String) -> Problem,
) -> Option<Problem> {
    let is_id = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if node.text().is_none() && matches!(node.value, Value::Number(_)) {
        let found = problem(format!(
            "the account id {} stands there as a number, which loses leading zeros",
            quote(text)
        ));
        let found = if is_id { found.write(node.span, text, true) } else { found };
        let found = found.help("write the twelve digits in quotes");
        return Some(if is_id { found.warning() } else { found });
    }
    let anonymous = text == "anonymous" && fact.name == "aws:PrincipalAccount";
    if is_id || anonymous || pattern::has_wildcard(text) {
        return None;
    }
    Some(problem(format!("{} is no account id", quote(text))).help("write its twelve digits"))
}
