//! Makes text of unknown origin harmless on a terminal: a policy's Sid may hold escape sequences, a file's name a line
//! break. Every character that moves the cursor, starts a sequence, turns the direction of text or cannot be seen is
//! replaced by one that can.

use std::borrow::Cow;

/// The character to show in place of `c`, when `c` must not reach a terminal.
#[must_use]
pub fn substitute(c: char) -> Option<char> {
    // Nearly every one, at a glance.
    if matches!(c, ' '..='~') {
        return None;
    }
    match c {
        // The pictures of the C0 controls stand in their order from U+2400.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'                             // C1 controls
        | '\u{ad}'                                      // soft hyphen
        | '\u{61c}' | '\u{200e}' | '\u{200f}'           // direction marks
        | '\u{202a}'..='\u{202e}'                       // direction overrides
        | '\u{2066}'..='\u{206f}'                       // direction isolates, deprecated format characters
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{180e}' // no width
        | '\u{2028}' | '\u{2029}'                       // line and paragraph separators
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers that look empty
        | '\u{fff9}'..='\u{fffb}'                       // interlinear annotation
        | '\u{1d173}'..='\u{1d17a}'                     // musical format characters
        | '\u{e0000}'..='\u{e0fff}'                     // tags
        => Some('\u{fffd}'),
        _ => None,
    }
}

/// The text on one line without such characters.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| substitute(c).is_none()) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| substitute(c).unwrap_or(c)).collect::<String>().into()
}

/// Breaks a text into lines of at most 100 columns where there are spaces, and nowhere else: what a reader may want to
/// copy stays whole.
#[must_use]
pub fn wrap(text: &str, first: &str, rest: &str) -> String {
    let options = textwrap::Options::new(100)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_at_spaces_only() {
        let text = format!(
            "{} `arn:aws:s3:::b/?x=[1]-(2)/%7B{}` 日本語と—{} end",
            "a".repeat(90),
            "y-z?".repeat(40),
            "ü".repeat(90)
        );
        let lines: Vec<String> = wrap(&text, "", "").lines().map(str::to_owned).collect();
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| line != "`"), "{lines:?}");
    }
}
