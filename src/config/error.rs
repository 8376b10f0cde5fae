//! What is wrong with a configuration, and where.

use super::KindGlob;
use super::check::Problem;
use crate::source::ReadError;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The file's name and text, kept for errors.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    pub(super) text: Arc<str>,
}

impl Source {
    pub(super) fn new(path: &Path, text: &str) -> Self {
        Self { name: path.to_string_lossy().into(), text: text.into() }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    source: Option<Arc<NamedSource<String>>>,
}

impl ConfigError {
    fn new(message: String, help: Option<String>, labels: Vec<LabeledSpan>, source: Option<&Source>) -> Self {
        let source = source.map(|s| Arc::new(NamedSource::new(&*s.name, s.text.to_string())));
        Self(Box::new(Inner { message, help, labels, source }))
    }

    pub(super) fn unreadable(path: &Path, error: &ReadError) -> Self {
        match error {
            ReadError::NotAFile { what, .. } => Self::unusable(path, &format!("is {what}, not a file")),
            ReadError::Io { reason, .. } => Self::unusable(path, &format!("cannot be read: {reason}")),
        }
    }

    /// The file as a whole does not do.
    pub(super) fn unusable(path: &Path, why: &str) -> Self {
        Self::new(format!("configuration `{}` {why}", path.display()), None, Vec::new(), None)
    }

    /// A value that does not do.
    pub(super) fn at(source: &Source, span: Range<usize>, problem: &Problem) -> Self {
        let label = LabeledSpan::new_primary_with_span(Some(problem.message.clone()), span);
        Self::new("invalid configuration".to_owned(), Some(problem.help.clone()), vec![label], Some(source))
    }

    /// What the TOML reader refuses.
    pub(super) fn toml(source: &Source, error: &toml::de::Error) -> Self {
        let message = error.message().trim().replace('\n', ", ");
        let span = error.span().unwrap_or(0..0);
        let words = message.replace("unknown field", "unknown key").replace("missing field", "missing key");
        let label = LabeledSpan::new_primary_with_span(Some(words), span);
        Self::new("invalid configuration".to_owned(), help(&message), vec![label], Some(source))
    }

    /// A rule that there is not.
    pub(super) fn unknown_rule(source: &Source, span: Range<usize>, id: &str, nearest: Option<&str>) -> Self {
        let help = match nearest {
            Some(near) => format!("write `{near}`"),
            None => "`ringfence rules` lists the rules".to_owned(),
        };
        Self::at(source, span, &Problem::new(format!("there is no rule `{id}`"), help))
    }

    pub(super) fn both_kinds(source: &Source, file: &str, one: &KindGlob, other: &KindGlob) -> Self {
        let label = |glob: &KindGlob| {
            let text = format!("makes it {} policy", article(glob.kind.as_str()));
            LabeledSpan::new_primary_with_span(Some(text), glob.glob.span.clone())
        };
        Self::new(
            format!("`{file}` matches patterns of both kinds"),
            Some("narrow one of the patterns".to_owned()),
            vec![label(one), label(other)],
            Some(source),
        )
    }
}

fn article(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with('e') { "an" } else { "a" })
}

impl ConfigError {
    /// The file as it was looked for, and its text, when it could be read.
    #[must_use]
    pub fn file(&self) -> Option<(&Path, &str)> {
        let source = self.0.source.as_deref()?;
        Some((Path::new(source.name()), source.inner()))
    }
}

/// What to write instead, from serde's words.
fn help(message: &str) -> Option<String> {
    if message.starts_with("missing field `reason`") {
        return Some("every ignore needs a `reason`: say why this is all right".to_owned());
    }
    if message.contains("datetime") {
        return Some("write the last day, without quotes: `2027-01-31`".to_owned());
    }
    unknown_key(message)
}

/// What to write for a misspelt key, from serde's words: "unknown field `x`, expected one of `a`, `b`".
fn unknown_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut names = rest.split('`').skip(1).step_by(2);
    let wrong = names.next()?;
    let known: Vec<&str> = names.collect();
    let nearest = known.iter().max_by(|a, b| {
        strsim::jaro_winkler(wrong, a).total_cmp(&strsim::jaro_winkler(wrong, b)).then(b.cmp(a))
    })?;
    (strsim::jaro_winkler(wrong, nearest) > 0.7).then(|| format!("write `{nearest}`"))
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Diagnostic for ConfigError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.0.labels.iter().cloned()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source.as_deref().map(|source| source as &dyn SourceCode)
    }
}
