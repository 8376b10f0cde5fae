//! A configuration as `ringfence config` shows it: what it says, and where each value comes from.

use super::raw::{RawConfig, Texts};
use super::{Config, ConfigError, FileConfig, Level};
use crate::policy::PolicyKind;
use crate::source::LineIndex;
use std::collections::BTreeMap;
use std::ops::Range;

/// A place in the configuration file: its line, from 1.
pub type Origin = usize;

/// A value of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Such as `trusted.vpcs`.
    pub key: &'static str,
    /// The value, as the file has it.
    pub value: String,
    /// Where it stands.
    pub line: Origin,
}

impl Config {
    /// The settings that are lists, with the values of each in the order of the file; none for one that has its default.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, Vec<Setting>)> {
        let Ok(raw) = toml::from_str::<RawConfig>(&self.source.text) else { return Vec::new() };
        let lines = LineIndex::new(self.source.text.as_bytes());
        let trusted = raw.trusted;
        let lists: [(&'static str, Texts); 13] = [
            ("regions", raw.regions),
            ("include", raw.include),
            ("exclude", raw.exclude),
            ("rule_folders", raw.rule_folders),
            ("kinds.endpoint", raw.kinds.endpoint),
            ("kinds.bucket", raw.kinds.bucket),
            ("trusted.vpcs", trusted.vpcs),
            ("trusted.vpc_endpoints", trusted.vpc_endpoints),
            ("trusted.accounts", trusted.accounts),
            ("trusted.organizations", trusted.organizations),
            ("trusted.buckets", trusted.buckets),
            ("trusted.principals", trusted.principals),
            ("trusted.ip_ranges", trusted.ip_ranges),
        ];
        let setting = |key: &'static str, values: Texts| {
            let values = values.into_iter().map(|value| Setting {
                key,
                line: lines.position(value.span().start).line,
                value: value.into_inner(),
            });
            (key, values.collect())
        };
        lists.into_iter().map(|(key, values)| setting(key, values)).collect()
    }

    fn line(&self, span: &Range<usize>) -> Origin {
        LineIndex::new(self.source.text.as_bytes()).position(span.start).line
    }
}

impl FileConfig<'_> {
    /// The kind that the globs give to the file, and where the glob stands.
    ///
    /// # Errors
    ///
    /// As [`FileConfig::kind`].
    pub fn kind_and_origin(&self) -> Result<Option<(PolicyKind, Origin)>, ConfigError> {
        Ok(self.kind_glob()?.map(|(kind, span)| (kind, self.config.line(&span))))
    }

    /// Where the glob stands that excludes the file.
    #[must_use]
    pub fn excluded_at(&self) -> Option<Origin> {
        self.excluding().map(|glob| self.config.line(&glob.span))
    }

    /// The levels by rule id, and where each is given.
    #[must_use]
    pub fn levels_and_origins(&self) -> BTreeMap<String, (Level, Origin)> {
        let given = self.levels_with_places();
        given.map(|(id, level, span)| (id.to_owned(), (level, self.config.line(span)))).collect()
    }
}
