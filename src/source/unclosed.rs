//! Which brace did its author forget to close? The parser notices a missing `}` only at the next closer that does not fit,
//! often far below; the indentation usually tells the place.

/// Offset of the first `{` or `[` that is closed by a closer standing further left than the line of its opener, in the part of
/// `text` before `end`. None when the indentation tells nothing.
pub(super) fn by_indentation(text: &str, end: usize) -> Option<usize> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let (mut indent, mut first_in_line, mut in_string, mut escaped) = (0, true, false, false);
    for (at, byte) in text.bytes().enumerate().take(end) {
        match byte {
            b'\n' | b'\r' => {
                (indent, first_in_line, in_string, escaped) = (0, true, false, false);
                continue;
            }
            _ if in_string => {
                in_string = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
                continue;
            }
            b' ' | b'\t' if first_in_line => {
                indent += 1;
                continue;
            }
            b'"' => in_string = true,
            b'{' | b'[' => open.push((at, indent)),
            b'}' | b']' => {
                if let Some((opener, opener_indent)) = open.pop()
                    && first_in_line
                    && indent < opener_indent
                {
                    return Some(opener);
                }
            }
            _ => {}
        }
        first_in_line = false;
    }
    None
}
