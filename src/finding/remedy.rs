//! What can be done about a finding, as data: the remedy that the help says in words, and the change of the file's text that
//! comes of it once it is proved (`crate::fix`).

use crate::source::Span;
use serde::Serialize;
use serde_json::Value;

/// What the help says in words. It is no promise: whether it settles the finding, and what else it does, is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Write this value in place of the value or key at the span.
    Write {
        /// The value or key, a string's quotes included.
        span: Span,
        /// What to write; a string for a key.
        value: Value,
        /// False when it is the likeliest of several things that may be meant.
        sure: bool,
    },
    /// Add these strings to the string or list at the span.
    Add {
        /// The string or list.
        span: Span,
        /// The strings.
        entries: Vec<String>,
    },
    /// Leave out the member or the entry of a list at the span, with the comma that parts it from its neighbours.
    Remove {
        /// The member, from its key to its value, or the entry.
        span: Span,
    },
    /// Leave out these bytes.
    Erase {
        /// The bytes.
        span: Span,
    },
    /// Put the statements of the document that begins at the span into the one before it.
    Join {
        /// The document's first byte.
        span: Span,
    },
    /// Make the policy deny what the rule's file says under `fix`.
    Deny,
}

/// A change of the file's text of which it is proved that the finding is gone afterwards, that no other finding has come, and
/// that no request gets more than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an instruction: lower-case start, no final stop.
    pub title: String,
    /// Whether it may be made without looking at it.
    pub safety: Safety,
    /// Why it is unsafe.
    pub caution: Option<String>,
    /// The changes, by place; no two overlap.
    pub edits: Vec<Edit>,
}

/// Whether a fix may be made without looking at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// What it writes is certain, and what it takes away is what the rule asks for.
    Safe,
    /// It guesses, or takes away more.
    Unsafe,
}

/// One change of a file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty: text is put in.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Writes `text` in place of the bytes at `span`.
    #[must_use]
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Puts `text` in before the byte at `at`.
    #[must_use]
    pub fn insert(at: u32, text: impl Into<String>) -> Self {
        Self::new(Span { start: at, end: at }, text)
    }
}
