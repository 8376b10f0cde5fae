//! `ringfence lsp`: the language server, over the standard streams.

use super::failure::Failure;
use super::{CLEAN, FAILED, FOUND, load_rules};
use crate::config::ConfigError;
use crate::lsp::{self, Ended};
use crate::project::Projects;
use crate::report::guard::Guard;
use crate::report::text;
use clap::Args;
use miette::Diagnostic as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
An editor starts this; docs/editors.md says how, for Neovim, Helix, Emacs, VS Code and JetBrains.

Exit codes: 0 the editor said good-bye, 1 it went away without, 2 the server could not go on.";

/// Speak with an editor: findings, fixes and facts while a policy is being written
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct LspArgs {
    /// The configuration file [default: the nearest ringfence.toml above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder with more rules; may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Speak over the standard streams, which is the only way: many editors say so
    #[arg(long)]
    stdio: bool,
}

impl LspArgs {
    /// Serves, and says on standard error why it could not.
    pub(super) fn main(&self) -> u8 {
        self.serve().unwrap_or_else(|failure| {
            let mut err = Guard::new(io::stderr().lock());
            let _ = text::render_error(failure.diagnostic(), false, &mut err).and_then(|()| err.flush());
            FAILED
        })
    }

    fn serve(&self) -> Result<u8, Failure> {
        let load = || {
            let rules = load_rules(&self.rules).map_err(|failure| failure.to_string())?;
            Projects::new(rules, self.config.as_deref()).map_err(|error| line(&error))
        };
        let (connection, writer) = lsp::stdio()?;
        let ended = lsp::serve(&connection, &load).map_err(|error| Failure::new(error.to_string()));
        drop(connection);
        // Nobody may be there to read the last words.
        let _ = writer.finish();
        Ok(if ended? == Ended::Asked { CLEAN } else { FOUND })
    }
}

/// A configuration's error on one line.
fn line(error: &ConfigError) -> String {
    let label = error.labels().into_iter().flatten().find_map(|label| label.label().map(str::to_owned));
    label.map_or_else(|| error.to_string(), |label| format!("{error}: {label}"))
}
