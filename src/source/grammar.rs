//! Objects, arrays and documents: builds the tree, and goes on after an error with the likeliest reading.
//!
//! Each byte is read a bounded number of times and the nesting is bounded too, so time is linear in any input.

use super::lexer::Lexer;
use super::sieve::Sieve;
use super::span::Span;
use super::syntax_error::{Errors, SyntaxError, SyntaxErrorKind as Kind, quoted};
use super::tree::{Member, Node, Text, Value};
use super::unclosed;

/// Objects and arrays nested deeper than this are not read.
pub const MAX_DEPTH: usize = 128;

pub(super) struct Grammar<'s> {
    lexer: Lexer<'s>,
    /// The members of the objects that are open, the outermost's first: one growing list, so that each object's own is made
    /// once, in its final size.
    members: Vec<Member>,
    /// The same for the elements of arrays.
    elements: Vec<Node>,
    /// Offsets of the braces and brackets that are open, the outermost first.
    open: Vec<usize>,
    /// The end of the text came too early, and that was said.
    end_reported: bool,
    /// A guess which brace is the unclosed one was made: it costs a pass over the text.
    guessed: bool,
    /// What may be left out of a long document.
    sieve: Option<Sieve>,
}

/// How the search for the next member or element ended.
enum Next {
    /// Something that does not belong there was stepped over.
    Skipped,
    /// The container ends.
    End,
}

/// All documents of the text, which begins at `at`; `errors` are those already known.
pub(super) fn documents(text: &str, at: usize, errors: Errors) -> (Vec<Node>, Vec<SyntaxError>) {
    let mut grammar = Grammar::new(text, at, errors);
    let documents = grammar.documents(at);
    (documents, grammar.lexer.errors.finish())
}

/// The same with what has to do with no policy left out. `None`: the text is none of which that can be told, or too much is left.
pub(super) fn sieved(text: &str, at: usize, errors: Errors) -> Option<(Vec<Node>, Vec<SyntaxError>)> {
    let mut grammar = Grammar::new(text, at, errors);
    grammar.sieve = Some(Sieve::new(text.len()));
    let documents = grammar.documents(at);
    grammar
        .sieve
        .is_some_and(|sieve| sieve.is_sound(&documents))
        .then(|| (documents, grammar.lexer.errors.finish()))
}

impl<'s> Grammar<'s> {
    fn new(text: &'s str, at: usize, errors: Errors) -> Self {
        let lexer = Lexer::new(text, at, errors);
        let (members, elements, open) = (Vec::with_capacity(6), Vec::with_capacity(8), Vec::new());
        Self { lexer, members, elements, open, end_reported: false, guessed: false, sieve: None }
    }

