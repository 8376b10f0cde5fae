//! A bar on standard error for runs that take longer than a second, when a person is watching.

use indicatif::{ProgressBar, ProgressDrawTarget};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(1);

/// None: nobody is watching.
pub(super) struct Progress(Option<Bar>);

struct Bar {
    shown: ProgressBar,
    start: Instant,
    is_shown: AtomicBool,
}

impl Progress {
    pub(super) fn new(files: usize) -> Self {
        Self(std::io::stderr().is_terminal().then(|| Bar {
            shown: ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden()),
            start: Instant::now(),
            is_shown: AtomicBool::new(false),
        }))
    }

    /// One file is done.
    pub(super) fn advance(&self) {
        let Some(Bar { shown: bar, start, is_shown }) = &self.0 else { return };
        bar.inc(1);
        if !is_shown.load(Ordering::Relaxed)
            && start.elapsed() > PATIENCE
            && !is_shown.swap(true, Ordering::Relaxed)
        {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    pub(super) fn finish(&self) {
        if let Some(Bar { shown: bar, .. }) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
