//! What the `git` program says of the repository around the working folder.
//!
//! Only reads; at most git brings the times in its index up to date, as each `git diff` does. Nothing runs that the
//! repository's configuration names (file system monitors, hooks, filters, programs that show differences), and nothing is
//! fetched. Knows nothing of policies.

mod objects;

use super::failure::Failure;
pub(super) use objects::Objects;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Settings that name programs, turned off.
const OFF: [&str; 3] = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "diff.external="];

/// The repository around the working folder.
#[derive(Debug)]
pub(super) struct Repository {
    /// From its top to the working folder.
    prefix: Vec<u8>,
    /// From the working folder to the top.
    up: Vec<u8>,
}

/// A commit, as compared with the working tree.
#[derive(Debug)]
pub(super) struct Revision {
    repository: Repository,
    /// The commit's id.
    id: String,
}

/// A file that is not in the working tree what it was in the commit. Paths are the repository's own, from its top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// Its path in the commit; `None`: it is new.
    pub(super) old: Option<Vec<u8>>,
    /// Its path in the working tree; `None`: it is gone.
    pub(super) new: Option<Vec<u8>>,
}

/// What is looked at: the new side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Side {
    /// The files on disk, with those that git does not know yet, unless they are ignored.
    WorkingTree,
    /// What would be committed.
    Index,
    /// A commit, by its id.
    Commit(String),
}

/// A path, from the repository's top, whose file is not what it was. A renamed file is one that is gone and one that is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    pub(super) state: State,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is no file any more.
    Gone,
    /// A link, or a repository within this one.
    NoFile,
    /// On disk.
    OnDisk,
    /// In git, under this id.
    Stored(String),
    /// Two versions of it are still to be merged.
    Unmerged,
}

impl Repository {
    pub(super) fn find() -> Result<Self, Failure> {
        let place = git(&["rev-parse", "--show-cdup", "--show-prefix"])?;
        let (up, prefix) = split_line(&place);
        Ok(Self { prefix: split_line(prefix).0.to_owned(), up: up.to_owned() })
    }

