//! `ringfence check`: files in, findings out.
//!
//! The files go through in windows: those of one window are checked side by side, then what they came to is written in
//! their order and forgotten, so that a run needs as much memory for a hundred thousand files as for a thousand.

mod fixing;
mod rewrite;
mod tally;
mod worker;

use super::failure::Failure;
use super::progress::Progress;
use super::{KindArg, Streams, load_rules};
use crate::config::{Config, Discovery};
use crate::finding::Severity;
use crate::lint::Linter;
use crate::policy::PolicyKind;
use crate::report::Format;
use crate::source::{CollectOptions, Collected, collect};
use clap::{Args, ValueEnum};
use fixing::{FixArgs, Mode};
use rayon::prelude::*;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc;
use tally::Tally;
use worker::{Outcome, Task, Worker};

/// How many files are checked before what they came to is written.
const WINDOW: usize = 512;
/// How many files one thread takes at the least: they share its buffers.
const AT_ONCE: usize = 8;
/// With fewer files than this, starting threads costs more than it gains.
const WORTH_THREADS: usize = 32;

const AFTER_HELP: &str = "\
Examples:
  ringfence check                            every policy below this folder
  ringfence check vpce.json 'buckets/*.json' files and patterns
  ringfence check --kind endpoint - < p.json standard input
  ringfence check --format json policies/    for programs
  ringfence check --diff policies/           what `--fix` would change
  ringfence check --fail-on warning --rules our-rules/ policies/

A file without a policy in it is skipped, so any JSON file may be handed over. With --kind, each file must hold one.
Which kind a policy is comes from --kind, else from the [kinds] patterns of ringfence.toml, else from the file's name
and content.

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 the run itself failed.";

/// Look for holes in policies
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CheckArgs {
    /// Files, folders (searched for *.json, without what .gitignore names), glob patterns, or `-` for standard input
    #[arg(default_value = ".", hide_default_value = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What the files hold, whatever their names and the configuration say
    #[arg(long, value_enum)]
    kind: Option<KindArg>,
    /// The configuration file [default: the nearest ringfence.toml above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder with more rules; may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// How to show the findings
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// The name under which standard input is shown, and by which its configuration is found
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    fixes: FixArgs,
    /// Accept folders without any policy in them
    #[arg(long)]
    allow_no_policies: bool,
    /// How many files to check at a time [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people
    Text,
    /// One JSON object
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    /// Findings never fail the run
    Never,
}

impl CheckArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        if self.stdin_filename.is_some() && !self.paths.iter().any(|p| p.as_os_str() == "-") {
            return Err(Failure::with_help(
                "`--stdin-filename` is given, but standard input is not to be read",
                "add `-` to the paths",
            ));
        }
        let has_stdin = self.paths.iter().any(|p| p.as_os_str() == "-");
        let mode = self.fixes.mode(self.paths.len(), has_stdin, self.format == FormatArg::Json)?;
        let to_stdout = has_stdin && matches!(mode, Mode::Make(_));
        let discovery = match &self.config {
            Some(path) => Discovery::fixed(Config::load(path).map_err(Failure::report)?),
            None => Discovery::default(),
        };
        let task = Task {
            linter: Linter::new(load_rules(&self.rules)?),
            discovery,
            kind: self.kind.map(PolicyKind::from),
            format: match self.format {
                _ if matches!(mode, Mode::Diff(_)) => Format::Diff,
                FormatArg::Text => Format::Text,
                FormatArg::Json => Format::Json,
            },
            mode,
            colour: if to_stdout { streams.colour_err } else { streams.colour_out },
        };
        let collected = collect(&self.paths, &CollectOptions { stdin_name: self.stdin_filename.clone() });
        if to_stdout {
            // The report must not get between the lines of the text.
            let mut report = Vec::new();
            let mut tally = Tally::new(task.format, &collected, self.allow_no_policies, &mut report);
            self.check_all(&task, &collected, &mut tally)?;
            let text = tally.text();
            let code = tally.finish(self.fail_on.least(), streams.colour_err, &mut *streams.err)?;
            streams.text.write_all(&text)?;
            streams.text.flush()?;
            streams.err.write_all(&report)?;
            return Ok(code);
        }
        let mut tally = Tally::new(task.format, &collected, self.allow_no_policies, &mut *streams.out);
        self.check_all(&task, &collected, &mut tally)?;
        tally.finish(self.fail_on.least(), streams.colour_err, &mut *streams.err)
    }

    fn check_all(&self, task: &Task, collected: &Collected, tally: &mut Tally) -> Result<(), Failure> {
        let progress = Progress::new(collected.len());
        let one = |worker: &mut Worker<'_>, number: usize| {
            let outcome = collected.get(number).map_or(Outcome::Skipped, |input| worker.check(&input));
            progress.advance();
            outcome
        };
        let threads = self.jobs.map_or(0, NonZeroUsize::get);
        if threads == 1 || collected.len() < WORTH_THREADS {
            let mut worker = Worker::new(task);
            for number in 0..collected.len() {
                tally.take(number, one(&mut worker, number))?;
            }
        } else {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.map_err(|e| Failure::new(format!("cannot start threads: {e}")))?;
            let (send, windows) = mpsc::sync_channel(1);
            pool.in_place_scope(|scope| -> Result<(), Failure> {
                // Ahead of this thread, which writes: the next window is checked meanwhile.
                scope.spawn(|_| {
                    for start in (0..collected.len()).step_by(WINDOW) {
                        let window = (start..collected.len().min(start + WINDOW)).into_par_iter();
                        let checked = window.with_min_len(AT_ONCE).map_init(|| Worker::new(task), one);
                        if send.send(checked.collect::<Vec<Outcome>>()).is_err() {
                            return;
                        }
                    }
                    drop(send);
                });
                for (number, outcome) in windows.into_iter().flatten().enumerate() {
                    tally.take(number, outcome)?;
                }
                Ok(())
            })?;
        }
        progress.finish();
        Ok(())
    }
}

impl FailOn {
    /// The least severity that fails the run.
    fn least(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}
