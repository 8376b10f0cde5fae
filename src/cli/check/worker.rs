//! One input at a time: its bytes, its configuration, its findings, and how they are shown. A worker belongs to one
//! thread, and keeps what the next file can use again.

use super::fixing::{self, Mode};
use crate::cli::failure::Failure;
use crate::config::{Config, ConfigError, Discovery};
use crate::kind::KindFrom;
use crate::lint::{FileInput, Linter, Session, Settings};
use crate::policy::PolicyKind;
use crate::report::{Format, Rendered};
use crate::source::{Found, Input, files, is_binary};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is the same for all inputs of a run.
pub(super) struct Task {
    pub(super) linter: Linter,
    pub(super) discovery: Discovery,
    /// What the user says the files are.
    pub(super) kind: Option<PolicyKind>,
    pub(super) format: Format,
    pub(super) mode: Mode,
    pub(super) colour: bool,
}

/// What became of one input.
pub(super) enum Outcome {
    /// Standard input's text with fixes made, and what is left to report, if it holds a policy.
    Text(Vec<u8>, Option<Rendered>),
    /// There is something to report.
    Report(Rendered),
    /// It holds no policy.
    Skipped,
    /// It could not be read or checked.
    Failed(Failure),
    /// Its configuration cannot be used.
    Misconfigured(Arc<ConfigError>),
}

type Configured = Result<Arc<Config>, Arc<ConfigError>>;

pub(super) struct Worker<'t> {
    task: &'t Task,
    session: Session<'t>,
    bytes: Vec<u8>,
    /// The folder of the last file and its configuration, which the next file most likely shares.
    known: Option<(PathBuf, Configured)>,
    settings: Settings,
}

impl<'t> Worker<'t> {
    pub(super) fn new(task: &'t Task) -> Self {
        let session = task.linter.session();
        Self { task, session, bytes: Vec::new(), known: None, settings: Settings::default() }
    }

    pub(super) fn check(&mut self, input: &Input) -> Outcome {
        let task = self.task;
        let (path, walked) = match input {
            Input::Stdin { name } => (name, false),
            Input::File(path, found) => (path, *found == Found::Walked),
        };
        let read = match input {
            Input::Stdin { .. } => files::read_limited(io::stdin().lock())
                .map(|bytes| self.bytes = bytes)
                .map_err(|e| format!("standard input cannot be read: {e}")),
            Input::File(path, found) => {
                files::read_into(path, *found, &mut self.bytes).map_err(|e| e.to_string())
            }
        };
        if let Err(message) = read {
            return Outcome::Failed(Failure::new(message));
        }
        if walked && is_binary(&self.bytes) {
            return Outcome::Skipped;
        }
        if let Err(error) = self.settle(task, path) {
            return Outcome::Misconfigured(error);
        }
        let shown = path.to_string_lossy();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = FileInput {
            path: &shown,
            name: &name,
            bytes: &self.bytes,
            explicit: task.kind.is_some(),
            named: !walked,
        };
        let check = || {
            let report = self.session.lint(&file, &self.settings);
            fixing::outcome(task, &self.session, input, &file, &self.settings, report)
        };
        // One file that we fail on must not take the findings of the others with it.
        match catch_unwind(AssertUnwindSafe(check)) {
            Ok(outcome) => outcome.unwrap_or_else(Outcome::Failed),
            Err(_) => Outcome::Failed(Failure::new(format!(
                "internal error while checking `{shown}`: this is a bug in Ringfence"
            ))),
        }
    }

    /// Makes `self.settings` those of the file.
    fn settle(&mut self, task: &Task, path: &Path) -> Result<(), Arc<ConfigError>> {
        let folder = path.parent().unwrap_or(path);
        let config = match &self.known {
            Some((known, config)) if known.as_os_str() == folder.as_os_str() => config,
            _ => {
                let config = task.discovery.for_file(path);
                if let Ok(config) = &config {
                    self.settings.trusted.clone_from(&config.trusted);
                    self.settings.regions.clone_from(&config.regions);
                }
                &self.known.insert((folder.to_owned(), config)).1
            }
        };
        let config = config.as_ref().map_err(Arc::clone)?;
        self.settings.kind = match task.kind {
            Some(kind) => Some((kind, KindFrom::Flag)),
            None => config.kind_of(path).map_err(Arc::new)?.map(|kind| (kind, KindFrom::Config)),
        };
        Ok(())
    }
}
