//! What a configuration says of one file.

use super::discover::absolute;
use super::{Config, ConfigError, Glob, Ignore, Level, Levels};
use crate::policy::PolicyKind;
use crate::source::is_readable;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file under a configuration.
#[derive(Debug)]
pub struct FileConfig<'c> {
    pub(super) config: &'c Config,
    /// Relative to the configuration's folder; `None` when it is not in it, or nothing is said of single files.
    relative: Option<PathBuf>,
}

impl<'c> FileConfig<'c> {
    pub(super) fn new(config: &'c Config, path: &Path) -> Self {
        let Config { kinds, include, exclude, paths, ignores, root, .. } = config;
        let speaks_of_files = !kinds.is_empty()
            || !include.is_empty()
            || !exclude.is_empty()
            || !paths.is_empty()
            || !ignores.is_empty();
        let relative =
            speaks_of_files.then(|| absolute(path).strip_prefix(root).map(Path::to_owned).ok()).flatten();
        Self { config, relative }
    }

    fn matches(&self, glob: &Glob) -> bool {
        self.relative.as_deref().is_some_and(|path| glob.matches(path))
    }

    /// The kind that the globs give to the file, if any.
    ///
    /// # Errors
    ///
    /// When globs of both kinds match.
    pub fn kind(&self) -> Result<Option<PolicyKind>, ConfigError> {
        Ok(self.kind_glob()?.map(|(kind, _)| kind))
    }

    pub(super) fn kind_glob(&self) -> Result<Option<(PolicyKind, Range<usize>)>, ConfigError> {
        let mut matching = self.config.kinds.iter().filter(|kind| self.matches(&kind.glob));
        let Some(first) = matching.next() else { return Ok(None) };
        match matching.find(|other| other.kind != first.kind) {
            Some(other) => {
                let relative = self.relative.as_deref().unwrap_or(Path::new(""));
                let parts: Vec<_> = relative.components().map(|c| c.as_os_str().to_string_lossy()).collect();
                Err(ConfigError::both_kinds(&self.config.source, &parts.join("/"), first, other))
            }
            None => Ok(Some((first.kind, first.glob.span.clone()))),
        }
    }

    /// Whether a walk through a folder takes the file: one of `include`, or what can be read without that.
    #[must_use]
    pub fn is_included(&self, path: &Path) -> bool {
        match &*self.config.include {
            [] => is_readable(path),
            globs => globs.iter().any(|glob| self.matches(glob)),
        }
    }

    /// Whether the file is not to be checked.
    #[must_use]
    pub fn is_excluded(&self) -> bool {
        self.excluding().is_some()
    }

    pub(super) fn excluding(&self) -> Option<&'c Glob> {
        self.config.exclude.iter().find(|glob| self.matches(glob))
    }

    /// What is said of rules: `[rules]`, then the entries of `[[paths]]` in their order.
    #[must_use]
    pub fn levels(&self) -> Levels {
        self.levels_with_places().map(|(id, level, _)| (id.to_owned(), level)).collect()
    }

    /// All that is said, what counts last.
    pub(super) fn levels_with_places(&self) -> impl Iterator<Item = (&'c str, Level, &'c Range<usize>)> {
        let config = self.config;
        let about = config.paths.iter().filter(|entry| entry.globs.iter().any(|glob| self.matches(glob)));
        let about = about.flat_map(|entry| &entry.rules);
        config.rules.iter().chain(about).map(|given| (&*given.id, given.level, &given.span))
    }

    /// Whether the rules have the same levels for every file of the configuration.
    #[must_use]
    pub fn has_common_levels(&self) -> bool {
        self.config.paths.is_empty()
    }

    /// The entries of `[[ignore]]` that speak of the file.
    pub fn ignores(&self) -> impl Iterator<Item = &'c Arc<Ignore>> {
        self.config.ignores.iter().filter(|ignore| self.matches(&ignore.glob))
    }
}

impl Ignore {
    /// Whether all files of which it speaks were checked, when `was_checked` files of which it speaks were, and the folders
    /// (absolute) were checked as wholes.
    #[must_use]
    pub fn is_judged(&self, config: &Config, was_checked: bool, folders: &[PathBuf]) -> bool {
        let is_covered =
            |path: &Path| folders.iter().any(|folder| config.root.join(path).starts_with(folder));
        let Some(path) = self.glob.literal() else { return is_covered(self.glob.base()) };
        // A file that is there, and that the walk left out, may be checked when it is named.
        let is_never_checked = || {
            config.root.join(path).symlink_metadata().is_err()
                || config.exclude.iter().any(|glob| glob.matches(path))
        };
        was_checked || is_covered(path) && is_never_checked()
    }
}
