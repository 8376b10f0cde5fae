//! The configuration of a file and the linter that goes with it: the same for every command that looks at files, and for an
//! editor.

mod today;

use crate::config::{Config, ConfigError, Discovery, Ignore};
use crate::kind::KindFrom;
use crate::lint::{Linter, Settings};
use crate::policy::PolicyKind;
use crate::rules::{RuleError, RuleSet};
use chrono::NaiveDate;
use miette::Diagnostic;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The projects of a run, each made once.
#[derive(Debug)]
pub struct Projects {
    discovery: Discovery,
    /// With the rules that go for every file.
    linter: Arc<Linter>,
    known: Mutex<Vec<(Arc<Config>, Outcome)>>,
}

/// A configuration in use.
#[derive(Debug)]
pub struct Project {
    /// The configuration.
    pub config: Arc<Config>,
    /// The linter with the rules that the configuration adds.
    pub linter: Arc<Linter>,
    /// The day, when the configuration asks for it.
    pub today: Option<NaiveDate>,
    /// What the run has come to for each entry of `[[ignore]]`.
    uses: Vec<Use>,
}

/// Whether a file was checked of which an entry speaks, and whether it matched a finding, or would have.
#[derive(Debug, Default)]
struct Use {
    met: AtomicBool,
    matched: AtomicBool,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ProjectError {
    /// The configuration itself.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// The rules of its folders.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rules(#[from] RuleError),
    /// The day cannot be told.
    #[error("{0}")]
    Today(String),
}

impl ProjectError {
    /// The configuration in which it stands, and its text; `None` when it stands elsewhere.
    #[must_use]
    pub fn config_file(&self) -> Option<(&Path, &str)> {
        match self {
            Self::Config(error) => error.file(),
            Self::Rules(_) | Self::Today(_) => None,
        }
    }
}

/// One error is one [`Arc`], however many files it concerns.
pub type Outcome = Result<Arc<Project>, Arc<ProjectError>>;

impl Projects {
    /// With the rules that go for every file, and one configuration for all of them (`--config`) or the nearest for each.
    ///
    /// # Errors
    ///
    /// When the named configuration cannot be used.
    pub fn new(rules: RuleSet, config: Option<&Path>) -> Result<Self, ConfigError> {
        let discovery = Discovery::new(config)?;
        Ok(Self { discovery, linter: Arc::new(Linter::new(rules)), known: Mutex::default() })
    }

    /// The rules that go for every file.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        self.linter.rules()
    }

    /// The project of a file, which need not exist. `path` may be relative to the working folder.
    ///
    /// # Errors
    ///
    /// When the file's configuration, or a rule that it adds, cannot be used.
    pub fn for_file(&self, path: &Path) -> Outcome {
        let config = self.discovery.for_file(path).map_err(|e| Arc::new(ProjectError::Config((*e).clone())));
        let config = config?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, outcome)) = known.iter().find(|(other, _)| Arc::ptr_eq(other, &config)) {
            return outcome.clone();
        }
        let outcome = Project::new(Arc::clone(&config), &self.linter).map(Arc::new).map_err(Arc::new);
        known.push((config, outcome.clone()));
        outcome
    }

    /// Which files a walk takes: the configuration of their folder says so.
    pub fn is_included(&self) -> impl FnMut(&Path) -> bool {
        let mut last: Option<(PathBuf, Outcome)> = None;
        move |path| {
            let folder = path.parent().unwrap_or(path);
            let project = match &last {
                Some((known, project)) if known.as_os_str() == folder.as_os_str() => project,
                _ => &last.insert((folder.to_owned(), self.for_file(path))).1,
            };
            match project {
                Ok(project) => project.config.file(path).is_included(path),
                // The error is told with the file.
                Err(_) => Config::default().file(path).is_included(path),
            }
        }
    }

    /// The projects that were in use, in the order of their configurations' paths.
    #[must_use]
    pub fn used(&self) -> Vec<Arc<Project>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out: Vec<_> =
            known.iter().filter_map(|(_, outcome)| outcome.as_ref().ok().cloned()).collect();
        out.sort_by(|a, b| a.config.path().cmp(&b.config.path()));
        out
    }
}

impl Project {
    fn new(config: Arc<Config>, linter: &Arc<Linter>) -> Result<Self, ProjectError> {
        let linter = if config.rule_folders.is_empty() {
            Arc::clone(linter)
        } else {
            let mut rules = linter.rules().clone();
            for folder in &config.rule_folders {
                rules.load_dir(folder)?;
            }
            Arc::new(Linter::new(rules))
        };
        let rules = linter.rules();
        config.check_rules(|id| rules.get(id).is_some(), |id| rules.nearest(id))?;
        let ends = config.ignores().iter().any(|ignore| ignore.until.is_some());
        let today = if ends { Some(today::today().map_err(ProjectError::Today)?) } else { None };
        let uses = config.ignores().iter().map(|_| Use::default()).collect();
        Ok(Self { config, linter, today, uses })
    }

    /// Makes `settings` those that files of one folder share.
    pub fn share(&self, path: &Path, settings: &mut Settings) {
        settings.trusted.clone_from(&self.config.trusted);
        settings.regions.clone_from(&self.config.regions);
        settings.levels = self.config.file(path).levels();
        settings.today = self.today;
    }

    /// Makes `settings`, which are those of its folder, those of a file; `kind` is what the user says it is. False when the file
    /// is not to be checked.
    ///
    /// # Errors
    ///
    /// When the configuration says two things of it.
    pub fn settle(
        &self,
        path: &Path,
        kind: Option<PolicyKind>,
        settings: &mut Settings,
    ) -> Result<bool, ConfigError> {
        let file = self.config.file(path);
        if file.is_excluded() {
            return Ok(false);
        }
        settings.kind = match kind {
            Some(kind) => Some((kind, KindFrom::Flag)),
            None => file.kind()?.map(|kind| (kind, KindFrom::Config)),
        };
        if !file.has_common_levels() {
            settings.levels = file.levels();
        }
        settings.ignores.clear();
        settings.ignores.extend(file.ignores().cloned());
        Ok(true)
    }

    /// Notes that a file was checked of which these entries speak, and which of them, by number, matched.
    pub fn note(&self, about: &[Arc<Ignore>], matched: &[usize]) {
        for ignore in about {
            if let Some(entry) = self.uses.get(ignore.number) {
                entry.met.store(true, Ordering::Relaxed);
            }
        }
        for entry in matched.iter().filter_map(|number| self.uses.get(*number)) {
            entry.matched.store(true, Ordering::Relaxed);
        }
    }

    /// The entries of `[[ignore]]` that matched nothing, by their numbers. Only those are judged of which it is known that all
    /// files they speak of were checked: in these folders, which were checked as wholes, or by their names.
    #[must_use]
    pub fn unused(&self, folders: &[PathBuf]) -> Vec<usize> {
        let is_unused = |(ignore, entry): (&Arc<Ignore>, &Use)| {
            let is_judged = || ignore.is_judged(&self.config, entry.met.load(Ordering::Relaxed), folders);
            (!entry.matched.load(Ordering::Relaxed) && is_judged()).then_some(ignore.number)
        };
        self.config.ignores().iter().zip(&self.uses).filter_map(is_unused).collect()
    }
}
