//! What is being written at a place of a JSON text, going by brackets, commas and quotes alone: the text is half-typed, and
//! everything behind the place may be missing. Knows nothing of policies.

use super::span::Span;

/// A place in a JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The way from the outermost container to the one that holds the place, and on to the member when the place is in its
    /// value.
    pub path: Vec<Step>,
    /// What can be written here.
    pub slot: Slot,
    /// The string that the place is in, or right behind its opening quote: from that quote to its closing one, or to the place
    /// when there is none on the line.
    pub string: Option<Span>,
    /// What stands in the string before the place, as written.
    pub before: String,
    /// The keys of the innermost object, without the one at the place.
    pub keys: Vec<String>,
}

/// A step of the way to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the member with this key.
    Key(String),
    /// Into the element with this number.
    Index(usize),
}

/// What can be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The key of a member.
    Key,
    /// A value.
    Value,
    /// Neither: a colon or a comma is missing.
    Nothing,
}

#[derive(Debug)]
enum Container {
    Object { key: Option<String>, keys: Vec<String>, after_colon: bool },
    Array { index: usize },
}

#[derive(Debug)]
struct Level {
    container: Container,
    /// A key or a value has been read, and no comma since.
    full: bool,
}

impl Cursor {
    /// What is being written at byte `at` of a text. A place inside a number or a word counts as if nothing were there.
    #[must_use]
    pub fn at(text: &str, at: usize) -> Self {
        let bytes = text.as_bytes();
        let mut levels: Vec<Level> = Vec::new();
        let mut found: Option<(Self, usize)> = None;
        let mut i = 0;
        loop {
            if found.is_none() && i >= at {
                found = Some((here(&levels), levels.len()));
            }
            let Some(&byte) = bytes.get(i) else { break };
            match byte {
                b'"' => {
                    let end = string_end(bytes, i);
                    let closed = end > i + 1 && bytes.get(end - 1) == Some(&b'"');
                    let mut after = bytes.get(end..).unwrap_or_default().iter();
                    if after.find(|b| !b.is_ascii_whitespace()) == Some(&b':') {
                        // A key, whether or not a comma stands before it.
                        next_member(&mut levels);
                    }
                    if found.is_none() && i < at && (at < end || at == end && !closed) {
                        let mut cursor = here(&levels);
                        cursor.string = Some(Span::new(i, if closed { end } else { at }));
                        text.get(i + 1..at).unwrap_or_default().clone_into(&mut cursor.before);
                        found = Some((cursor, levels.len()));
                        read(&mut levels, None);
                    } else {
                        let inner = end - usize::from(closed);
                        read(&mut levels, text.get(i + 1..inner));
                    }
                    i = end;
                    continue;
                }
                b'{' => levels.push(Level {
                    container: Container::Object { key: None, keys: Vec::new(), after_colon: false },
                    full: false,
                }),
                b'[' => levels.push(Level { container: Container::Array { index: 0 }, full: false }),
                b'}' | b']' => {
                    if let (Some((cursor, depth)), Some(level)) = (&mut found, levels.last())
                        && levels.len() == *depth
                    {
                        cursor.keys = keys(level);
                        // What follows does not concern it.
                        break;
                    }
                    levels.pop();
                    read(&mut levels, None);
                }
                b':' => {
                    if let Some(Level { container: Container::Object { after_colon, .. }, full }) =
                        levels.last_mut()
                    {
                        *after_colon = true;
                        *full = false;
                    }
                }
                b',' => {
                    next_member(&mut levels);
                    if let Some(Level { container: Container::Array { index }, full }) = levels.last_mut() {
                        *index += 1;
                        *full = false;
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => {
                    if let Some(level) = levels.last_mut() {
                        level.full = true;
                    }
                }
            }
            i += 1;
        }
        let Some((mut cursor, depth)) = found else { return here(&levels) };
        if cursor.keys.is_empty()
            && let Some(level) = levels.get(depth.wrapping_sub(1))
        {
            cursor.keys = keys(level);
        }
        cursor
    }

    /// The keys of the path, from the outermost on.
    #[must_use]
    pub fn path_keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
    }
}

/// The offset behind the string that begins at `start`, which ends with its line if nothing closes it.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The innermost container, if it is an object, is at its next member.
fn next_member(levels: &mut [Level]) {
    if let Some(Level { container: Container::Object { key, after_colon, .. }, full }) = levels.last_mut() {
        (*key, *after_colon, *full) = (None, false, false);
    }
}

/// A value, or the key `text`, has been read in the innermost container. `None`: a key that is not to be told.
fn read(levels: &mut [Level], text: Option<&str>) {
    let Some(level) = levels.last_mut() else { return };
    level.full = true;
    if let Container::Object { key, keys, after_colon: false } = &mut level.container {
        *key = text.map(str::to_owned);
        keys.extend(text.map(str::to_owned));
    }
}

fn keys(level: &Level) -> Vec<String> {
    match &level.container {
        Container::Object { keys, .. } => keys.clone(),
        Container::Array { .. } => Vec::new(),
    }
}

fn here(levels: &[Level]) -> Cursor {
    let mut path = Vec::new();
    for (number, level) in levels.iter().enumerate() {
        let last = number + 1 == levels.len();
        match &level.container {
            Container::Object { key: Some(key), after_colon, .. } if !last || *after_colon => {
                path.push(Step::Key(key.clone()));
            }
            Container::Object { .. } => {}
            Container::Array { index } => path.push(Step::Index(*index)),
        }
    }
    let slot = match levels.last() {
        Some(Level { full: true, .. }) => Slot::Nothing,
        Some(Level { container: Container::Object { after_colon: false, .. }, .. }) => Slot::Key,
        _ => Slot::Value,
    };
    Cursor { path, slot, string: None, before: String::new(), keys: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cursor at `|`, with its path written out.
    fn at(text: &str) -> (String, Slot, Option<String>, String, Vec<String>) {
        let at = text.find('|').unwrap();
        let text = text.replace('|', "");
        let cursor = Cursor::at(&text, at);
        let path = cursor.path.iter().map(|step| match step {
            Step::Key(key) => format!("/{key}"),
            Step::Index(index) => format!("/{index}"),
        });
        let string = cursor.string.map(|span| text.get(span.range()).unwrap().to_owned());
        (path.collect(), cursor.slot, string, cursor.before, cursor.keys)
    }

    fn of(
        path: &str,
        slot: Slot,
        string: Option<&str>,
        before: &str,
        keys: &[&str],
    ) -> (String, Slot, Option<String>, String, Vec<String>) {
        let keys = keys.iter().map(|k| (*k).to_owned()).collect();
        (path.to_owned(), slot, string.map(str::to_owned), before.to_owned(), keys)
    }

    #[test]
    fn values_and_keys_with_and_without_quotes() {
        let keys = ["Effect", "Action"];
        assert_eq!(
            at(r#"{"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:|Put"]}]}"#),
            of("/Statement/0/Action/1", Slot::Value, Some(r#""s3:Put""#), "s3:", &[])
        );
        assert_eq!(
            at(r#"{"Statement": [{"Effect": "Al|", "Action": 1}]}"#),
            of("/Statement/0/Effect", Slot::Value, Some(r#""Al""#), "Al", &keys)
        );
        assert_eq!(at(r#"[{"Effect": |, "Action": 1}]"#), of("/0/Effect", Slot::Value, None, "", &keys));
        assert_eq!(
            at(r#"[{"Effect": 1, "P|", "Action": 1}]"#),
            of("/0", Slot::Key, Some("\"P\""), "P", &keys)
        );
        assert_eq!(at(r#"[{"Effect": 1, |"Action": 1}]"#), of("/0", Slot::Key, None, "", &keys));
        assert_eq!(at(r#"[{"Effect": 1 | }]"#), of("/0/Effect", Slot::Nothing, None, "", &["Effect"]));
        assert_eq!(at("|"), of("", Slot::Value, None, "", &[]));
    }

    #[test]
    fn what_is_missing_behind_the_place_does_not_matter() {
        assert_eq!(
            at("{\"Statement\": [{\n  \"Action\": \"s3:|\n  \"Resource\": \"*\"\n}"),
            of("/Statement/0/Action", Slot::Value, Some("\"s3:"), "s3:", &["Action", "Resource"])
        );
        assert_eq!(
            at(r#"{"Statement": {"Condition": {"StringEquals": {"|"#),
            of("/Statement/Condition/StringEquals", Slot::Key, Some("\""), "", &[])
        );
        assert_eq!(
            at(r#"{"a": {"b": "x\"y|z"#),
            of("/a/b", Slot::Value, Some(r#""x\"y"#), r#"x\"y"#, &["b"])
        );
    }

    #[test]
    fn any_place_of_any_text_has_an_answer() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..3000 {
            let pieces = ["{", "}", "[", "]", "\"", ":", ",", "a", "\\", "\n", "é", " "];
            let text: String = (0..rng.usize(0..24)).map(|_| pieces[rng.usize(..pieces.len())]).collect();
            for at in 0..=text.len() {
                let cursor = Cursor::at(&text, at);
                if let Some(span) = cursor.string {
                    assert!(
                        (span.start as usize) < at && at <= span.end as usize,
                        "{text:?} {at} {cursor:?}"
                    );
                }
            }
        }
    }
}