    fn documents(&mut self, from: usize) -> Vec<Node> {
        let mut documents: Vec<Node> = Vec::new();
        let mut second = None;
        loop {
            self.lexer.skip_space();
            let start = self.lexer.at;
            let Some(byte) = self.lexer.peek() else { break };
            let rest = self.lexer.slice(start, self.lexer.text.len());
            let literal = ["true", "false", "null"].iter().any(|word| rest.starts_with(word));
            if !literal && !matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9') {
                self.junk(byte, documents.is_empty());
                continue;
            }
            let Some(mut node) = self.value() else { continue };
            self.lexer.skip_space();
            if let (Some(b':'), Value::String(key)) = (self.lexer.peek(), &node.value) {
                node = self.object_without_brace(key.clone());
            }
            if documents.len() == 1 && second.is_none() {
                second = Some(Span::new(start, start + 1));
            }
            documents.push(node);
        }
        if let Some(second) = second {
            self.more_than_one(second, &documents);
        }
        if documents.is_empty() && self.lexer.errors.is_empty() {
            let what = if self.lexer.text.is_empty() { "nothing at all" } else { "nothing but white space" };
            let span = Span::new(from, self.lexer.text.len());
            self.lexer.report(
                Kind::Empty,
                span,
                format!("{what} where a policy belongs"),
                "write a JSON object",
            );
        }
        documents
    }

    fn more_than_one(&mut self, second: Span, documents: &[Node]) {
        let count = documents.len();
        let first =
            documents.first().map_or(second, |d| Span::new(d.span.start as usize, d.span.start as usize + 1));
        self.lexer.errors.report(second, |span| {
            let message =
                format!("{count} JSON documents in a row, where one belongs: the second begins here");
            SyntaxError::new(Kind::MoreThanOneDocument, span, message)
                .help(
                    "keep one document: put the statements of all of them into one `Statement` array; JSON Lines belong into a \
                     file named `.jsonl`",
                )
                .related(first, "the first one begins here")
        });
    }

    /// Something at top level that begins no document.
    fn junk(&mut self, byte: u8, first: bool) {
        if matches!(byte, b'}' | b']' | b',' | b':' | b';' | b'=') {
            let span = self.lexer.char_span();
            self.lexer.at = span.end as usize;
            let message = match byte {
                b'}' | b']' => format!("this `{}` closes nothing", char::from(byte)),
                _ => format!("`{}` outside of any object", char::from(byte)),
            };
            return self.unexpected(span, message, "remove it, or add what is missing before it");
        }
        let start = self.lexer.at;
        if let Some(text) = self.lexer.curly_string() {
            drop(text);
            return;
        }
        // A line of prose is one finding, not one for each word.
        while self.lexer.peek().is_some_and(|b| !matches!(b, b'\n' | b'\r' | b'{' | b'[')) {
            self.lexer.at = self.lexer.char_span().end as usize;
        }
        let run = self.lexer.slice(start, self.lexer.at).trim_end();
        let where_ = if first { "before" } else { "outside of" };
        let message = format!("{} stands {where_} the JSON document", quoted(run));
        let span = Span::new(start, start + run.len().max(1));
        self.unexpected(span, message, "remove everything that is not part of the document");
    }

    fn unexpected(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.lexer.report(Kind::UnexpectedToken, span, message, help);
    }

    /// The value at the place. None when a comma, colon, closer or the end stands there.
    fn value(&mut self) -> Option<Node> {
        let lexer = &mut self.lexer;
        while lexer.peek().is_some_and(|b| b.is_ascii_digit()) && lexer.skip_line_number() {
            lexer.skip_space();
        }
        Some(match lexer.peek()? {
            b'"' => string_node(lexer.string(b'"')),
            b'{' => self.object(),
            b'[' => self.array(),
            b'-' | b'0'..=b'9' => lexer.number(),
            b',' | b':' | b'}' | b']' => return None,
            b'\'' => string_node(lexer.single_quoted()),
            _ => match lexer.curly_string() {
                Some(text) => string_node(text),
                None => lexer.word_value(),
            },
        })
    }

    fn object(&mut self) -> Node {
        let start = self.lexer.at;
        let mark = self.members.len();
        self.nested(start, |grammar| grammar.members(None));
        let members = self.members.split_off(mark);
        Node { span: Span::new(start, self.lexer.at), value: Value::Object(members) }
    }

    fn array(&mut self) -> Node {
        let start = self.lexer.at;
        let mark = self.elements.len();
        self.nested(start, Self::elements);
        let elements = self.elements.split_off(mark);
        Node { span: Span::new(start, self.lexer.at), value: Value::Array(elements) }
    }

    /// Reads what is between the opener at the place and its closer with `body`, unless it is nested too deeply.
    fn nested(&mut self, opener: usize, body: impl FnOnce(&mut Self)) {
        if self.open.len() >= MAX_DEPTH {
            return self.skip_nested();
        }
        self.open.push(opener);
        self.lexer.at += 1;
        body(self);
        self.open.pop();
    }

    /// Steps over what is nested too deeply, without going down into it.
    fn skip_nested(&mut self) {
        let message = format!("nesting deeper than {MAX_DEPTH} levels");
        let span = self.lexer.char_span();
        self.lexer.report(Kind::TooDeep, span, message, "a policy needs fewer than ten; remove the nesting");
        let mut depth = 0_usize;
        while let Some(byte) = self.lexer.peek() {
            match byte {
                b'"' => {
                    self.lexer.skip_string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.lexer.at = self.lexer.char_span().end as usize;
            if depth == 0 {
                return;
            }
        }
        self.end_reported = true;
    }

    /// A top-level `"key": value` without braces around it; the place is at the colon.
    fn object_without_brace(&mut self, key: Text) -> Node {
        let start = key.span;
        self.lexer.errors.report(start, |span| {
            let message = "a key and its value without braces around them";
            SyntaxError::new(Kind::MissingOpeningBrace, span, message)
                .help("put `{` before it and `}` at the end")
        });
        let mark = self.members.len();
        let reported = std::mem::replace(&mut self.end_reported, true);
        self.members(Some(key));
        self.end_reported = reported;
        let members = self.members.split_off(mark);
        Node { span: Span::new(start.start as usize, self.lexer.at), value: Value::Object(members) }
    }

    /// The members up to and with the closing brace; `read` is the first key when it was read already.
    fn members(&mut self, mut read: Option<Text>) {
        loop {
            let key = match read.take() {
                Some(key) => key,
                None => match self.next_key() {
                    Ok(key) => key,
                    Err(Next::End) => return,
                    Err(_) => continue,
                },
            };
            let mark = self.sieve.as_mut().map(|sieve| sieve.value(&key));
            let member = Member { value: self.member_value(&key), key };
            if let (Some(sieve), Some(mark)) = (&mut self.sieve, mark) {
                sieve.member(mark, &member);
            }
            self.members.push(member);
            self.stop_if_full();
            self.lexer.skip_space();
            match self.lexer.peek() {
                Some(b',') => self.comma(b'}'),
                Some(b'}') => {
                    self.lexer.at += 1;
                    return;
                }
                Some(b':') => read = self.value_is_next_key(),
                Some(b'"' | b'\'') => self.missing_comma(self.members.last().map(Member::span)),
                _ => {}
            }
        }
    }

    /// The next key of an object, or how it goes on without one.
    fn next_key(&mut self) -> Result<Text, Next> {
        self.lexer.skip_space();
        let Some(byte) = self.lexer.peek() else { return Err(self.end_of_text()) };
        match byte {
            b'"' => return Ok(self.lexer.string(b'"')),
            b'\'' => return Ok(self.lexer.single_quoted()),
            b'}' => {
                self.lexer.at += 1;
                return Err(Next::End);
            }
            b']' => return Err(self.other_closer(b']')),
            b'{' if self.parent() == Some(b'[') => {
                self.unclosed(self.lexer.char_span(), "another `{` where a key or `}` belongs");
                return Err(Next::End);
            }
            b'{' | b'[' => {
                let (start, message) =
                    (self.lexer.char_span(), format!("`{}` where a key belongs", char::from(byte)));
                self.value();
                self.unexpected(start, message, "give it a key, or use `[` and `]` around a list");
            }
            b',' => self.extra_comma(),
            b'0'..=b'9' if self.lexer.skip_line_number() => {}
            _ => return self.lexer.curly_string().map_or_else(|| self.word_as_key(), Ok),
        }
        Err(Next::Skipped)
    }

    fn word_as_key(&mut self) -> Result<Text, Next> {
        let span = self.lexer.word();
        let word = self.lexer.slice(span.start as usize, span.end as usize);
        self.lexer.skip_space();
        if self.lexer.peek() == Some(b':') && !matches!(word, ":" | ";" | "=") {
            self.lexer.report(
                Kind::UnquotedKey,
                span,
                format!("the key {} has no quotes", quoted(word)),
                "put it in double quotes",
            );
            let map = [super::lexer::pair(0, span.start as usize)].into();
            return Ok(Text { value: word.into(), span, map, holes: Box::default() });
        }
        if !self.lexer.quiet {
            self.unexpected(span, format!("{} where a key belongs", quoted(word)), "remove it");
        }
        self.lexer.quiet = true;
        Err(Next::Skipped)
    }

    /// The colon and the value after `key`; null, with an empty span, when there is none.
    fn member_value(&mut self, key: &Text) -> Node {
        self.lexer.skip_space();
        let after_key = self.lexer.at.min(key.span.end as usize);
        if self.lexer.peek() == Some(b':') {
            self.lexer.at += 1;
        } else if !self.missing_colon(key) {
            return missing(after_key);
        }
        loop {
            let after_colon = self.lexer.at;
            self.lexer.skip_space();
            if let Some(value) = self.value() {
                return value;
            }
            if self.lexer.peek() != Some(b':') {
                self.missing_value(key);
                return missing(after_colon);
            }
            let span = self.lexer.char_span();
            self.lexer.at += 1;
            self.unexpected(span, "a second `:` after a key", "remove it");
        }
    }

    fn missing_value(&mut self, key: &Text) {
        let message = format!("the key {} has no value", quoted(&key.value));
        self.lexer.report(Kind::MissingValue, key.span, message, "write a value after the colon");
        self.lexer.quiet = true;
    }

    /// Reports it; true when the value stands there all the same.
    fn missing_colon(&mut self, key: &Text) -> bool {
        let here = self.lexer.char_span();
        let shown = quoted(&key.value);
        let value_follows = match self.lexer.peek() {
            None | Some(b',' | b'}' | b']') => false,
            Some(b'"') => !self.lexer.key_ahead(),
            _ => true,
        };
        if self.lexer.peek() == Some(b'=') {
            self.lexer.at += 1;
            self.lexer.at += usize::from(self.lexer.peek() == Some(b'>'));
        }
        if !std::mem::replace(&mut self.lexer.quiet, !value_follows) {
            let (span, message) = if value_follows {
                (here, format!("`:` is missing after the key {shown}"))
            } else {
                (key.span, format!("the key {shown} has neither `:` nor a value"))
            };
            self.lexer.errors.report(span, |span| {
                let error =
                    SyntaxError::new(Kind::MissingColon, span, message).help("write `:` after the key");
                if value_follows { error.related(key.span, "the key") } else { error }
            });
        }
        value_follows
    }

    /// A colon after a string value: the string is the next key, and its own value was left out.
    fn value_is_next_key(&mut self) -> Option<Text> {
        let last = self.members.last_mut()?;
        if let Value::String(text) = &last.value.value {
            let next = text.clone();
            last.value = missing(last.key.span.end as usize);
            let key = last.key.clone();
            self.missing_value(&key);
            return Some(next);
        }
        let span = self.lexer.char_span();
        self.lexer.at += 1;
        self.unexpected(span, "`:` after a value", "remove it, or write `,` and a key before it");
        self.lexer.quiet = true;
        None
    }

    fn elements(&mut self) {
        loop {
            self.lexer.skip_space();
            let mark = self.sieve.as_mut().map(Sieve::element);
            if let Some(mut element) = self.value() {
                if let (Some(sieve), Some(mark)) = (&mut self.sieve, mark) {
                    sieve.end(mark, &mut element);
                }
                self.elements.push(element);
                self.stop_if_full();
                self.lexer.skip_space();
                if self.lexer.skip_line_number() {
                    self.lexer.skip_space();
                }
            } else {
                if let (Some(sieve), Some(mark)) = (&mut self.sieve, mark) {
                    sieve.back(mark);
                }
                match self.odd_element() {
                    Next::End => return,
                    Next::Skipped => continue,
                }
            }
            match self.lexer.peek() {
                Some(b',') => self.comma(b']'),
                Some(b']') => {
                    self.lexer.at += 1;
                    return;
                }
                Some(b'}' | b':') | None => {}
                Some(_) => self.missing_comma(self.elements.last().map(|e| e.span)),
            }
        }
    }

    /// What stands in an array where no value begins.
    fn odd_element(&mut self) -> Next {
        match self.lexer.peek() {
            None => return self.end_of_text(),
            Some(b']') => {
                self.lexer.at += 1;
                return Next::End;
            }
            Some(b'}') => return self.other_closer(b'}'),
            Some(b',') => self.extra_comma(),
            _ => {
                let span = self.lexer.char_span();
                self.lexer.at = span.end as usize;
                if !self.lexer.quiet {
                    self.unexpected(
                        span,
                        "`:` inside an array",
                        "use `{` and `}` around keys and their values",
                    );
                }
                self.lexer.quiet = true;
            }
        }
        Next::Skipped
    }

    /// Steps over the comma at the place; says so when `closer` follows it.
    fn comma(&mut self, closer: u8) {
        let span = self.lexer.char_span();
        self.lexer.at += 1;
        self.lexer.quiet = false;
        self.lexer.skip_space();
        if self.lexer.peek() == Some(closer) {
            let message = format!("a comma before the closing `{}`", char::from(closer));
            self.lexer.report(Kind::TrailingComma, span, message, "remove this comma");
        }
    }

    fn extra_comma(&mut self) {
        let span = self.lexer.char_span();
        self.lexer.at += 1;
        if !std::mem::take(&mut self.lexer.quiet) {
            self.lexer.report(
                Kind::ExtraComma,
                span,
                "nothing stands before this comma",
                "remove this comma",
            );
        }
    }

    fn missing_comma(&mut self, previous: Option<Span>) {
        if std::mem::take(&mut self.lexer.quiet) {
            return;
        }
        let here = self.lexer.char_span();
        let before = previous.map(|p| self.lexer.last_char(p.end as usize));
        self.lexer.errors.report(here, |span| {
            let error = SyntaxError::new(Kind::MissingComma, span, "a comma is missing before this")
                .help("write `,` after the value before it");
            match before {
                Some(before) => error.related(before, "the comma belongs after this"),
                None => error,
            }
        });
    }

    /// Goes to the end of a text of which too much would be kept.
    fn stop_if_full(&mut self) {
        if self.sieve.as_mut().is_some_and(Sieve::is_full) {
            self.lexer.at = self.lexer.text.len();
            self.end_reported = true;
        }
    }

    fn opener(&self, from_inside: usize) -> Option<u8> {
        let offset = self.open.iter().rev().nth(from_inside)?;
        self.lexer.byte(*offset)
    }

    fn parent(&self) -> Option<u8> {
        self.opener(1)
    }

    /// A closer that does not fit the innermost opener: either that one is not closed, or this one is mistyped.
    fn other_closer(&mut self, closer: u8) -> Next {
        let wanted = if closer == b'}' { b'{' } else { b'[' };
        let span = self.lexer.char_span();
        let found = char::from(closer);
        let outer_fits = self.open.iter().rev().skip(1).any(|&at| self.lexer.byte(at) == Some(wanted));
        if outer_fits {
            let right = if closer == b'}' { ']' } else { '}' };
            self.unclosed(span, &format!("`{found}` where `{right}` belongs"));
            return Next::End;
        }
        self.lexer.at += 1;
        self.lexer.skip_space();
        if self.lexer.peek() == Some(b',') || self.open.is_empty() {
            self.unexpected(span, format!("this `{found}` closes nothing"), "remove it");
            self.lexer.quiet = true;
            return Next::Skipped;
        }
        let right = if closer == b'}' { ']' } else { '}' };
        self.unclosed(span, &format!("`{found}` where `{right}` belongs"));
        Next::End
    }

    /// Reports that the innermost open brace or bracket, or the one that the indentation tells of, is not closed.
    fn unclosed(&mut self, span: Span, message: &str) {
        let innermost = self.open.last().copied().unwrap_or_default();
        let guess = if std::mem::replace(&mut self.guessed, true) {
            None
        } else {
            unclosed::by_indentation(self.lexer.text, span.start as usize)
        };
        let at = guess.unwrap_or(innermost);
        let opener = self.lexer.byte(at).map_or('{', char::from);
        let closer = if opener == '[' { ']' } else { '}' };
        self.lexer.quiet = true;
        self.lexer.errors.report(span, |span| {
            SyntaxError::new(Kind::UnclosedBrace, span, format!("{message}: a `{opener}` is not closed"))
                .help(format!("add the missing `{closer}`"))
                .related(Span::new(at, at + 1), format!("this `{opener}` is not closed"))
        });
    }

    fn end_of_text(&mut self) -> Next {
        if std::mem::replace(&mut self.end_reported, true) {
            return Next::End;
        }
        let closers: Vec<String> = self
            .open
            .iter()
            .rev()
            .filter_map(|&at| self.lexer.byte(at))
            .map(|b| if b == b'[' { "`]`".to_owned() } else { "`}`".to_owned() })
            .collect();
        let message = match closers.as_slice() {
            [one] => format!("the document ends here, before {one}"),
            [first, ..] => format!(
                "the document ends here, before {} closing braces or brackets, {first} the first",
                closers.len()
            ),
            [] => "the document ends here".to_owned(),
        };
        // The last byte that is not white space: the file's end itself is no place one can point at.
        let last = self.lexer.text.trim_end().char_indices().next_back();
        let span = last.map_or(Span::default(), |(at, c)| Span::new(at, at + c.len_utf8()));
        self.unclosed(span, &message);
        Next::End
    }
}

fn string_node(text: Text) -> Node {
    Node { span: text.span, value: Value::String(text) }
}

/// What stands for a value that is not there.
fn missing(at: usize) -> Node {
    Node { span: Span::new(at, at), value: Value::Null }
}
