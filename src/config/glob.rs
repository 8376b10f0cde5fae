//! Patterns for files below the folder of a configuration.

use super::check::Problem;
use super::error::Source;
use super::{ConfigError, raw::Texts};
use crate::source::PathPattern;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A pattern and its place in the configuration.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    pattern: PathPattern,
    /// The folders before the first wildcard; the whole path when there is no wildcard.
    base: PathBuf,
    is_literal: bool,
    pub(super) span: Range<usize>,
}

impl Glob {
    fn new(text: &str, span: Range<usize>) -> Result<Self, Problem> {
        let text = text.strip_prefix("./").unwrap_or(text);
        if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
            return Err(Problem::new(
                "a pattern must stay in the folder of the configuration file",
                "write it relative to that folder, such as `policies/**/*.json`",
            ));
        }
        // A folder stands for all that is in it.
        let whole = if text.ends_with('/') { format!("{text}**") } else { text.to_owned() };
        let pattern = PathPattern::new(&whole).map_err(|e| {
            let help =
                "use `*` within a name, `**` for folders at any depth, `?` and `[...]` for one character";
            Problem::new(format!("not a valid pattern: {}", e.msg.to_lowercase()), help)
        })?;
        let is_plain = |part: &&str| !part.contains(['*', '?', '[']);
        let base = whole.split('/').take_while(is_plain).filter(|part| *part != "." && !part.is_empty());
        let is_literal = whole.split('/').all(|part| is_plain(&part));
        Ok(Self { pattern, base: base.collect(), is_literal, span })
    }

    pub(super) fn all(source: &Source, values: &Texts) -> Result<Vec<Self>, ConfigError> {
        values.iter().map(|value| Self::at(source, value.get_ref(), &value.span())).collect()
    }

    pub(super) fn at(source: &Source, text: &str, span: &Range<usize>) -> Result<Self, ConfigError> {
        Self::new(text, span.clone()).map_err(|problem| ConfigError::at(source, span.clone(), &problem))
    }

    /// Whether it matches a path relative to the configuration's folder.
    pub(super) fn matches(&self, relative: &Path) -> bool {
        if self.is_literal {
            return relative == self.base;
        }
        relative.starts_with(&self.base) && self.pattern.matches(relative)
    }

    /// The one path that it matches, when it has no wildcard.
    pub(super) fn literal(&self) -> Option<&Path> {
        self.is_literal.then_some(&self.base)
    }

    /// The folder below which everything lies that it matches.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The short ways give what the pattern gives.
    #[test]
    fn a_glob_matches_what_its_pattern_matches() {
        let mut rng = fastrand::Rng::with_seed(11);
        let mut words = |words: &[&str]| -> String {
            let parts = (0..rng.usize(1..4)).map(|_| words[rng.usize(..words.len())]);
            parts.collect::<Vec<_>>().join("/")
        };
        let (mut yes, mut no) = (0, 0);
        for _ in 0..20_000 {
            let text = words(&["a", "b", "*", "**", "a*", "[ab]", "."]);
            let path = words(&["a", "b", "ab", "c"]);
            let Ok(glob) = Glob::new(&text, 0..0) else { continue };
            let expected = PathPattern::new(&text).unwrap().matches(Path::new(&path));
            assert_eq!(glob.matches(Path::new(&path)), expected, "{text} {path}");
            if expected { yes += 1 } else { no += 1 }
        }
        assert!(yes > 1000 && no > 1000, "{yes} {no}");
    }

    #[test]
    fn a_folder_stands_for_all_in_it() {
        let glob = Glob::new("./a/b/", 0..0).unwrap();
        let matches = |path: &str| glob.matches(Path::new(path));
        assert!(matches("a/b/c") && matches("a/b/c/d"));
        assert!(!matches("a/b") && !matches("a/bc"));
        assert_eq!((glob.base(), glob.literal()), (Path::new("a/b"), None));
    }
}
