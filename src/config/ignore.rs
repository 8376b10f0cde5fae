//! `[[ignore]]`: findings that somebody looked at and accepted, with the reason.

use super::check::Problem;
use super::error::Source;
use super::glob::Glob;
use super::{ConfigError, raw::RawIgnore};
use crate::source::{LineIndex, Span};
use chrono::NaiveDate;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::value::Datetime;

/// An entry of `[[ignore]]`.
#[derive(Debug, Clone)]
pub struct Ignore {
    /// Its number in the file, from 0.
    pub number: usize,
    /// The id of the rule whose findings are accepted.
    pub rule: String,
    /// Which of them; all when `None`.
    pub part: Option<Part>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Option<NaiveDate>,
    /// Where it stands, such as `ringfence.toml:12`.
    pub place: String,
    /// The value of its `rule` in the configuration.
    pub span: Span,
    pub(super) glob: Glob,
}

/// The part of a policy in which a finding must stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The statements with this `Sid`.
    Sid(String),
    /// What a JSON pointer (RFC 6901) leads to, from the policy's own object.
    Pointer(String),
}

impl Ignore {
    /// Whether it counts on a day.
    #[must_use]
    pub fn counts_on(&self, day: Option<NaiveDate>) -> bool {
        match (self.until, day) {
            (Some(until), Some(day)) => day <= until,
            _ => true,
        }
    }
}

pub(super) fn read(
    source: &Source,
    entries: Vec<Spanned<RawIgnore>>,
) -> Result<Vec<Arc<Ignore>>, ConfigError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let lines = LineIndex::new(source.text.as_bytes());
    let mut out = Vec::with_capacity(entries.len());
    for (number, entry) in entries.into_iter().enumerate() {
        let raw = entry.into_inner();
        let at = |span: Range<usize>, problem: &Problem| ConfigError::at(source, span, problem);
        let span = raw.rule.span();
        let line = lines.position(span.start).line;
        let glob = Glob::at(source, raw.path.get_ref(), &raw.path.span())?;
        if raw.reason.get_ref().trim().is_empty() {
            let problem = Problem::new("there is no reason here", "say why this is all right");
            return Err(at(raw.reason.span(), &problem));
        }
        let part = match (raw.sid, raw.pointer) {
            (None, None) => None,
            (Some(sid), None) => Some(Part::Sid(sid.into_inner())),
            (None, Some(pointer)) => {
                let text = pointer.get_ref();
                if !text.is_empty() && !text.starts_with('/') {
                    let help = "write it from the policy's object on, such as `/Statement/0`";
                    return Err(at(pointer.span(), &Problem::new("not a JSON pointer", help)));
                }
                Some(Part::Pointer(pointer.into_inner()))
            }
            (Some(_), Some(pointer)) => {
                let problem =
                    Problem::new("`sid` and `pointer` both say where", "write one of them, or two entries");
                return Err(at(pointer.span(), &problem));
            }
        };
        let until = match raw.until {
            None => None,
            Some(date) => Some(day(*date.get_ref()).map_err(|problem| at(date.span(), &problem))?),
        };
        out.push(Arc::new(Ignore {
            number,
            rule: raw.rule.into_inner(),
            part,
            reason: raw.reason.into_inner(),
            until,
            place: format!("{}:{line}", source.name),
            span: Span::new(span.start, span.end),
            glob,
        }));
    }
    Ok(out)
}

fn day(value: Datetime) -> Result<NaiveDate, Problem> {
    let date = value.date.filter(|_| value.time.is_none() && value.offset.is_none());
    let date = date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()));
    date.ok_or_else(|| Problem::new("not a date", "write the last day, without quotes: `2027-01-31`"))
}
