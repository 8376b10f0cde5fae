//! JSON pointers (RFC 6901) to places in the spanned tree: the way back from what a schema validator reports.

use super::tree::{Member, Node, Value};

/// What a pointer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'t> {
    /// The value.
    pub node: &'t Node,
    /// The member that holds it, when it stands in an object: for underlining the key.
    pub member: Option<&'t Member>,
}

/// Follows `pointer` from `root`; the empty pointer is `root` itself. Of members with the same key the last one counts. None when
/// the pointer is malformed or leads nowhere.
#[must_use]
pub fn resolve<'t>(root: &'t Node, pointer: &str) -> Option<Place<'t>> {
    let mut place = Place { node: root, member: None };
    if pointer.is_empty() {
        return Some(place);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        place = match &place.node.value {
            Value::Object(_) => {
                let member = place.node.member(&unescape(token)?)?;
                Place { node: &member.value, member: Some(member) }
            }
            Value::Array(elements) => Place { node: elements.get(index(token)?)?, member: None },
            _ => return None,
        };
    }
    Some(place)
}

/// One token of a pointer for `key`: `~` and `/` escaped.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut key = parts.next()?.to_owned();
    for part in parts {
        let (c, rest) = match part.as_bytes().first()? {
            b'0' => ('~', part.get(1..)?),
            b'1' => ('/', part.get(1..)?),
            _ => return None,
        };
        key.push(c);
        key.push_str(rest);
    }
    Some(key)
}

fn index(token: &str) -> Option<usize> {
    let plain = token.bytes().all(|b| b.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    plain.then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "tests")]

    use super::*;
    use crate::source::parse;

    #[test]
    fn follows_keys_indices_and_escapes() {
        let text =
            r#"{"a/b": [1, {"~c": "x"}], "": 2, "d": 3, "d": 4, "~1": 5, "é": [0,1,2,3,4,5,6,7,8,9,"ten"]}"#;
        let parsed = parse(text.as_bytes());
        let root = &parsed.documents[0];
        let found = |pointer| resolve(root, pointer).map(|p| &text[p.node.span.range()]);
        assert_eq!(found(""), Some(text));
        assert_eq!(found("/a~1b/0"), Some("1"));
        assert_eq!(found("/a~1b/1/~0c"), Some("\"x\""));
        assert_eq!(found("/"), Some("2"));
        assert_eq!(found("/d"), Some("4"), "the last of two");
        assert_eq!(found("/~01"), Some("5"));
        assert_eq!(found("/é/10"), Some("\"ten\""));
        let key = resolve(root, "/a~1b/1/~0c").unwrap().member.unwrap();
        assert_eq!(&text[key.key.span.range()], "\"~c\"");
        for nowhere in ["x", "/x", "/a~1b/2", "/a~1b/-", "/a~1b/00", "/a~1b/+1", "/a~2b", "/d~", "/d/0"] {
            assert_eq!(found(nowhere), None, "{nowhere}");
        }
        assert_eq!(escape("a/~b"), "a~1~0b");
    }
}
