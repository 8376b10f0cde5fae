//! A file's bytes with changes made, and text that stands inside strings.

use crate::finding::Edit;

/// The bytes with the changes made. `None` when two of them overlap, or one lies outside.
#[must_use]
pub fn changed(bytes: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut out = Vec::with_capacity(bytes.len() + edits.iter().map(|e| e.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in sorted {
        let range = edit.span.range();
        out.extend_from_slice(bytes.get(done..range.start)?);
        out.extend_from_slice(edit.text.as_bytes());
        done = range.end;
    }
    out.extend_from_slice(bytes.get(done..)?);
    Some(out)
}

/// The text as it is written inside this many strings, one inside the other.
#[must_use]
pub fn escaped(text: &str, strings: usize) -> String {
    (0..strings).fold(text.to_owned(), |text, _| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn changes_in_any_order_and_none_that_overlap() {
        let edit = |start, end, text: &str| Edit::new(Span::new(start, end), text);
        let made = |edits: &[Edit]| changed(b"abcdef", edits).map(|b| String::from_utf8(b).unwrap());
        assert_eq!(made(&[edit(4, 5, "E!"), edit(0, 1, ""), edit(2, 2, "-")]).as_deref(), Some("b-cdE!f"));
        assert_eq!(made(&[]).as_deref(), Some("abcdef"));
        assert_eq!(made(&[edit(6, 6, "g")]).as_deref(), Some("abcdefg"));
        assert_eq!(made(&[edit(0, 3, "x"), edit(2, 4, "y")]), None);
        assert_eq!(made(&[edit(5, 7, "x")]), None);
    }

    #[test]
    fn strings_in_strings() {
        assert_eq!(escaped("\"a\\\"", 0), "\"a\\\"");
        assert_eq!(escaped("\"é\n", 1), "\\\"é\\n");
        assert_eq!(escaped("\"", 2), "\\\\\\\"");
    }
}
