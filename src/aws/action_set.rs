//! Sets of S3 actions, and which actions a pattern names.

use super::actions::{Action, action, actions};
use super::table;

/// A set of S3 actions, one bit each by [`Action::index`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActionSet([u64; 4]);

impl ActionSet {
    /// This one alone.
    #[must_use]
    pub fn of(index: usize) -> Self {
        let mut out = Self::default();
        out.insert(index);
        out
    }

    /// All there are.
    #[must_use]
    pub fn all() -> Self {
        Self::below(actions().len())
    }

    /// The first so many.
    fn below(count: usize) -> Self {
        Self(std::array::from_fn(|place| match count.saturating_sub(64 * place) {
            0 => 0,
            left => u64::MAX >> 64_usize.saturating_sub(left),
        }))
    }

    /// The actions that a name means in which `*` and `?` are wildcards, letter case aside; `name` without `s3:`.
    ///
    /// Source for the letter case and the wildcards: IAM User Guide, "Action" element.
    #[must_use]
    pub fn matching(name: &str) -> Self {
        let is_wildcard = |b: u8| matches!(b, b'*' | b'?');
        let Some(head) = name.bytes().position(is_wildcard) else {
            return action(name).map(|action| Self::of(action.index)).unwrap_or_default();
        };
        let (head, tail) = name.split_at_checked(head).unwrap_or((name, ""));
        // The actions are sorted without regard to case: those that begin like the pattern stand together.
        let begins = |a: &Action| table::compare(a.name.get(..head.len()).unwrap_or(a.name), head);
        let first = actions().partition_point(|a| begins(a).is_lt());
        let end = actions().partition_point(|a| begins(a).is_le());
        let alike = Self::below(end).minus(Self::below(first));
        if tail == "*" {
            return alike;
        }
        let mut out = Self::default();
        alike.actions().filter(|a| is_match(name, a.name)).for_each(|a| out.insert(a.index));
        out
    }

    /// Adds one.
    pub fn insert(&mut self, index: usize) {
        if let Some(w) = self.0.get_mut(index / 64) {
            *w |= 1 << (index % 64);
        }
    }

    /// True when it is in the set.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|w| w >> (index % 64) & 1 == 1)
    }

    /// Adds those of another set.
    pub fn extend(&mut self, other: Self) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
    }

    /// Those that are in either.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.extend(other);
        self
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= b;
        }
        self
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn minus(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= !b;
        }
        self
    }

    /// True when none is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The numbers in it, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> + Clone {
        self.0.into_iter().enumerate().flat_map(|(place, word)| bits(word).map(move |bit| 64 * place + bit))
    }

    /// The actions in it, in order.
    pub fn actions(self) -> impl Iterator<Item = &'static Action> + Clone {
        self.iter().filter_map(|index| actions().get(index))
    }
}

/// The numbers of the bits that are set, in order.
fn bits(mut word: u64) -> impl Iterator<Item = usize> + Clone {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit as usize)
    })
}

/// Whether the pattern matches the name, letter case aside. (What a pattern matches in a request is the engine's, whose
/// patterns can do more and are too heavy for a look at a few hundred names.)
fn is_match(pattern: &str, name: &str) -> bool {
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
