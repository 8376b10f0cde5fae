//! The spanned JSON tree: every value and every object key knows its byte range in the file, duplicate keys are
//! kept in order, and a string can hold [`Symbol`]s: parts whose text is only known at deploy time.
//!
//! This module knows nothing of policies, and not how the tree was made.

use super::short;
use super::span::Span;
use std::sync::Arc;

/// One JSON value with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value's bytes in the file: a string's quotes and a container's brackets included.
    pub span: Span,
    /// The value itself.
    pub value: Value,
}

/// A JSON value. Numbers keep their text: a policy's account ids and epochs must not pass through a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(Box<str>),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Node>),
    /// An object: its members in the order of the file, duplicate keys included.
    Object(Vec<Member>),
}

/// One `"key": value` of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key, with the span of its quoted text.
    pub key: Text,
    /// The value.
    pub value: Node,
}

impl Member {
    /// From the key's first byte to the value's last.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}

/// A decoded string and the way back from its bytes to the file's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The decoded text, without the parts that are symbols.
    pub value: Box<str>,
    /// The string in the file, quotes included.
    pub span: Span,
    /// How decoded offsets map to file offsets. Empty: byte `i` of `value` stands at `span.start + 1 + i`.
    /// Otherwise `(decoded, file)` pairs in rising order, the first for decoded offset 0: from each pair on, the two run
    /// in step until the next pair, or until the place of that one is reached.
    pub map: Box<[(u32, u32)]>,
    /// Parts known only at deploy time, in rising order of `at`. Empty for plain JSON.
    pub holes: Box<[Hole]>,
}

/// A place in a [`Text`] where a [`Symbol`]'s text will stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Byte offset in [`Text::value`] where the symbol's text belongs.
    pub at: u32,
    /// What stands there.
    pub symbol: Arc<Symbol>,
}

/// A value that exists only at deploy time, such as a template's reference to a bucket. Two symbols with the same
/// name are the same value; of anything else it may or may not be equal to. A verdict must hold for every text it
/// may take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// The reference as its author wrote it (`${bucket}`, `!Ref Bucket`): what makes two symbols one.
    pub name: Box<str>,
    /// Text the value is known to begin with; empty when nothing is known.
    pub prefix: Box<str>,
    /// Text the value is known to end with; empty when nothing is known.
    pub suffix: Box<str>,
}

impl Text {
    /// A plain text whose decoded bytes stand one to one in the file, after the opening quote.
    #[must_use]
    pub fn plain(value: &str, span: Span) -> Self {
        Self { value: value.into(), span, map: Box::default(), holes: Box::default() }
    }

    /// True when it holds a character of the range U+F0000 to U+FFFFD, which is for private use: the engine writes symbols
    /// with them, and so can say nothing of a text that brings its own.
    #[must_use]
    pub fn has_private_use(&self) -> bool {
        short::has_any(&self.value, &[0xF3])
            && self.value.chars().any(|c| matches!(c, '\u{F0000}'..='\u{FFFFD}'))
    }

    /// The file's bytes for the decoded range `start..end`.
    #[must_use]
    pub fn at(&self, start: usize, end: usize) -> Span {
        Span::new(self.file_offset(start), self.file_offset(end))
    }

    /// The file offset of decoded byte `offset`.
    #[must_use]
    pub fn file_offset(&self, offset: usize) -> usize {
        let after = self.map.partition_point(|&(decoded, _)| decoded as usize <= offset);
        let Some(&(decoded, file)) = after.checked_sub(1).and_then(|i| self.map.get(i)) else {
            return self.span.start as usize + 1 + offset;
        };
        let place = file as usize + (offset - decoded as usize);
        match self.map.get(after) {
            Some(&(_, next)) if next >= file => place.min(next as usize),
            _ => place,
        }
    }

    /// The text when all of it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        self.holes.is_empty().then_some(&*self.value)
    }
}

impl Node {
    /// The members, when this is an object.
    #[must_use]
    pub fn object(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The elements, when this is an array.
    #[must_use]
    pub fn array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The **last** member with this key (AWS's reading of a repeated one), when this is an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|m| &m.value)
    }

    /// Like [`Node::get`], with the key's own place.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.object()?.iter().rev().find(|m| &*m.key.value == key)
    }

    /// The elements of an array, or the value alone: policies write one value without brackets.
    #[must_use]
    pub fn one_or_many(&self) -> &[Node] {
        self.array().unwrap_or_else(|| std::slice::from_ref(self))
    }

    /// The kind of value, in words for a message: `a string`, `an array` ...
    #[must_use]
    pub fn kind_in_words(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// The smallest node that holds a place, the keys on the way to it, and whether the place is the last of these keys.
#[must_use]
pub fn node_at(root: &Node, span: Span) -> (&Node, Vec<&Text>, bool) {
    let (mut node, mut keys) = (root, Vec::new());
    loop {
        let inner = match &node.value {
            // The parts of a container are in the order of the file.
            _ if node.span == span => None,
            Value::Object(members) => {
                let after = members.partition_point(|m| m.value.span.end <= span.start);
                let member = members.get(after).filter(|m| m.span().covers(span));
                member.map(|member| {
                    keys.push(&member.key);
                    &member.value
                })
            }
            Value::Array(elements) => {
                let after = elements.partition_point(|e| e.span.end <= span.start);
                elements.get(after).filter(|e| e.span.covers(span))
            }
            _ => None,
        };
        match inner {
            None => return (node, keys, false),
            Some(inner) if inner.span.covers(span) => node = inner,
            Some(inner) => return (inner, keys, true),
        }
    }
}
