//! `ringfence check`: files in, findings out.
//!
//! The files go through in windows: those of one window are checked side by side, then what they came to is written in
//! their order and forgotten, so that a run needs as much memory for a hundred thousand files as for a thousand.

mod baseline;
mod fixing;
mod kept;
mod output;
mod pieces;
mod rewrite;
mod since;
mod tally;
mod worker;

use super::failure::Failure;
use super::progress::Progress;
use super::{KindArg, Streams, load_rules};
use crate::config::absolute;
use crate::finding::Severity;
use crate::lint::Settings;
use crate::policy::PolicyKind;
use crate::project::Projects;
use crate::report::plain::plain;
use crate::report::text::count;
use crate::report::{Format, Rendered, sarif};
use crate::rules::Rule;
use crate::source::{CollectOptions, Collected, Memory, collect_with};
pub(super) use baseline::BaselineArgs;
use clap::{Args, ValueEnum};
use fixing::{FixArgs, Mode};
use kept::Kept;
use output::{FormatArg, Main, OutputArg, Outputs};
use pieces::{Piece, Pieces};
use rayon::prelude::*;
use since::ChangeArgs;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write as _;
use std::iter;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use tally::Tally;
use worker::{Checked, Task, Worker};

/// How many files are checked before what they came to is written.
const WINDOW: usize = 512;
/// A window has no more bytes of streams than this, and one piece.
const HEAVIEST: usize = 1024 * 1024;
/// How many windows are being checked at a time.
const AHEAD: usize = 3;
/// How many files one thread takes at the least.
const AT_ONCE: usize = 4;
/// With fewer files than this, starting threads costs more than it gains.
const WORTH_THREADS: usize = 32;

const AFTER_HELP: &str = "\
Examples:
  ringfence check                            every policy below this folder
  ringfence check vpce.json 'buckets/*.json' files and patterns
  ringfence check --kind endpoint - < p.json standard input
  ringfence check --format json policies/    for programs
  ringfence check --output github --output sarif=ringfence.sarif
                                             two reports, one of them in a file
  ringfence check --diff policies/           what `--fix` would change
  ringfence check --fail-on warning --rules our-rules/ policies/
  ringfence check --since origin/main        only what changed on this branch
  ringfence check --staged                   only what is about to be committed

A file without a policy in it is skipped, so any JSON file may be handed over. With --kind, each file must hold one.
Which kind a policy is comes from --kind, else from the [kinds] patterns of ringfence.toml, else from the file's name
and content.

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 the run itself failed.";

/// Look for holes in policies
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CheckArgs {
    /// Files, folders (searched for JSON and templates, without what .gitignore names), glob patterns, or `-` for standard input
    #[arg(default_value = ".", hide_default_value = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    given: GivenArgs,
    /// How to show the findings on standard output [default: text, unless there is an --output]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// A report in one of the formats, on standard output or in a file; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = output::Parser)]
    output: Vec<OutputArg>,
    /// Show only what is not in this baseline (`ringfence baseline` writes one)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "diff"])]
    baseline: Option<PathBuf>,
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
    /// Skip files that do not look like policies, broken ones too, also when they are given by name
    #[arg(long)]
    only_policies: bool,
    /// Tell which folders are passed over because other programs fill them
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    changes: ChangeArgs,
    /// How many files to check at a time [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// By what files are judged: the same for each command that checks them.
#[derive(Debug, Args)]
struct GivenArgs {
    /// What the files hold, whatever their names and the configuration say
    #[arg(long, value_enum)]
    kind: Option<KindArg>,
    /// The configuration file [default: the nearest ringfence.toml above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder with more rules; may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
}

impl GivenArgs {
    fn kind(&self) -> Option<PolicyKind> {
        self.kind.map(PolicyKind::from)
    }

    fn projects(&self) -> Result<Projects, Failure> {
        Projects::new(load_rules(&self.rules)?, self.config.as_deref()).map_err(Failure::report)
    }
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
        let has_stdin = self.paths.iter().any(|p| p.as_os_str() == "-");
        if self.stdin_filename.is_some() && !has_stdin {
            return Err(Failure::with_help(
                "`--stdin-filename` is given, but standard input is not to be read",
                "add `-` to the paths",
            ));
        }
        let other = !self.output.is_empty() || !matches!(self.format, None | Some(FormatArg::Text));
        let mode = self.fixes.mode(self.paths.len(), has_stdin, other)?;
        let to_stdout = has_stdin && matches!(mode, Mode::Make(_));
        let wanted = match mode {
            Mode::Diff(_) => vec![OutputArg { format: Format::Patch, file: None }],
            _ => output::wanted(self.format, &self.output)?,
        };
        let kept = self.baseline.as_deref().map(Kept::read).transpose()?;
        let projects = self.given.projects()?;
        let changes = self.changes.changes(&self.paths, &mut projects.is_included())?;
        let (collected, objects) = if let Some(changes) = changes {
            (changes.collected, changes.objects)
        } else {
            let options = CollectOptions { stdin_name: self.stdin_filename.clone() };
            (collect_with(&self.paths, &options, &mut projects.is_included()), None)
        };
        if self.verbose {
            for folder in &collected.passed_over {
                let folder = plain(&folder.to_string_lossy()).into_owned();
                writeln!(
                    streams.err,
                    "note: `{folder}` is passed over: other programs fill it; name it to have it checked"
                )?;
            }
        }
        let task = Task {
            projects,
            fingerprints: kept.is_some() || wanted.iter().any(|output| output.format.has_fingerprints()),
            kept,
            kind: self.given.kind(),
            mode,
            only_policies: self.only_policies,
            objects,
            memory: Memory::new(),
            long: Mutex::default(),
            shown: {
                let colour = if to_stdout { streams.colour_err } else { streams.colour_out };
                wanted.iter().map(|o| (o.format, o.file.is_none() && colour)).collect()
            },
        };
        if task.objects.is_some() && matches!(task.mode, Mode::Make(_) | Mode::Diff(_)) {
            return Err(Failure::with_help(
                "fixes change the files of the working tree, and these are read out of git",
                "name the files, or write `--since REV` alone",
            ));
        }
        // The report must not get between the lines of a text that goes to standard output.
        let mut report = Vec::new();
        let main = if to_stdout { Main::Memory(&mut report) } else { Main::Stdout(&mut streams.out) };
        let described: Vec<sarif::Rule> = task.projects.rules().rules().iter().map(described).collect();
        let outputs = Outputs::open(&wanted, &described, main)?;
        let mut tally = Tally::new(outputs, &collected, self.allow_no_policies);
        check_all(&task, &collected, self.jobs, &mut tally)?;
        if tally.is_sound() {
            unused_ignores(&task, &collected.folders, &mut tally)?;
        }
        if let Some(unmatched) = task.kept.as_ref().map(|kept| tally.lose(kept.lost())).filter(|n| *n > 0) {
            let entries = count(unmatched, "finding");
            writeln!(
                streams.err,
                "note: {entries} of the baseline are found no more: `ringfence baseline --shrink` drops them"
            )?;
        }
        let text = tally.text();
        let code = tally.finish(self.fail_on.least(), streams.colour_err, &mut *streams.err);
        if to_stdout {
            // As it is: it is no report.
            let out = streams.out.past()?;
            out.write_all(&text)?;
            out.flush()?;
            streams.err.write_all(&report)?;
        }
        // The program ends: to take the rules and the list of files apart would only take time.
        std::mem::forget((task.projects, collected));
        Ok(code)
    }
}

