//! What a change of policies means, shown: for people and for programs.

mod json;
mod text;
mod words;

use crate::diff::{Meaning, PolicyDiff};
use crate::engine::changes::{Change, Share};
use serde::Serialize;
use std::io::{self, Write};

/// What a comparison of one file came to.
#[derive(Debug, Clone)]
pub struct FileDiff {
    /// The new version's path, as findings show paths; the old one's when the file is gone.
    pub path: String,
    /// The old version's path or revision and path, where it is another.
    pub old_path: Option<String>,
    /// The policies in it.
    pub policies: Vec<PolicyDiff>,
}

/// The counts at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DiffSummary {
    /// Policies compared.
    pub policies: usize,
    /// Those of them that changed in no way that matters.
    pub same: usize,
    /// Classes of requests that are newly allowed.
    pub newly_allowed: usize,
    /// Classes that no Deny stops any more, and no Allow allows.
    pub no_longer_denied: usize,
    /// Classes that are no longer allowed.
    pub no_longer_allowed: usize,
    /// Classes that a Deny stops now, and no Allow allowed.
    pub newly_denied: usize,
    /// Policies and classes of which it could not be told.
    pub undecided: usize,
}

impl DiffSummary {
    /// The counts of some files.
    #[must_use]
    pub fn of(files: &[FileDiff]) -> Self {
        let mut out = Self::default();
        for policy in files.iter().flat_map(|f| &f.policies) {
            out.policies += 1;
            match &policy.meaning {
                Meaning::Same => out.same += 1,
                Meaning::Undecided(_) => out.undecided += 1,
                Meaning::Changed(classes) => {
                    for class in classes {
                        *match (&class.share, class.change) {
                            (Share::Undecided(_), _) => &mut out.undecided,
                            (_, Change::NewlyAllowed) => &mut out.newly_allowed,
                            (_, Change::NoLongerDenied) => &mut out.no_longer_denied,
                            (_, Change::NoLongerAllowed) => &mut out.no_longer_allowed,
                            (_, Change::NewlyDenied) => &mut out.newly_denied,
                        } += 1;
                    }
                }
            }
        }
        out
    }
}

/// True when some request gets, or may get, more than before: it is newly allowed, or no Deny keeps other policies from allowing it.
#[must_use]
pub fn opens(files: &[FileDiff]) -> bool {
    files.iter().flat_map(|f| &f.policies).any(|policy| match &policy.meaning {
        Meaning::Same => false,
        Meaning::Undecided(_) => true,
        Meaning::Changed(classes) => classes.iter().any(|class| class.change.opens()),
    })
}

/// Writes it for people.
///
/// # Errors
///
/// When the stream cannot be written to.
pub fn write_text(files: &[FileDiff], colour: bool, out: &mut dyn Write) -> io::Result<()> {
    text::write(files, colour, out)
}

/// Writes it for programs.
///
/// # Errors
///
/// When the stream cannot be written to.
pub fn write_json(files: &[FileDiff], out: &mut dyn Write) -> io::Result<()> {
    json::write(files, out)
}
