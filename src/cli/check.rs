//! `ringfence check`: files in, findings out.

use super::failure::Failure;
use super::progress::Progress;
use super::{CLEAN, FAILED, FOUND, KindArg, Streams, load_rules};
use crate::config::{Config, ConfigError, Discovery};
use crate::finding::Severity;
use crate::kind::KindFrom;
use crate::lint::{FileInput, Linter, Settings};
use crate::report::{self, Format, Report, ReportedFile, text};
use crate::source::{CollectOptions, Found, Input, collect, files, is_binary};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

const AFTER_HELP: &str = "\
Examples:
  ringfence check                            every policy below this folder
  ringfence check vpce.json 'buckets/*.json' files and patterns
  ringfence check --kind endpoint - < p.json standard input
  ringfence check --format json policies/    for programs
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

/// What became of one input.
enum Outcome {
    /// There is something to report.
    Report(ReportedFile),
    /// It holds no policy.
    Skipped,
    /// It could not be read or checked.
    Failed(Failure),
    /// Its configuration cannot be used.
    Misconfigured(Arc<ConfigError>),
}

impl CheckArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        if self.stdin_filename.is_some() && !self.paths.iter().any(|p| p.as_os_str() == "-") {
            return Err(Failure::with_help(
                "`--stdin-filename` is given, but standard input is not to be read",
                "add `-` to the paths",
            ));
        }
        let discovery = match &self.config {
            Some(path) => Discovery::fixed(Config::load(path).map_err(Failure::report)?),
            None => Discovery::default(),
        };
        let linter = Linter::new(load_rules(&self.rules)?);
        let options = CollectOptions { stdin_name: self.stdin_filename.clone() };
        let collected = collect(&self.paths, &options);
        let outcomes = self.lint_all(&linter, &discovery, &collected.inputs)?;

        let mut failures: Vec<Failure> =
            collected.errors.iter().map(|e| Failure::new(e.to_string())).collect();
        if !self.allow_no_policies {
            failures.extend(without_policies(&collected.folders, &collected.inputs, &outcomes));
        }
        let mut report = Report::default();
        let mut reported: Vec<Arc<ConfigError>> = Vec::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Report(file) => report.files.push(file),
                Outcome::Skipped => report.skipped += 1,
                Outcome::Failed(failure) => failures.push(failure),
                Outcome::Misconfigured(error) => {
                    if !reported.iter().any(|seen| Arc::ptr_eq(seen, &error)) {
                        failures.push(Failure::report((*error).clone()));
                        reported.push(error);
                    }
                }
            }
        }

        let format = match self.format {
            FormatArg::Text => Format::Text,
            FormatArg::Json => Format::Json,
        };
        let written = report::render(format, &report, streams.colour_out, &mut streams.out)
            .and_then(|()| streams.out.flush());
        match written {
            // The reader has seen enough; the exit code still counts.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        for failure in &failures {
            text::render_error(failure.diagnostic(), streams.colour_err, &mut streams.err)?;
        }
        Ok(if failures.is_empty() { self.exit_code(&report) } else { FAILED })
    }

    fn exit_code(&self, report: &Report) -> u8 {
        let least = match self.fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Note => Severity::Note,
            FailOn::Never => return CLEAN,
        };
        if report.findings().any(|f| f.severity >= least) { FOUND } else { CLEAN }
    }

    /// One outcome for each input, in their order.
    fn lint_all(
        &self,
        linter: &Linter,
        discovery: &Discovery,
        inputs: &[Input],
    ) -> Result<Vec<Outcome>, Failure> {
        let progress = Progress::new(inputs.len());
        let one = |input: &Input| {
            let outcome = self.lint_one(linter, discovery, input);
            progress.advance();
            outcome
        };
        // Starting threads costs more than checking a file.
        let outcomes = if inputs.len() < 2 {
            inputs.iter().map(one).collect()
        } else {
            let threads = self.jobs.map_or(0, NonZeroUsize::get);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.map_err(|e| Failure::new(format!("cannot start threads: {e}")))?;
            pool.install(|| inputs.par_iter().map(one).collect())
        };
        progress.finish();
        Ok(outcomes)
    }

    fn lint_one(&self, linter: &Linter, discovery: &Discovery, input: &Input) -> Outcome {
        let (path, walked) = match input {
            Input::Stdin { name } => (name, false),
            Input::File(path, found) => (path, *found == Found::Walked),
        };
        let bytes = match input {
            Input::Stdin { .. } => files::read_limited(io::stdin().lock())
                .map_err(|e| format!("standard input cannot be read: {e}")),
            Input::File(path, _) => files::read(path).map_err(|e| e.to_string()),
        };
        let bytes = match bytes {
            Ok(bytes) if walked && is_binary(&bytes) => return Outcome::Skipped,
            Ok(bytes) => bytes,
            Err(message) => return Outcome::Failed(Failure::new(message)),
        };
        let settings = match self.settings(discovery, path) {
            Ok(settings) => settings,
            Err(error) => return Outcome::Misconfigured(error),
        };
        let shown = path.to_string_lossy();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = FileInput {
            path: &shown,
            name: &name,
            bytes: &bytes,
            explicit: self.kind.is_some(),
            named: !walked,
        };
        // One file that we fail on must not take the findings of the others with it.
        let Ok(report) = catch_unwind(AssertUnwindSafe(|| linter.lint(&file, &settings))) else {
            let message = format!("internal error while checking `{shown}`: this is a bug in Ringfence");
            return Outcome::Failed(Failure::new(message));
        };
        if report.policies.is_empty() && report.findings.is_empty() {
            return Outcome::Skipped;
        }
        let bytes = if report.findings.is_empty() { Vec::new() } else { bytes };
        Outcome::Report(ReportedFile { report, bytes })
    }

    fn settings(&self, discovery: &Discovery, path: &Path) -> Result<Settings, Arc<ConfigError>> {
        let config = discovery.for_file(path)?;
        let kind = match self.kind {
            Some(kind) => Some((kind.into(), KindFrom::Flag)),
            None => config.kind_of(path).map_err(Arc::new)?.map(|kind| (kind, KindFrom::Config)),
        };
        Ok(Settings { kind, trusted: config.trusted.clone(), regions: config.regions.clone() })
    }
}

/// One failure for each folder in which nothing was checked: a wrong path must not look like a clean result.
fn without_policies(folders: &[PathBuf], inputs: &[Input], outcomes: &[Outcome]) -> Vec<Failure> {
    let checked = |folder: &Path| {
        let inputs = inputs.iter().zip(outcomes);
        let mut inside = inputs.filter(|(input, _)| match input {
            Input::File(path, _) => path.starts_with(folder),
            Input::Stdin { .. } => false,
        });
        inside.any(|(_, outcome)| !matches!(outcome, Outcome::Skipped))
    };
    let plain = |folder: &PathBuf| -> PathBuf {
        folder.components().filter(|c| !matches!(c, Component::CurDir)).collect()
    };
    folders
        .iter()
        .filter(|folder| !checked(&plain(folder)))
        .map(|folder| {
            Failure::with_help(
                format!("no policy found in `{}`", folder.display()),
                "check the path, say what the files are with `--kind`, or accept it with `--allow-no-policies`",
            )
        })
        .collect()
}
