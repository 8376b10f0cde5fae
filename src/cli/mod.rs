//! The command line: one module a subcommand, each turning arguments into calls of the library and results into output
//! and an exit code. Nothing here knows what a policy means.

mod check;
mod completions;
mod config;
mod diff;
mod explain;
mod failure;
mod git;
mod init;
mod lsp;
mod man;
mod placing;
mod progress;
mod rules;
mod simulate;
mod test;
mod until_closed;

use crate::config::FILE_NAME;
use crate::lint::Linter;
use crate::policy::PolicyKind;
use crate::project::Projects;
use crate::report::guard::Guard;
use crate::report::plain::plain;
use crate::report::text;
use crate::rules::RuleSet;
use clap::{Parser, Subcommand, ValueEnum};
use failure::Failure;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use until_closed::UntilClosed;

/// Nothing at or above `--fail-on`.
const CLEAN: u8 = 0;
/// Findings, or failed examples.
const FOUND: u8 = 1;
/// The run itself failed.
const FAILED: u8 = 2;

/// Bytes of output that are written at a time.
const OUT_BUFFER: usize = 64 * 1024;

const AFTER_HELP: &str = "\
Examples:
  ringfence check policies/                 look for holes in every policy of a folder
  ringfence check --kind bucket p.json      say what the file is, instead of letting it be guessed
  ringfence explain bucket-vpc-only         what a rule is about, and what to write instead
  ringfence simulate --policy p.json --request r.json
                                            what one request gets, statement by statement

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 the run itself failed.";

/// Finds the holes in S3 VPC endpoint policies and S3 bucket policies.
///
/// Ringfence decides what a policy allows for all possible requests, and for each hole shows one request that goes
/// through. It works on files alone: no network, no account, no set-up.
#[derive(Debug, Parser)]
#[command(name = "ringfence", version, after_help = AFTER_HELP, subcommand_required = true)]
struct Cli<C: Subcommand = Command> {
    #[command(subcommand)]
    command: C,
    /// When to use colours; `auto` does on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Baseline(check::BaselineArgs),
    Diff(diff::DiffArgs),
    Init(init::InitArgs),
    Config(config::ConfigArgs),
    Simulate(simulate::SimulateArgs),
    Explain(explain::ExplainArgs),
    Rules(rules::RulesArgs),
    Test(test::TestArgs),
    Lsp(lsp::LspArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// The command that hooks and editors run, alone: to describe all of them takes longer than to check a file.
#[derive(Debug, Subcommand)]
enum Usual {
    Check(check::CheckArgs),
}

impl Cli {
    /// The arguments of this run.
    fn of_run() -> Result<Self, clap::Error> {
        let is_usual = std::env::args_os().nth(1).is_some_and(|name| name == "check");
        // What is wrong with them is told by the parser that knows all commands.
        match is_usual.then(Cli::<Usual>::try_parse) {
            Some(Ok(Cli { command: Usual::Check(args), color })) => {
                Ok(Self { command: Command::Check(args), color })
            }
            _ => Self::try_parse(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether a stream gets colours (<https://no-color.org>: any value but the empty one turns them off).
    fn on(self, is_terminal: bool) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                is_terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
            }
        }
    }
}

/// `--kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// The policy of a VPC endpoint to S3
    Endpoint,
    /// The policy of an S3 bucket
    Bucket,
}

impl From<KindArg> for PolicyKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Endpoint => Self::Endpoint,
            KindArg::Bucket => Self::Bucket,
        }
    }
}

/// Standard output: without commands to CI services, in few large pieces, until nobody reads any more.
type Out = Guard<BufWriter<UntilClosed<StdoutLock<'static>>>>;

/// Where a subcommand writes.
struct Streams {
    out: Out,
    err: Box<dyn Write>,
    colour_out: bool,
    colour_err: bool,
}

/// Runs the program: arguments from the command line, output to the standard streams.
#[must_use]
pub fn main() -> ExitCode {
    // A mistake of ours must not look like findings (1): it ends with 2, after the standard message of a panic.
    let code = panic::catch_unwind(|| {
        let cli = match Cli::of_run() {
            Ok(cli) => cli,
            Err(error) if error.use_stderr() => return refuse(error),
            Err(help) => return told(help.print()),
        };
        // It needs the streams for itself, from other threads.
        if let Command::Lsp(args) = &cli.command {
            return args.main();
        }
        let mut streams = Streams {
            out: Guard::new(BufWriter::with_capacity(OUT_BUFFER, UntilClosed::new(io::stdout().lock()))),
            err: Box::new(Guard::new(io::stderr().lock())),
            colour_out: cli.color.on(io::stdout().is_terminal()),
            colour_err: cli.color.on(io::stderr().is_terminal()),
        };
        run(&cli.command, &mut streams)
    });
    ExitCode::from(code.unwrap_or(FAILED))
}

/// Says what is wrong with the arguments. What is shown of them must be harmless, so the mistake is made again with harmless
/// arguments.
fn refuse(error: clap::Error) -> u8 {
    let args = std::env::args_os().map(|arg| plain(&arg.to_string_lossy()).into_owned());
    // When they are understood after all, the mistake was bytes that are not UTF-8, and the message shows none of them.
    let error = <Cli>::try_parse_from(args).err().unwrap_or(error);
    let text = error.render();
    let mut err = Guard::new(io::stderr().lock());
    let colour = Colour::Auto.on(io::stderr().is_terminal());
    let written = if colour { write!(err, "{}", text.ansi()) } else { write!(err, "{text}") };
    let _ = written.and_then(|()| err.flush());
    FAILED
}

/// The exit code when help has been shown, or should have been.
fn told(written: io::Result<()>) -> u8 {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = text::render_error(Failure::from(error).diagnostic(), false, &mut io::stderr().lock());
            FAILED
        }
        _ => CLEAN,
    }
}

fn run(command: &Command, streams: &mut Streams) -> u8 {
    let result = match command {
        Command::Check(args) => args.run(streams),
        Command::Baseline(args) => args.run(streams),
        Command::Diff(args) => args.run(streams),
        Command::Init(args) => args.run(streams),
        Command::Config(args) => args.run(streams),
        Command::Simulate(args) => args.run(streams),
        Command::Explain(args) => args.run(streams),
        Command::Rules(args) => args.run(streams),
        Command::Test(args) => args.run(streams),
        Command::Lsp(args) => return args.main(),
        Command::Completions(args) => args.run(streams),
        Command::Man(args) => args.run(streams),
    };
    let flushed = streams.out.flush();
    let failure = match (result, flushed) {
        (Err(failure), _) => failure,
        // What failed has been told.
        (Ok(code), Ok(())) | (Ok(code @ FAILED), Err(_)) => return code,
        (Ok(_), Err(error)) => error.into(),
    };
    let _ = text::render_error(failure.diagnostic(), streams.colour_err, &mut streams.err);
    FAILED
}

/// The rules that files of the working folder are checked with, and those of the given folders.
fn rules_here(folders: &[PathBuf]) -> Result<Arc<Linter>, Failure> {
    let projects = Projects::new(load_rules(folders)?, None).map_err(Failure::report)?;
    let project = projects.for_file(Path::new(FILE_NAME)).map_err(Failure::Project)?;
    Ok(Arc::clone(&project.linter))
}

/// The built-in rules and those of the given folders.
fn load_rules(folders: &[PathBuf]) -> Result<RuleSet, Failure> {
    let mut rules = RuleSet::builtin().map_err(Failure::report)?;
    for folder in folders {
        rules.load_dir(folder).map_err(Failure::report)?;
    }
    Ok(rules)
}
