//! Where a name stands in the hash table of a [`Lookup`](super::table::Lookup). `build.rs` fills the tables by this very file.

/// The places, of so many (a power of two), at which a name in any letter case can stand, the likeliest first.
pub(super) fn probe(places: usize, name: &str) -> impl Iterator<Item = usize> + use<> {
    // FNV-1a, eight bytes at a time; the bit that tells letter case is set in all of them.
    let hash = name.as_bytes().chunks(8).fold(0xcbf2_9ce4_8422_2325_u64, |hash, chunk| {
        let word = chunk.iter().rev().fold(0_u64, |word, b| word << 8 | u64::from(b | 0x20));
        (hash ^ word).wrapping_mul(0x0100_0000_01b3)
    });
    let (mask, hash) = (places.wrapping_sub(1), hash ^ (hash >> 32));
    let first = usize::try_from(hash & 0xffff_ffff).unwrap_or_default();
    (0..places).map(move |step| first.wrapping_add(step) & mask)
}
