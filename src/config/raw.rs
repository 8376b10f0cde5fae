//! The configuration file as it is written: its keys, and the place of each value.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

pub(super) type Texts = Vec<Spanned<String>>;
/// A rule's id and what is said of it.
pub(super) type RawRules = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    #[serde(default)]
    pub(super) regions: Texts,
    #[serde(default)]
    pub(super) include: Texts,
    #[serde(default)]
    pub(super) exclude: Texts,
    #[serde(default)]
    pub(super) rule_folders: Texts,
    #[serde(default)]
    pub(super) kinds: RawKinds,
    #[serde(default)]
    pub(super) trusted: RawTrusted,
    #[serde(default)]
    pub(super) rules: RawRules,
    #[serde(default)]
    pub(super) paths: Vec<RawPaths>,
    #[serde(default)]
    pub(super) ignore: Vec<Spanned<RawIgnore>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawKinds {
    pub(super) endpoint: Texts,
    pub(super) bucket: Texts,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTrusted {
    pub(super) vpcs: Texts,
    pub(super) vpc_endpoints: Texts,
    pub(super) accounts: Texts,
    pub(super) organizations: Texts,
    pub(super) buckets: Texts,
    pub(super) principals: Texts,
    pub(super) ip_ranges: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPaths {
    pub(super) path: Spanned<RawGlobs>,
    pub(super) rules: RawRules,
}

/// One pattern, or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a pattern or a list of patterns, such as `\"legacy/**\"`")]
pub(super) enum RawGlobs {
    One(String),
    Many(Vec<String>),
}

impl RawGlobs {
    pub(super) fn list(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIgnore {
    pub(super) rule: Spanned<String>,
    pub(super) path: Spanned<String>,
    #[serde(default)]
    pub(super) sid: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) pointer: Option<Spanned<String>>,
    pub(super) reason: Spanned<String>,
    #[serde(default)]
    pub(super) until: Option<Spanned<Datetime>>,
}