thread_local! {
    /// The worker of a thread that checks files side by side with others.
    static WORKER: RefCell<Worker> = RefCell::default();
}

/// Checks all inputs, on `jobs` threads or one for each processor.
fn check_all(
    task: &Task,
    collected: &Collected,
    jobs: Option<NonZeroUsize>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let progress = Progress::new(collected.len());
    let one = |worker: &mut Worker, piece: Piece| {
        let (number, is_last) = (piece.number, piece.is_last());
        let outcome = worker.check(task, piece);
        if is_last {
            progress.advance();
        }
        Checked { number, is_last, outcome }
    };
    let threads = jobs.map_or(0, NonZeroUsize::get);
    let mut pieces = Pieces::new(collected, task.objects.is_some());
    let few: Vec<Piece> = pieces.by_ref().take(WORTH_THREADS).collect();
    if threads == 1 || few.len() < WORTH_THREADS {
        let mut worker = Worker::default();
        for piece in few.into_iter().chain(pieces) {
            tally.take(one(&mut worker, piece))?;
        }
    } else {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|e| Failure::new(format!("cannot start threads: {e}")))?;
        let check = |piece| WORKER.with_borrow_mut(|worker| one(worker, piece));
        let check_window = |window: Vec<Piece>| {
            window.into_par_iter().with_min_len(AT_ONCE).map(check).collect::<Vec<Checked>>()
        };
        let mut pieces = few.into_iter().chain(pieces);
        pool.in_place_scope(|scope| -> Result<(), Failure> {
            let mut windows = iter::from_fn(|| {
                let (mut window, mut weight) = (Vec::new(), 0);
                while window.len() < WINDOW && weight < HEAVIEST {
                    let Some(piece) = pieces.next() else { break };
                    weight += piece.weight();
                    window.push(piece);
                }
                if window.is_empty() {
                    return None;
                }
                let (send, checked) = mpsc::channel();
                scope.spawn(move |_| {
                    let _ = send.send(check_window(window));
                });
                Some(checked)
            });
            // Ahead of this thread, which writes: no thread waits for the last file of a window.
            let mut begun: VecDeque<_> = windows.by_ref().take(AHEAD).collect();
            while let Some(Ok(checked)) = begun.pop_front().map(|window| window.recv()) {
                begun.extend(windows.next());
                for one in checked {
                    tally.take(one)?;
                }
            }
            Ok(())
        })?;
    }
    progress.finish();
    Ok(())
}

/// Reports the entries of `[[ignore]]` that matched nothing, each in its configuration.
fn unused_ignores(task: &Task, folders: &[PathBuf], tally: &mut Tally) -> Result<(), Failure> {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| absolute(folder)).collect();
    for project in task.projects.used() {
        let unused = project.unused(&folders);
        let config = &project.config;
        let Some(path) = config.path().filter(|_| !unused.is_empty()) else { continue };
        let file = config.file(Path::new(path));
        let settings = Settings {
            levels: file.levels(),
            ignores: file.ignores().cloned().collect(),
            today: project.today,
            fingerprints: task.fingerprints,
            ..Settings::default()
        };
        if let Some(report) = project.linter.unused_ignores(config, &unused, &settings) {
            let show = |&(format, colour)| Rendered::new(format, &report, config.text().as_bytes(), colour);
            tally.add(&task.shown.iter().map(show).collect::<std::io::Result<Vec<_>>>()?)?;
        }
    }
    Ok(())
}

/// A rule as reports list it.
fn described(rule: &Rule) -> sarif::Rule<'_> {
    sarif::Rule {
        id: &rule.id,
        title: &rule.title,
        message: &rule.message,
        severity: rule.severity,
        help: rule.help.as_deref(),
        explanation: rule.explanation.as_deref(),
        reference: rule.reference.as_deref(),
        has_page: rule.builtin,
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
