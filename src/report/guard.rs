//! Keeps text of unknown origin from giving orders to the CI service that runs the program and reads its output. A Sid may
//! say `::error::...` (a workflow command of GitHub Actions, which trims the line first) or hold `##vso[...]` (a logging
//! command of Azure Pipelines, read anywhere in a line; others have `##[...]` and `##teamcity[...]`).
//!
//! Works on the lines of the text formats as they leave, because wrapping can put any word of a text first on a line. The one
//! format that is meant to give orders goes past it ([`Guard::past`]) and must see to its texts itself.

use std::borrow::Cow;
use std::io::{self, Write};

/// Passes lines on, harmless.
#[derive(Debug)]
pub struct Guard<W> {
    inner: W,
    /// The line that is not complete yet.
    line: Vec<u8>,
}

impl<W: Write> Guard<W> {
    /// Writes to `inner`, which should have a buffer if many lines are to come.
    pub fn new(inner: W) -> Self {
        Self { inner, line: Vec::new() }
    }

    /// The stream without its guard: what is written to it may give orders.
    ///
    /// # Errors
    ///
    /// When what was written before cannot be passed on.
    pub fn past(&mut self) -> io::Result<&mut W> {
        self.flush()?;
        Ok(&mut self.inner)
    }
}

/// A text that is to stand within a line, without commands that are read anywhere in one.
pub(super) fn without_commands(text: &str) -> String {
    String::from_utf8_lossy(&without_inner_commands(Cow::Borrowed(text.as_bytes()))).into_owned()
}

impl<W: Write> Write for Guard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let (mut lines, rest) = bytes.split_at(end);
        if !self.line.is_empty() && !lines.is_empty() {
            let first = lines.iter().position(|b| *b == b'\n').map_or(lines.len(), |at| at + 1);
            let (begun, others) = lines.split_at(first);
            self.line.extend_from_slice(begun);
            self.inner.write_all(&harmless(&self.line))?;
            self.line.clear();
            lines = others;
        }
        if is_harmless(lines) {
            self.inner.write_all(lines)?;
        } else {
            for line in lines.split_inclusive(|b| *b == b'\n') {
                self.inner.write_all(&harmless(line))?;
            }
        }
        self.line.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.inner.write_all(&harmless(&line))?;
        self.inner.flush()
    }
}

/// True when no line can hold a command, at a glance: most texts have no `##`, and few lines begin with a colon.
fn is_harmless(lines: &[u8]) -> bool {
    let begins_with_colon =
        |line: &[u8]| line.iter().find(|b| b.is_ascii_graphic()).is_some_and(|b| *b == b':');
    !lines.contains(&b'#') && !lines.split(|b| *b == b'\n').any(begins_with_colon)
}

/// The line without commands: `::` at its start and the second `#` of `##word[` become characters that look alike.
fn harmless(line: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(line);
    // Whatever a service may take for white space is no visible ASCII.
    let start = line.iter().position(u8::is_ascii_graphic).unwrap_or(line.len());
    let (blank, text) = line.split_at(start);
    if let Some(rest) = text.strip_prefix(b"::") {
        out = [blank, "\u{2236}\u{2236}".as_bytes(), rest].concat().into();
    }
    without_inner_commands(out)
}

/// The line without the commands that are read anywhere in it.
fn without_inner_commands(line: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let mut out = line;
    let mut from = 0;
    while let Some(found) = out.get(from..).and_then(|rest| rest.windows(2).position(|w| w == b"##")) {
        let second = from + found + 1;
        let after = out.get(second + 1..).unwrap_or_default();
        let word = after.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        if after.get(word) == Some(&b'[') {
            let before = out.get(..second).unwrap_or_default();
            out = [before, "\u{266f}".as_bytes(), after].concat().into();
        }
        from = second;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(parts: &[&str]) -> String {
        let mut out = Vec::new();
        let mut guard = Guard::new(&mut out);
        for part in parts {
            guard.write_all(part.as_bytes()).unwrap();
        }
        guard.flush().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn commands_are_broken() {
        assert_eq!(
            guarded(&["::error::x\n \u{a0}\u{fe0f}:", ":warning::y\n"]),
            "∶∶error::x\n \u{a0}\u{fe0f}∶∶warning::y\n"
        );
        assert_eq!(
            guarded(&["a ##vso[task.complete]b #", "##[error]c ##[d\n"]),
            "a #♯vso[task.complete]b ##♯[error]c #♯[d\n"
        );
        assert_eq!(guarded(&["::"]), "∶∶");
    }

    #[test]
    fn all_else_stays() {
        for text in
            ["", "\n", "a ::b\narn:aws:s3:::x\n", "## Heading [x]\n##\n#[x]\n", " 3 │ \"::error::\"\n"]
        {
            assert_eq!(guarded(&[text]), text);
        }
    }
}
