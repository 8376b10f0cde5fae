//! Patterns for paths (`policies/**/*.json`): the `glob` crate's, matched one component at a time.
//!
//! Matched as a whole, `*a*a*a*b/x` takes time exponential in the length of a folder's name, because there the crate
//! takes the end of a component for one more place to try from. Within one component it does not.

use glob::{MatchOptions, Pattern, PatternError};
use std::path::{Component, Path};

/// A pattern for relative or absolute paths: `*`, `?` and `[...]` within a name, `**` for any number of folders.
#[derive(Debug, Clone)]
pub struct PathPattern(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    /// `**`
    AnyDepth,
    /// One component.
    Name(Pattern),
}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// When it is none: `***`, `a**`, an open `[`.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        for component in names(Path::new(text)) {
            match (component.as_str(), parts.last()) {
                ("**", Some(Part::AnyDepth)) => {}
                ("**", _) => parts.push(Part::AnyDepth),
                (name, _) => parts.push(Part::Name(Pattern::new(name)?)),
            }
        }
        Ok(Self(parts))
    }

    /// Whether the whole path matches. Bytes that are not UTF-8 match wildcards.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            // Hidden files below the first wildcard are not walked anyway.
            require_literal_leading_dot: false,
        };
        let names = names(path);
        // For each number of components from the start: whether the parts so far match them.
        let mut reached = vec![false; names.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for (number, part) in self.0.iter().enumerate() {
            let mut next = vec![false; reached.len()];
            match part {
                Part::Name(pattern) => {
                    for ((name, before), after) in names.iter().zip(&reached).zip(next.iter_mut().skip(1)) {
                        *after = *before && pattern.matches_with(name, options);
                    }
                }
                Part::AnyDepth => {
                    // At the end it stands for what is in a folder, not for the folder itself.
                    let last = number + 1 == self.0.len();
                    let mut any = false;
                    for (before, after) in reached.iter().zip(&mut next) {
                        *after = any || *before && !last;
                        any |= *before;
                    }
                }
            }
            reached = next;
        }
        reached.last().is_some_and(|whole| *whole)
    }
}

fn names(path: &Path) -> Vec<String> {
    let components = path.components().filter(|c| !matches!(c, Component::CurDir));
    components.map(|c| c.as_os_str().to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_and_depths() {
        let matches = |pattern: &str, path: &str| PathPattern::new(pattern).unwrap().matches(Path::new(path));
        for (pattern, yes, no) in [
            ("*.json", &["a.json", ".json", "./a.json"][..], &["a/b.json", "a.JSON", ""][..]),
            ("**/*.json", &["a.json", "a/b.json", "a/b/c.json"], &["a/b"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["b", "a/x", "a/b/c"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "b/a"]),
            ("**", &["a", "a/b"], &[""]),
            ("**/**/a/**/**/b", &["a/b", "x/a/y/b"], &["a", "b"]),
            ("/x/*", &["/x/y"], &["x/y", "/x"]),
            ("a/[cd]?", &["a/c1"], &["a/e1", "a/c/"]),
        ] {
            for path in yes {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in no {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
        for pattern in ["a***", "a**", "[", "a[/]b"] {
            assert!(PathPattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn no_pattern_takes_exponential_time() {
        let folder = "a".repeat(60);
        let pattern = format!("**/{}b/**/x", "*a".repeat(30));
        let path: String = format!("{folder}/").repeat(50) + "x";
        assert!(!PathPattern::new(&pattern).unwrap().matches(Path::new(&path)));
    }
}
