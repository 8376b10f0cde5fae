//! What was read for one file and is needed for the next: the files of a folder are one module, which is read once for all of them, and
//! modules in other folders are called from many.
//!
//! Knows no expressions. What is kept never changes what is found: a file whose text is not the one that was read is read again.

use super::Results;
use super::module::Files;
use crate::source::span::Span;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Folders of which the trees are kept take not more than this many bytes of text; beyond, all are let go.
const MAX_BYTES: usize = 1024 * 1024;
/// Folders of which the results are kept. Files come folder by folder, so the last few are enough.
const MAX_RESULTS: usize = 32;
/// Places of files end here: spans have 32 bits.
const MAX_PLACE: usize = 3 << 30;

/// What is kept during a run, for all its threads.
#[derive(Debug, Default)]
pub struct Memory {
    /// Where the next file begins among all.
    next: AtomicUsize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    folders: FxHashMap<String, Files>,
    bytes: usize,
    results: FxHashMap<String, Arc<OnceLock<Arc<Results>>>>,
}

impl Memory {
    /// Nothing kept so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether more files can be read with it.
    pub(super) fn has_room(&self) -> bool {
        self.next.load(Ordering::Relaxed) < MAX_PLACE
    }

    /// A place for a file of this length that no other one has.
    pub(super) fn place(&self, length: usize) -> usize {
        self.next.fetch_add(length + 1, Ordering::Relaxed)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic of another thread leaves whole entries.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files of a folder, which are read if they are not there.
    pub(super) fn folder(&self, path: &str, read: impl FnOnce() -> Files) -> Files {
        if let Some(files) = self.kept().folders.get(path) {
            return files.clone();
        }
        let files = read();
        let bytes: usize = files.iter().map(|file| file.text.len()).sum();
        let mut kept = self.kept();
        if kept.bytes + bytes > MAX_BYTES {
            kept.folders.clear();
            kept.bytes = 0;
        }
        kept.bytes += bytes;
        kept.folders.insert(path.to_owned(), files.clone());
        files
    }

    /// What was found in a folder. One thread looks for it, others that want it wait.
    pub(super) fn results(&self, path: &str, find: impl FnOnce() -> Results) -> Arc<Results> {
        let cell = {
            let mut kept = self.kept();
            if kept.results.len() > MAX_RESULTS {
                kept.results.clear();
            }
            Arc::clone(kept.results.entry(path.to_owned()).or_default())
        };
        Arc::clone(cell.get_or_init(|| Arc::new(find())))
    }
}

impl super::hcl::SourceFile {
    /// Its place among all files.
    pub(super) fn range(&self) -> Span {
        Span::new(self.base, self.base + self.text.len())
    }
}
