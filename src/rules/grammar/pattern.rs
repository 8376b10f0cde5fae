//! `*` and `?` in a policy's text, by place: for saying where a wildcard stands and which known names a pattern can mean.
//! (What a pattern matches in a request is the engine's; its automata are too heavy for a look at a few hundred names.)

/// Whether the pattern matches the name, letter case aside, as in `Action`.
pub fn matches_ignoring_case(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut last_star = None;
    while let Some(c) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p, n));
                p += 1;
            }
            Some(q) if *q == b'?' || q.eq_ignore_ascii_case(c) => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((star, from)) = last_star else { return false };
                last_star = Some((star, from + 1));
                p = star + 1;
                n = from + 1;
            }
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == b'*')
}

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
    text.contains(['*', '?']) && wildcards(text).next().is_some()
}

/// True when the text holds the beginning of a policy variable.
pub fn has_variable(text: &str) -> bool {
    text.contains("${")
}
