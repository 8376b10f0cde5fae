//! Compiled patterns: what a policy's text matches, character by character.
//!
//! Written by hand because no library does it: a glob or regular expression has other special characters, cannot
//! say "not across a colon" or "this part is only known at deploy time", and gives no automaton that
//! [`super::cells`] could walk for many patterns at once. Property tests compare it with the `regex` crate.
//!
//! Knows nothing of policies or requests.

use crate::source::Symbol;
use smallvec::SmallVec;
use std::sync::Arc;

/// A set of characters, as a set of restrictions: the empty set of restrictions is "any character".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(u8);

impl Class {
    /// Any character.
    pub const ANY: Self = Self(0);
    /// Anything but `:`, for the first five fields of an ARN.
    pub const NO_COLON: Self = Self(1);
    /// Anything but `/`.
    pub const NO_SLASH: Self = Self(2);
    /// Decimal digits.
    pub const DIGIT: Self = Self(4);
    /// ASCII letters and digits.
    pub const ALNUM: Self = Self(8);
    /// Anything but [`SEPARATOR`].
    pub const NO_SEPARATOR: Self = Self(16);
    /// Anything that an unknown value may hold: all but the fresh characters.
    const NO_FRESH: Self = Self(32);
    /// Any character, or a value known only at deploy time: what a request's text may begin with.
    pub const ANY_VALUE: Self = Self(64);

    /// Both sets of restrictions.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[inline]
    fn admits(self, c: char) -> bool {
        if self.0 == 0 {
            return true;
        }
        !(self.has(Self::NO_COLON) && c == ':'
            || self.has(Self::NO_SLASH) && c == '/'
            || self.has(Self::NO_SEPARATOR) && c == SEPARATOR
            || self.has(Self::DIGIT) && !(c.is_ascii_digit() || c == FRESH_DIGIT)
            || self.has(Self::ALNUM) && !(c.is_ascii_alphanumeric() || c == FRESH || c == FRESH_DIGIT)
            || self.has(Self::NO_FRESH) && (c == FRESH || c == FRESH_DIGIT))
    }
}

/// Stands between the parts of a composed string (a role and its session) and in no policy's text.
pub const SEPARATOR: char = '\u{1F}';
/// A character of a made-up value that is chosen to differ from every value known only at deploy time.
pub const FRESH: char = '\u{FFFFC}';
/// The same, where only a digit may stand.
pub const FRESH_DIGIT: char = '\u{FFFFD}';
const FIRST_SYMBOL: u32 = 0xF_0000;
const LAST_SYMBOL: u32 = 0xF_FFF0;

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tok {
    /// This character.
    Char(char),
    /// This (lower-case) character in either case.
    Fold(char),
    /// One character of the class.
    One(Class),
    /// Any run of characters of the class, also none.
    Many(Class),
}

impl Tok {
    /// True when one character `c` may stand here.
    #[must_use]
    #[inline]
    pub fn admits(self, c: char) -> bool {
        match self {
            Self::Char(x) => x == c,
            Self::Fold(x) if c.is_ascii() => x == c.to_ascii_lowercase(),
            Self::Fold(x) => x == c || folds(x, c),
            // What is known only at deploy time is no single character.
            Self::One(class) => class.admits(c) && (!is_symbol(c) || class.has(Class::ANY_VALUE)),
            Self::Many(class) => class.admits(c),
        }
    }
}

impl Tok {
    /// A character that may stand here; none where nothing need stand.
    #[must_use]
    #[inline]
    pub fn plainest(self) -> Option<char> {
        match self {
            Self::Char(c) | Self::Fold(c) => Some(c),
            Self::One(class) if class.has(Class::DIGIT) => Some('9'),
            Self::One(_) => Some('x'),
            Self::Many(_) => None,
        }
    }
}

/// True when this is what the character is in lower case.
#[cold]
fn folds(lower: char, c: char) -> bool {
    c.to_lowercase().eq(std::iter::once(lower))
}

