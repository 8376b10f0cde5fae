//! What policies there are below a folder, and the ids that they name.

use crate::aws::is_aws_owned_bucket_pattern;
use crate::config::{FILE_NAME, is_trustable};
use crate::kind::{Detected, KindFrom, detect};
use crate::policy::principal::AccountId;
use crate::policy::{Policy, PolicyKind, PrincipalPattern, Template, lower};
use crate::source::{CollectOptions, Folder, Found, Input, collect, files, is_binary, parse_file, policies};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Ids of one sort, each with the files that name it.
pub(super) type Ids = BTreeMap<String, BTreeSet<String>>;

/// What was found.
#[derive(Default)]
pub(super) struct Survey {
    /// How many files were read.
    pub(super) looked_at: usize,
    /// The files with policies in them, in the order of their paths.
    pub(super) files: Vec<PolicyFile>,
    /// How many files were met in each folder.
    pub(super) met: BTreeMap<String, usize>,
    /// Ids by key of `[trusted]`; no key without any.
    pub(super) ids: BTreeMap<&'static str, Ids>,
    /// Folders with a configuration of their own.
    pub(super) others: BTreeSet<String>,
    /// What could not be looked at.
    pub(super) problems: Vec<String>,
}

/// A file with policies in it.
pub(super) struct PolicyFile {
    /// Relative to the folder that was looked at, with `/`.
    pub(super) path: String,
    /// Of each policy: its kind, when it can be told, and what tells it.
    pub(super) kinds: Vec<Option<(PolicyKind, KindFrom)>>,
}

impl PolicyFile {
    /// The kind of all its policies.
    pub(super) fn kind(&self) -> Option<PolicyKind> {
        let mut kinds = self.kinds.iter().map(|kind| kind.map(|(kind, _)| kind));
        let first = kinds.next()??;
        kinds.all(|kind| kind == Some(first)).then_some(first)
    }

    /// What a pattern may say of it without changing anything: not of a wrapper's policies, which say it themselves.
    pub(super) fn kind_to_write(&self) -> Option<PolicyKind> {
        let by_wrapper =
            |kind: &Option<(PolicyKind, KindFrom)>| kind.is_some_and(|(_, from)| from == KindFrom::Wrapper);
        self.kind().filter(|_| !self.kinds.iter().any(by_wrapper))
    }

    pub(super) fn kind_word(&self) -> &'static str {
        let any_unknown = self.kinds.iter().any(Option::is_none);
        self.kind().map_or(if any_unknown { "unknown" } else { "both" }, PolicyKind::as_str)
    }

    /// What tells the kind, in words.
    pub(super) fn source(&self) -> &'static str {
        match self.kinds.first().copied().flatten() {
            _ if self.kind().is_none() => "name and content leave it open",
            Some((_, KindFrom::Wrapper)) => "by what stands around it",
            Some((_, KindFrom::Name)) => "by its name",
            _ => "by its content",
        }
    }

    /// Its folder with a `/` at the end, or nothing.
    pub(super) fn folder(&self) -> &str {
        folder(&self.path)
    }
}

fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default()
}

impl Survey {
    /// Looks at a folder.
    pub(super) fn of(dir: &Path) -> Self {
        let collected = collect(&[dir.to_owned()], &CollectOptions::default());
        let mut out = Self::default();
        out.problems.extend(collected.errors.iter().map(ToString::to_string));
        let mut last: Option<(PathBuf, bool)> = None;
        let mut bytes = Vec::new();
        for number in 0..collected.len() {
            let Some(Input::File(path, _)) = collected.get(number) else { continue };
            let relative = path.strip_prefix(dir).unwrap_or(&path);
            let Some(name) = relative_name(relative) else {
                out.problems.push(format!("`{}`: its name is not UTF-8", path.display()));
                continue;
            };
            let inside = path.parent().unwrap_or(dir);
            let is_other = match &last {
                Some((known, is_other)) if known == inside => *is_other,
                _ => {
                    let is_other = out.has_own(dir, relative);
                    last.insert((inside.to_owned(), is_other)).1
                }
            };
            if is_other {
                continue;
            }
            out.looked_at += 1;
            *out.met.entry(folder(&name).to_owned()).or_default() += 1;
            match files::read_into(&path, Found::Walked, &mut bytes) {
                Ok(()) if is_binary(&bytes) => {}
                Ok(()) => out.file(dir, name, &bytes),
                Err(error) => out.problems.push(error.to_string()),
            }
        }
        out
    }

