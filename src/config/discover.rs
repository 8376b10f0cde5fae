//! Which configuration file goes for a linted file: the nearest `ringfence.toml` in its folder or above.

use super::{Config, ConfigError, FILE_NAME};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

type Outcome = Result<Arc<Config>, Arc<ConfigError>>;

/// Finds configurations and keeps them, so that each is read once. One error is one [`Arc`], however many files it
/// concerns.
#[derive(Debug, Default)]
pub struct Discovery {
    fixed: Option<Arc<Config>>,
    /// By folder.
    known: Mutex<BTreeMap<PathBuf, Outcome>>,
}

impl Discovery {
    /// The configuration of a named file for every file, or the nearest for each.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn new(named: Option<&Path>) -> Result<Self, ConfigError> {
        Ok(match named {
            Some(path) => Self::fixed(Config::load(path)?),
            None => Self::default(),
        })
    }

    /// Uses one configuration for every file (`--config`).
    #[must_use]
    pub fn fixed(config: Config) -> Self {
        Self { fixed: Some(Arc::new(config)), known: Mutex::default() }
    }

    /// The configuration for a file, which need not exist. `path` may be relative to the working folder.
    ///
    /// # Errors
    ///
    /// When the nearest configuration file cannot be used.
    pub fn for_file(&self, path: &Path) -> Outcome {
        if let Some(config) = &self.fixed {
            return Ok(Arc::clone(config));
        }
        let absolute = absolute(path);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut passed = Vec::new();
        let mut outcome = None;
        for folder in absolute.ancestors().skip(1) {
            outcome = known.get(folder).cloned();
            if outcome.is_some() {
                break;
            }
            passed.push(folder.to_owned());
            let file = folder.join(FILE_NAME);
            // Whatever has this name is read, or refused with the reason: a pipe, a link to nowhere.
            if file.symlink_metadata().is_ok() {
                outcome = Some(Config::load(&shown(&file)).map(Arc::new).map_err(Arc::new));
                break;
            }
        }
        let outcome = outcome.unwrap_or_else(|| Ok(Arc::default()));
        for folder in passed {
            known.insert(folder, outcome.clone());
        }
        outcome
    }
}

/// The path as a person in the working folder would write it: relative when it lies below.
pub(super) fn shown(path: &Path) -> PathBuf {
    let below =
        std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}

/// The absolute path with `.` and `..` taken out by name: links are not followed, so that a file's configuration is
/// the one above the name it was given.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut out = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}
