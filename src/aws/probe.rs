//! Where a name stands in the hash table of a [`Lookup`](super::table::Lookup). `build.rs` fills the tables by this very file.

/// The places, of so many (a power of two), at which a name in any letter case can stand, the likeliest first.
pub(super) fn probe(places: usize, name: &str) -> impl Iterator<Item = usize> + use<> {
    // FNV-1a, eight bytes at a time; the bit that tells letter case is set in all of them.
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3);
    let (words, rest) = name.as_bytes().as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word) | 0x2020_2020_2020_2020);
    let hash = words.fold(0xcbf2_9ce4_8422_2325, mix);
    let last = rest.iter().rev().fold(0_u64, |word, b| word << 8 | u64::from(b | 0x20));
    let hash = if rest.is_empty() { hash } else { mix(hash, last) };
    let (mask, hash) = (places.wrapping_sub(1), hash ^ (hash >> 32));
    let first = usize::try_from(hash & 0xffff_ffff).unwrap_or_default();
    (0..places).map(move |step| first.wrapping_add(step) & mask)
}
