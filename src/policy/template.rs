//! Text of a policy with its special parts: wildcards, policy variables, and symbols known only at deploy time.
//!
//! Knows the syntax (fact sheet B), not what a part matches.

use super::Version;
use crate::source::{Span, Symbol, Text, short};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::Arc;

/// One string of a policy, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The string in the file.
    pub span: Span,
    /// The parts, in order; neighbouring literals are joined.
    pub parts: SmallVec<[Part; 2]>,
    /// The text as its author wrote it, symbols by name.
    pub source: Arc<str>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// These characters.
    Literal(Arc<str>),
    /// `*`: any run of characters, also none.
    AnyRun,
    /// `?`: exactly one character.
    AnyOne,
    /// `${key}` or `${key, 'default'}`.
    Variable(Variable),
    /// A value known only at deploy time.
    Symbol(Arc<Symbol>),
}

/// A policy variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The condition key whose value stands here.
    pub key: Box<str>,
    /// What stands here when the request has no such key.
    pub default: Option<Box<str>>,
}

/// Which special parts a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${...}` is substituted (and `${*}`, `${?}`, `${$}` are the characters themselves).
    pub variables: bool,
}

impl Syntax {
    /// No special parts.
    pub const LITERAL: Self = Self { wildcards: false, variables: false };

    /// The syntax in force under a policy version: variables need 2012-10-17.
    #[must_use]
    pub fn new(wildcards: bool, variables: bool, version: Version) -> Self {
        Self { wildcards, variables: variables && version == Version::V2012 }
    }

    /// Where the first thing begins that is no literal text.
    fn first_special(self, text: &str) -> Option<usize> {
        match (self.wildcards, self.variables) {
            (true, true) => short::position(text, b"*?$"),
            (true, false) => short::position(text, b"*?"),
            (false, true) => short::position(text, b"$"),
            (false, false) => None,
        }
    }
}

impl Template {
    /// Takes a string of the tree apart.
    #[must_use]
    pub fn parse(text: &Text, syntax: Syntax) -> Self {
        // Most are plain.
        if text.holes.is_empty() && syntax.first_special(&text.value).is_none() {
            return Self::literal(&text.value, text.span);
        }
        let mut builder = Builder { parts: SmallVec::new(), literal: Cow::Borrowed("") };
        let mut source = Cow::Borrowed("");
        let mut from = 0;
        for hole in &text.holes {
            let at = hole.at as usize;
            let piece = text.value.get(from..at).unwrap_or_default();
            builder.text(piece, syntax);
            builder.part(Part::Symbol(Arc::clone(&hole.symbol)));
            source += piece;
            source += &*hole.symbol.name;
            from = at;
        }
        let piece = text.value.get(from..).unwrap_or_default();
        builder.text(piece, syntax);
        source += piece;
        Self { span: text.span, parts: builder.finish(), source: source.into() }
    }

    /// A literal text without special parts.
    #[must_use]
    pub fn literal(text: &str, span: Span) -> Self {
        let source = Arc::from(text);
        let literal = (!text.is_empty()).then(|| Part::Literal(Arc::clone(&source)));
        Self { span, parts: literal.into_iter().collect(), source }
    }

    /// The text, when it has no special parts.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The variables it holds.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|p| match p {
            Part::Variable(v) => Some(v),
            _ => None,
        })
    }

    /// True when a part of it is known only at deploy time.
    #[must_use]
    pub fn has_symbols(&self) -> bool {
        self.parts.iter().any(|p| matches!(p, Part::Symbol(_)))
    }
}

struct Builder<'t> {
    parts: SmallVec<[Part; 2]>,
    /// The literal text since the last part.
    literal: Cow<'t, str>,
}

impl<'t> Builder<'t> {
    fn part(&mut self, part: Part) {
        self.end_literal();
        self.parts.push(part);
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(Part::Literal(std::mem::take(&mut self.literal).into()));
        }
    }

    fn literal(&mut self, text: &'t str) {
        self.literal += text;
    }

    fn text(&mut self, text: &'t str, syntax: Syntax) {
        let mut rest = text;
        while let Some(at) = syntax.first_special(rest) {
            let (run, from) = rest.split_at_checked(at).unwrap_or_default();
            self.literal(run);
            let (sign, after) = from.split_at_checked(1).unwrap_or_default();
            rest = after;
            match sign {
                "*" => self.part(Part::AnyRun),
                "?" => self.part(Part::AnyOne),
                _ => match braces(after) {
                    Some((body, end)) => {
                        rest = end;
                        match body {
                            "*" | "?" | "$" => self.literal(body),
                            _ => self.part(Part::Variable(variable(body))),
                        }
                    }
                    None => self.literal(sign),
                },
            }
        }
        self.literal(rest);
    }

    fn finish(mut self) -> SmallVec<[Part; 2]> {
        self.end_literal();
        self.parts
    }
}

/// The inside of a leading `{...}` and what follows it.
fn braces(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.split_once('}')
}

/// `key` or `key, 'default'`.
fn variable(body: &str) -> Variable {
    if let Some((key, default)) = body.split_once(',') {
        let default = default.trim().trim_matches('\'');
        Variable { key: key.trim().into(), default: Some(default.into()) }
    } else {
        Variable { key: body.trim().into(), default: None }
    }
}
