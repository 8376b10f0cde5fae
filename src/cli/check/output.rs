//! Where the reports of a run go: one to standard output, others to files.
//!
//! A file is put in its place when it is complete, so that the report of the last run stays when this run fails. A report that
//! cannot be written is told once and fails the run; the others go on.

use crate::cli::Out;
use crate::cli::failure::Failure;
use crate::cli::placing::Placing;
use crate::report::guard::Guard;
use crate::report::{Format, Rendered, Summary, Writer, sarif};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, ValueEnum};
use std::ffi::OsStr;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// JUnit XML
    Junit,
    /// Reviewdog's diagnostics, one JSON object a line
    Rdjsonl,
    /// Markdown, for a job's summary
    Markdown,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Text => Self::Text,
            FormatArg::Json => Self::Json,
            FormatArg::Sarif => Self::Sarif,
            FormatArg::Github => Self::Github,
            FormatArg::Gitlab => Self::Gitlab,
            FormatArg::Junit => Self::Junit,
            FormatArg::Rdjsonl => Self::Rdjsonl,
            FormatArg::Markdown => Self::Markdown,
        }
    }
}

/// `--output`, and what `--format` comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputArg {
    pub(super) format: Format,
    /// `None`: standard output.
    pub(super) file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parser;

impl TypedValueParser for Parser {
    type Value = OutputArg;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<OutputArg, clap::Error> {
        let bytes = value.as_encoded_bytes();
        let end = bytes.iter().position(|b| *b == b'=').unwrap_or(bytes.len());
        let text = value.to_string_lossy();
        let name = text.split('=').next().unwrap_or_default();
        let format = FormatArg::from_str(name, false).map_err(|_| {
            let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(cmd);
            let arg = arg.map_or_else(|| "--output".to_owned(), ToString::to_string);
            error.insert(ContextKind::InvalidArg, ContextValue::String(arg));
            error.insert(ContextKind::InvalidValue, ContextValue::String(name.to_owned()));
            let names = FormatArg::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
            let near = names.iter().min_by_key(|known| strsim::damerau_levenshtein(known, name));
            if let Some(near) = near.filter(|near| strsim::damerau_levenshtein(near, name) <= 2) {
                error.insert(ContextKind::SuggestedValue, ContextValue::String(near.clone()));
            }
            error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
            error
        })?;
        // After the `=`: the file's name, of whatever bytes.
        let file = (end < bytes.len()).then(|| rest(value, name.len() + 1));
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            let message = format!("`{text}` names no file after the `=`\n");
            return Err(clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(cmd));
        }
        Ok(OutputArg { format: format.into(), file: file.filter(|file| file.as_os_str() != "-") })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(FormatArg::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// What follows the first `skip` bytes, which are ASCII.
fn rest(value: &OsStr, skip: usize) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        OsStr::from_bytes(value.as_bytes().get(skip..).unwrap_or_default()).into()
    }
    #[cfg(not(unix))]
    {
        value.to_string_lossy().get(skip..).unwrap_or_default().into()
    }
}

/// The reports that the arguments ask for.
pub(super) fn wanted(format: Option<FormatArg>, outputs: &[OutputArg]) -> Result<Vec<OutputArg>, Failure> {
    let format = format.or_else(|| outputs.is_empty().then_some(FormatArg::Text));
    let first = format.map(|format| OutputArg { format: format.into(), file: None });
    let out: Vec<OutputArg> = first.into_iter().chain(outputs.iter().cloned()).collect();
    for (i, output) in out.iter().enumerate() {
        let is_taken = out.get(..i).unwrap_or_default().iter().any(|other| other.file == output.file);
        match &output.file {
            _ if !is_taken => {}
            None => {
                return Err(Failure::with_help(
                    "two reports are to go to standard output",
                    "give all but one a file: `--output FORMAT=FILE`",
                ));
            }
            Some(file) => {
                return Err(Failure::new(format!("two reports are to go to `{}`", file.display())));
            }
        }
    }
    Ok(out)
}