    /// The id of the commit that `name` names: a branch, a tag, an id, `HEAD~3`.
    #[expect(clippy::unused_self, reason = "a missing repository must not be taken for a missing commit")]
    pub(super) fn commit(&self, name: &str) -> Result<String, Failure> {
        let commit = format!("{name}^{{commit}}");
        let id = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(|_| {
            Failure::with_help(
                format!("`{name}` names no commit of this repository"),
                "give a branch, a tag or a commit id; in a shallow clone it may have to be fetched first",
            )
        })?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// The commit from which two others have parted.
    pub(super) fn merge_base(&self, one: &str, other: &str) -> Result<String, Failure> {
        let (a, b) = (self.commit(one)?, self.commit(other)?);
        let id = git(&["merge-base", "--", &a, &b]).map_err(|_| {
            Failure::with_help(
                format!("`{one}` and `{other}` have no commit in common"),
                "a shallow clone does not hold it: fetch the history (`git fetch --unshallow`), or clone with all of it",
            )
        })?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// The path as a person in the working folder would write it.
    pub(super) fn shown(&self, path: &[u8]) -> PathBuf {
        let mut folder = self.prefix.as_slice();
        let mut shown = Vec::new();
        let below = loop {
            match path.strip_prefix(folder) {
                Some(below) => break below,
                None => shown.extend_from_slice(b"../"),
            }
            let above = folder.strip_suffix(b"/").unwrap_or(folder);
            let end = above.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
            folder = folder.get(..end).unwrap_or_default();
        };
        shown.extend_from_slice(below);
        os(&shown).into()
    }

    /// Its top: an absolute path without links in it.
    pub(super) fn top(&self) -> Result<PathBuf, Failure> {
        let up = os(if self.up.is_empty() { b"." } else { &self.up });
        Ok(std::fs::canonicalize(up)?)
    }

    /// What differs between a commit (`None`: the one checked out, or nothing when there is none yet) and a side.
    pub(super) fn changes(&self, base: Option<&str>, side: &Side) -> Result<Vec<Entry>, Failure> {
        let mut args = vec!["--raw", "-z", "--no-abbrev", "--no-renames", "--no-color"];
        if *side == Side::Index {
            args.push("--cached");
        }
        args.extend(base);
        if let Side::Commit(id) = side {
            args.push(id);
        }
        args.push("--");
        let listed = diff(&args)?;
        let mut fields = listed.split(|b| *b == 0);
        let mut out: Vec<Entry> = Vec::new();
        while let (Some(what), Some(path)) = (fields.next(), fields.next()) {
            let state = state(&String::from_utf8_lossy(what), side);
            // An unmerged file is listed twice.
            if out.last().is_none_or(|last| last.path != path) {
                out.push(Entry { path: path.to_owned(), state });
            }
        }
        if *side == Side::WorkingTree {
            let args = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z"];
            let mut list = command();
            list.args(args);
            if !self.up.is_empty() {
                list.current_dir(os(&self.up));
            }
            let untracked = run(list)?;
            let paths = untracked.split(|b| *b == 0).filter(|path| !path.is_empty() && !path.ends_with(b"/"));
            out.extend(paths.map(|path| Entry { path: path.to_owned(), state: State::OnDisk }));
        }
        Ok(out)
    }
}

/// What became of a file, by a line of `git diff --raw`: `:OLD-MODE MODE OLD-ID ID STATUS`.
fn state(line: &str, side: &Side) -> State {
    let fields: Vec<&str> = line.split(' ').collect();
    match (fields.as_slice(), side) {
        ([_, _, _, _, "D"], _) => State::Gone,
        // With the marks of the conflict in it.
        ([_, _, _, _, "U"], Side::WorkingTree) => State::OnDisk,
        ([_, _, _, _, "U"], _) => State::Unmerged,
        ([_, "100644" | "100755", ..], Side::WorkingTree) => State::OnDisk,
        ([_, "100644" | "100755", _, id, _], _) => State::Stored((*id).to_owned()),
        _ => State::NoFile,
    }
}

impl Revision {
    /// The commit that `name` names.
    pub(super) fn find(name: &str) -> Result<Self, Failure> {
        let repository = Repository::find()?;
        let id = repository.commit(name)?;
        Ok(Self { repository, id })
    }

    /// The files that differ, renamed ones as one, untracked ones included unless they are ignored.
    pub(super) fn changed(&self, paths: &[PathBuf]) -> Result<Vec<Changed>, Failure> {
        for path in paths {
            self.check(path)?;
        }
        let of_paths = || std::iter::once(OsStr::new("--")).chain(paths.iter().map(|p| p.as_os_str()));
        let mut args: Vec<&OsStr> =
            ["--name-status", "-z", "--find-renames", &*self.id].map(OsStr::new).into();
        args.extend(of_paths());
        let listed = diff(&args)?;
        let mut fields = listed.split(|b| *b == 0).filter(|f| !f.is_empty()).map(<[u8]>::to_owned);
        let mut out = Vec::new();
        while let (Some(status), Some(path)) = (fields.next(), fields.next()) {
            out.push(match status.first() {
                Some(b'A') => Changed { old: None, new: Some(path) },
                Some(b'D') => Changed { old: Some(path), new: None },
                Some(b'R' | b'C') => Changed { old: Some(path), new: fields.next() },
                _ => Changed { old: Some(path.clone()), new: Some(path) },
            });
        }
        let mut args: Vec<&OsStr> =
            ["ls-files", "--others", "--exclude-standard", "--full-name", "-z"].map(OsStr::new).into();
        args.extend(of_paths());
        let untracked = git(&args)?;
        for path in untracked.split(|b| *b == 0).filter(|f| !f.is_empty()) {
            // Taken out of the index, and still there.
            match out.iter_mut().find(|c| c.new.is_none() && c.old.as_deref() == Some(path)) {
                Some(changed) => changed.new = Some(path.to_owned()),
                None => out.push(Changed { old: None, new: Some(path.to_owned()) }),
            }
        }
        out.sort_by(|a, b| a.new.as_ref().or(a.old.as_ref()).cmp(&b.new.as_ref().or(b.old.as_ref())));
        Ok(out)
    }

    /// A mistyped path must not look like a file without a change.
    fn check(&self, path: &Path) -> Result<(), Failure> {
        let lists = |args: &[&OsStr]| git(args).map(|out| !out.is_empty());
        let path_arg = path.as_os_str();
        let [dashes, tree, files, z] = ["--", "ls-tree", "ls-files", "-z"].map(OsStr::new);
        if path.symlink_metadata().is_ok()
            || lists(&[files, z, dashes, path_arg])?
            || lists(&[tree, z, OsStr::new(&self.id), dashes, path_arg])?
        {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` is neither in the working tree nor in the commit", path.display())))
    }

    /// What a file held in the commit.
    pub(super) fn read(&self, path: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut object = self.id.clone().into_bytes();
        object.push(b':');
        object.extend_from_slice(path);
        git(&[OsStr::new("cat-file"), OsStr::new("blob"), &os(&object)])
    }

    /// The path as a person in the working folder would write it.
    pub(super) fn shown(&self, path: &[u8]) -> PathBuf {
        self.repository.shown(path)
    }
}

/// The first line, and what follows it.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|b| *b == b'\n') {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default()),
        None => (text, &[]),
    }
}

/// A path of the repository for the system.
pub(super) fn os(path: &[u8]) -> OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec(path.to_owned());
    #[cfg(not(unix))]
    return String::from_utf8_lossy(path).into_owned().into();
}

fn git(args: &[impl AsRef<OsStr>]) -> Result<Vec<u8>, Failure> {
    let mut command = command();
    command.args(args);
    run(command)
}

/// `git diff`. What it compares on disk it would send through filters before.
fn diff(args: &[impl AsRef<OsStr>]) -> Result<Vec<u8>, Failure> {
    let mut command = command();
    for setting in filters_off()? {
        command.arg("-c").arg(setting);
    }
    command.args(["diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"]).args(args);
    run(command)
}

/// `git`, with everything turned off that could run or fetch something.
fn command() -> Command {
    let mut command = Command::new("git");
    command.arg("--no-pager").stdin(Stdio::null());
    for setting in OFF {
        command.arg("-c").arg(setting);
    }
    // Messages that do not depend on the language of the system; names, not patterns; no fetching of what a partial clone lacks.
    command.envs([("LC_ALL", "C"), ("GIT_LITERAL_PATHSPECS", "1")]);
    command.envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")]);
    command
}

/// What it prints.
fn run(mut command: Command) -> Result<Vec<u8>, Failure> {
    let output = command.output().map_err(|e| unavailable(&e))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it gave no reason").trim_start_matches("fatal: ");
    Err(Failure::new(format!("git failed: {said}")))
}

/// The settings that turn off the filters of the configuration.
fn filters_off() -> Result<Vec<String>, Failure> {
    let mut list = command();
    list.args([
        "config",
        "-z",
        "--name-only",
        "--get-regexp",
        r"^filter\..*\.(clean|smudge|process|required)$",
    ]);
    // It fails when there are none.
    let names = list.output().map_err(|e| unavailable(&e))?.stdout;
    let mut off = Vec::new();
    for name in names.split(|b| *b == 0).filter(|name| !name.is_empty()) {
        let name = std::str::from_utf8(name).ok().filter(|name| !name.contains('=')).ok_or_else(|| {
            let name = String::from_utf8_lossy(name);
            Failure::new(format!("git's setting `{name}` names a program and cannot be turned off"))
        })?;
        off.push(format!("{name}={}", if name.ends_with(".required") { "false" } else { "" }));
    }
    off.sort();
    off.dedup();
    Ok(off)
}

fn unavailable(error: &std::io::Error) -> Failure {
    Failure::with_help(
        format!("git cannot be run: {error}"),
        "`--since`, `--staged` and `diff --git` need the `git` program",
    )
}
