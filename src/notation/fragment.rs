//! Pieces of policies in the words of a help, which rules write as JSON, in the notation of the file that the help is about.

use super::{Notation, block, yaml};
use serde_json::{Map, Value};

/// A help with its pieces of JSON in a notation. A piece stands between backticks: a member (`"Principal": "*"`), or an object.
#[must_use]
pub fn retold(help: &str, notation: Notation) -> String {
    if notation.is_json() {
        return help.to_owned();
    }
    let pieces = help.split('`').enumerate();
    let pieces = pieces.map(|(number, piece)| {
        let told = (number % 2 == 1).then(|| told(piece, notation)).flatten();
        told.unwrap_or_else(|| piece.to_owned())
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn told(piece: &str, notation: Notation) -> Option<String> {
    if notation == Notation::Block
        && let Some(name) = block::name(piece)
    {
        return Some(name.to_owned());
    }
    if let Ok(Value::Object(members)) = serde_json::from_str(&format!("{{{piece}}}"))
        && !members.is_empty()
    {
        if notation != Notation::Block {
            return Some(joined(&members, notation));
        }
        let is_element = members.keys().all(|key| block::name(key).is_some());
        // What is no element is an operator of a condition, with its keys.
        let is_test = members.values().all(Value::is_object);
        return match (is_element, is_test) {
            (true, _) => Some(blocks(&members)),
            (false, true) => Some(blocks(&Map::from_iter([("Condition".to_owned(), members.into())]))),
            (false, false) => None,
        };
    }
    let value: Value = serde_json::from_str(piece).ok()?;
    value.is_object().then(|| flat(&value, notation))
}

/// The attributes and blocks for elements of a statement.
fn blocks(elements: &Map<String, Value>) -> String {
    let attribute = |(key, value): &(&str, Value)| format!("{key} = {}", flat(value, Notation::Object));
    let own = block::attributes(elements);
    let inner = block::blocks(elements);
    let own = own.iter().map(attribute);
    let inner = inner.iter().map(|(kind, attributes)| {
        let attributes: Vec<String> = attributes.iter().map(attribute).collect();
        format!("{kind} {{ {} }}", attributes.join(" "))
    });
    own.chain(inner).collect::<Vec<_>>().join(" ")
}

fn joined(members: &Map<String, Value>, notation: Notation) -> String {
    let one = |(key, value): (&String, &Value)| match notation {
        Notation::Yaml => format!("{}: {}", yaml::quoted(key, false), flat(value, notation)),
        _ => format!("{} = {}", super::layout::key(key), flat(value, notation)),
    };
    members.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn flat(value: &Value, notation: Notation) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flat(item, notation)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if notation == Notation::Yaml => format!("{{{}}}", joined(members, notation)),
        Value::Object(members) => format!("{{ {} }}", joined(members, notation)),
        scalar => scalar.to_string(),
    }
}
