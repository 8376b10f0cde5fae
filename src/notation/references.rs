//! References in texts: what stands for a value that is known only at deploy time, back to the name of that value.

use serde_json::Value;

/// The texts that stand for values, and the names by which a file can refer to these.
#[derive(Debug, Clone, Default)]
pub struct References(Vec<(String, Option<String>)>);

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    /// A reference, by its name; `None`: it has none that could be written.
    Reference(Option<&'t str>),
}

impl References {
    /// From what stands for values, and their names, such as `Bucket.Arn`; `None`: no name could be written.
    #[must_use]
    pub fn new(mut stand_ins: Vec<(String, Option<String>)>) -> Self {
        // Of two that begin alike the longer one counts, of two names of one thing that which can be written.
        stand_ins.sort_by_key(|(text, name)| (std::cmp::Reverse(text.len()), name.is_none()));
        Self(stand_ins)
    }

    /// The parts of a text.
    pub(super) fn pieces<'t>(&'t self, text: &'t str) -> Vec<Piece<'t>> {
        let (mut out, mut rest) = (Vec::new(), text);
        loop {
            let found = self
                .0
                .iter()
                .filter_map(|(stand_in, name)| Some((rest.find(stand_in.as_str())?, stand_in, name)));
            let Some((at, stand_in, name)) = found.min_by_key(|(at, ..)| *at) else { break };
            let (before, after) = rest.split_at(at);
            if !before.is_empty() {
                out.push(Piece::Text(before));
            }
            out.push(Piece::Reference(name.as_deref()));
            rest = after.strip_prefix(stand_in.as_str()).unwrap_or_default();
        }
        if !rest.is_empty() {
            out.push(Piece::Text(rest));
        }
        out
    }

    /// Whether all that a value refers to has a name.
    #[must_use]
    pub fn can_write(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => !self.pieces(text).contains(&Piece::Reference(None)),
            Value::Array(items) => items.iter().all(|item| self.can_write(item)),
            Value::Object(members) => members.values().all(|value| self.can_write(value)),
            _ => true,
        }
    }

    /// The text with its references as `${name}`, and whether there are any.
    #[must_use]
    pub fn spelled(&self, text: &str) -> (String, bool) {
        let (mut out, mut any) = (String::with_capacity(text.len()), false);
        for piece in self.pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Reference(name) => {
                    any = true;
                    out.push_str("${");
                    out.push_str(name.unwrap_or_default());
                    out.push('}');
                }
            }
        }
        (out, any)
    }

    /// The name, when the text is one reference and nothing else.
    pub(super) fn alone(&self, text: &str) -> Option<&str> {
        self.0.iter().find(|(stand_in, _)| stand_in == text).and_then(|(_, name)| name.as_deref())
    }
}
