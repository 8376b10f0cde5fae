//! Samples of a string's values: one for each way in which a set of questions about it can be answered.
//!
//! A *question* is a list of patterns and asks "does the value match one of them?". The questions cut the values of a
//! domain into finitely many cells, sets of values that no question tells apart. This module walks the product of
//! the patterns' automata, breadth first, and returns a shortest value of every cell, so that trying the samples
//! is as good as trying all values. Nothing here knows what the values mean.

use super::bits::Bits;
use super::pattern::{Class, FRESH, FRESH_DIGIT, SEPARATOR, Tok};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use std::rc::Rc;

/// The work left. Counted in steps, not in time, so that the same input gives the same answer on every machine.
#[derive(Debug, Clone)]
pub struct Budget(u64);

/// The work ran out before there was an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl Budget {
    /// This many steps.
    #[must_use]
    pub fn new(steps: u64) -> Self {
        Self(steps)
    }

    /// Takes `steps` off.
    ///
    /// # Errors
    /// [`Exhausted`] when fewer are left.
    pub fn spend(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }

    /// Steps left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.0
    }
}

/// What to cut, and by what.
#[derive(Debug)]
pub struct Cut<'a> {
    /// The domain: a value is in it when it matches one of these.
    pub domain: &'a [Vec<Tok>],
    /// The questions, each a list of patterns.
    pub questions: &'a [Vec<&'a [Tok]>],
    /// Questions (by number) that must be answered with yes; cells that answer no are left out.
    pub required: &'a [usize],
    /// Made-up characters must differ from every text known only at deploy time.
    pub symbols: bool,
    /// Which made-up characters to use: other numbers give other samples for cells with more than one value.
    pub variant: usize,
}

/// All patterns in one row: a position is an index into it.
struct Row {
    toks: Vec<Option<Tok>>,
    /// For each position, the number of the question whose pattern it belongs to (`None`: the domain).
    owner: Vec<Option<u32>>,
    /// For each position, where its pattern begins.
    begin: Vec<u32>,
}

impl Row {
    fn tok(&self, at: u32) -> Option<Tok> {
        self.toks.get(at as usize).copied().flatten()
    }

    fn owner(&self, at: u32) -> Option<u32> {
        self.owner.get(at as usize).copied().flatten()
    }

    fn add(&mut self, pattern: &[Tok], owner: Option<u32>) -> u32 {
        let begin = u32::try_from(self.toks.len()).unwrap_or(u32::MAX);
        self.toks.extend(pattern.iter().copied().map(Some));
        self.toks.push(None);
        self.owner.resize(self.toks.len(), owner);
        self.begin.resize(self.toks.len(), begin);
        begin
    }

    /// Adds a position and those reached from it without a character.
    fn enter(&self, mut at: u32, set: &mut Vec<u32>) {
        loop {
            set.push(at);
            match self.tok(at) {
                Some(Tok::Many(_)) => at += 1,
                _ => return,
            }
        }
    }

    /// Sorts the set and drops positions that a later `*` of the same pattern makes superfluous: whatever the earlier
    /// ones still accept, it accepts too.
    fn tidy(&self, set: &mut Vec<u32>) {
        set.sort_unstable();
        set.dedup();
        let mut keep_from: Option<(u32, u32)> = None;
        let mut i = set.len();
        let mut drop = false;
        while i > 0 {
            i -= 1;
            let Some(&at) = set.get(i) else { break };
            let begin = self.begin.get(at as usize).copied().unwrap_or(0);
            if let Some((b, from)) = keep_from
                && b == begin
                && at < from
            {
                if let Some(slot) = set.get_mut(i) {
                    *slot = u32::MAX;
                    drop = true;
                }
                continue;
            }
            if self.tok(at) == Some(Tok::Many(Class::ANY)) && keep_from.is_none_or(|(b, _)| b != begin) {
                keep_from = Some((begin, at));
            }
        }
        if drop {
            set.retain(|&at| at != u32::MAX);
        }
    }
}

/// One shortest value for every cell, in order of length; with `required` questions only cells that meet them.
///
/// # Errors
/// [`Exhausted`] when the budget is spent before all cells are known.
pub fn cells(cut: &Cut<'_>, budget: &mut Budget) -> Result<Vec<String>, Exhausted> {
    let mut row = Row { toks: Vec::new(), owner: Vec::new(), begin: Vec::new() };
    let mut start = Vec::new();
    for pattern in cut.domain {
        let at = row.add(pattern, None);
        row.enter(at, &mut start);
    }
    for (number, patterns) in cut.questions.iter().enumerate() {
        for pattern in patterns {
            let at = row.add(pattern, Some(u32::try_from(number).unwrap_or(u32::MAX)));
            row.enter(at, &mut start);
        }
    }
    row.tidy(&mut start);
    let mut walk = Walk {
        row,
        cut,
        states: Vec::new(),
        known: FxHashSet::default(),
        found: FxHashSet::default(),
        out: Vec::new(),
    };
    walk.visit(&start, None);
    let mut at = 0;
    while at < walk.states.len() {
        walk.expand(at, budget)?;
        at += 1;
    }
    Ok(walk.out)
}

struct State {
    set: Rc<[u32]>,
    /// The state before and the character that leads here.
    from: Option<(usize, char)>,
    /// No question depends on what follows, and this answer is known: nothing new lies behind.
    done: bool,
}

