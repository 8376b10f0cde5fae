//! One input at a time: its bytes, its configuration, its findings, and how they are shown. A worker belongs to one
//! thread, and keeps what the next file can use again.

use super::fixing::{self, Mode};
use super::kept::Kept;
use super::pieces::Piece;
use crate::baseline::Baseline;
use crate::cli::failure::Failure;
use crate::cli::git::Objects;
use crate::lint::{FileInput, Session, Settings};
use crate::policy::PolicyKind;
use crate::project::{self, Project, ProjectError, Projects};
use crate::report::{Format, Rendered};
use crate::source::{Folder, Found, Input, MAX_FILE_BYTES, Memory, files, is_binary, may_be_long};
use memchr::memmem;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What is the same for all inputs of a run.
pub(super) struct Task {
    pub(super) projects: Projects,
    /// The baseline.
    pub(super) kept: Option<Kept>,
    /// What the user says the files are.
    pub(super) kind: Option<PolicyKind>,
    /// Files that are named are looked at as those met in a folder.
    pub(super) only_policies: bool,
    /// Where files are read, when not on disk.
    pub(super) objects: Option<Objects>,
    /// The formats of the reports, and whether in colours.
    pub(super) shown: Vec<(Format, bool)>,
    /// Whether one of them shows fingerprints.
    pub(super) fingerprints: bool,
    pub(super) mode: Mode,
    /// What was read of modules.
    pub(super) memory: Memory,
    /// Whose turn it is to hold a long document.
    pub(super) long: Mutex<()>,
}

/// What became of one input.
pub(super) enum Outcome {
    /// There is something to report, in each format.
    Report(Vec<Rendered>),
    /// Standard input's text with fixes made, and what is left to report, if it holds a policy.
    Text(Vec<u8>, Option<Vec<Rendered>>),
    /// It holds no policy.
    Skipped,
    /// The configuration says not to check it.
    Excluded,
    /// It could not be read or checked.
    Failed(Failure),
    /// Its configuration cannot be used.
    Misconfigured(Arc<ProjectError>),
}

/// A piece that was checked.
pub(super) struct Checked {
    /// Which input it is of.
    pub(super) number: usize,
    /// Whether nothing more comes of that.
    pub(super) is_last: bool,
    pub(super) outcome: Outcome,
}

#[derive(Default)]
pub(super) struct Worker {
    bytes: Vec<u8>,
    /// The folder of the last file and its configuration, which the next file most likely shares.
    known: Option<(PathBuf, project::Outcome)>,
    settings: Settings,
    session: Option<Session>,
}

impl Worker {
    pub(super) fn check(&mut self, task: &Task, piece: Piece) -> Outcome {
        let outcome = self.outcome(task, piece);
        if self.bytes.len() > 2 * MAX_FILE_BYTES {
            self.bytes = Vec::new();
        }
        outcome
    }

