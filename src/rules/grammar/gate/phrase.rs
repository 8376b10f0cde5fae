//! What a schema violation is called: words a person would use, with the place they are about.

use super::super::words::{alternatives, cut, is_broken, opening, quote, quote_node};
use super::super::{Problem, Remedy};
use crate::source::{Member, Node, Place, Span, Text, Value, resolve};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value as Json;
use std::collections::HashMap;

/// The elements of the policy language, for suggestions, and whether they stand in a statement.
const ELEMENTS: [(&str, bool); 12] = [
    ("Version", false),
    ("Id", false),
    ("Statement", false),
    ("Sid", true),
    ("Effect", true),
    ("Principal", true),
    ("NotPrincipal", true),
    ("Action", true),
    ("NotAction", true),
    ("Resource", true),
    ("NotResource", true),
    ("Condition", true),
];

/// One violation, and what it says is missing (so that a misspelt key is not reported twice).
pub struct Found {
    problem: Problem,
    /// The owner and the key that it lacks.
    missing: Vec<(Span, String)>,
    /// The owner and the key that a misspelt one stands for.
    meant: Option<(Span, &'static str)>,
}

/// Adds what a violation says.
pub fn violation(rule: &str, error: &ValidationError, place: Place, out: &mut Vec<Found>) {
    let pointer = error.instance_path().as_str();
    let at = Where { place, pointer };
    if is_broken(place.node) {
        return;
    }
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            // By a table: of tens of thousands of keys each may be unexpected. Of equal ones the last counts.
            let members: HashMap<&str, &Member> =
                place.node.object().unwrap_or_default().iter().map(|m| (&*m.key.value, m)).collect();
            for member in unexpected.iter().filter_map(|key| members.get(key.as_str())) {
                out.push(unexpected_key(rule, &member.key, &at));
            }
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            if let Some(keys) = lacks_all(context, pointer) {
                out.push(missing(rule, &at, keys));
            } else if let Some((error, node)) = deepest(context, place.node, pointer) {
                violation(rule, error, node, out);
            } else {
                let text = format!("{} has none of the allowed forms", at.subject());
                out.push(found(rule, place.node.span, text));
            }
        }
        Kind::Required { property } => out.push(missing(rule, &at, vec![text_of(property)])),
        kind => {
            // The value is known only at deploy time.
            let is_open = place.node.text().is_some_and(|t| !t.holes.is_empty());
            if is_open && !matches!(kind, Kind::Type { .. } | Kind::FalseSchema) {
                return;
            }
            let (span, message) = simple(kind, error, &at);
            let mut found = found(rule, span, message);
            found.problem.remedy = meant_value(error.kind(), place.node);
            out.push(found);
        }
    }
}

/// The allowed value that the text is but for letter case, or for a list around it.
fn meant_value(kind: &Kind, node: &Node) -> Option<Remedy> {
    let Kind::Enum { options } = kind else { return None };
    let text = match node.array() {
        Some([one]) => one.text()?.known()?,
        Some(_) => return None,
        None => node.text()?.known()?,
    };
    let options = options.as_array()?.iter().filter_map(Json::as_str);
    let mut fits = options.filter(|option| option.eq_ignore_ascii_case(text));
    let (Some(value), None) = (fits.next(), fits.next()) else { return None };
    Some(Remedy::Write { span: node.span, value: value.into(), sure: true })
}

/// Leaves out that a key is missing where a misspelt one stands for it.
pub fn without_echoes(found: Vec<Found>) -> Vec<Problem> {
    let meant: Vec<(Span, &str)> = found.iter().filter_map(|f| f.meant).collect();
    let is_echo = |f: &Found| f.missing.iter().any(|(owner, key)| meant.contains(&(*owner, key)));
    found.into_iter().filter(|f| !is_echo(f)).map(|f| f.problem).collect()
}

fn found(rule: &str, span: Span, message: String) -> Found {
    Found { problem: Problem::new(rule.to_owned(), span, message), missing: Vec::new(), meant: None }
}

fn missing(rule: &str, at: &Where, keys: Vec<String>) -> Found {
    let owner = at.place.node;
    let quoted: Vec<String> = keys.iter().map(|k| quote(k).to_string()).collect();
    let message = match quoted.as_slice() {
        [one] => format!("{} has no {one}", at.subject()),
        [a, b] => format!("{} has neither {a} nor {b}", at.subject()),
        many => format!("{} has none of {}", at.subject(), many.join(", ")),
    };
    let mut out = found(rule, opening(owner), message);
    out.missing = keys.into_iter().map(|k| (owner.span, k)).collect();
    out
}

