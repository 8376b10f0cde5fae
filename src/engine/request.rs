//! A request to S3: who asks for what, in which circumstances. The contract's JSON form (design, section 7).

use super::caller::Caller;
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who calls.
    pub principal: Caller,
    /// The action with its prefix: `s3:GetObject`.
    pub action: String,
    /// The resource's ARN, or `*` for actions on the account.
    pub resource: String,
    /// The condition keys the request carries. A key that is not here is absent.
    pub context: BTreeMap<String, ContextValue>,
}

impl Request {
    /// All texts of it but the action and the keys.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        let values = self.context.values().flat_map(|value| match value {
            ContextValue::One(value) => std::slice::from_ref(value),
            ContextValue::Many(values) => values,
        });
        [self.principal.to_string(), self.resource.clone()].into_iter().chain(values.cloned())
    }
}

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContextValue {
    /// One value.
    One(String),
    /// The values of a multivalued key.
    Many(Vec<String>),
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Request", 4)?;
        out.serialize_field("principal", &self.principal.to_string())?;
        out.serialize_field("action", &self.action)?;
        out.serialize_field("resource", &self.resource)?;
        out.serialize_field("context", &self.context)?;
        out.end()
    }
}

/// A scalar of the context: strings, and the numbers and booleans that people write without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Bool(b) => b.to_string(),
            Self::Number(n) => n.to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for ContextValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            One(Scalar),
            Many(Vec<Scalar>),
        }
        match Raw::deserialize(deserializer) {
            Ok(Raw::One(value)) => Ok(Self::One(value.into_text())),
            Ok(Raw::Many(values)) => Ok(Self::Many(values.into_iter().map(Scalar::into_text).collect())),
            Err(_) => Err(D::Error::custom("a context value must be a string or a list of strings")),
        }
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            principal: String,
            action: String,
            resource: String,
            #[serde(default)]
            context: BTreeMap<String, ContextValue>,
        }
        let raw = Raw::deserialize(deserializer)?;
        let principal = raw.principal.parse().map_err(D::Error::custom)?;
        if !raw.action.contains(':') {
            let message = format!("action `{}` has no service prefix; write `s3:{}`", raw.action, raw.action);
            return Err(D::Error::custom(message));
        }
        let texts = raw.context.values().flat_map(|v| match v {
            ContextValue::One(value) => std::slice::from_ref(value),
            ContextValue::Many(values) => values.as_slice(),
        });
        let reserved = |text: &String| text.chars().any(super::pattern::is_reserved);
        if texts.chain([&raw.principal, &raw.action, &raw.resource]).any(reserved) {
            return Err(D::Error::custom(
                "private-use characters (U+F0000 to U+FFFFD) cannot stand in a request",
            ));
        }
        Ok(Self { principal, action: raw.action, resource: raw.resource, context: raw.context })
    }
}

impl Request {
    /// The value of a condition key, letter case aside.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&ContextValue> {
        self.context
            .get(key)
            .or_else(|| self.context.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v))
    }
}
