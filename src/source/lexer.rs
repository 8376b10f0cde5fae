//! The smallest parts of a JSON text: white space, strings, numbers and words, each with its place. Steps over what
//! does not belong there, and reports it. Knows nothing of objects and arrays.

use super::short;
use super::span::Span;
use super::syntax_error::{Errors, SyntaxError, SyntaxErrorKind as Kind, quoted};
use super::tree::{Node, Text, Value};

/// A place in a text, and the errors found so far.
pub(super) struct Lexer<'s> {
    pub(super) text: &'s str,
    bytes: &'s [u8],
    /// Offset of the next byte; never inside a multi-byte character.
    pub(super) at: usize,
    pub(super) errors: Errors,
    /// The last thing read was broken, so that what follows it is no news.
    pub(super) quiet: bool,
    /// Line numbers were met, and that was said.
    numbered: bool,
}

/// Ends a word: white space, structure, quotes.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b',' | b':' | b';' | b'=' | b'{' | b'}' | b'[' | b']' | b'"' | b'\'')
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s str, at: usize, errors: Errors) -> Self {
        Self { text, bytes: text.as_bytes(), at, errors, quiet: false, numbered: false }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn report(&mut self, kind: Kind, span: Span, message: impl Into<String>, help: &str) {
        self.errors.report(span, |span| SyntaxError::new(kind, span, message).help(help));
    }

    /// The character at the place, as a span; empty at the end.
    pub(super) fn char_span(&self) -> Span {
        Span::new(self.at, self.at + self.rest().chars().next().map_or(0, char::len_utf8))
    }

    /// The character that ends at a place.
    pub(super) fn last_char(&self, end: usize) -> Span {
        let last = self.text.get(..end).and_then(|text| text.chars().next_back());
        Span::new(end - last.map_or(0, char::len_utf8), end)
    }

    /// Steps over white space, and over comments and foreign white space, which it reports.
    #[inline]
    pub(super) fn skip_space(&mut self) {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let other = rest.iter().position(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
            let Some(length) = other else {
                self.at = self.bytes.len();
                return;
            };
            self.at += length;
            let odd = matches!(rest.get(length), Some(b'/' | b'#' | 0x0b | 0x0c | 0x80..));
            if !odd || !(self.skip_comment() || self.skip_foreign_space()) {
                return;
            }
        }
    }

    #[cold]
    fn skip_comment(&mut self) -> bool {
        let (start, rest) = (self.at, self.rest());
        let length = if rest.starts_with('#') || rest.starts_with("//") {
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.get(2..).and_then(|body| body.find("*/")).map_or(rest.len(), |end| end + 4)
        } else {
            return false;
        };
        self.at += length;
        let shown = rest.get(..length).unwrap_or_default().trim_end().len();
        let help = "remove it; a remark can stand in a `Sid` or in the policy's `Id`";
        self.report(Kind::Comment, Span::new(start, start + shown), "JSON has no comments", help);
        true
    }

    #[cold]
    fn skip_foreign_space(&mut self) -> bool {
        let Some(c) = self.rest().chars().next() else { return false };
        let invisible = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{180E}');
        if !c.is_whitespace() && !invisible {
            return false;
        }
        let span = self.char_span();
        self.at = span.end as usize;
        let name = match c {
            '\u{A0}' => "a no-break space".to_owned(),
            '\u{FEFF}' => "a byte order mark".to_owned(),
            _ => "a character one cannot see".to_owned(),
        };
        let message = format!("{name} (U+{:04X}) is not white space in JSON", u32::from(c));
        self.report(Kind::InvalidWhitespace, span, message, "replace it by an ordinary blank");
        true
    }

    /// The string that begins at the place with `quote`. When its line ends first, it ends there too.
    #[inline]
    pub(super) fn string(&mut self, quote: u8) -> Text {
        let start = self.at;
        let stop = self.run_end(start + 1, quote);
        if self.byte(stop) == Some(quote) {
            self.at = stop + 1;
            return Text::plain(self.slice(start + 1, stop), Span::new(start, stop + 1));
        }
        self.string_with_escapes(start, stop, quote)
    }

    /// Steps over the string at the place without decoding it.
    pub(super) fn skip_string(&mut self) {
        let mut at = self.run_end(self.at + 1, b'"');
        while self.byte(at).is_some_and(|b| b != b'"' && b != b'\n') {
            let escape = usize::from(self.byte(at) == Some(b'\\'));
            at = self.run_end(at + 1 + escape, b'"');
        }
        self.at = (at + 1).min(self.bytes.len());
    }

    /// Whether the string at the place is followed by a colon. Looks at this string only, so time stays linear.
    pub(super) fn key_ahead(&self) -> bool {
        let stop = self.run_end(self.at + 1, b'"');
        let after = self.bytes.get(stop + 1..).unwrap_or_default();
        self.byte(stop) == Some(b'"')
            && after.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|&b| b == b':')
    }

    /// Offset of the first byte from `from` on that a string cannot hold as it is, or of the end.
    fn run_end(&self, from: usize, quote: u8) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let marks = |word| short::equal(word, quote) | short::equal(word, b'\\') | short::below(word, 0x20);
        let stop = short::first(rest, marks, |b| b == quote || b == b'\\' || b < 0x20);
        from + stop.unwrap_or(rest.len())
    }

    fn string_with_escapes(&mut self, start: usize, stop: usize, quote: u8) -> Text {
        let mut out = String::with_capacity(2 * (stop - start) + 64);
        out.push_str(self.slice(start + 1, stop));
        let mut map = Vec::with_capacity(16);
        map.push(pair(0, start + 1));
        let mut control_reported = false;
        self.at = stop;
        loop {
            match self.peek() {
                Some(byte) if byte == quote => {
                    self.at += 1;
                    break;
                }
                None | Some(b'\n' | b'\r') => {
                    self.end_unclosed(start, &mut out);
                    break;
                }
                Some(b'\\') => self.escape(quote, &mut out, &mut map),
                Some(control) => {
                    if !control_reported {
                        self.control_character(control);
                        control_reported = true;
                    }
                    out.push(char::from(control));
                    self.at += 1;
                }
            }
            let run = self.run_end(self.at, quote);
            out.push_str(self.slice(self.at, run));
            self.at = run;
        }
        let map = if map.len() == 1 { Box::default() } else { map.into_boxed_slice() };
        Text { value: out.into(), span: Span::new(start, self.at), map, holes: Box::default() }
    }

    /// The string began at `start` and its line ends here: a comma at the end was meant to follow it.
    fn end_unclosed(&mut self, start: usize, out: &mut String) {
        let raw = self.slice(start + 1, self.at).trim_end();
        let raw = raw.strip_suffix(',').unwrap_or(raw);
        let end = start + 1 + raw.len();
        // The bytes given back are the same in `out`: none of them is part of an escape.
        let kept = out.len().saturating_sub(self.at - end);
        if out.is_char_boundary(kept) {
            out.truncate(kept);
            self.at = end;
        }
        let span = Span::new(start, self.at);
        self.report(
            Kind::UnclosedString,
            span,
            "this string is not closed on its line",
            "add the closing `\"`",
        );
        self.quiet = true;
    }

    #[cold]
    fn control_character(&mut self, control: u8) {
        let (name, escape) = match control {
            b'\t' => ("a tab".to_owned(), "\\t".to_owned()),
            _ => (format!("the control character U+{control:04X}"), format!("\\u{control:04x}")),
        };
        let help = format!("write `{escape}`, or remove it");
        self.report(Kind::ControlCharacter, self.char_span(), format!("{name} inside a string"), &help);
    }

    /// The escape at the place; `map` learns where the text goes on.
    fn escape(&mut self, quote: u8, out: &mut String, map: &mut Vec<(u32, u32)>) {
        let start = self.at;
        let next = self.byte(start + 1);
        let plain = match next {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'\'') if quote == b'\'' => '\'',
            Some(b'u') => match self.unicode_escape() {
                Some(c) => {
                    out.push(c);
                    map.push(pair(out.len(), self.at));
                    return;
                }
                None => return self.keep_backslash(out),
            },
            _ => return self.keep_backslash(out),
        };
        out.push(plain);
        self.at += 2;
        map.push(pair(out.len(), self.at));
    }

    /// An escape that JSON does not have stays in the text as written.
    fn keep_backslash(&mut self, out: &mut String) {
        let start = self.at;
        out.push('\\');
        self.at += 1;
        let next = self.rest().chars().next().filter(|c| !c.is_control());
        let mut end = self.at + next.map_or(0, char::len_utf8);
        if next == Some('u') {
            end += self.bytes.iter().skip(end).take(4).take_while(|b| b.is_ascii_hexdigit()).count();
        }
        let message = format!("JSON has no escape {}", quoted(self.slice(start, end)));
        let help = "write `\\\\` for a backslash";
        self.report(Kind::InvalidEscape, Span::new(start, end), message, help);
    }

    /// `\uXXXX`, or two of them that make one character. None, and no step, when the digits are missing.
    fn unicode_escape(&mut self) -> Option<char> {
        let start = self.at;
        let first = self.hex(start)?;
        self.at += 6;
        if let Some(c) = char::from_u32(first) {
            return Some(c);
        }
        if let (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) = (first, self.hex(self.at)) {
            self.at += 6;
            return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00));
        }
        let message = format!("{} is half of a surrogate pair", quoted(self.slice(start, self.at)));
        let help = "write the character itself, or both halves of the pair";
        self.report(Kind::LoneSurrogate, Span::new(start, self.at), message, help);
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |n, &b| Some(n * 16 + char::from(b).to_digit(16)?))
    }

    /// The string in typographic quotes at the place, when one begins there.
    pub(super) fn curly_string(&mut self) -> Option<Text> {
        const QUOTES: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];
        let start = self.at;
        let inner = self.rest().strip_prefix(QUOTES)?;
        let open = self.rest().len() - inner.len();
        let end =
            inner.find(|c| QUOTES.contains(&c) || matches!(c, '"' | '\n' | '\r')).unwrap_or(inner.len());
        let value = inner.get(..end).unwrap_or_default();
        let close = inner.get(end..)?.chars().next().filter(|c| !matches!(c, '\n' | '\r'));
        self.at = start + open + end + close.map_or(0, char::len_utf8);
        let span = Span::new(start, self.at);
        let message = "this string has typographic quotes";
        self.report(Kind::CurlyQuotes, span, message, "use straight double quotes: `\"`");
        let map = [pair(0, start + open)].into();
        Some(Text { value: value.into(), span, map, holes: Box::default() })
    }

    /// The string in single quotes at the place.
    pub(super) fn single_quoted(&mut self) -> Text {
        let text = self.string(b'\'');
        if self.quiet {
            return text;
        }
        self.report(
            Kind::SingleQuotes,
            text.span,
            "this string has single quotes",
            "use double quotes: `\"`",
        );
        text
    }

    /// Steps over the number of a listing's line (`12.` and a blank, first in its line), which comes along when one copies from a
    /// web page. Says so the first time.
    pub(super) fn skip_line_number(&mut self) -> bool {
        let start = self.at;
        let digits = self.bytes.iter().skip(start).take(5).take_while(|b| b.is_ascii_digit()).count();
        let end = start + digits + 1;
        let blank = matches!(self.byte(end), Some(b' ' | b'\t' | b'\r' | b'\n') | None);
        if digits == 0 || self.byte(end - 1) != Some(b'.') || !blank {
            return false;
        }
        let before = self.bytes.get(..start).unwrap_or_default();
        if !matches!(before.iter().rev().find(|b| !matches!(b, b' ' | b'\t')), Some(b'\n' | b'\r') | None) {
            return false;
        }
        self.at = end;
        if !std::mem::replace(&mut self.numbered, true) {
            let message = "the lines are numbered, which is not JSON";
            self.report(Kind::LineNumber, Span::new(start, end), message, "remove the line numbers");
        }
        true
    }

    /// The number that begins at the place with a digit or a minus. Its size is not limited.
    pub(super) fn number(&mut self) -> Node {
        let start = self.at;
        let end = self.number_end(start);
        if end.is_none_or(|end| self.byte(end).is_some_and(|b| !is_delimiter(b))) {
            return self.word_value();
        }
        self.at = end.unwrap_or(start);
        let span = Span::new(start, self.at);
        Node { span, value: Value::Number(self.slice(start, self.at).into()) }
    }

    fn number_end(&self, start: usize) -> Option<usize> {
        let digits = |from: usize| {
            let count = self.bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
            (count > 0).then_some(from + count)
        };
        let mut at = start + usize::from(self.byte(start) == Some(b'-'));
        at = if self.byte(at) == Some(b'0') { at + 1 } else { digits(at)? };
        if self.byte(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if matches!(self.byte(at), Some(b'e' | b'E')) {
            at += 1;
            at = digits(at + usize::from(matches!(self.byte(at), Some(b'+' | b'-'))))?;
        }
        Some(at)
    }

    /// The bytes up to the next delimiter, at least one character.
    pub(super) fn word(&mut self) -> Span {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest.iter().position(|&b| is_delimiter(b)).unwrap_or(rest.len());
        let span = if length == 0 { self.char_span() } else { Span::new(start, start + length) };
        self.at = span.end as usize;
        span
    }

    /// A word as a value: a literal, or a report and the best guess at what was meant.
    pub(super) fn word_value(&mut self) -> Node {
        let span = self.word();
        let word = self.slice(span.start as usize, span.end as usize);
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => self.odd_word(span, word),
        };
        Node { span, value }
    }

    #[cold]
    fn odd_word(&mut self, span: Span, word: &str) -> Value {
        let shown = quoted(word);
        let literal = match word.to_ascii_lowercase().as_str() {
            "true" => Some(("true", Value::Bool(true))),
            "false" => Some(("false", Value::Bool(false))),
            "null" | "none" | "nil" | "undefined" => Some(("null", Value::Null)),
            _ => None,
        };
        if let Some((right, value)) = literal {
            let help = format!("write `{right}`");
            self.report(Kind::UnquotedValue, span, format!("{shown} is not a JSON value"), &help);
            return value;
        }
        let number = matches!(word.trim_start_matches(['-', '+']), "NaN" | "Infinity" | "Inf")
            || word.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit());
        if number || word == "-" {
            let help = "write a plain decimal number, or put it in double quotes";
            self.report(Kind::InvalidNumber, span, format!("{shown} is not a number in JSON"), help);
            return Value::Number(word.into());
        }
        if word.chars().all(|c| c.is_ascii_alphanumeric() || "-_*:/<>$.".contains(c)) && word != "..." {
            let message = format!("{shown} has no quotes");
            self.report(Kind::UnquotedValue, span, message, "put it in double quotes");
        } else {
            self.report(
                Kind::UnexpectedToken,
                span,
                format!("{shown} is not a JSON value"),
                "remove or replace it",
            );
        }
        let map = [pair(0, span.start as usize)].into();
        Value::String(Text { value: word.into(), span, map, holes: Box::default() })
    }
}

/// One pair of [`Text::map`].
pub(super) fn pair(decoded: usize, file: usize) -> (u32, u32) {
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (clamp(decoded), clamp(file))
}
