//! `*`, `?` and `${` in a policy's text, by place: for saying where one stands. What a pattern matches is the engine's.

use crate::source::short;

/// The byte offsets of `*` and `?`, without those inside `${...}`.
pub fn wildcards(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut inside = false;
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter_map(move |(i, c)| {
        match c {
            b'$' if bytes.get(i + 1) == Some(&b'{') && text.get(i..).is_some_and(|t| t.contains('}')) => {
                inside = true;
            }
            b'}' => inside = false,
            b'*' | b'?' if !inside => return Some(i),
            _ => {}
        }
        None
    })
}

/// True when the text holds `*` or `?` outside of `${...}`.
pub fn has_wildcard(text: &str) -> bool {
    short::has_any(text, b"*?") && wildcards(text).next().is_some()
}

/// True when the text holds the beginning of a policy variable.
pub fn has_variable(text: &str) -> bool {
    short::has_any(text, b"$") && text.contains("${")
}
