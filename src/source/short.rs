//! Looking for an ASCII character in a text as short as a name. As `str::contains` and its like, which are made for long
//! texts, and for these take several times as long: a run asks some hundred times a policy.

/// True when one of these ASCII characters is in the text.
#[must_use]
#[inline]
pub fn has_any<const N: usize>(text: &str, any: &[u8; N]) -> bool {
    text.bytes().any(|b| any.contains(&b))
}

/// What stands before the first such ASCII character, and what after it.
#[must_use]
pub fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|b| b == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}