fn unexpected_key(rule: &str, key: &Text, at: &Where) -> Found {
    let name = quote(&key.value);
    let Some(in_statement) = at.level() else {
        return found(rule, key.span, format!("{name} is not allowed in {}", at.subject()));
    };
    let owner = at.place.node;
    let written: String = key.value.chars().take(20).collect::<String>().to_lowercase();
    let distance = |element: &str| strsim::damerau_levenshtein(&written, &element.to_lowercase());
    let nearest = ELEMENTS.iter().map(|e| (distance(e.0), e)).min_by_key(|(d, _)| *d);
    let mut out = found(rule, key.span, String::new());
    out.problem.message = match nearest {
        Some((0, (element, level))) if **element == *key.value && *level != in_statement => {
            let place = if *level { "in a statement" } else { "beside `Statement`, not in it" };
            format!("{name} does not belong here: it stands {place}")
        }
        Some((d, (element, level)))
            if d <= 2 && *level == in_statement && owner.member(element).is_none() =>
        {
            out.meant = Some((owner.span, element));
            out.problem.remedy =
                Some(Remedy::Write { span: key.span, value: Json::from(*element), sure: d == 0 });
            format!("{name} is no policy element: write `{element}`")
        }
        _ => format!("{name} is no policy element"),
    };
    out
}

/// The keys that the branches ask for, when each branch lacks nothing but keys of this very object.
fn lacks_all(context: &[Vec<ValidationError<'static>>], pointer: &str) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    for error in context.iter().flatten() {
        let Kind::Required { property } = error.kind() else { return None };
        if !error.instance_path().as_str().is_empty() && error.instance_path().as_str() != pointer {
            return None;
        }
        keys.push(text_of(property));
    }
    (!keys.is_empty()).then_some(keys)
}

/// The error of the branch that got furthest into the document.
fn deepest<'e, 't>(
    context: &'e [Vec<ValidationError<'static>>],
    node: &'t Node,
    pointer: &str,
) -> Option<(&'e ValidationError<'static>, Place<'t>)> {
    let depth = |e: &ValidationError| e.instance_path().as_str().matches('/').count();
    let branch = context.iter().filter(|b| !b.is_empty()).max_by_key(|b| b.iter().map(depth).max())?;
    let error = branch.iter().max_by_key(|e| depth(e))?;
    // Where all branches fail at the value itself, no branch is better than another.
    let path = error.instance_path().as_str();
    let inner = path.strip_prefix(pointer).unwrap_or(path);
    if inner.is_empty() {
        return None;
    }
    resolve(node, inner).map(|place| (error, place))
}

