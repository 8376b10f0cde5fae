//! What is to be worked on, in its order: questions as they were asked, then texts that have changed, then what is not open.

use super::document::Document;
use super::worker::{Ask, Job};
use lsp_server::RequestId;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// However fast somebody types, a text is looked at after so long.
const AT_MOST: Duration = Duration::from_secs(1);

/// An open text.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) document: Document,
    /// When it is to be looked at, and since when it waits.
    wait: Option<(Instant, Instant)>,
}

/// The open texts, and what is to be done.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) open: BTreeMap<String, Open>,
    asks: VecDeque<(RequestId, Ask, Document)>,
    walks: VecDeque<PathBuf>,
    files: VecDeque<PathBuf>,
}

impl Queue {
    /// Takes a text as open, to be looked at soon.
    pub(super) fn put(&mut self, document: Document) {
        let now = Instant::now();
        self.open.insert(document.uri.0.clone(), Open { document, wait: Some((now, now)) });
    }

    /// Has an open text looked at after a while.
    pub(super) fn touch(&mut self, uri: &str, delay: Duration) {
        let Some(open) = self.open.get_mut(uri) else { return };
        let now = Instant::now();
        let since = open.wait.map_or(now, |(_, since)| since);
        open.wait = Some(((now + delay).min(since + AT_MOST), since));
    }

    /// Has all open texts looked at.
    pub(super) fn touch_all(&mut self) {
        let now = Instant::now();
        for open in self.open.values_mut() {
            open.wait = Some((now, now));
        }
    }

    pub(super) fn ask(&mut self, id: RequestId, ask: Ask, document: Document) {
        self.asks.push_back((id, ask, document));
    }

    /// Takes a question back; true when it was still waiting.
    pub(super) fn cancel(&mut self, id: &RequestId) -> bool {
        let before = self.asks.len();
        self.asks.retain(|(other, ..)| other != id);
        self.asks.len() != before
    }

    pub(super) fn walk(&mut self, folder: PathBuf) {
        self.files.retain(|file| !file.starts_with(&folder));
        self.walks.push_back(folder);
    }

    pub(super) fn file(&mut self, path: PathBuf) {
        if !self.files.contains(&path) {
            self.files.push_back(path);
        }
    }

    pub(super) fn files(&mut self, paths: Vec<PathBuf>) {
        self.files.extend(paths);
    }

    /// What is to be worked on now.
    pub(super) fn next(&mut self) -> Option<Job> {
        if let Some((id, ask, document)) = self.asks.pop_front() {
            return Some(Job::Ask(id, ask, document));
        }
        let now = Instant::now();
        let due = self.open.values_mut().filter(|open| open.wait.is_some_and(|(at, _)| at <= now));
        if let Some(open) = due.min_by_key(|open| open.wait) {
            open.wait = None;
            return Some(Job::Check(open.document.clone()));
        }
        self.walks.pop_front().map(Job::Walk).or_else(|| self.files.pop_front().map(Job::Read))
    }

    /// When the next text is to be looked at.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.open.values().filter_map(|open| open.wait).map(|(at, _)| at).min()
    }
}