struct Walk<'a> {
    row: Row,
    cut: &'a Cut<'a>,
    states: Vec<State>,
    known: FxHashSet<Rc<[u32]>>,
    found: FxHashSet<Bits>,
    out: Vec<String>,
}

impl Walk<'_> {
    fn visit(&mut self, set: &[u32], from: Option<(usize, char)>) {
        let mut answers = Bits::default();
        let mut certain = Bits::default();
        let mut in_domain = false;
        let mut domain_alive = false;
        let mut settled = true;
        for &at in set {
            let tok = self.row.tok(at);
            match (self.row.owner(at), tok) {
                (None, None) => {
                    in_domain = true;
                    domain_alive = true;
                }
                (None, Some(_)) => domain_alive = true,
                (Some(q), None) => answers.insert(q as usize),
                (Some(q), Some(Tok::Many(Class::ANY))) if self.row.tok(at + 1).is_none() => {
                    certain.insert(q as usize);
                }
                _ => {}
            }
        }
        if !domain_alive {
            return;
        }
        for &at in set {
            if let Some(q) = self.row.owner(at) {
                // A question stays open while a pattern of it is under way and none is sure to match.
                if !certain.contains(q as usize) {
                    settled = false;
                }
            }
        }
        for &q in self.cut.required {
            let alive = set.iter().any(|&at| self.row.owner(at) == u32::try_from(q).ok());
            if !alive {
                return;
            }
        }
        let mut done = false;
        if in_domain && self.cut.required.iter().all(|&q| answers.contains(q)) {
            let new = self.found.insert(answers.clone());
            if new {
                let value = self.spell(from);
                self.out.push(value);
            }
        }
        if settled {
            // What can still be found behind is the answer that `certain` gives.
            done = self.found.contains(&certain);
        }
        let set: Rc<[u32]> = set.into();
        self.states.push(State { set: Rc::clone(&set), from, done });
        self.known.insert(set);
    }

    fn spell(&self, mut from: Option<(usize, char)>) -> String {
        let mut chars = Vec::new();
        while let Some((before, c)) = from {
            chars.push(c);
            from = self.states.get(before).and_then(|s| s.from);
        }
        chars.iter().rev().collect()
    }

    fn expand(&mut self, index: usize, budget: &mut Budget) -> Result<(), Exhausted> {
        let Some(state) = self.states.get(index) else { return Ok(()) };
        if state.done {
            return Ok(());
        }
        let set = Rc::clone(&state.set);
        let letters = self.letters(&set);
        budget.spend(letters.len() as u64 * (set.len() as u64 / 4 + 1))?;
        let mut next = Vec::with_capacity(set.len() + 4);
        for c in letters {
            next.clear();
            for &at in &*set {
                let Some(tok) = self.row.tok(at) else { continue };
                if tok.admits(c) {
                    let to = if matches!(tok, Tok::Many(_)) { at } else { at + 1 };
                    self.row.enter(to, &mut next);
                }
            }
            if next.is_empty() {
                continue;
            }
            self.row.tidy(&mut next);
            if !self.known.contains(next.as_slice()) {
                self.visit(&next, Some((index, c)));
            }
        }
        Ok(())
    }

    /// The characters that can lead to different places from here: those that patterns name, and one of each other kind
    /// that a class tells apart.
    fn letters(&self, set: &[u32]) -> SmallVec<[char; 16]> {
        let mut named: SmallVec<[char; 16]> = SmallVec::new();
        let mut classes: SmallVec<[Class; 8]> = SmallVec::new();
        for &at in set {
            match self.row.tok(at) {
                Some(Tok::Char(c)) => named.push(c),
                Some(Tok::Fold(c)) => {
                    named.push(c);
                    named.extend(c.to_uppercase().next());
                }
                Some(Tok::One(class) | Tok::Many(class)) if !classes.contains(&class) => classes.push(class),
                _ => {}
            }
        }
        named.sort_unstable();
        named.dedup();
        if classes.is_empty() {
            return named;
        }
        let mut out: SmallVec<[char; 16]> = SmallVec::new();
        let plain: &[&str] = &["xyzkeywordsamplefghijnqtuvbc", "qjvzhgbuwcfntid"];
        let digits: &[&str] = &["9876543210", "5432109876"];
        let pick = |sets: &[&str]| {
            let set = sets.get(self.cut.variant % sets.len()).copied().unwrap_or_default();
            set.chars().find(|c| !named.contains(c))
        };
        let (letter, digit) =
            if self.cut.symbols { (Some(FRESH), Some(FRESH_DIGIT)) } else { (pick(plain), pick(digits)) };
        let any = |class: Class| classes.iter().any(|&c| restricts(c, class));
        let only_digits = classes.iter().all(|&c| restricts(c, Class::DIGIT));
        if !only_digits {
            out.extend(letter);
        }
        if any(Class::DIGIT) {
            out.extend(digit);
        }
        if any(Class::ALNUM) {
            out.extend(['-', '_', '.'].iter().copied().find(|c| !named.contains(c)));
        }
        out.extend_from_slice(&named);
        for (class, c) in [(Class::NO_COLON, ':'), (Class::NO_SLASH, '/'), (Class::NO_SEPARATOR, SEPARATOR)] {
            if any(class) && !named.contains(&c) {
                out.push(c);
            }
        }
        out
    }
}

fn restricts(class: Class, by: Class) -> bool {
    class.and(by) == class && class != Class::ANY
}
