//! The names that only a part of an expression has: those of loops, of `dynamic` blocks, of templates in files.

use crate::source::tree::{Member, Node};

/// Names that have a value only in a part of an expression, from the inside out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    names: Names<'s>,
    outer: Option<&'s Scope<'s>>,
}

#[derive(Debug, Clone, Copy)]
enum Names<'s> {
    One(&'s str, &'s Node),
    Members(&'s [Member]),
}

impl<'s> Scope<'s> {
    /// With one name more.
    pub(super) fn one(name: &'s str, value: &'s Node, outer: Option<&'s Self>) -> Self {
        Self { names: Names::One(name, value), outer }
    }

    /// These names and no others.
    pub(super) fn members(members: &'s [Member]) -> Self {
        Self { names: Names::Members(members), outer: None }
    }

    pub(super) fn find(this: Option<&'s Self>, name: &str) -> Option<&'s Node> {
        let mut scope = this;
        while let Some(at) = scope {
            match at.names {
                Names::One(own, value) if own == name => return Some(value),
                Names::Members(members) => {
                    if let Some(member) = members.iter().rfind(|m| &*m.key.value == name) {
                        return Some(&member.value);
                    }
                }
                Names::One(..) => {}
            }
            scope = at.outer;
        }
        None
    }
}