    fn outcome(&mut self, task: &Task, piece: Piece) -> Outcome {
        let Piece { input, lines, .. } = piece;
        let (part, lines) = match lines.transpose() {
            Ok(lines) => lines.map_or((None, None), |lines| (lines.part, Some(lines.bytes))),
            Err(message) => return Outcome::Failed(Failure::new(message)),
        };
        let (path, walked) = match &input {
            Input::Stdin { name } => (name, false),
            Input::File(path, found) => (path, task.only_policies || *found == Found::Walked),
        };
        let project = match self.settle(task, path) {
            Ok(Some(project)) => project,
            Ok(None) => return Outcome::Excluded,
            Err(error) => return Outcome::Misconfigured(error),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Long documents one at a time: each takes some times its length.
        let mut alone = None;
        let read = match lines {
            Some(lines) => {
                self.bytes = lines;
                Ok(())
            }
            None => self.read(task, &input, &mut |bytes| {
                let is_long = bytes.len() > MAX_FILE_BYTES && may_be_long(&name, bytes);
                alone = is_long.then(|| task.long.lock().unwrap_or_else(PoisonError::into_inner));
                is_long
            }),
        };
        if let Err(message) = read {
            return Outcome::Failed(Failure::new(message));
        }
        // A stream that is met may be gigabytes of somebody's data.
        let is_data = || part.is_some() && memmem::find(&self.bytes, b"Statement").is_none();
        if walked && (is_binary(&self.bytes) || is_data()) || Baseline::is_one(&self.bytes) {
            return Outcome::Skipped;
        }
        if part.is_some() && (task.kept.is_some() || !matches!(task.mode, Mode::Off | Mode::Show)) {
            let shown = path.display();
            let message = format!(
                "`{shown}` is a stream that is not held in memory, so that it can have no fixes and no baseline"
            );
            return Outcome::Failed(Failure::new(message));
        }
        let shown = path.to_string_lossy();
        let around = Folder::of(path).with(&task.memory);
        let file = FileInput {
            path: &shown,
            name: &name,
            bytes: &self.bytes,
            explicit: task.kind.is_some(),
            named: !walked,
            around: &around,
            part,
        };
        // Most files are of one project.
        let session = match self.session.take() {
            Some(session) if Arc::ptr_eq(session.linter(), &project.linter) => session,
            _ => project.linter.session(),
        };
        let session = self.session.insert(session);
        let check = || {
            let mut report = session.lint(&file, &self.settings);
            if let Some(kept) = &task.kept {
                kept.apply(&project.linter, &file, &self.settings, path, &mut report);
            }
            if !self.settings.ignores.is_empty() {
                project.note(&self.settings.ignores, &report.matched);
            }
            fixing::outcome(task, session, &input, &file, &self.settings, report)
        };
        // One file that we fail on must not take the findings of the others with it.
        if let Ok(outcome) = catch_unwind(AssertUnwindSafe(check)) {
            return outcome.unwrap_or_else(Outcome::Failed);
        }
        self.session = None;
        let message = format!("internal error while checking `{shown}`: this is a bug in Ringfence");
        Outcome::Failed(Failure::new(message))
    }

    /// Makes `self.bytes` those of an input; beyond the usual limit when what was read till there `is_long`.
    fn read(
        &mut self,
        task: &Task,
        input: &Input,
        is_long: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), String> {
        let bytes = &mut self.bytes;
        match (input, &task.objects) {
            (Input::Stdin { .. }, _) => {
                let mut read = || {
                    *bytes = files::read_limited(io::stdin().lock())?;
                    if is_long(bytes) { files::read_on(io::stdin().lock(), bytes) } else { Ok(()) }
                };
                read().map_err(|e| format!("standard input cannot be read: {e}"))
            }
            (Input::File(path, _), Some(objects)) => objects.read_into(path, bytes, is_long),
            (Input::File(path, found), None) => {
                let mut read = || {
                    files::read_into(path, *found, bytes)?;
                    if is_long(bytes) { files::read_on_in(path, *found, bytes) } else { Ok(()) }
                };
                read().map_err(|e| e.to_string())
            }
        }
    }

    /// Makes `self.settings` those of the file; `None` when the file is not to be checked.
    fn settle(&mut self, task: &Task, path: &Path) -> Result<Option<Arc<Project>>, Arc<ProjectError>> {
        let folder = path.parent().unwrap_or(path);
        let project = match &self.known {
            Some((known, project)) if known.as_os_str() == folder.as_os_str() => project,
            _ => {
                let project = task.projects.for_file(path);
                if let Ok(project) = &project {
                    project.share(path, &mut self.settings);
                    self.settings.fingerprints = task.fingerprints;
                }
                &self.known.insert((folder.to_owned(), project)).1
            }
        };
        let project = project.as_ref().map_err(Arc::clone)?;
        let is_checked =
            project.settle(path, task.kind, &mut self.settings).map_err(|e| Arc::new(e.into()))?;
        Ok(is_checked.then(|| Arc::clone(project)))
    }
}
