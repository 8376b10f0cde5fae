//! The configuration file, `ringfence.toml`: which files hold which kind of policy, and what is trusted.
//!
//! Reads and checks the file, and finds the nearest one above a linted file. Knows nothing of how policies are
//! judged or how errors are shown.
//!
//! ```toml
//! regions = ["eu-west-1"]
//!
//! [kinds]                                # glob patterns, relative to this file's folder
//! endpoint = ["vpce/**/*.json"]
//! bucket = ["buckets/*.json"]
//!
//! [trusted]
//! vpcs = ["vpc-0123456789abcdef0"]
//!
//! [rules]
//! endpoint-foreign-buckets = "error"
//! ```

mod check;
mod discover;
mod error;
mod file;
mod glob;
mod ignore;
mod levels;
mod raw;
#[cfg(test)]
mod tests;
mod view;

use crate::policy::PolicyKind;
use crate::source::{MAX_FILE_BYTES, files};
use discover::shown;
pub use discover::{Discovery, absolute};
pub use error::ConfigError;
use error::Source;
pub use file::FileConfig;
use glob::Glob;
pub use ignore::{Ignore, Part};
pub use levels::{Level, Levels};
use raw::{RawConfig, Texts};
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use view::{Origin, Setting};

/// The name that is looked for.
pub const FILE_NAME: &str = "ringfence.toml";

/// A configuration; [`Config::default`] is that of a project without a file.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What the rules' `${trusted...}` stand for.
    pub trusted: Trusted,
    /// The Regions the policies are meant for; empty for all.
    pub regions: Vec<String>,
    /// Folders with more rules, absolute or relative to the working folder.
    pub rule_folders: Vec<PathBuf>,
    kinds: Vec<KindGlob>,
    include: Vec<Glob>,
    exclude: Vec<Glob>,
    rules: Vec<levels::Given>,
    paths: Vec<PathRules>,
    ignores: Vec<Arc<Ignore>>,
    /// The folder that globs are relative to, absolute.
    root: PathBuf,
    source: Source,
}

/// The JSON Schema of the file, for editors.
pub const CONFIG_SCHEMA: &str = include_str!("../docs/ringfence.schema.json");

/// Whom and what the policies may let through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// VPC ids: `vpc-` and 8 or 17 hexadecimal digits.
    pub vpcs: Vec<String>,
    /// VPC endpoint ids: `vpce-` and 8 or 17 hexadecimal digits.
    pub vpc_endpoints: Vec<String>,
    /// Account ids of 12 digits.
    pub accounts: Vec<String>,
    /// Organization ids: `o-` and 10 to 32 lower-case letters and digits.
    pub organizations: Vec<String>,
    /// Names of buckets, without `arn:aws:s3:::`.
    pub buckets: Vec<String>,
    /// ARNs of IAM and STS principals.
    pub principals: Vec<String>,
    /// IP addresses and CIDR ranges.
    pub ip_ranges: Vec<String>,
}

impl Trusted {
    /// What of it can be a value of a condition key.
    #[must_use]
    pub fn under(&self, key: &str) -> &[String] {
        match key.to_ascii_lowercase().as_str() {
            "aws:sourcevpc" => &self.vpcs,
            "aws:sourcevpce" => &self.vpc_endpoints,
            "aws:principalarn" => &self.principals,
            "aws:sourceip" => &self.ip_ranges,
            key if key.ends_with("account") => &self.accounts,
            key if key.ends_with("orgid") => &self.organizations,
            _ => &[],
        }
    }
}

#[derive(Debug, Clone)]
struct KindGlob {
    kind: PolicyKind,
    glob: Glob,
}

/// What is said of rules for some files.
#[derive(Debug, Clone)]
struct PathRules {
    globs: Vec<Glob>,
    rules: Vec<levels::Given>,
}

