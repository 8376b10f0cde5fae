//! What is said of rules: how severe their findings are, or that they are off.

use super::check::Problem;
use super::error::Source;
use super::{ConfigError, raw::RawRules};
use crate::finding::Severity;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is not run.
    Off,
    /// Its findings have this severity. Those that are milder than the rule is stay so.
    Severity(Severity),
}

/// Levels by rule id; rules that are not named are as they come.
pub type Levels = BTreeMap<String, Level>;

impl Level {
    /// The words of the configuration.
    pub const WORDS: [&str; 4] = ["off", "note", "warning", "error"];

    /// The word of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Severity(severity) => severity.as_str(),
        }
    }

    fn of(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "off" => Self::Off,
            "note" => Self::Severity(Severity::Note),
            "warning" => Self::Severity(Severity::Warning),
            "error" => Self::Severity(Severity::Error),
            _ => {
                return Err(Problem::new(
                    "not a severity",
                    "write `\"error\"`, `\"warning\"`, `\"note\"` or `\"off\"`",
                ));
            }
        })
    }
}

/// The rule about files that are no JSON: nothing in them was checked, so it is an error or, with a reason, accepted.
const UNREADABLE: &str = "policy-syntax";

/// A rule's level and where it is given.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) id: String,
    pub(super) level: Level,
    /// Of the id.
    pub(super) span: Range<usize>,
}

pub(super) fn read(source: &Source, rules: RawRules) -> Result<Vec<Given>, ConfigError> {
    let one = |(id, level): (Spanned<String>, Spanned<String>)| {
        let read = Level::of(level.get_ref());
        let read = read.and_then(|read| match read {
            Level::Severity(Severity::Error) => Ok(read),
            _ if *id.get_ref() == UNREADABLE => Err(Problem::new(
                "a file that cannot be read never passes",
                "leave the file out with `exclude`, or accept it with an entry of `[[ignore]]` that says why",
            )),
            _ => Ok(read),
        });
        let read = read.map_err(|problem| ConfigError::at(source, level.span(), &problem))?;
        Ok(Given { level: read, span: id.span(), id: id.into_inner() })
    };
    rules.into_iter().map(one).collect()
}
