//! The structure of a policy by JSON Schema (crate `jsonschema`): all fragments in one validator, because building one
//! costs more than checking hundreds of policies. Nothing is ever fetched. What a violation is called is in `phrase`, and
//! which documents need not be asked about is in `usual`.

mod phrase;
mod usual;

use super::Problem;
use crate::policy::is_bare;
use crate::source::{self, Node, Place, resolve};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Value, json};
pub use usual::{COVERED, is_usual};

/// The JSON Schemas of a set of rules, as one validator.
#[derive(Debug)]
pub struct Gate {
    rules: Vec<String>,
    /// None: there is no rule.
    validator: Option<Validator>,
}

/// A rule's schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema of rule `{rule}` is not usable: {message}{}", if pointer.is_empty() { String::new() } else { format!(" (at `{pointer}`)") })]
pub struct GateError {
    /// The rule's id.
    pub rule: String,
    /// JSON pointer to the place in its schema; empty for the schema itself.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Gate {
    /// Builds the validator from each rule's id and its fragment: a JSON Schema (draft 2020-12) of the policy document.
    /// In a fragment `#/...` refers to the fragment itself.
    ///
    /// # Errors
    /// The first fragment that is no legal schema, or that refers to something outside of itself.
    pub fn new(fragments: &[(String, Value)]) -> Result<Self, GateError> {
        if fragments.is_empty() {
            return Ok(Self { rules: Vec::new(), validator: None });
        }
        let own = |(i, (_, fragment)): (usize, &(String, Value))| own_resource(i, fragment);
        let resources: Vec<Value> = fragments.iter().enumerate().map(own).collect();
        let combined = json!({ "allOf": resources });
        let rules: Vec<String> = fragments.iter().map(|(id, _)| id.clone()).collect();
        match build(&combined) {
            Ok(validator) => Ok(Self { rules, validator: Some(validator) }),
            Err(whole) => {
                // Which one it is: each alone, so that the error cannot be about another.
                for (i, (id, fragment)) in fragments.iter().enumerate() {
                    if let Err(error) = build(&own_resource(i, fragment)) {
                        return Err(gate_error(id, &error));
                    }
                }
                Err(gate_error(rules.first().map_or("", String::as_str), &whole))
            }
        }
    }

    /// A rule's fragment from its text.
    ///
    /// # Errors
    /// When it is no JSON, which reading the rule excludes.
    pub fn fragment(rule: &str, text: &str) -> Result<(String, Value), GateError> {
        let error = |e: serde_json::Error| GateError {
            rule: rule.to_owned(),
            pointer: String::new(),
            message: e.to_string(),
        };
        Ok((rule.to_owned(), serde_json::from_str(text).map_err(error)?))
    }

    /// What is wrong with the structure of a policy's document, in the order found.
    #[must_use]
    pub fn problems(&self, node: &Node) -> Vec<Problem> {
        if !is_bare(node) {
            let Some(validator) = &self.validator else { return Vec::new() };
            let document = source::to_json(node);
            if validator.is_valid(&document) {
                return Vec::new();
            }
            return self.violations(validator, &document, |pointer| resolve(node, pointer));
        }
        let lone = if node.array().is_some() { "a list of statements" } else { "a statement" };
        let message = format!("this is {lone}, not a policy: it needs a `Statement` element around it");
        let mut out = vec![
            Problem::new("policy-element", super::words::opening(node), message)
                .help("write `{\"Version\": \"2012-10-17\", \"Statement\": [...]}` around it"),
        ];
        let Some(validator) = &self.validator else { return out };
        let document = json!({ "Statement": source::to_json(node) });
        out.extend(
            self.violations(validator, &document, |pointer| {
                resolve(node, pointer.strip_prefix("/Statement")?)
            }),
        );
        out
    }

    fn violations<'t>(
        &self,
        validator: &Validator,
        document: &Value,
        place: impl Fn(&str) -> Option<Place<'t>>,
    ) -> Vec<Problem> {
        let mut found = Vec::new();
        for error in validator.iter_errors(document) {
            // `/allOf/N/...`
            let number =
                error.evaluation_path().as_str().split('/').nth(2).and_then(|n| n.parse::<usize>().ok());
            let Some(rule) = number.and_then(|n| self.rules.get(n)) else { continue };
            let Some(place) = place(error.instance_path().as_str()) else { continue };
            phrase::violation(rule, &error, place, &mut found);
        }
        phrase::without_echoes(found)
    }
}

/// The fragment as a schema resource of its own, so that its `#/...` references lead into itself.
fn own_resource(number: usize, fragment: &Value) -> Value {
    let mut out = fragment.clone();
    if let Value::Object(members) = &mut out
        && !members.contains_key("$id")
    {
        members.insert("$id".to_owned(), Value::String(format!("urn:ringfence:rule-{number}")));
    }
    out
}

fn build(schema: &Value) -> Result<Validator, jsonschema::ValidationError<'static>> {
    // Draft 2020-12 also for `$schema`-less fragments; `offline`: neither network nor file system, whatever a `$ref` says.
    // Patterns without backtracking: one that runs into a limit counts as matched, and a rule must not fall silent.
    let options = jsonschema::options().with_draft(Draft::Draft202012).offline();
    options.with_pattern_options(PatternOptions::regex()).build(schema)
}

fn gate_error(rule: &str, error: &jsonschema::ValidationError) -> GateError {
    GateError {
        rule: rule.to_owned(),
        pointer: error.instance_path().as_str().to_owned(),
        message: super::words::cut(&error.to_string()),
    }
}
