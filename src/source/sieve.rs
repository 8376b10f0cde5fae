//! What of a long document is kept while it is read: plans, states, and what AWS's API and AWS Config print are lists of many
//! things, of which few have to do with a policy. An element that has nothing to do with one is dropped when it ends: null stands in
//! its place, so that nothing moves.
//!
//! Sound because of what is looked at later: of a plan or a state only the resources of some types (`terraform::plan`), and of
//! anything else only what has one of the words without which nothing is taken for a policy (`locate`).

use super::locate::{is_bare, is_policy, may_hold_policy};
use super::template::is_template;
use super::terraform::plan::{KINDS, is_plan};
use super::tree::{Member, Node, Text, Value};

/// A document may take so many times its length in memory, and so much beside: beyond, it is not read.
const SHARE: usize = 4;
const BESIDE: usize = 64 * 1024 * 1024;

/// The lists that AWS's API, its command line and AWS Config print.
const ANSWERS: [&str; 4] = ["VpcEndpoints", "configurationItems", "baseConfigurationItems", "Results"];

/// Where in the document the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the document itself.
    Top,
    /// In what a plan says of modules.
    Module,
    /// In the list of a module's resources, or of what becomes of them.
    Resources,
    /// In a list of an answer.
    Items,
    /// In an element of one of these lists.
    Resource,
    Item,
    /// In anything else: all is kept.
    Other,
}

/// A sieve at work.
#[derive(Debug)]
pub(super) struct Sieve {
    way: Way,
    /// How many texts were met that make an element worth keeping.
    telling: usize,
    /// About how many bytes of memory the tree takes, and how many it may.
    held: usize,
    most: usize,
    /// It took more once, and the rest of the text was not read.
    is_full: bool,
    /// Something was dropped that only a plan or a state can do without.
    is_plan: bool,
}

/// The beginning of an element or of a member's value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    way: Way,
    telling: usize,
    held: usize,
}

impl Sieve {
    pub(super) fn new(length: usize) -> Self {
        let most = length.saturating_mul(SHARE).saturating_add(BESIDE);
        Self { way: Way::Top, telling: 0, held: 0, most, is_full: false, is_plan: false }
    }

    /// The value of a member begins.
    pub(super) fn value(&mut self, key: &Text) -> Mark {
        let mark = self.mark();
        self.way = match (self.way, &*key.value) {
            (Way::Top, "resources" | "resource_changes" | "resource_drift") | (Way::Module, "resources") => {
                Way::Resources
            }
            (Way::Top, "planned_values" | "values" | "prior_state" | "configuration") => Way::Module,
            (Way::Top, key) if ANSWERS.contains(&key) => Way::Items,
            (Way::Top | Way::Resources | Way::Items, _) => Way::Other,
            (way, _) => way,
        };
        mark
    }

    /// A member has ended.
    pub(super) fn member(&mut self, mark: Mark, member: &Member) {
        self.way = mark.way;
        self.look(&member.key);
        self.held += size_of::<Member>() - size_of::<Node>();
        self.node(&member.value);
    }

    /// An element begins.
    pub(super) fn element(&mut self) -> Mark {
        let mark = self.mark();
        self.way = match self.way {
            Way::Top => Way::Other,
            Way::Resources => Way::Resource,
            Way::Items => Way::Item,
            way => way,
        };
        mark
    }

    /// None began.
    pub(super) fn back(&mut self, mark: Mark) {
        self.way = mark.way;
    }

    /// An element has ended: it is dropped if it is one of those that may be.
    pub(super) fn end(&mut self, mark: Mark, element: &mut Node) {
        self.node(element);
        self.way = mark.way;
        let is_whole = matches!(mark.way, Way::Resources | Way::Items);
        if is_whole && self.telling == mark.telling {
            element.value = Value::Null;
            self.held = mark.held + size_of::<Node>();
            self.is_plan |= mark.way == Way::Resources;
        } else if mark.way == Way::Items {
            self.held = self.held.saturating_sub(shrink(element));
        }
    }

    /// Whether the tree outgrows what it may take.
    pub(super) fn is_full(&mut self) -> bool {
        self.is_full |= self.held > self.most;
        self.is_full
    }

    /// Whether what was read is whole in all that matters.
    pub(super) fn is_sound(&self, documents: &[Node]) -> bool {
        let is_one = |document: &Node| is_plan(document) || !self.is_plan && is_answer(document);
        !self.is_full && !documents.is_empty() && documents.iter().all(is_one)
    }

    fn mark(&self) -> Mark {
        Mark { way: self.way, telling: self.telling, held: self.held }
    }

    fn node(&mut self, node: &Node) {
        self.held += size_of::<Node>();
        match &node.value {
            Value::String(text) => self.look(text),
            Value::Number(number) => self.held += number.len(),
            _ => {}
        }
    }

    fn look(&mut self, text: &Text) {
        self.held += weight(text);
        let is_telling = match self.way {
            Way::Resource => KINDS.contains(&&*text.value),
            Way::Item => may_hold_policy(text),
            _ => false,
        };
        self.telling += usize::from(is_telling);
    }
}

/// Drops the lists and objects that an element of an answer has beside its policy, such as its tags and networks. About how many
/// bytes that gives back.
fn shrink(element: &mut Node) -> usize {
    if is_policy(element) || is_template(element) {
        return 0;
    }
    let Value::Object(members) = &mut element.value else { return 0 };
    let mut saved = 0;
    for Member { value, .. } in members {
        if matches!(value.value, Value::Array(_) | Value::Object(_))
            && let Some(weight) = weight_if_idle(value)
        {
            value.value = Value::Null;
            saved += weight;
        }
    }
    saved
}

/// About how many bytes of memory a node takes beside its own; `None`: something in it may be taken for a policy.
fn weight_if_idle(node: &Node) -> Option<usize> {
    let text = |text: &Text| (!may_hold_policy(text)).then(|| weight(text));
    match &node.value {
        Value::Array(elements) => elements.iter().map(|e| Some(size_of::<Node>() + weight_if_idle(e)?)).sum(),
        Value::Object(members) => members
            .iter()
            .map(|m| Some(size_of::<Member>() + text(&m.key)? + weight_if_idle(&m.value)?))
            .sum(),
        Value::String(inner) => text(inner),
        Value::Number(number) => Some(number.len()),
        Value::Null | Value::Bool(_) => Some(0),
    }
}

fn weight(text: &Text) -> usize {
    text.value.len() + size_of_val(&*text.map)
}

/// Whether a document is a list that AWS's API, its command line or AWS Config prints.
fn is_answer(document: &Node) -> bool {
    let is_list = |key: &&str| document.get(key).is_some_and(|list| list.array().is_some());
    // Other programs have results too.
    let is_known = |key: &&str| *key != "Results" || document.get("QueryInfo").is_some();
    ANSWERS.iter().any(|key| is_list(key) && is_known(key)) && !is_policy(document) && !is_bare(document)
}
