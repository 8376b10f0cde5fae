//! A baseline on disk: linted files are found in it by their paths from its folder, moved ones by what they hold.

use crate::baseline::{Baseline, FileEntry};
use crate::cli::failure::Failure;
use crate::config::absolute;
use crate::lint::{FileInput, FileReport, Linter, Settings};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A baseline of more bytes than this is none that we wrote.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

pub(super) struct Kept {
    /// The folder of the baseline, absolute and without dots.
    root: PathBuf,
    /// What is kept; `None`: all that is found is to be.
    baseline: Option<Baseline>,
    /// The kept files that are no longer there.
    gone: BTreeSet<String>,
    /// The kept files that were linted, under whatever path.
    met: Mutex<BTreeSet<String>>,
    /// What is to be kept from now on, when that is asked for.
    now: Option<Mutex<Vec<FileEntry>>>,
}

impl Kept {
    /// To hold findings against the baseline in a file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let help = "`ringfence baseline --output FILE` writes one";
        let shown = path.display();
        let bytes = read(path)
            .map_err(|e| Failure::with_help(format!("the baseline `{shown}` cannot be read: {e}"), help))?;
        let baseline = Baseline::read(&bytes)
            .map_err(|e| Failure::with_help(format!("`{shown}` cannot be used: {e}"), help))?;
        let mut out = Self::new(path);
        let is_gone = |entry: &&FileEntry| fs::symlink_metadata(out.root.join(&entry.path)).is_err();
        out.gone = baseline.files().filter(is_gone).map(|entry| entry.path.clone()).collect();
        out.baseline = Some(baseline);
        Ok(out)
    }

    /// To find out what a baseline in a file is to keep.
    pub(super) fn new(path: &Path) -> Self {
        let path = absolute(path);
        Self {
            root: path.parent().map(Path::to_owned).unwrap_or_default(),
            baseline: None,
            gone: BTreeSet::new(),
            met: Mutex::default(),
            now: None,
        }
    }

    /// The same, and what is still to be kept is written down.
    pub(super) fn recording(self) -> Self {
        Self { now: Some(Mutex::default()), ..self }
    }

    /// Holds the findings of a file against its entry.
    pub(super) fn apply(
        &self,
        linter: &Linter,
        file: &FileInput<'_>,
        settings: &Settings,
        path: &Path,
        report: &mut FileReport,
    ) {
        let key = self.key(path);
        let entry = match &self.baseline {
            None => FileEntry::of(key, linter, file, settings, report),
            Some(baseline) => {
                let moved = || {
                    let gone = self.gone.iter().filter_map(|path| baseline.get(path));
                    gone.into_iter().find(|entry| entry.is_about(file, settings))
                };
                let Some(entry) = baseline.get(&key).or_else(moved) else { return };
                self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.path.clone());
                let sifted = entry.sift(linter, file, settings, report);
                (report.hidden, report.unmatched) = (sifted.hidden, sifted.unmatched);
                sifted.kept.map(|kept| FileEntry { path: key, ..kept })
            }
        };
        if let (Some(now), Some(entry)) = (&self.now, entry) {
            now.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        }
    }

    /// How many kept findings are of files that are no longer there.
    pub(super) fn lost(&self) -> usize {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = self.gone.iter().filter(|path| !met.contains(*path));
        lost.filter_map(|path| self.baseline.as_ref()?.get(path)).map(FileEntry::len).sum()
    }

    /// How many findings were kept before.
    pub(super) fn before(&self) -> usize {
        self.baseline.as_ref().map_or(0, Baseline::len)
    }

    /// What is to be kept from now on: what was found to be, and what is kept of files that are there and were not linted.
    pub(super) fn into_baseline(self) -> Baseline {
        let now = self.now.map(|now| now.into_inner().unwrap_or_else(PoisonError::into_inner));
        let met = self.met.into_inner().unwrap_or_else(PoisonError::into_inner);
        let rest = self.baseline.iter().flat_map(Baseline::files);
        let rest = rest.filter(|entry| !met.contains(&entry.path) && !self.gone.contains(&entry.path));
        rest.cloned().chain(now.unwrap_or_default()).collect()
    }

    /// The path from the baseline's folder, with `/` between the names.
    fn key(&self, path: &Path) -> String {
        let path = absolute(path);
        let (mut root, mut rest) = (self.root.components().peekable(), path.components().peekable());
        while root.peek().is_some() && root.peek() == rest.peek() {
            root.next();
            rest.next();
        }
        let up = root.map(|_| "..".into());
        let down = rest.map(|c| c.as_os_str().to_string_lossy());
        up.chain(down).collect::<Vec<_>>().join("/")
    }
}

/// A baseline is longer than the policies that it keeps, so the limit for linted files is not for it.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other(format!("it is longer than {} MiB", MAX_BYTES / 1024 / 1024)));
    }
    fs::read(path)
}
