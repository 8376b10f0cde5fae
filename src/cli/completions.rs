//! `ringfence completions`: what a shell needs to complete our arguments.

use super::{CLEAN, Cli, Streams, failure::Failure};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

const AFTER_HELP: &str = "\
Examples:
  ringfence completions bash > ~/.local/share/bash-completion/completions/ringfence
  ringfence completions fish > ~/.config/fish/completions/ringfence.fish";

/// Print a shell's completion script
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        // Written to memory first: the generator takes a failed write (a closed pipe) for a bug.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut <Cli>::command(), "ringfence", &mut script);
        streams.out.write_all(&script)?;
        Ok(CLEAN)
    }
}
