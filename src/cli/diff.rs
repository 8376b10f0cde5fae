//! `ringfence diff`: what a change of policies means for requests.

use super::failure::Failure;
use super::git::{Changed, Revision};
use super::{CLEAN, FAILED, FOUND, KindArg, Streams};
use crate::baseline::Baseline;
use crate::config::{Config, Discovery};
use crate::diff::{Version, diff};
use crate::policy::PolicyKind;
use crate::report::diff::{FileDiff, opens, write_json, write_text};
use crate::report::text;
use crate::source::files;
use clap::{Args, ValueEnum};
use std::path::{Component, Path, PathBuf};

const AFTER_HELP: &str = "\
Examples:
  ringfence diff old.json new.json          two files
  ringfence diff --git main                 every policy below this folder, against a branch, tag or commit
  ringfence diff --git HEAD~1 buckets/ vpce.json
  ringfence diff --git origin/main --fail-on-new-access --format json

Listed is every request that is newly allowed or no longer allowed, in classes with one example each; for bucket
policies also what is no longer, or newly, explicitly denied, since other policies decide about the rest. A file that is
`/dev/null` holds no policy. A change that cannot be judged is undecided, and counts as new access.

Exit codes: 0 compared, 1 new access and --fail-on-new-access, 2 the run itself failed.";

/// Show what a change of policies means: what is newly allowed, and what no longer
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DiffArgs {
    /// OLD and NEW, two files; with --git the files and folders to compare [default: this folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Compare what git has at this revision with the working tree
    #[arg(long, value_name = "REV")]
    git: Option<String>,
    /// What the files hold, whatever their names and the configuration say
    #[arg(long, value_enum)]
    kind: Option<KindArg>,
    /// The configuration file [default: the nearest ringfence.toml above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to show the changes
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    /// Exit with 1 when something is newly allowed, is no longer explicitly denied, or cannot be judged
    #[arg(long)]
    fail_on_new_access: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// One version of a file: its path, and its bytes when there is such a file.
struct Side {
    path: PathBuf,
    bytes: Option<Vec<u8>>,
}

impl DiffArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        let discovery = match &self.config {
            Some(path) => Discovery::fixed(Config::load(path).map_err(Failure::report)?),
            None => Discovery::default(),
        };
        let mut found = Vec::new();
        let mut failures = Vec::new();
        match (&self.git, self.paths.as_slice()) {
            (Some(revision), _) => {
                let revision = Revision::find(revision)?;
                for changed in self.changed(&revision, &discovery)? {
                    match versions(&revision, &changed).and_then(|(a, b)| self.compare(&discovery, &a, &b)) {
                        Ok(file) => found.extend(file.filter(|f| !f.policies.is_empty())),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
            (None, [old, new]) => {
                let file = self.compare(&discovery, &read(old)?, &read(new)?)?;
                let file = file.filter(|f| !f.policies.is_empty()).ok_or_else(|| {
                    let message =
                        format!("neither `{}` nor `{}` holds a policy", old.display(), new.display());
                    Failure::with_help(message, "say what the files are with `--kind`")
                })?;
                found.push(file);
            }
            (None, paths) => {
                return Err(Failure::with_help(
                    format!("two files are compared, and {} given", count(paths.len())),
                    "write `ringfence diff OLD NEW`, or `ringfence diff --git REV [PATH]...`",
                ));
            }
        }
        match self.format {
            FormatArg::Text => write_text(&found, streams.colour_out, &mut streams.out)?,
            FormatArg::Json => write_json(&found, &mut streams.out)?,
        }
        let failed = !failures.is_empty();
        for failure in failures {
            // Whether or not anyone can read it: the exit code counts.
            let _ = text::render_error(failure.diagnostic(), streams.colour_err, &mut streams.err);
        }
        Ok(if failed {
            FAILED
        } else if self.fail_on_new_access && opens(&found) {
            FOUND
        } else {
            CLEAN
        })
    }

    /// The files to look at: those that `check` would find in a folder, and those that an argument names.
    fn changed(&self, revision: &Revision, discovery: &Discovery) -> Result<Vec<Changed>, Failure> {
        let here = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() { &here } else { self.paths.as_slice() };
        let plain = |path: &Path| -> PathBuf {
            path.components().filter(|c| !matches!(c, Component::CurDir)).collect()
        };
        let named: Vec<PathBuf> = self.paths.iter().map(|path| plain(path)).collect();
        let is_wanted = |path: &Vec<u8>| {
            let path = revision.shown(path);
            // What is wrong with a configuration is told with the file.
            let config = discovery.for_file(&path).unwrap_or_default();
            let file = config.file(&path);
            (file.is_included(&path) || named.contains(&path)) && !file.is_excluded()
        };
        let mut changed = revision.changed(paths)?;
        changed.retain(|c| c.old.iter().chain(&c.new).any(is_wanted));
        Ok(changed)
    }

    fn compare(&self, discovery: &Discovery, old: &Side, new: &Side) -> Result<Option<FileDiff>, Failure> {
        let is_baseline = |side: &Side| side.bytes.as_deref().is_some_and(Baseline::is_one);
        if old.bytes.is_none() && new.bytes.is_none() || is_baseline(old) || is_baseline(new) {
            return Ok(None);
        }
        let kind = match self.kind {
            Some(kind) => Some(PolicyKind::from(kind)),
            // What the new version is counts; that of a file that is gone, else.
            None => match of_config(discovery, new)? {
                None => of_config(discovery, old)?,
                kind => kind,
            },
        };
        let name = |side: &Side| side.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (old_name, new_name) = (name(old), name(new));
        let policies = diff(
            Version { name: &old_name, bytes: old.bytes.as_deref() },
            Version { name: &new_name, bytes: new.bytes.as_deref() },
            kind,
        );
        let (path, other) = if new.bytes.is_some() { (&new.path, &old.path) } else { (&old.path, &new.path) };
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let old_path = (path != other && old.bytes.is_some() && new.bytes.is_some()).then(|| shown(other));
        Ok(Some(FileDiff { path: shown(path), old_path, policies }))
    }
}

fn count(n: usize) -> String {
    match n {
        0 => "none is".to_owned(),
        1 => "only one is".to_owned(),
        n => format!("{n} are"),
    }
}

fn of_config(discovery: &Discovery, side: &Side) -> Result<Option<PolicyKind>, Failure> {
    if side.bytes.is_none() {
        return Ok(None);
    }
    let config = discovery.for_file(&side.path).map_err(|e| Failure::report((*e).clone()))?;
    config.kind_of(&side.path).map_err(Failure::report)
}

fn versions(revision: &Revision, changed: &Changed) -> Result<(Side, Side), Failure> {
    let path = |of: &Option<Vec<u8>>| of.as_ref().map(|path| revision.shown(path)).unwrap_or_default();
    let old = match &changed.old {
        Some(path) => Some(revision.read(path)?),
        None => None,
    };
    let new = match &changed.new {
        Some(path) => read(&revision.shown(path))?.bytes,
        None => None,
    };
    Ok((Side { path: path(&changed.old), bytes: old }, Side { path: path(&changed.new), bytes: new }))
}

fn read(path: &Path) -> Result<Side, Failure> {
    let bytes = if path == Path::new("/dev/null") {
        None
    } else {
        Some(files::read(path).map_err(|e| Failure::new(e.to_string()))?)
    };
    Ok(Side { path: path.to_owned(), bytes })
}
