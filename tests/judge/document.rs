//! Small readings of policy documents as JSON, for the generator and the rewrites. Written apart from `ringfence::policy`, so that
//! a mistake there is not repeated here.

use serde_json::Value;

/// A value or list, as a list.
pub fn each(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    }
}

/// `[ForAllValues:|ForAnyValue:]Base[IfExists]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub set: String,
    pub base: String,
    pub if_exists: bool,
}

impl Operator {
    pub fn parse(text: &str) -> Self {
        let (set, rest) = text.split_once(':').unwrap_or(("", text));
        let (base, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |b| (b, true));
        Self { set: set.to_owned(), base: base.to_owned(), if_exists }
    }

    pub fn negated(&self) -> bool {
        self.base.contains("Not")
    }

    /// String and Arn operators: the ones in whose values variables stand for something.
    pub fn variables(&self) -> bool {
        self.base.starts_with("String") || self.base.starts_with("Arn")
    }
}

/// The variables of a text: the key's name, and the whole `${...}`. The escapes `${*}`, `${?}` and `${$}` are among them.
pub fn variables(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((body, end)) = after.split_once('}') else { break };
        let name = body.split(',').next().unwrap_or_default().trim().to_owned();
        out.push((name, format!("${{{body}}}")));
        rest = end;
    }
    out
}
