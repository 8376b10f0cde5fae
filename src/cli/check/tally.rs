//! What the files came to: their part of the report, written as it comes; what failed, for the end; and the exit code.

use super::output::Outputs;
use super::worker::{Checked, Outcome};
use crate::cli::failure::Failure;
use crate::cli::{CLEAN, FAILED, FOUND};
use crate::finding::Severity;
use crate::project::ProjectError;
use crate::report::{Rendered, Summary, text};
use crate::source::{Collected, Input};
use std::io::Write;
use std::path::{Component, PathBuf};
use std::sync::Arc;

pub(super) struct Tally<'r> {
    collected: &'r Collected,
    outputs: Outputs<'r>,
    summary: Summary,
    /// The folders in which nothing was checked so far: as given, and without dots.
    unchecked: Vec<(&'r PathBuf, PathBuf)>,
    failures: Vec<Failure>,
    /// The configuration errors among the failures.
    misconfigured: Vec<Arc<ProjectError>>,
    /// Standard input's text with fixes made.
    text: Vec<u8>,
    /// The input of which something was last said.
    told: Option<usize>,
    /// The input that last failed.
    failed: Option<usize>,
}

impl<'r> Tally<'r> {
    pub(super) fn new(outputs: Outputs<'r>, collected: &'r Collected, allow_no_policies: bool) -> Self {
        let plain =
            |folder: &PathBuf| folder.components().filter(|c| !matches!(c, Component::CurDir)).collect();
        let folders = collected.folders.iter().filter(|_| !allow_no_policies);
        Self {
            collected,
            outputs,
            summary: Summary::default(),
            unchecked: folders.map(|folder| (folder, plain(folder))).collect(),
            failures: Vec::new(),
            misconfigured: Vec::new(),
            text: Vec::new(),
            told: None,
            failed: None,
        }
    }

    /// Takes what became of the next piece of the inputs.
    pub(super) fn take(&mut self, checked: Checked) -> Result<(), Failure> {
        let Checked { number, is_last, outcome } = checked;
        // What is said of one piece of an input goes for the input.
        let is_told = self.told == Some(number);
        if matches!(outcome, Outcome::Report(_) | Outcome::Failed(_)) {
            self.told = Some(number);
        }
        if !matches!(outcome, Outcome::Skipped | Outcome::Excluded)
            && !self.unchecked.is_empty()
            && let Some(Input::File(path, _)) = self.collected.get(number)
        {
            self.unchecked.retain(|(_, folder)| !path.starts_with(folder));
        }
        match outcome {
            Outcome::Report(shown) if is_told => {
                self.add(&shown.into_iter().map(Rendered::continued).collect::<Vec<_>>())?;
            }
            Outcome::Report(shown) => self.add(&shown)?,
            Outcome::Text(text, shown) => {
                self.text = text;
                match shown {
                    Some(shown) => self.add(&shown)?,
                    None => self.summary.skipped += 1,
                }
            }
            Outcome::Skipped => self.summary.skipped += usize::from(is_last && !is_told),
            Outcome::Excluded => self.summary.excluded += usize::from(is_last),
            Outcome::Failed(_) if self.failed == Some(number) => {}
            Outcome::Failed(failure) => {
                self.failed = Some(number);
                self.failures.push(failure);
            }
            Outcome::Misconfigured(error) => {
                if !self.misconfigured.iter().any(|seen| Arc::ptr_eq(seen, &error)) {
                    self.failures.push(Failure::Project(Arc::clone(&error)));
                    self.misconfigured.push(error);
                }
            }
        }
        Ok(())
    }

    /// Whether nothing failed so far.
    pub(super) fn is_sound(&self) -> bool {
        self.failures.is_empty() && self.collected.errors.is_empty()
    }

    /// Takes what is to be said of a file, in each format.
    pub(super) fn add(&mut self, shown: &[Rendered]) -> Result<(), Failure> {
        self.summary += shown.first().map(Rendered::counts).unwrap_or_default();
        self.outputs.add(shown)
    }

    /// Takes the fixed text of standard input.
    pub(super) fn text(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }

    /// Takes findings of the baseline whose files are gone. Returns how many findings of it are found no more in all.
    pub(super) fn lose(&mut self, lost: usize) -> usize {
        self.summary.unmatched += lost;
        self.summary.unmatched
    }

    /// Ends the report, tells what failed, and gives the exit code; `least` is the severity from which findings fail.
    pub(super) fn finish(self, least: Option<Severity>, colour: bool, err: &mut dyn Write) -> u8 {
        let collecting = self.collected.errors.iter().map(|e| Failure::new(e.to_string()));
        // A wrong path must not look like a clean result.
        let help =
            "check the path, say what the files are with `--kind`, or accept it with `--allow-no-policies`";
        let unchecked = self.unchecked.iter().map(|(folder, _)| {
            Failure::with_help(format!("no policy found in `{}`", folder.display()), help)
        });
        let mut failures: Vec<Failure> = collecting.chain(unchecked).chain(self.failures).collect();
        failures.extend(self.outputs.finish(&self.summary, !failures.is_empty()));
        for failure in &failures {
            // Whether or not anyone can read it: the exit code counts.
            let _ = text::render_error(failure.diagnostic(), colour, err);
        }
        match least {
            _ if !failures.is_empty() => FAILED,
            Some(least) if self.summary.at_least(least) > 0 => FOUND,
            _ => CLEAN,
        }
    }
}
