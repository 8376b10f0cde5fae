//! What the `git` program says of the repository around the working folder. Only reads: it writes neither the index nor the
//! working tree, and runs nothing that the repository's configuration names for showing differences.

use super::failure::Failure;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A commit, as compared with the working tree.
#[derive(Debug)]
pub(super) struct Revision {
    /// The commit's id.
    id: String,
    /// From the top of the repository to the working folder.
    prefix: Vec<u8>,
    /// From the working folder to the top.
    up: Vec<u8>,
}

/// A file that is not in the working tree what it was in the commit. Paths are the repository's own, from its top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// Its path in the commit; `None`: it is new.
    pub(super) old: Option<Vec<u8>>,
    /// Its path in the working tree; `None`: it is gone.
    pub(super) new: Option<Vec<u8>>,
}

impl Revision {
    /// The commit that `name` names: a branch, a tag, an id, `HEAD~3`.
    pub(super) fn find(name: &str) -> Result<Self, Failure> {
        let commit = format!("{name}^{{commit}}");
        // First, so that a missing repository is not taken for a missing commit.
        let place = git(&["rev-parse", "--show-cdup", "--show-prefix"])?;
        let (up, prefix) = split_line(&place);
        let id = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(|_| {
            Failure::with_help(
                format!("`{name}` names no commit of this repository"),
                "give a branch, a tag or a commit id; in a shallow clone it may have to be fetched first",
            )
        })?;
        let id = String::from_utf8_lossy(&id).trim().to_owned();
        Ok(Self { id, prefix: split_line(prefix).0.to_owned(), up: up.to_owned() })
    }

    /// The files that differ, renamed ones as one, untracked ones included unless they are ignored.
    pub(super) fn changed(&self, paths: &[PathBuf]) -> Result<Vec<Changed>, Failure> {
        for path in paths {
            self.check(path)?;
        }
        let of_paths = || std::iter::once(OsStr::new("--")).chain(paths.iter().map(|p| p.as_os_str()));
        let mut args: Vec<&OsStr> =
            ["diff", "--name-status", "-z", "--find-renames", "--no-ext-diff"].map(OsStr::new).into();
        args.extend(["--ignore-submodules=all", &*self.id].map(OsStr::new));
        args.extend(of_paths());
        let listed = git(&args)?;
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
        match path.strip_prefix(self.prefix.as_slice()) {
            Some(below) => os(below).into(),
            None => os(&[self.up.as_slice(), path].concat()).into(),
        }
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
fn os(path: &[u8]) -> OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec(path.to_owned());
    #[cfg(not(unix))]
    return String::from_utf8_lossy(path).into_owned().into();
}

fn git(args: &[impl AsRef<OsStr>]) -> Result<Vec<u8>, Failure> {
    let mut command = Command::new("git");
    // No lock for a refreshed index; messages that do not depend on the language of the system.
    command.args(args).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    let output = command.output().map_err(|error| {
        Failure::with_help(format!("git cannot be run: {error}"), "`--git` needs the `git` program")
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it gave no reason").trim_start_matches("fatal: ");
    Err(Failure::new(format!("git failed: {said}")))
}