/// Whether a value may stand under a key of `[trusted]`.
#[must_use]
pub fn is_trustable(key: &str, value: &str) -> bool {
    let check: check::Check = match key {
        "vpcs" => check::vpc,
        "vpc_endpoints" => check::vpc_endpoint,
        "accounts" => check::account,
        "organizations" => check::organization,
        "buckets" => check::bucket,
        "principals" => check::principal,
        "ip_ranges" => check::ip_range,
        _ => return false,
    };
    check(value).is_ok()
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or says something that is not understood; with the place.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let bytes = files::read(path).map_err(|e| ConfigError::unreadable(path, &e))?;
        if bytes.len() > MAX_FILE_BYTES {
            let limit = MAX_FILE_BYTES / 1024;
            return Err(ConfigError::unusable(path, &format!("is longer than {limit} KiB")));
        }
        let text = String::from_utf8(bytes).map_err(|_| ConfigError::unusable(path, "is not UTF-8"))?;
        let absolute = absolute(path);
        let root = absolute.parent().map(Path::to_owned).unwrap_or_default();
        Self::parse(&text, path, root)
    }

    /// Checks the text of a configuration file named `path` whose globs are relative to the absolute folder `root`.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path, root: PathBuf) -> Result<Self, ConfigError> {
        let source = Source::new(path, text);
        let raw: RawConfig = toml::from_str(text).map_err(|e| ConfigError::toml(&source, &e))?;
        let list = |values: Texts, check: check::Check| {
            values
                .into_iter()
                .map(|value| match check(value.get_ref()) {
                    Ok(()) => Ok(value.into_inner()),
                    Err(problem) => Err(ConfigError::at(&source, value.span(), &problem)),
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let trusted = Trusted {
            vpcs: list(raw.trusted.vpcs, check::vpc)?,
            vpc_endpoints: list(raw.trusted.vpc_endpoints, check::vpc_endpoint)?,
            accounts: list(raw.trusted.accounts, check::account)?,
            organizations: list(raw.trusted.organizations, check::organization)?,
            buckets: list(raw.trusted.buckets, check::bucket)?,
            principals: list(raw.trusted.principals, check::principal)?,
            ip_ranges: list(raw.trusted.ip_ranges, check::ip_range)?,
        };
        let regions = list(raw.regions, check::region)?;
        let folders = list(raw.rule_folders, check::folder)?;
        let rule_folders = folders.iter().map(|folder| shown(&absolute(&root.join(folder)))).collect();
        let globs = [(PolicyKind::Endpoint, raw.kinds.endpoint), (PolicyKind::Bucket, raw.kinds.bucket)];
        let mut kinds = Vec::new();
        for (kind, patterns) in globs {
            kinds.extend(Glob::all(&source, &patterns)?.into_iter().map(|glob| KindGlob { kind, glob }));
        }
        let mut paths = Vec::with_capacity(raw.paths.len());
        for entry in raw.paths {
            let span = entry.path.span();
            let globs = entry.path.get_ref().list().iter().map(|text| Glob::at(&source, text, &span));
            let globs = globs.collect::<Result<_, _>>()?;
            paths.push(PathRules { globs, rules: levels::read(&source, entry.rules)? });
        }
        let include = Glob::all(&source, &raw.include)?;
        let exclude = Glob::all(&source, &raw.exclude)?;
        let rules = levels::read(&source, raw.rules)?;
        let ignores = ignore::read(&source, raw.ignore)?;
        Ok(Self {
            trusted,
            regions,
            rule_folders,
            kinds,
            include,
            exclude,
            rules,
            paths,
            ignores,
            root,
            source,
        })
    }

    /// Checks that each rule that the file names is `known`; `nearest` is the id that was most likely meant.
    ///
    /// # Errors
    ///
    /// The first one that is not, with its place.
    pub fn check_rules<'r>(
        &self,
        known: impl Fn(&str) -> bool,
        nearest: impl Fn(&str) -> Option<&'r str>,
    ) -> Result<(), ConfigError> {
        let levels = self.rules.iter().chain(self.paths.iter().flat_map(|entry| &entry.rules));
        let levels = levels.map(|given| (&*given.id, given.span.clone()));
        let ignores = self.ignores.iter().map(|ignore| (&*ignore.rule, ignore.span.range()));
        let mut unknown: Vec<_> = levels.chain(ignores).filter(|(id, _)| !known(id)).collect();
        unknown.sort_by_key(|(_, span)| span.start);
        match unknown.into_iter().next() {
            Some((id, span)) => Err(ConfigError::unknown_rule(&self.source, span, id, nearest(id))),
            None => Ok(()),
        }
    }

    /// The kind that the globs give to a file, if any. `path` may be relative to the working folder.
    ///
    /// # Errors
    ///
    /// When globs of both kinds match.
    pub fn kind_of(&self, path: &Path) -> Result<Option<PolicyKind>, ConfigError> {
        self.file(path).kind()
    }

    /// What it says of a file. `path` may be relative to the working folder, and need not exist.
    #[must_use]
    pub fn file(&self, path: &Path) -> FileConfig<'_> {
        FileConfig::new(self, path)
    }

    /// The entries of `[[ignore]]`, in the order of the file.
    #[must_use]
    pub fn ignores(&self) -> &[Arc<Ignore>] {
        &self.ignores
    }

    /// The file that it was read from, as findings show it; `None` without one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        Some(&*self.source.name).filter(|name| !name.is_empty())
    }

    /// The text of that file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// The folder that globs are relative to, absolute.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}
