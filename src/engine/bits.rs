//! A small set of small numbers: which statements are still in play.
//!
//! Sixty-four to a word; two words stand in place, more on the heap. (`fixedbitset` and the like allocate for every
//! set; the sweep makes one for each choice.)

use smallvec::SmallVec;

/// A set of numbers from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits(SmallVec<[u64; 2]>);

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut out = Self::default();
        numbers.into_iter().for_each(|n| out.insert(n));
        out
    }
}

impl Bits {
    /// Adds `n`.
    pub fn insert(&mut self, n: usize) {
        let word = n / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(w) = self.0.get_mut(word) {
            *w |= 1 << (n % 64);
        }
    }

    /// True when `n` is in it.
    #[must_use]
    pub fn contains(&self, n: usize) -> bool {
        self.0.get(n / 64).is_some_and(|w| w >> (n % 64) & 1 == 1)
    }

    /// True when some number is in both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// As `other` for the numbers in `mask`, as `self` for the rest.
    #[must_use]
    pub fn choose(&self, mask: &Self, other: &Self) -> Self {
        let words = self.0.len().max(mask.0.len());
        let word = |bits: &Self, i: usize| bits.0.get(i).copied().unwrap_or(0);
        let pick = |i| word(self, i) & !word(mask, i) | word(other, i) & word(mask, i);
        let mut out = Self((0..words).map(pick).collect());
        // Equal sets are equal in every word: none at the end is empty.
        while out.0.last() == Some(&0) {
            out.0.pop();
        }
        out
    }

    /// True when every number of this set is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(i, w)| w & !other.0.get(i).copied().unwrap_or(0) == 0)
    }
}
