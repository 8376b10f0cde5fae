//! Why a run failed, as opposed to what it found.

use crate::project::ProjectError;
use miette::Diagnostic;
use std::io;
use std::sync::Arc;

#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum Failure {
    /// Reading or writing a stream failed.
    #[error(transparent)]
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
    /// A configuration cannot be used.
    #[error("{0}")]
    Project(Arc<ProjectError>),
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

    /// What to show.
    pub(super) fn diagnostic(&self) -> &dyn Diagnostic {
        match self {
            Self::Report(inner) => inner.as_ref(),
            Self::Project(inner) => inner.as_ref(),
            other => other,
        }
    }
}
