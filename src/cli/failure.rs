//! Why a run failed, as opposed to what it found.

use miette::Diagnostic;
use std::io;

#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum Failure {
    /// Reading or writing a stream failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something in words, and what to do about it.
    #[error("{message}")]
    Message {
        message: String,
        #[help]
        help: Option<String>,
    },
    /// An error with its place in a file.
    #[error("{0}")]
    Report(Box<dyn Diagnostic + Send + Sync>),
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), help: None }
    }

    pub(super) fn with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Message { message: message.into(), help: Some(help.into()) }
    }

    pub(super) fn report(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self::Report(Box::new(error))
    }

    /// True when whoever reads the output stopped reading.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to show.
    pub(super) fn diagnostic(&self) -> &dyn Diagnostic {
        match self {
            Self::Report(inner) => inner.as_ref(),
            other => other,
        }
    }
}
