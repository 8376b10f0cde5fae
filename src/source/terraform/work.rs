//! What is kept while one value is worked out: how conditions turn out, what names have come to, and how much may still be done.
//!
//! Knows no expressions.

use crate::source::span::Span;
use crate::source::tree::{Node, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Values of names are nested this many levels deep at most, as policies are far from.
const MAX_NESTING: usize = 64;

/// Values of names have this many parts at most.
const MAX_WEIGHT: usize = 50_000;

/// How many parts a value has: a long text counts as several.
pub(super) fn weight(node: &Node) -> usize {
    1 + match &node.value {
        Value::String(text) => text.value.len() / 32 + text.holes.len() + text.map.len() / 8,
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|m| 1 + m.key.value.len() / 32 + weight(&m.value)).sum(),
        _ => 0,
    }
}

fn is_within(node: &Node, depth: usize) -> bool {
    let inner = |node: &Node| depth > 0 && is_within(node, depth - 1);
    match &node.value {
        Value::Array(items) => items.iter().all(inner),
        Value::Object(members) => members.iter().all(|m| inner(&m.value)),
        _ => true,
    }
}

/// How conditions that cannot be known turn out, by their words.
pub(super) type World = BTreeMap<String, bool>;

/// What goes on while one value is worked out.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) world: World,
    /// Variables are what they usually are: their defaults, even those that are plain texts.
    pub(super) is_usual: bool,
    /// Switches are unknown: variables whose defaults are booleans or empty.
    pub(super) is_open: bool,
    /// Whether something was looked for in a value that does not have it.
    pub(super) is_missing: Cell<bool>,
    /// Whether a condition that cannot be known was asked about.
    pub(super) is_guessed: Cell<bool>,
    /// The conditions that were asked about and are not in `world`: they were taken to be true.
    pub(super) asked: RefCell<Vec<String>>,
    /// What could not be understood, and where.
    pub(super) remarks: RefCell<Vec<(Span, String)>>,
    /// What names have come to.
    known: RefCell<HashMap<String, Option<Node>>>,
    /// How many expressions may still be looked at.
    budget: Cell<usize>,
    total: Rc<Cell<usize>>,
    pub(super) depth: Cell<usize>,
}

impl Work {
    /// `budget` says how much work may be done, `total` how much for all values together: in expressions, and as many parts of values.
    pub(super) fn new(world: World, budget: usize, total: Rc<Cell<usize>>) -> Self {
        Self {
            world,
            is_usual: false,
            is_open: false,
            is_missing: Cell::new(false),
            is_guessed: Cell::new(false),
            asked: RefCell::default(),
            remarks: RefCell::default(),
            known: RefCell::default(),
            budget: Cell::new(budget),
            total,
            depth: Cell::new(0),
        }
    }

    /// With variables as they usually are.
    pub(super) fn usual(self) -> Self {
        Self { is_usual: true, ..self }
    }

    /// With switches unknown, or not.
    pub(super) fn open(self, is_open: bool) -> Self {
        Self { is_open, ..self }
    }

    /// Takes some work off what may be done; false when that is used up.
    pub(super) fn charge(&self, work: usize) -> bool {
        for left in [&self.budget, &*self.total] {
            left.set(left.get().saturating_sub(work));
        }
        self.budget.get() > 0 && self.total.get() > 0
    }

    /// A value that was used, charged for.
    pub(super) fn charged(&self, node: Node) -> Option<Node> {
        self.charge(weight(&node)).then_some(node)
    }

    /// What a name comes to, which is worked out once. One that leads to itself comes to nothing.
    pub(super) fn once(&self, name: String, find: impl FnOnce() -> Option<Node>) -> Option<Node> {
        if let Some(known) = self.known.borrow().get(&name) {
            return known.clone();
        }
        self.known.borrow_mut().insert(name.clone(), None);
        // Names that lead to names could nest a value without end, or make it grow without end.
        let found = find().filter(|node| is_within(node, MAX_NESTING) && weight(node) < MAX_WEIGHT);
        self.known.borrow_mut().insert(name, found.clone());
        found
    }

    pub(super) fn remark(&self, span: Span, message: String) {
        self.remarks.borrow_mut().push((span, message));
    }
}
