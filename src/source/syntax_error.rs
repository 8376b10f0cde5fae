//! What can be wrong with a document as JSON, with its place. Knows nothing of how the error is shown, nor of policies.

use super::span::Span;

/// Errors of one document beyond this number are not listed one by one; a last one
/// ([`SyntaxErrorKind::TooManyErrors`]) says so.
pub const MAX_SYNTAX_ERRORS: usize = 50;

/// One breach of RFC 8259, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The bytes to underline.
    pub span: Span,
    /// One sentence: lower-case start, no final stop.
    pub message: String,
    /// What to do, in the imperative.
    pub help: Option<String>,
    /// A second place that explains the first, such as the opening brace of one that is not closed.
    pub related: Option<(Span, String)>,
}

impl SyntaxErrorKind {
    /// Whether it is no mistake: what was not read, or cannot be known.
    #[must_use]
    pub fn is_remark(self) -> bool {
        matches!(self, Self::NotRead | Self::ServiceUnknown | Self::GivenByCaller)
    }
}

/// The ways in which a document breaks RFC 8259, or the limits set here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// A comma before a closing brace or bracket. Span: the comma.
    TrailingComma,
    /// A comma with nothing before it. Span: the comma.
    ExtraComma,
    /// `//`, `/* */` or `#`. Span: the comment.
    Comment,
    /// A string in single quotes. Span: the string.
    SingleQuotes,
    /// A string in typographic quotes. Span: the string.
    CurlyQuotes,
    /// No comma between two members or elements. Span: the first byte of the second one.
    MissingComma,
    /// A key without a colon. Span: what stands where the colon belongs, or the key when nothing does.
    MissingColon,
    /// A key and a colon without a value. Span: the key.
    MissingValue,
    /// A brace or bracket that is not closed. Span: where that shows; related: the opening one.
    UnclosedBrace,
    /// Members without the `{` that begins an object. Span: the first key.
    MissingOpeningBrace,
    /// A string without closing quotes at the end of its line. Span: the string.
    UnclosedString,
    /// A byte order mark at the beginning. Span: the mark.
    Bom,
    /// Bytes that are not UTF-8. Span: the first such sequence.
    InvalidUtf8,
    /// A file in UTF-16. Span: its first two bytes.
    Utf16,
    /// Half of a surrogate pair, written as an escape. Span: the escape.
    LoneSurrogate,
    /// A control character inside a string. Span: the character.
    ControlCharacter,
    /// A backslash sequence that JSON does not have. Span: the sequence.
    InvalidEscape,
    /// White space other than blank, tab and line end. Span: the character.
    InvalidWhitespace,
    /// A number that JSON does not have. Span: the number.
    InvalidNumber,
    /// Lines that begin with their numbers, as copied from a listing. Span: the first number.
    LineNumber,
    /// A key without quotes. Span: the key.
    UnquotedKey,
    /// A value without quotes, or `True`, `None` and the like. Span: the word.
    UnquotedValue,
    /// Anything else that does not belong where it stands. Span: that.
    UnexpectedToken,
    /// Nothing but white space. Span: the whole file.
    Empty,
    /// More than one document at top level. Span: the first byte of the second one.
    MoreThanOneDocument,
    /// An endpoint of which it is not known where it leads, most likely to a service of somebody's own. Span: its service.
    ServiceUnknown,
    /// Something that is understood too little to tell whether a policy is in it, or what it says. Span: that.
    NotRead,
    /// A policy that the caller of a module gives. Span: where it is used.
    GivenByCaller,
    /// What is no YAML, where YAML is read. Span: the character at which that shows.
    Yaml,
    /// What is no HCL, in a file of Terraform's. Span: the character at which that shows.
    Hcl,
    /// Nesting deeper than [`super::MAX_DEPTH`]. Span: the first brace or bracket beyond.
    TooDeep,
    /// A file longer than [`super::MAX_FILE_BYTES`]. Span: its first byte.
    TooLarge,
    /// A template's reference outside of a string. Span: its place.
    ReferenceOutsideString,
    /// More than [`MAX_SYNTAX_ERRORS`] errors. Span: the first one that is not listed.
    TooManyErrors,
}

impl SyntaxError {
    /// An error without help or a second place.
    pub(super) fn new(kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), help: None, related: None }
    }

    /// The same with help.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a second place.
    pub(super) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }
}

/// The errors of one document, in the order found, up to [`MAX_SYNTAX_ERRORS`].
#[derive(Debug, Default)]
pub(super) struct Errors {
    list: Vec<SyntaxError>,
    overflow: Option<Span>,
}

impl Errors {
    /// Adds what `make` gives, which is not called once the limit is reached.
    pub(super) fn report(&mut self, span: Span, make: impl FnOnce(Span) -> SyntaxError) {
        if self.list.len() < MAX_SYNTAX_ERRORS {
            self.list.push(make(span));
        } else if self.overflow.is_none() {
            self.overflow = Some(span);
        }
    }

    /// True when nothing was reported.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All errors in the order of their places, and the closing one when there were more.
    pub(super) fn finish(mut self) -> Vec<SyntaxError> {
        self.list.sort_by_key(|e| (e.span.start, e.span.end));
        if let Some(span) = self.overflow {
            let message = format!("more than {MAX_SYNTAX_ERRORS} syntax errors; the rest is not listed");
            self.list.push(
                SyntaxError::new(SyntaxErrorKind::TooManyErrors, span, message)
                    .help("check that this file is meant to be JSON"),
            );
        }
        self.list
    }
}

/// Text of the file for a message: in backticks, cut when long.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().nth(LONGEST).is_none() {
        return format!("`{text}`");
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("`{head}…`")
}
