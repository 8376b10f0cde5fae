//! `ringfence baseline`: what is found now is accepted for now.

use super::fixing::Mode;
use super::kept::Kept;
use super::output::{Main, Outputs};
use super::tally::Tally;
use super::worker::Task;
use super::{GivenArgs, check_all};
use crate::cli::failure::Failure;
use crate::cli::placing;
use crate::cli::{CLEAN, Streams};
use crate::report::plain::plain;
use crate::report::text::count;
use crate::source::{CollectOptions, Memory, collect_with};
use clap::Args;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Examples:
  ringfence baseline                         keep every finding below this folder
  ringfence check --baseline .ringfence-baseline.json
                                             show only what is not kept
  ringfence baseline --shrink                drop what is no longer found; nothing is added

The file belongs beside the policies, under version control. Findings about what a policy decides are kept with the
policy: a later version of it is silent as long as no request breaks the rule that did not break it then.

Exit codes: 0 written, 2 the run itself failed.";

/// Keep what is found now, so that `check --baseline` shows only what is new
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct BaselineArgs {
    /// Files, folders (searched for JSON and templates, without what .gitignore names) or glob patterns
    #[arg(default_value = ".", hide_default_value = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = ".ringfence-baseline.json")]
    output: PathBuf,
    /// Only drop what is no longer found, and files that are gone
    #[arg(long)]
    shrink: bool,
    #[command(flatten)]
    given: GivenArgs,
    /// Accept folders without any policy in them
    #[arg(long)]
    allow_no_policies: bool,
    /// How many files to check at a time [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl BaselineArgs {
    pub(in crate::cli) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        if self.paths.iter().any(|path| path.as_os_str() == "-") {
            return Err(Failure::new("a baseline keeps findings by file: standard input has none"));
        }
        let kept = if self.shrink { Kept::read(&self.output)? } else { Kept::new(&self.output) };
        let mut task = Task {
            mode: Mode::Off,
            only_policies: false,
            objects: None,
            memory: Memory::new(),
            long: std::sync::Mutex::default(),
            projects: self.given.projects()?,
            fingerprints: true,
            kind: self.given.kind(),
            shown: Vec::new(),
            kept: Some(kept.recording()),
        };
        let collected =
            collect_with(&self.paths, &CollectOptions::default(), &mut task.projects.is_included());
        let outputs = Outputs::open(&[], &[], Main::Stdout(&mut streams.out))?;
        let mut tally = Tally::new(outputs, &collected, self.allow_no_policies);
        check_all(&task, &collected, self.jobs, &mut tally)?;
        let code = tally.finish(None, streams.colour_err, &mut *streams.err);
        let Some(kept) = task.kept.take().filter(|_| code == CLEAN) else { return Ok(code) };
        let before = kept.before();
        let baseline = kept.into_baseline();
        let cannot = |error| Failure::new(format!("`{}` cannot be written: {error}", self.output.display()));
        placing::write(&self.output, baseline.text().as_bytes()).map_err(cannot)?;
        let mut line = format!(
            "{}: {} in {}",
            plain(&self.output.to_string_lossy()),
            count(baseline.len(), "finding"),
            count(baseline.files().count(), "file")
        );
        if self.shrink {
            line.push_str(&format!(", {} dropped", before.saturating_sub(baseline.len())));
        }
        writeln!(streams.out, "{line}")?;
        Ok(code)
    }
}