/// Whether something holds: also "cannot be told".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It may or may not.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min_of(other, true)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.min_of(other, false)
    }

    fn min_of(self, other: Self, min: bool) -> Self {
        if (self as u8 <= other as u8) == min { self } else { other }
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// The opposite when `negated`.
    #[must_use]
    pub fn negate_if(self, negated: bool) -> Self {
        if negated { self.negate() } else { self }
    }

    /// True if any holds, unknown if any may.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut out = Self::False;
        for truth in truths {
            out = out.or(truth);
            if out == Self::True {
                break;
            }
        }
        out
    }
}

impl From<bool> for Truth {
    fn from(b: bool) -> Self {
        if b { Self::True } else { Self::False }
    }
}

/// The values known only at deploy time that take part in one question, each with a character that stands for it.
#[derive(Debug, Clone, Default)]
pub struct Symbols(Vec<Arc<Symbol>>);

impl Symbols {
    /// The character that stands for this symbol.
    pub fn char_of(&mut self, symbol: &Arc<Symbol>) -> char {
        let index = self.0.iter().position(|s| s.name == symbol.name).unwrap_or_else(|| {
            self.0.push(Arc::clone(symbol));
            self.0.len() - 1
        });
        u32::try_from(index)
            .ok()
            .and_then(|i| char::from_u32((FIRST_SYMBOL + i).min(LAST_SYMBOL)))
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The characters of all symbols.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<> {
        let count = u32::try_from(self.0.len()).unwrap_or(0);
        (0..count).filter_map(|i| char::from_u32(FIRST_SYMBOL + i))
    }

    fn get(&self, c: char) -> Option<&Symbol> {
        let index = (c as u32).checked_sub(FIRST_SYMBOL)?;
        self.0.get(index as usize).map(|s| &**s)
    }

    /// The value as a person may read it: symbols by name, made-up characters as plain ones.
    #[must_use]
    pub fn readable(&self, value: &str) -> String {
        if !value.chars().any(is_reserved) {
            return value.to_owned();
        }
        let mut out = String::with_capacity(value.len());
        for c in value.chars() {
            match c {
                FRESH => out.push('x'),
                FRESH_DIGIT => out.push('9'),
                _ => match self.get(c) {
                    Some(symbol) => out.push_str(&symbol.name),
                    None => out.push(c),
                },
            }
        }
        out
    }
}

fn is_symbol(c: char) -> bool {
    (FIRST_SYMBOL..=LAST_SYMBOL).contains(&(c as u32))
}

/// True for the characters that this module uses for its own ends (plane 15, private use).
#[must_use]
pub fn is_reserved(c: char) -> bool {
    (FIRST_SYMBOL..=FRESH_DIGIT as u32).contains(&(c as u32))
}

/// The tokens of a literal text.
pub fn literal(text: &str) -> impl Iterator<Item = Tok> + '_ {
    text.chars().map(Tok::Char)
}

/// Adds the pattern of this very text.
pub fn push_literal(text: &str, out: &mut Vec<Tok>) {
    if text.is_ascii() {
        // Of known length, as texts mostly are.
        out.extend(text.bytes().map(|b| Tok::Char(char::from(b))));
    } else {
        out.extend(literal(text));
    }
}

/// Whether the pattern matches the value, symbols being letters of their own.
#[must_use]
pub fn matches(pattern: &[Tok], value: &str) -> bool {
    // Most patterns are a text, or one with a `*` at its end.
    let mut chars = value.chars();
    let mut rest = pattern;
    while let [tok, after @ ..] = rest {
        if let Tok::Many(class) = tok {
            match after.first() {
                // The run ends where its class does: `bucket` before `/`.
                Some(Tok::Char(c)) if !class.admits(*c) => {
                    chars = chars.as_str().trim_start_matches(|c| class.admits(c)).chars();
                    rest = after;
                    continue;
                }
                _ => break,
            }
        }
        match (tok, chars.next()) {
            (Tok::Char(x), Some(c)) if *x == c => rest = after,
            (_, Some(c)) if tok.admits(c) => rest = after,
            _ => return false,
        }
    }
    match rest {
        [] => chars.next().is_none(),
        [Tok::Many(Class::ANY)] => true,
        _ => simulate(rest, chars),
    }
}

