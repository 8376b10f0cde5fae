//! `--since` and `--staged`: of the files that the arguments name, those that changed, and where their content is read.

use crate::cli::failure::Failure;
use crate::cli::git::{Entry, Objects, Repository, Side, State, os};
use crate::config::absolute;
use crate::source::{CollectError, Collected, Found, PathPattern};
use clap::Args;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What of git narrows a run.
#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Only files that changed since this commit (or branch, or tag), uncommitted and new ones included; or, for `A..B`,
    /// between two commits, as they are in B
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Only files that are staged, as they will be committed
    #[arg(long)]
    staged: bool,
}

/// The changed files of a run.
pub(super) struct Changes {
    pub(super) collected: Collected,
    /// Where they are read, when not on disk.
    pub(super) objects: Option<Objects>,
}

/// A changed file.
struct Candidate {
    /// As shown from the working folder.
    shown: PathBuf,
    absolute: PathBuf,
    state: State,
}

impl ChangeArgs {
    /// The changed files below the paths; `None`: a run over all files.
    pub(super) fn changes(
        &self,
        paths: &[PathBuf],
        wanted: &mut dyn FnMut(&Path) -> bool,
    ) -> Result<Option<Changes>, Failure> {
        if self.since.is_none() && !self.staged {
            return Ok(None);
        }
        let option = if self.staged { "--staged" } else { "--since" };
        if paths.iter().any(|path| path.as_os_str() == "-") {
            return Err(Failure::with_help(
                format!("`{option}` takes its files from git, not from standard input"),
                "leave out `-`",
            ));
        }
        let repository = Repository::find().map_err(|failure| match failure {
            Failure::Message { message, help: None } => Failure::with_help(
                message,
                format!("`{option}` works in a git repository, on the files in it"),
            ),
            other => other,
        })?;
        let (base, side) = self.sides(&repository)?;
        let entries = repository.changes(base.as_deref(), &side)?;
        let top = repository.top()?;
        let candidate = |entry: Entry| {
            let shown = repository.shown(&entry.path);
            Candidate { shown, absolute: top.join(os(&entry.path)), state: entry.state }
        };
        let candidates: Vec<Candidate> = entries.into_iter().map(candidate).collect();
        let chosen = Chosen::of(paths, &candidates, &top, wanted)?;
        Ok(Some(chosen.changes(&side)?))
    }

    /// The commit to compare with, and what is compared with it.
    fn sides(&self, repository: &Repository) -> Result<(Option<String>, Side), Failure> {
        let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        let Some(since) = &self.since else { return Ok((None, Side::Index)) };
        let range = |from: &str, to: &str| (or_head(from), or_head(to));
        let (base, to) = if let Some((from, to)) = since.split_once("...") {
            let (from, to) = range(from, to);
            (repository.merge_base(&from, &to)?, to)
        } else if let Some((from, to)) = since.split_once("..") {
            let (from, to) = range(from, to);
            (repository.commit(&from)?, to)
        } else {
            // What others have done since to a branch that `since` names is no change of ours.
            let side = if self.staged { Side::Index } else { Side::WorkingTree };
            return Ok((Some(repository.merge_base(since, "HEAD")?), side));
        };
        if self.staged {
            return Err(Failure::with_help(
                format!("`{since}` ends with a commit, and `--staged` with what is staged"),
                "give one commit, or leave out `--staged`",
            ));
        }
        Ok((Some(base), Side::Commit(repository.commit(&to)?)))
    }
}

/// The changed files that the arguments name.
#[derive(Default)]
struct Chosen<'c> {
    /// In the order of the arguments, some perhaps twice.
    files: Vec<(PathBuf, Found, &'c State)>,
    errors: Vec<CollectError>,
}

impl<'c> Chosen<'c> {
    /// As a walk chooses: from folders the files that are `wanted`, without hidden ones; what an argument names, whatever its name.
    fn of(
        args: &[PathBuf],
        candidates: &'c [Candidate],
        top: &Path,
        wanted: &mut dyn FnMut(&Path) -> bool,
    ) -> Result<Self, Failure> {
        let mut out = Self::default();
        for arg in args {
            let place = fs::canonicalize(arg).unwrap_or_else(|_| absolute(arg));
            let pattern = arg.to_str().filter(|text| text.contains(['*', '?', '[']));
            let pattern = pattern.filter(|_| arg.symlink_metadata().is_err());
            if let Some(text) = pattern {
                match PathPattern::new(text) {
                    Ok(pattern) => {
                        let literal = arg.components().take_while(|c| !is_wild(*c)).count();
                        for candidate in candidates {
                            let path = if arg.is_absolute() { &candidate.absolute } else { &candidate.shown };
                            if pattern.matches(path) && !is_hidden(path.components().skip(literal)) {
                                out.add(path.clone(), Found::Walked, candidate);
                            }
                        }
                    }
                    Err(error) => out.errors.push(CollectError::BadPattern {
                        pattern: text.to_owned(),
                        reason: error.msg.to_owned(),
                    }),
                }
                continue;
            }
            if !place.starts_with(top) && !top.starts_with(&place) {
                let message = format!("`{}` lies outside the git repository", arg.display());
                return Err(Failure::with_help(message, "run it in the repository of these files"));
            }
            let mut is_known = arg.symlink_metadata().is_ok();
            for candidate in candidates {
                let Ok(below) = candidate.absolute.strip_prefix(&place) else { continue };
                is_known = true;
                let plain: PathBuf = arg.components().filter(|c| !matches!(c, Component::CurDir)).collect();
                if below.as_os_str().is_empty() {
                    out.add(plain, Found::Named, candidate);
                } else if !is_hidden(below.components()) {
                    let path = plain.join(below);
                    if wanted(&path) {
                        out.add(path, Found::Walked, candidate);
                    }
                }
            }
            if !is_known {
                // A mistyped path must not look like a file without a change.
                out.errors.push(CollectError::NotFound { path: arg.clone() });
            }
        }
        Ok(out)
    }

    fn add(&mut self, path: PathBuf, found: Found, candidate: &'c Candidate) {
        self.files.push((path, found, &candidate.state));
    }

    fn changes(self, side: &Side) -> Result<Changes, Failure> {
        let mut files = Vec::new();
        let mut ids = BTreeMap::new();
        for (path, found, state) in self.files {
            match state {
                State::Gone | State::NoFile => continue,
                State::OnDisk => {
                    // Links are left to the files that they lead to.
                    if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                        continue;
                    }
                }
                State::Stored(id) => {
                    ids.insert(path.clone(), id.clone());
                }
                State::Unmerged => {
                    let message = format!("`{}` is not merged yet", path.display());
                    return Err(Failure::with_help(message, "resolve the conflict and stage the file"));
                }
            }
            files.push((path, found));
        }
        let objects = if *side == Side::WorkingTree { None } else { Some(Objects::new(ids)?) };
        Ok(Changes { collected: Collected::of(files, self.errors), objects })
    }
}

fn is_hidden<'p>(mut components: impl Iterator<Item = Component<'p>>) -> bool {
    components.any(|c| matches!(c, Component::Normal(name) if name.as_encoded_bytes().starts_with(b".")))
}

fn is_wild(component: Component<'_>) -> bool {
    component.as_os_str().to_string_lossy().contains(['*', '?', '['])
}