/// Where the report goes that has no file.
pub(super) enum Main<'o> {
    /// To standard output.
    Stdout(&'o mut Out),
    /// To memory: something else goes to standard output.
    Memory(&'o mut Vec<u8>),
}

/// The open reports of a run.
pub(super) struct Outputs<'o> {
    list: Vec<Output<'o>>,
    failures: Vec<Failure>,
}

struct Output<'o> {
    /// `None` once it failed.
    writer: Option<Writer<'o>>,
    /// The file it is for; `None`: standard output.
    file: Option<PathBuf>,
    /// What is to be put in its place at the end.
    placing: Option<Placing>,
}

impl<'o> Outputs<'o> {
    /// Opens all of them, so that a place that cannot be written to is known before the work.
    pub(super) fn open(
        wanted: &[OutputArg],
        rules: &[sarif::Rule<'_>],
        main: Main<'o>,
    ) -> Result<Self, Failure> {
        let mut stdout = Some(main);
        let mut list = Vec::new();
        for OutputArg { format, file } in wanted {
            let (out, placing): (Box<dyn Write + 'o>, _) = match (file, stdout.take()) {
                (Some(file), kept) => {
                    stdout = kept;
                    let (opened, placing) = Placing::begin(file).map_err(|e| failure(file, &e))?;
                    let buffered = BufWriter::new(opened);
                    if format.gives_orders() {
                        (Box::new(buffered), Some(placing))
                    } else {
                        (Box::new(Guard::new(buffered)), Some(placing))
                    }
                }
                (None, Some(Main::Stdout(out))) if format.gives_orders() => (Box::new(out.past()?), None),
                (None, Some(Main::Stdout(out))) => (Box::new(out), None),
                (None, Some(Main::Memory(out))) => (Box::new(out), None),
                (None, None) => return Err(Failure::new("standard output is taken")),
            };
            let writer = Some(Writer::new(*format, rules, out)?);
            list.push(Output { writer, file: file.clone(), placing });
        }
        Ok(Self { list, failures: Vec::new() })
    }

    /// Adds a file, shown in each report's format.
    ///
    /// # Errors
    ///
    /// When no report is left that can be written.
    pub(super) fn add(&mut self, shown: &[Rendered]) -> Result<(), Failure> {
        for (output, file) in self.list.iter_mut().zip(shown) {
            let added = output.writer.as_mut().map_or(Ok(()), |writer| writer.add(file));
            if let Err(error) = added {
                output.writer = None;
                self.failures.push(output.failure(error));
            }
        }
        match self.failures.pop() {
            Some(last) if self.list.iter().all(|output| output.writer.is_none()) => Err(last),
            last => {
                self.failures.extend(last);
                Ok(())
            }
        }
    }

    /// Ends the reports, and puts files in their place. Returns what failed.
    pub(super) fn finish(self, summary: &Summary, failed: bool) -> Vec<Failure> {
        let mut failures = self.failures;
        for mut output in self.list {
            let Some(writer) = output.writer.take() else { continue };
            let mut ended = writer.finish(summary, failed);
            if let (Ok(()), Some(placing)) = (&ended, output.placing.take()) {
                ended = placing.finish();
            }
            failures.extend(ended.err().map(|error| output.failure(error)));
        }
        failures
    }
}

impl Output<'_> {
    fn failure(&self, error: io::Error) -> Failure {
        match &self.file {
            Some(file) => failure(file, &error),
            None => error.into(),
        }
    }
}

fn failure(file: &Path, error: &io::Error) -> Failure {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        // The error of a temporary file names a path that nobody knows.
        kind if error.raw_os_error().is_none() => kind.to_string(),
        _ => error.to_string(),
    };
    Failure::new(format!("cannot write `{}`: {reason}", file.display()))
}
