//! What is done about fixes: nothing, showing them, or making them.

use super::rewrite::rewrite;
use super::worker::{Outcome, Task};
use crate::cli::failure::Failure;
use crate::finding::Safety;
use crate::fix;
use crate::lint::{FileInput, FileReport, Session, Settings};
use crate::report::Rendered;
use crate::source::Input;
use clap::Args;
use std::io;

/// The flags about fixes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct FixArgs {
    /// Make the fixes that are proved to settle a finding and to open nothing; what is left is reported. With `-` the fixed
    /// text goes to standard output, and the report to standard error
    #[arg(long, conflicts_with_all = ["diff", "fixes"])]
    fix: bool,
    /// Show what `--fix` would change, as a diff, and write nothing
    #[arg(long, conflicts_with = "fixes")]
    diff: bool,
    /// Show the fix of each finding beside it
    #[arg(long)]
    fixes: bool,
    /// With `--fix` or `--diff`: also fixes that guess what was meant, or take away more than the rule asks for
    #[arg(long)]
    unsafe_fixes: bool,
}

impl FixArgs {
    /// What is to be done with so many paths, standard input perhaps among them, and perhaps with other reports than text.
    pub(super) fn mode(&self, paths: usize, stdin: bool, other: bool) -> Result<Mode, Failure> {
        if self.fix && stdin && paths > 1 {
            return Err(Failure::with_help(
                "with `--fix`, standard input must be the only input: its text goes to standard output",
                "fix the files in a run of their own",
            ));
        }
        if self.diff && other {
            return Err(Failure::with_help(
                "`--diff` shows a diff and no findings",
                "for fixes in JSON, write `--fixes --format json`",
            ));
        }
        if self.unsafe_fixes && !(self.fix || self.diff) {
            return Err(Failure::with_help(
                "`--unsafe-fixes` goes with `--fix` or `--diff`",
                "`--fixes` shows unsafe fixes too, and marks them",
            ));
        }
        let wanted = if self.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        Ok(match (self.fix, self.diff, self.fixes) {
            (true, ..) => Mode::Make(wanted),
            (_, true, _) => Mode::Diff(wanted),
            (.., true) => Mode::Show,
            _ => Mode::Off,
        })
    }
}

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing: fixes cost time.
    Off,
    /// To see them beside the findings.
    Show,
    /// To see what they would change.
    Diff(Safety),
    /// To have them made.
    Make(Safety),
}

/// What becomes of a file with this report.
pub(super) fn outcome(
    task: &Task,
    session: &Session,
    input: &Input,
    file: &FileInput<'_>,
    settings: &Settings,
    mut report: FileReport,
) -> Result<Outcome, Failure> {
    let is_empty = |report: &FileReport| {
        report.policies.is_empty() && report.findings.is_empty() && report.accepted.is_empty()
    };
    let render = |report: &FileReport, bytes: &[u8], made: Option<usize>| {
        let shown = task.shown.iter().map(|&(format, colour)| {
            let shown = Rendered::new(format, report, bytes, colour)?;
            Ok(match made {
                Some(made) => shown.with_fixes(report, made),
                None => shown,
            })
        });
        shown.collect::<io::Result<Vec<_>>>()
    };
    let stdin = matches!(input, Input::Stdin { .. });
    Ok(match task.mode {
        Mode::Make(_) if stdin && is_empty(&report) => Outcome::Text(file.bytes.to_vec(), None),
        _ if is_empty(&report) => Outcome::Skipped,
        Mode::Off => Outcome::Report(render(&report, file.bytes, None)?),
        Mode::Show => {
            fix::propose(session, file, settings, &mut report);
            Outcome::Report(render(&report, file.bytes, Some(0))?)
        }
        Mode::Diff(wanted) => {
            let fixed = fix::apply(session, file, settings, report.clone(), wanted);
            Outcome::Report(vec![Rendered::diff(&report, file.bytes, &fixed.bytes)?])
        }
        Mode::Make(wanted) => {
            let mut fixed = fix::apply(session, file, settings, report, wanted);
            if let (Input::File(path, _), false) = (input, fixed.made.is_empty()) {
                rewrite(path, file.bytes, &fixed.bytes).map_err(Failure::new)?;
            }
            let after = FileInput { bytes: &fixed.bytes, ..*file };
            fix::propose(session, &after, settings, &mut fixed.report);
            let shown = render(&fixed.report, &fixed.bytes, Some(fixed.made.len()))?;
            if stdin { Outcome::Text(fixed.bytes, Some(shown)) } else { Outcome::Report(shown) }
        }
    })
}
