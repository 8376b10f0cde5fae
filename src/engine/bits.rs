//! A small set of small numbers: which statements are still in play.
//!
//! Sixty-four to a word; two words stand in place, more on the heap. (`fixedbitset` and the like allocate for every
//! set; the sweep makes one for each choice.)

use smallvec::SmallVec;

/// A set of numbers from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits(SmallVec<[u64; 2]>);

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

    /// True when every number of this set is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(i, w)| w & !other.0.get(i).copied().unwrap_or(0) == 0)
    }
}
