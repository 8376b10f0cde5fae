//! What the files came to: their part of the report, written as it comes; what failed, for the end; and the exit code.

use super::worker::Outcome;
use crate::cli::failure::Failure;
use crate::cli::{CLEAN, FAILED, FOUND};
use crate::config::ConfigError;
use crate::finding::Severity;
use crate::report::{Format, Summary, Writer, text};
use crate::source::{Collected, Input};
use std::io::{self, Write};
use std::path::{Component, PathBuf};
use std::sync::Arc;

pub(super) struct Tally<'r> {
    collected: &'r Collected,
    writer: Writer<'r>,
    summary: Summary,
    /// The folders in which nothing was checked so far: as given, and without dots.
    unchecked: Vec<(&'r PathBuf, PathBuf)>,
    failures: Vec<Failure>,
    /// The configuration errors among the failures.
    misconfigured: Vec<Arc<ConfigError>>,
    /// Standard input's text with fixes made.
    text: Vec<u8>,
}

impl<'r> Tally<'r> {
    pub(super) fn new(
        format: Format,
        collected: &'r Collected,
        allow_no_policies: bool,
        out: &'r mut dyn Write,
    ) -> Self {
        let plain =
            |folder: &PathBuf| folder.components().filter(|c| !matches!(c, Component::CurDir)).collect();
        let folders = collected.folders.iter().filter(|_| !allow_no_policies);
        Self {
            collected,
            writer: Writer::new(format, out),
            summary: Summary::default(),
            unchecked: folders.map(|folder| (folder, plain(folder))).collect(),
            failures: Vec::new(),
            misconfigured: Vec::new(),
            text: Vec::new(),
        }
    }

    /// Takes what became of the next input.
    pub(super) fn take(&mut self, number: usize, outcome: Outcome) -> io::Result<()> {
        if !matches!(outcome, Outcome::Skipped)
            && !self.unchecked.is_empty()
            && let Some(Input::File(path, _)) = self.collected.get(number)
        {
            self.unchecked.retain(|(_, folder)| !path.starts_with(folder));
        }
        match outcome {
            Outcome::Report(file) => {
                self.summary += file.counts();
                self.writer.add(&file)?;
            }
            Outcome::Text(text, file) => {
                self.text = text;
                match file {
                    Some(file) => {
                        self.summary += file.counts();
                        self.writer.add(&file)?;
                    }
                    None => self.summary.skipped += 1,
                }
            }
            Outcome::Skipped => self.summary.skipped += 1,
            Outcome::Failed(failure) => self.failures.push(failure),
            Outcome::Misconfigured(error) => {
                if !self.misconfigured.iter().any(|seen| Arc::ptr_eq(seen, &error)) {
                    self.failures.push(Failure::report((*error).clone()));
                    self.misconfigured.push(error);
                }
            }
        }
        Ok(())
    }

    /// Takes the fixed text of standard input.
    pub(super) fn text(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }

    /// Ends the report, tells what failed, and gives the exit code; `least` is the severity from which findings fail.
    pub(super) fn finish(
        self,
        least: Option<Severity>,
        colour: bool,
        err: &mut dyn Write,
    ) -> Result<u8, Failure> {
        self.writer.finish(&self.summary)?;
        let collecting = self.collected.errors.iter().map(|e| Failure::new(e.to_string()));
        // A wrong path must not look like a clean result.
        let help =
            "check the path, say what the files are with `--kind`, or accept it with `--allow-no-policies`";
        let unchecked = self.unchecked.iter().map(|(folder, _)| {
            Failure::with_help(format!("no policy found in `{}`", folder.display()), help)
        });
        let mut failed = false;
        for failure in collecting.chain(unchecked).chain(self.failures) {
            // Whether or not anyone can read it: the exit code counts.
            let _ = text::render_error(failure.diagnostic(), colour, err);
            failed = true;
        }
        Ok(match least {
            _ if failed => FAILED,
            Some(least) if self.summary.at_least(least) > 0 => FOUND,
            _ => CLEAN,
        })
    }
}
