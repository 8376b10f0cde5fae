//! Statements as blocks of an `aws_iam_policy_document`.
//!
//! Source: the AWS provider's documentation of the data source.

use super::layout::Layout;
use super::style::Style;
use serde_json::{Map, Value};

/// The attributes of a statement, in the order in which they are written, and the elements that they make.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("sid", "Sid"),
    ("effect", "Effect"),
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
];

/// The attribute or block for an element of a statement.
pub(super) fn name(element: &str) -> Option<&'static str> {
    let attribute = ATTRIBUTES.iter().find(|(_, own)| *own == element).map(|(attribute, _)| *attribute);
    attribute.or(match element {
        "Principal" => Some("principals"),
        "NotPrincipal" => Some("not_principals"),
        "Condition" => Some("condition"),
        _ => None,
    })
}

/// What goes into one block.
type Attributes = Vec<(&'static str, Value)>;

/// The attributes of a statement. Lists are lists also where there is one value.
pub(super) fn attributes(elements: &Map<String, Value>) -> Attributes {
    let written = ATTRIBUTES.iter().filter_map(|(attribute, element)| {
        let value = elements.get(*element)?;
        let is_list = attribute.ends_with('s');
        Some((*attribute, if is_list { list(value) } else { value.clone() }))
    });
    written.collect()
}

/// The blocks inside of a statement.
pub(super) fn blocks(elements: &Map<String, Value>) -> Vec<(&'static str, Attributes)> {
    let mut out = Vec::new();
    for element in ["Principal", "NotPrincipal"] {
        let Some(kind) = name(element) else { continue };
        let mut block = |of: &str, ids: &Value| {
            out.push((kind, vec![("type", of.into()), ("identifiers", list(ids))]));
        };
        match elements.get(element) {
            Some(Value::Object(types)) => types.iter().for_each(|(of, ids)| block(of, ids)),
            Some(all) => block("*", all),
            None => {}
        }
    }
    for (operator, keys) in elements.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let test = ("test", operator.as_str().into());
            out.push(("condition", vec![test, ("variable", key.as_str().into()), ("values", list(values))]));
        }
    }
    out
}

fn list(value: &Value) -> Value {
    if value.is_array() { value.clone() } else { Value::Array(vec![value.clone()]) }
}

impl Style<'_> {
    /// A `statement` block that stands at this indentation.
    pub(super) fn block(&self, elements: &Map<String, Value>, outer: &str) -> String {
        let newline = self.newline();
        let unit = self.unit(outer);
        let layout = Layout { style: self, unit };
        let inner = format!("{outer}{unit}");
        let written = |attributes: &Attributes, outer: &str| {
            let members: Vec<(&str, &Value)> = attributes.iter().map(|(key, value)| (*key, value)).collect();
            layout.members(&members, outer, &format!("{outer}{unit}"), Some(newline))
        };
        let own = written(&attributes(elements), outer);
        // The blocks stand before the last brace.
        let end = format!("{newline}{outer}}}");
        let mut out = format!("statement {}", own.strip_suffix(&end).unwrap_or(&own));
        for (kind, attributes) in blocks(elements) {
            out += &format!("{newline}{newline}{inner}{kind} {}", written(&attributes, &inner));
        }
        out + &end
    }
}
