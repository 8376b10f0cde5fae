//! `ringfence man`: the manual page, made from the help texts.

use super::{CLEAN, Cli, Streams, failure::Failure};
use clap::{Args, CommandFactory};

const AFTER_HELP: &str = "\
Examples:
  ringfence man | man -l -
  ringfence man check > ringfence-check.1";

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ManArgs {
    /// The subcommand to describe [default: the program]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl ManArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        let mut program = <Cli>::command();
        program.build();
        let command = match &self.command {
            None => program,
            Some(name) => {
                let command = program.find_subcommand(name).cloned();
                command.ok_or_else(|| Failure::new(format!("there is no command `{name}`")))?
            }
        };
        clap_mangen::Man::new(command).render(&mut streams.out)?;
        Ok(CLEAN)
    }
}
