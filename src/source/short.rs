//! Looking for bytes in a text as short as a name or an ARN, eight at a time. As `str::contains` and its like, which are made
//! for long texts, and for these take several times as long: a run asks some hundred times a policy.

/// A one in each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte of a word.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// Where the first byte is that `is` speaks of; `marks` marks the same bytes in a word, with their highest bits.
#[inline]
pub fn first(bytes: &[u8], marks: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let marked = marks(u64::from_le_bytes(*word));
        if marked != 0 {
            return Some(number * 8 + marked.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|b| is(*b)).map(|at| words.len() * 8 + at)
}

/// Marks the bytes that are this one.
#[must_use]
#[inline]
pub fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * u64::from(byte)), 1)
}

/// Marks the bytes below this one, which is at most 128.
#[must_use]
#[inline]
pub fn below(word: u64, byte: u8) -> u64 {
    // With the highest bits set, no byte borrows from the next.
    !(word | HIGHEST).wrapping_sub(ONES * u64::from(byte)) & !word & HIGHEST
}

/// Marks the bytes that are no ASCII.
#[must_use]
#[inline]
pub fn beyond_ascii(word: u64) -> u64 {
    word & HIGHEST
}

/// Where the first of these bytes stands.
#[must_use]
#[inline]
pub fn position<const N: usize>(text: &str, any: &[u8; N]) -> Option<usize> {
    let marks = |word| any.iter().fold(0, |marked, byte| marked | equal(word, *byte));
    first(text.as_bytes(), marks, |b| any.contains(&b))
}

/// True when one of these bytes is in the text.
#[must_use]
#[inline]
pub fn has_any<const N: usize>(text: &str, any: &[u8; N]) -> bool {
    position(text, any).is_some()
}

/// What stands before the first such ASCII character, and what after it. Byte by byte: what stands before is mostly shorter
/// than a word.
#[must_use]
pub fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|b| b == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_plain_search_finds() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            // Bytes next to those that are looked for: bytes of a word must not spoil one another.
            let byte = |rng: &mut fastrand::Rng| *rng.choice(b"\0\x1f !\"#$*:;/9@\x7f").unwrap_or(&b'a');
            let text: String = (0..rng.usize(..30)).map(|_| char::from(byte(&mut rng))).collect();
            let text = if rng.u8(..8) == 0 { format!("{text}\u{f0001}\u{e9}{text}") } else { text };
            assert_eq!(position(&text, b":"), text.bytes().position(|b| b == b':'), "{text:?}");
            assert_eq!(position(&text, b"*?$"), text.bytes().position(|b| b"*?$".contains(&b)), "{text:?}");
            assert_eq!(has_any(&text, &[0xF3]), text.contains('\u{f0001}'), "{text:?}");
            let low = first(text.as_bytes(), |word| below(word, 0x20), |b| b < 0x20);
            assert_eq!(low, text.bytes().position(|b| b < 0x20), "{text:?}");
            assert_eq!(split_once(&text, b'/'), text.split_once('/'), "{text:?}");
        }
    }
}
