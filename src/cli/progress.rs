//! A bar on standard error for runs that take longer than a second, when a person is watching.

use indicatif::{ProgressBar, ProgressDrawTarget};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
    /// Whether there is nothing left to decide: the bar is shown, or never will be.
    settled: AtomicBool,
}

impl Progress {
    pub(super) fn new(files: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        let settled = AtomicBool::new(!std::io::stderr().is_terminal());
        Self { bar, start: Instant::now(), settled }
    }

    /// One file is done.
    pub(super) fn advance(&self) {
        self.bar.inc(1);
        if !self.settled.load(Ordering::Relaxed)
            && self.start.elapsed() > PATIENCE
            && !self.settled.swap(true, Ordering::Relaxed)
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