/// Position sets: small, exact, and linear in the value for a given pattern.
fn simulate(pattern: &[Tok], value: std::str::Chars<'_>) -> bool {
    let mut now = Positions::new();
    let mut next = Positions::new();
    enter(pattern, 0, &mut now);
    let takes_all = pattern.last() == Some(&Tok::Many(Class::ANY));
    for c in value {
        next.clear();
        for &at in &now {
            let Some(tok) = pattern.get(at) else { continue };
            if tok.admits(c) {
                match tok {
                    Tok::Many(_) => enter(pattern, at, &mut next),
                    _ => enter(pattern, at + 1, &mut next),
                }
            }
        }
        std::mem::swap(&mut now, &mut next);
        if now.is_empty() {
            return false;
        }
        if takes_all && now.last() == Some(&pattern.len()) {
            return true;
        }
        prune(pattern, &mut now);
    }
    now.last() == Some(&pattern.len())
}

/// Places in a pattern; few, for nearly all patterns.
type Positions = SmallVec<[usize; 16]>;

/// Adds a place and those reached from it without a character. Places are added in order, so one that is not beyond the last
/// is there already, with all that follow from it.
fn enter(pattern: &[Tok], mut at: usize, set: &mut Positions) {
    if set.last().is_some_and(|&last| last >= at) {
        return;
    }
    set.push(at);
    while matches!(pattern.get(at), Some(Tok::Many(_))) {
        at += 1;
        set.push(at);
    }
}

/// Drops the places before the last `*` that was reached: whatever they still accept, it accepts too.
fn prune(pattern: &[Tok], set: &mut Positions) {
    if set.len() > 2
        && let Some(last) = set.iter().rposition(|&at| pattern.get(at) == Some(&Tok::Many(Class::ANY)))
    {
        set.drain(..last);
    }
}

