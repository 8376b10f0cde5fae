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
//! ```

mod check;
mod discover;
mod error;
#[cfg(test)]
mod tests;

use crate::policy::PolicyKind;
use crate::source::{MAX_FILE_BYTES, PathPattern, files};
pub use discover::Discovery;
pub use error::ConfigError;
use error::Source;
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The name that is looked for.
pub const FILE_NAME: &str = "ringfence.toml";

/// A configuration; [`Config::default`] is that of a project without a file.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What the rules' `${trusted...}` stand for.
    pub trusted: Trusted,
    /// The Regions the policies are meant for; empty for all.
    pub regions: Vec<String>,
    kinds: Vec<KindGlob>,
    /// The folder that globs are relative to, absolute.
    root: PathBuf,
    source: Source,
}

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

#[derive(Debug, Clone)]
struct KindGlob {
    kind: PolicyKind,
    pattern: PathPattern,
    span: Range<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    #[serde(default)]
    regions: Vec<Spanned<String>>,
    #[serde(default)]
    kinds: RawKinds,
    #[serde(default)]
    trusted: RawTrusted,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawKinds {
    endpoint: Vec<Spanned<String>>,
    bucket: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawTrusted {
    vpcs: Vec<Spanned<String>>,
    vpc_endpoints: Vec<Spanned<String>>,
    accounts: Vec<Spanned<String>>,
    organizations: Vec<Spanned<String>>,
    buckets: Vec<Spanned<String>>,
    principals: Vec<Spanned<String>>,
    ip_ranges: Vec<Spanned<String>>,
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
        let absolute = discover::absolute(path);
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
        let list = |values: Vec<Spanned<String>>, check: check::Check| {
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
        let globs = [(PolicyKind::Endpoint, raw.kinds.endpoint), (PolicyKind::Bucket, raw.kinds.bucket)];
        let mut kinds = Vec::new();
        for (kind, patterns) in globs {
            for pattern in patterns {
                kinds.push(
                    KindGlob::new(kind, &pattern)
                        .map_err(|p| ConfigError::at(&source, pattern.span(), &p))?,
                );
            }
        }
        Ok(Self { trusted, regions, kinds, root, source })
    }

    /// The kind that the globs give to a file, if any. `path` may be relative to the working folder.
    ///
    /// # Errors
    ///
    /// When globs of both kinds match.
    pub fn kind_of(&self, path: &Path) -> Result<Option<PolicyKind>, ConfigError> {
        if self.kinds.is_empty() {
            return Ok(None);
        }
        let absolute = discover::absolute(path);
        let Ok(relative) = absolute.strip_prefix(&self.root) else { return Ok(None) };
        let mut matching = self.kinds.iter().filter(|glob| glob.pattern.matches(relative));
        let Some(first) = matching.next() else { return Ok(None) };
        match matching.find(|other| other.kind != first.kind) {
            Some(other) => {
                let parts: Vec<_> = relative.components().map(|c| c.as_os_str().to_string_lossy()).collect();
                Err(ConfigError::both_kinds(&self.source, &parts.join("/"), first, other))
            }
            None => Ok(Some(first.kind)),
        }
    }
}

impl KindGlob {
    fn new(kind: PolicyKind, value: &Spanned<String>) -> Result<Self, check::Problem> {
        let text = value.get_ref();
        let text = text.strip_prefix("./").unwrap_or(text);
        if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
            return Err(check::Problem::new(
                "a pattern must stay in the folder of the configuration file",
                "write it relative to that folder, such as `policies/**/*.json`",
            ));
        }
        let pattern = PathPattern::new(text).map_err(|e| {
            let help =
                "use `*` within a name, `**` for folders at any depth, `?` and `[...]` for one character";
            check::Problem::new(format!("not a valid pattern: {}", e.msg.to_lowercase()), help)
        })?;
        Ok(Self { kind, pattern, span: value.span() })
    }
}