/// Violations with one place and no alternatives.
fn simple(kind: &Kind, error: &ValidationError, at: &Where) -> (Span, String) {
    let node = at.place.node;
    let subject = at.subject();
    let is = quote_node(node);
    let message = match kind {
        Kind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(quote_json).collect();
            format!("{subject} must be {}, not {is}", alternatives(&options))
        }
        Kind::Constant { expected_value } => {
            format!("{subject} must be {}, not {is}", quote_json(expected_value))
        }
        Kind::Type { kind } => format!("{subject} must be {}, not {}", types(kind), node.kind_in_words()),
        Kind::MinItems { limit: 1 } | Kind::MinProperties { limit: 1 } | Kind::MinLength { limit: 1 } => {
            format!("{subject} is empty")
        }
        Kind::MinItems { limit } => format!("{subject} has fewer than {limit} entries"),
        Kind::MaxItems { limit } => format!("{subject} has more than {limit} entries"),
        Kind::MinProperties { limit } => format!("{subject} has fewer than {limit} members"),
        Kind::MaxProperties { limit } => format!("{subject} has more than {limit} members"),
        Kind::MinLength { limit } => format!("{subject} is shorter than {limit} characters"),
        Kind::MaxLength { limit } => format!("{subject} is longer than {limit} characters"),
        Kind::Minimum { limit } => format!("{subject} must be at least `{limit}`, not {is}"),
        Kind::Maximum { limit } => format!("{subject} must be at most `{limit}`, not {is}"),
        Kind::ExclusiveMinimum { limit } => format!("{subject} must be more than `{limit}`, not {is}"),
        Kind::ExclusiveMaximum { limit } => format!("{subject} must be less than `{limit}`, not {is}"),
        Kind::Pattern { pattern } => format!("{subject} is {is}, which does not fit {}", quote(pattern)),
        Kind::Format { format } => format!("{subject} is {is}, which is no {format}"),
        Kind::UniqueItems => format!("{subject} lists a value twice"),
        Kind::Contains => format!("{subject} lacks a required entry"),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            format!("{subject} has more entries than allowed")
        }
        Kind::FalseSchema => {
            let span = at.place.member.map_or(node.span, |m| m.key.span);
            return (span, format!("{subject} is not allowed here"));
        }
        Kind::Not { schema } => match required_keys(schema) {
            Some(keys) if keys.len() == 2 => {
                let second = keys.iter().filter_map(|k| node.member(k)).map(|m| m.key.span).max();
                let quoted: Vec<String> = keys.iter().map(|k| quote(k).to_string()).collect();
                let message = format!("{subject} has both {}: keep one", quoted.join(" and "));
                return (second.unwrap_or_else(|| opening(node)), message);
            }
            _ => format!("{subject} has a form that is not allowed"),
        },
        Kind::OneOfMultipleValid { .. } => format!("{subject} fits several forms that exclude each other"),
        Kind::PropertyNames { error } => {
            let key = error.instance().as_str().unwrap_or_default().to_owned();
            let span = node.member(&key).map_or_else(|| opening(node), |m| m.key.span);
            return (span, format!("{} is not allowed as a key of {subject}", quote(&key)));
        }
        _ => format!("{subject} is not as required: {}", cut(&error.masked().to_string())),
    };
    let span = match node.value {
        Value::Object(_) | Value::Array(_) => opening(node),
        _ => node.span,
    };
    (span, message)
}

fn required_keys(schema: &Json) -> Option<Vec<String>> {
    let schema = schema.as_object().filter(|s| s.keys().all(|k| k == "required" || k == "type"))?;
    Some(schema.get("required")?.as_array()?.iter().map(text_of).collect())
}

fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn quote_json(value: &Json) -> String {
    quote(&text_of(value)).to_string()
}

fn types(kind: &TypeKind) -> String {
    let word = |t: JsonType| match t {
        JsonType::Array => "an array",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    };
    match kind {
        TypeKind::Single(one) => word(*one).to_owned(),
        TypeKind::Multiple(many) => {
            let mut words: Vec<String> = many.iter().map(|t| word(t).to_owned()).collect();
            words.sort_unstable_by_key(|w| std::cmp::Reverse(w.contains("string")));
            alternatives(&words)
        }
    }
}

/// The place of a violation, for naming it.
struct Where<'a, 't> {
    place: Place<'t>,
    pointer: &'a str,
}

impl Where<'_, '_> {
    /// What the violation is about: `the policy`, `statement 2`, `` `Effect` ``, `` an entry of `Action` ``.
    fn subject(&self) -> String {
        let tokens: Vec<&str> = self.pointer.split('/').skip(1).collect();
        match tokens.as_slice() {
            [] => "the policy".to_owned(),
            ["Statement"] if self.place.node.object().is_some() => "the statement".to_owned(),
            ["Statement", n] if n.parse::<usize>().is_ok() => {
                format!("statement {}", n.parse::<usize>().map_or(0, |n| n.saturating_add(1)))
            }
            [.., owner, last] => match self.place.member {
                Some(member) => quote(&member.key.value).to_string(),
                None if last.parse::<usize>().is_ok() => format!("an entry of {}", quote(&unescaped(owner))),
                None => quote(&unescaped(last)).to_string(),
            },
            [one] => quote(&unescaped(one)).to_string(),
        }
    }

    /// Whether the place is the document (`false`) or a statement (`true`).
    fn level(&self) -> Option<bool> {
        let tokens: Vec<&str> = self.pointer.split('/').skip(1).collect();
        match tokens.as_slice() {
            [] => Some(false),
            ["Statement"] => Some(true),
            ["Statement", n] if n.parse::<usize>().is_ok() => Some(true),
            _ => None,
        }
    }
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