    /// Whether a folder between `dir` and the file has a configuration of its own.
    fn has_own(&mut self, dir: &Path, relative: &Path) -> bool {
        let mut folders = relative.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        let own = folders.find(|folder| dir.join(folder).join(FILE_NAME).symlink_metadata().is_ok());
        if let Some(own) = own {
            self.others.insert(own.to_string_lossy().into_owned());
        }
        own.is_some()
    }

    fn file(&mut self, dir: &Path, path: String, bytes: &[u8]) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let parsed = parse_file(name, bytes, &Folder::of(&dir.join(&path)));
        let (located, _) = policies(&parsed);
        let mut kinds = Vec::new();
        for policy in &located {
            let kind = match detect(name, &policy.node, policy.wrapper.as_ref()) {
                Detected::Policy(kind, from) => Some((kind, from)),
                Detected::Unknown => None,
                Detected::Identity => continue,
            };
            kinds.push(kind);
            self.names(&path, &lower(&policy.node, kind.map_or(PolicyKind::Bucket, |(kind, _)| kind)));
        }
        if !kinds.is_empty() {
            self.files.push(PolicyFile { path, kinds });
        }
    }

    /// Takes up the ids that a policy names.
    fn names(&mut self, path: &str, policy: &Policy) {
        for statement in &policy.statements {
            for condition in &statement.conditions {
                let Some(key) = trusted_key(&condition.key) else { continue };
                condition.values.iter().for_each(|value| self.id(key, path, value.source.as_ref()));
            }
            for resource in statement.resource.iter().flat_map(|element| &element.values) {
                if let Some(bucket) = bucket(resource) {
                    self.id("buckets", path, bucket);
                }
            }
            for principal in statement.principal.iter().flat_map(|element| &element.values) {
                if let Some(account) = account(&principal.pattern) {
                    self.id("accounts", path, &account);
                }
            }
        }
    }

    fn id(&mut self, key: &'static str, path: &str, id: &str) {
        if is_trustable(key, id) {
            let ids = self.ids.entry(key).or_default();
            ids.entry(id.to_owned()).or_default().insert(path.to_owned());
        }
    }
}

/// A relative path with `/` between its parts.
fn relative_name(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// The key of `[trusted]` for the values of a condition key.
fn trusted_key(condition_key: &str) -> Option<&'static str> {
    const KEYS: [(&str, &str); 11] = [
        ("aws:SourceVpc", "vpcs"),
        ("aws:SourceVpce", "vpc_endpoints"),
        ("aws:PrincipalAccount", "accounts"),
        ("aws:ResourceAccount", "accounts"),
        ("aws:SourceAccount", "accounts"),
        ("aws:VpceAccount", "accounts"),
        ("s3:ResourceAccount", "accounts"),
        ("aws:PrincipalOrgID", "organizations"),
        ("aws:ResourceOrgID", "organizations"),
        ("aws:SourceOrgID", "organizations"),
        ("aws:VpceOrgID", "organizations"),
    ];
    KEYS.iter().find(|(key, _)| key.eq_ignore_ascii_case(condition_key)).map(|(_, trusted)| *trusted)
}

/// The bucket of a resource, unless it belongs to AWS.
fn bucket(resource: &Template) -> Option<&str> {
    let mut parts = resource.source.splitn(6, ':');
    let is_s3 = parts.next() == Some("arn") && parts.nth(1) == Some("s3");
    let name = parts.nth(2).filter(|_| is_s3)?;
    let name = name.split('/').next().unwrap_or_default();
    (!is_aws_owned_bucket_pattern(name)).then_some(name)
}

/// The account of a principal.
fn account(principal: &PrincipalPattern) -> Option<String> {
    match principal {
        PrincipalPattern::Account { account: AccountId::Known(id) }
        | PrincipalPattern::Role { account: AccountId::Known(id), .. }
        | PrincipalPattern::User { account: AccountId::Known(id), .. }
        | PrincipalPattern::FederatedUser { account: AccountId::Known(id), .. }
        | PrincipalPattern::Session { account: AccountId::Known(id), .. } => Some(id.to_string()),
        _ => None,
    }
}