/// Whether the pattern matches the value for every, for no, or for some text that the symbols may stand for.
#[must_use]
pub fn matches_symbols(pattern: &[Tok], value: &str, symbols: &Symbols) -> Truth {
    if matches(pattern, value) {
        return Truth::True;
    }
    if symbols.is_empty() {
        return Truth::False;
    }
    let in_pattern = pattern.iter().any(|t| matches!(t, Tok::Char(c) if is_symbol(*c)));
    if !in_pattern && !value.chars().any(is_symbol) {
        return Truth::False;
    }
    let value: Vec<Tok> = literal(value).collect();
    if intersects(&expand(pattern, symbols), &expand(&value, symbols)) {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// Each symbol as "what it begins with, anything, what it ends with".
fn expand(pattern: &[Tok], symbols: &Symbols) -> Vec<Tok> {
    let mut out = Vec::with_capacity(pattern.len());
    for &tok in pattern {
        match tok {
            Tok::Char(c) if is_symbol(c) => {
                if let Some(symbol) = symbols.get(c) {
                    out.extend(literal(&symbol.prefix));
                    out.push(Tok::Many(Class::NO_FRESH));
                    out.extend(literal(&symbol.suffix));
                }
            }
            _ => out.push(tok),
        }
    }
    out
}

/// True when some text matches both patterns.
#[must_use]
pub fn intersects(a: &[Tok], b: &[Tok]) -> bool {
    let Some((a, b)) = trim(a, b, share) else { return false };
    match (a, b) {
        ([], []) | ([Tok::Many(Class::ANY)], _) | (_, [Tok::Many(Class::ANY)]) => return true,
        ([], [Tok::Char(_), ..]) | ([Tok::Char(_), ..], []) => return false,
        _ => {}
    }
    let width = b.len() + 1;
    let mut seen: SmallVec<[bool; 256]> = SmallVec::from_elem(false, (a.len() + 1) * width);
    let mut todo: SmallVec<[(usize, usize); 32]> = SmallVec::from_slice(&[(0, 0)]);
    while let Some((i, j)) = todo.pop() {
        match seen.get_mut(i * width + j) {
            Some(flag) if !*flag => *flag = true,
            _ => continue,
        }
        match (a.get(i), b.get(j)) {
            (None, None) => return true,
            (x, y) => {
                if matches!(x, Some(Tok::Many(_))) {
                    todo.push((i + 1, j));
                }
                if matches!(y, Some(Tok::Many(_))) {
                    todo.push((i, j + 1));
                }
                if let (Some(&x), Some(&y)) = (x, y)
                    && share(x, y)
                {
                    let step = |t, n| if matches!(t, Tok::Many(_)) { n } else { n + 1 };
                    todo.push((step(x, i), step(y, j)));
                }
            }
        }
    }
    false
}

/// True when `wide` surely matches everything that `narrow` matches: it reads `narrow` as a text in which a run is a letter
/// of its own that only a run as wide can take. (False for some pairs of which it is true: one pattern alone tries.)
#[must_use]
pub fn includes(wide: &[Tok], narrow: &[Tok]) -> bool {
    let takes = |tok: Tok, letter: Tok| match (tok, letter) {
        (Tok::Many(a), Tok::Many(b) | Tok::One(b)) | (Tok::One(a), Tok::One(b)) => a.and(b) == b,
        (_, Tok::Char(c)) => tok.admits(c),
        (a, b) => a == b,
    };
    let Some((wide, narrow)) = trim(wide, narrow, takes) else { return false };
    match (wide, narrow) {
        ([Tok::Many(Class::ANY)], _) => return true,
        (a, b) if a == b => return true,
        ([], _) | ([Tok::Char(_), ..], []) => return false,
        _ => {}
    }
    let mut now = Positions::new();
    let mut next = Positions::new();
    enter(wide, 0, &mut now);
    for &letter in narrow {
        next.clear();
        for &at in &now {
            let Some(&tok) = wide.get(at) else { continue };
            if !takes(tok, letter) {
                continue;
            }
            match tok {
                Tok::Many(_) => enter(wide, at, &mut next),
                _ => enter(wide, at + 1, &mut next),
            }
        }
        std::mem::swap(&mut now, &mut next);
        if now.is_empty() {
            return false;
        }
        prune(wide, &mut now);
    }
    now.last() == Some(&wide.len())
}

/// Two patterns without the steps at both ends that stand for one character each in both; `None` when two of those do not go
/// together.
fn trim<'t>(
    mut a: &'t [Tok],
    mut b: &'t [Tok],
    fits: impl Fn(Tok, Tok) -> bool,
) -> Option<(&'t [Tok], &'t [Tok])> {
    let single = |tok: Tok| !matches!(tok, Tok::Many(_));
    // Most of an ARN is the same text.
    let same =
        a.iter().zip(b).take_while(|(x, y)| matches!((x, y), (Tok::Char(x), Tok::Char(y)) if x == y)).count();
    (a, b) = (a.get(same..)?, b.get(same..)?);
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b)
        && single(*x)
        && single(*y)
    {
        if !fits(*x, *y) {
            return None;
        }
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b)
        && single(*x)
        && single(*y)
    {
        if !fits(*x, *y) {
            return None;
        }
        (a, b) = (rest_a, rest_b);
    }
    Some((a, b))
}

/// True when one character may stand at both places.
fn share(a: Tok, b: Tok) -> bool {
    match (a, b) {
        (Tok::Char(c), other) | (other, Tok::Char(c)) => other.admits(c),
        (Tok::Fold(c), other) | (other, Tok::Fold(c)) => {
            other.admits(c) || c.to_uppercase().any(|u| other.admits(u))
        }
        _ => ['a', '0', '-', ':', '/', SEPARATOR].iter().any(|&c| a.admits(c) && b.admits(c)),
    }
}
