//! Objects and lists in braces and brackets: of JSON, and of HCL, where `terraform fmt` puts the values of lines in a row beneath each
//! other.

use super::style::{Style, WIDTH};
use serde_json::{Map, Value};

/// A style, and one step of indentation.
pub(super) struct Layout<'s> {
    pub(super) style: &'s Style<'s>,
    pub(super) unit: &'s str,
}

impl Layout<'_> {
    /// An object: on one line, or with a line for each member.
    pub(super) fn members(
        &self,
        members: &[(&str, &Value)],
        outer: &str,
        inner: &str,
        newline: Option<&str>,
    ) -> String {
        let style = self.style;
        let one = |(key, value): &(&str, &Value), inner: &str, newline| {
            let key = style.key(key);
            let column = inner.len() + key.len() + style.colon.len();
            let value = self.value(value, inner, column, newline);
            (key, value)
        };
        let line = |(key, value): (String, String)| format!("{key}{}{value}", style.colon);
        let Some(newline) = newline else {
            let list: Vec<String> = members.iter().map(|m| line(one(m, "", None))).collect();
            let pad = if style.padded { " " } else { "" };
            return format!("{{{pad}{}{pad}}}", list.join(style.comma));
        };
        let mut list: Vec<(String, String)> = members.iter().map(|m| one(m, inner, Some(newline))).collect();
        let comma = if style.notation.is_hcl() { "" } else { "," };
        if style.notation.is_hcl() {
            align(&mut list);
        }
        let list: Vec<String> = list.into_iter().map(|m| format!("{newline}{inner}{}", line(m))).collect();
        format!("{{{}{newline}{outer}}}", list.join(comma))
    }

    /// A value that begins at this column, in a line that is indented so.
    pub(super) fn value(&self, value: &Value, outer: &str, column: usize, newline: Option<&str>) -> String {
        let style = self.style;
        let flat = match value {
            Value::Array(list) => {
                let list: Vec<String> = list.iter().map(|v| self.value(v, "", 0, None)).collect();
                format!("[{}]", list.join(style.comma))
            }
            Value::Object(members) => self.members(&listed(members), "", "", None),
            Value::String(text) => style.string(text),
            scalar => scalar.to_string(),
        };
        let Some(newline) = newline else { return flat };
        let fits = column + flat.chars().count() < WIDTH;
        let inner = format!("{outer}{}", self.unit);
        match value {
            Value::Array(list)
                if style.tall_lists && (list.len() > 1 || !style.notation.is_hcl()) || !fits =>
            {
                let entry = |v| format!("{newline}{inner}{}", self.value(v, &inner, 0, None));
                let list: Vec<String> = list.iter().map(entry).collect();
                let end = if style.notation.is_hcl() { "," } else { "" };
                format!("[{}{end}{newline}{outer}]", list.join(","))
            }
            Value::Object(members) if !(style.flat_objects && fits) => {
                self.members(&listed(members), outer, &inner, Some(newline))
            }
            _ => flat,
        }
    }
}

/// The members of an object, in their order.
pub(super) fn listed(members: &Map<String, Value>) -> Vec<(&str, &Value)> {
    members.iter().map(|(key, value)| (&**key, value)).collect()
}

/// Makes the keys of lines in a row equally long. A value of several lines parts rows.
fn align(members: &mut [(String, String)]) {
    for row in members.chunk_by_mut(|a, b| !a.1.contains('\n') && !b.1.contains('\n')) {
        let longest = row.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
        for (key, _) in row {
            *key += &" ".repeat(longest.saturating_sub(key.chars().count()));
        }
    }
}

/// A key of HCL, in quotes where it is no name.
pub(super) fn key(key: &str) -> String {
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if is_name { key.to_owned() } else { Value::from(key).to_string() }
}
