//! Bytes to JSON documents, strict as RFC 8259 and tolerant after an error.
//!
//! This parser is our own because no maintained crate gives all of what findings need: the span of every key and value,
//! duplicate keys, several errors with their exact places, and a tree of what a half-typed document holds. (Of those tried,
//! jiter and nojson stop at the first error, and jsonc-parser takes raw control characters for JSON.)
//!
//! This file knows encodings and embedding; what JSON looks like is in `grammar` and `lexer`.

use super::MAX_FILE_BYTES;
use super::grammar;
use super::language::Language;
use super::lexer::pair;
use super::locate::Located;
use super::relocate;
use super::span::Span;
use super::syntax_error::{Errors, SyntaxError, SyntaxErrorKind as Kind};
use super::tree::{Node, Text};

/// What a text holds: all that can be read, and all that is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The documents at top level; JSON allows one, and any other number is among `errors`.
    pub documents: Vec<Node>,
    /// The policies that the reader of the language has found itself: those of Terraform's resources.
    pub located: Vec<Located<'static>>,
    /// The breaches of RFC 8259 by place. Empty: the text is exactly one JSON document.
    pub errors: Vec<SyntaxError>,
    /// The language that it is in.
    pub language: Language,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Parses a file's bytes. Never fails: what is wrong is in [`Parsed::errors`]. Time is linear in the length.
#[must_use]
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut errors = Errors::default();
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("the file is longer than {} KiB and was not read", MAX_FILE_BYTES / 1024);
        errors.report(Span::new(0, 1), |span| {
            SyntaxError::new(Kind::TooLarge, span, message)
                .help(
                    "check that this is the right file: AWS takes at most 20 KB for a policy; plans and states of Terraform's and \
                     lists that AWS prints are read up to 64 MiB",
                )
        });
        return Parsed { errors: errors.finish(), ..Parsed::default() };
    }
    if let Some(order) = utf16(bytes) {
        errors.report(Span::new(0, bytes.len().min(2)), |span| {
            SyntaxError::new(
                Kind::Utf16,
                span,
                format!("the file is in UTF-16 ({order}), where JSON is in UTF-8"),
            )
            .help("save the file as UTF-8")
        });
        return Parsed { errors: errors.finish(), ..Parsed::default() };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_text(text, errors),
        Err(_) => parse_lossy(bytes),
    }
}

/// Parses the JSON that stands inside a string of another document. All spans and all [`Text::map`]s of the result lead to the
/// bytes of the file that `text` came from, through its escapes; its symbols stay in the strings they stand in.
#[must_use]
pub fn parse_embedded(text: &Text) -> Parsed {
    let mut parsed = parse_text(&text.value, Errors::default());
    relocate::relocate(&mut parsed, text);
    parsed
}

/// Parses a document that may be long, of which only what has to do with policies is kept: a plan, a state, or a list that AWS
/// prints. `None`: it is none of them, or too much of it would be kept. The policies, errors and places in it are those of [`parse`].
#[must_use]
pub fn parse_long(bytes: &[u8]) -> Option<Parsed> {
    let text = std::str::from_utf8(bytes).ok().filter(|_| utf16(bytes).is_none())?;
    let (start, errors) = begin(text, Errors::default());
    let (documents, errors) = grammar::sieved(text, start, errors)?;
    Some(Parsed { documents, errors, ..Parsed::default() })
}

fn parse_text(text: &str, errors: Errors) -> Parsed {
    let (start, errors) = begin(text, errors);
    let (documents, errors) = grammar::documents(text, start, errors);
    Parsed { documents, errors, ..Parsed::default() }
}

/// Where the text begins behind its byte order mark.
fn begin(text: &str, mut errors: Errors) -> (usize, Errors) {
    let mut start = 0;
    if text.as_bytes().starts_with(BOM) {
        start = BOM.len();
        errors.report(Span::new(0, start), |span| {
            SyntaxError::new(Kind::Bom, span, "the file begins with a byte order mark (U+FEFF)")
                .help("save the file as UTF-8 without a byte order mark")
        });
    }
    (start, errors)
}

/// The byte order of a text that looks like UTF-16: a mark, or every other byte of its beginning is zero.
pub(super) fn utf16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, ..] | [b'{' | b'[' | b' ' | b'\r' | b'\n' | b'"', 0, _, 0, ..] => Some("little-endian"),
        [0xFE, 0xFF, ..] | [0, b'{' | b'[' | b' ' | b'\r' | b'\n' | b'"', 0, _, ..] => Some("big-endian"),
        _ => None,
    }
}

/// Parses bytes that are not UTF-8, with U+FFFD for each sequence that is not.
fn parse_lossy(bytes: &[u8]) -> Parsed {
    let mut value = String::with_capacity(bytes.len() + 16);
    let mut map = vec![pair(0, 0)];
    let mut first_bad = None;
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        value.push_str(chunk.valid());
        at += chunk.valid().len();
        let bad = chunk.invalid().len();
        if bad == 0 {
            continue;
        }
        first_bad.get_or_insert(Span::new(at, at + bad));
        let decoded = value.len();
        // All three bytes of the replacement stand where the sequence begins.
        map.extend([pair(decoded, at), pair(decoded + 1, at), pair(decoded + 2, at)]);
        value.push(char::REPLACEMENT_CHARACTER);
        at += bad;
        map.push(pair(value.len(), at));
    }
    let whole =
        Text { value: value.into(), span: Span::new(0, bytes.len()), map: map.into(), holes: Box::default() };
    let mut parsed = parse_embedded(&whole);
    if let Some(span) = first_bad {
        let shown: Vec<String> =
            bytes.get(span.range()).unwrap_or_default().iter().map(|b| format!("{b:02X}")).collect();
        let message = format!("the file is not UTF-8: bytes {} here", shown.join(" "));
        let error = SyntaxError::new(Kind::InvalidUtf8, span, message).help("save the file as UTF-8");
        let place =
            parsed.errors.partition_point(|e| e.kind != Kind::TooManyErrors && e.span.start < span.start);
        parsed.errors.insert(place, error);
    }
    parsed
}

#[cfg(test)]
mod tests;
