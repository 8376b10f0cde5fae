//! What can be written at a place: elements, actions, condition operators, keys and values, and what is the user's.
//!
//! Goes by what stands before the place ([`Cursor`]), since a text that is being written is seldom whole.

use super::{View, facts};
use crate::aws::{self, KeyType, Presence};
use crate::policy::operator::Class;
use crate::policy::{Base, Operator, PolicyKind, Quantifier};
use crate::source::cursor::Slot;
use crate::source::{Cursor, Language, Span};
use std::collections::BTreeSet;

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text without quotes.
    pub label: String,
    /// What it is.
    pub sort: Sort,
    /// A few words on it.
    pub detail: String,
    /// The likeliest have the lowest rank.
    pub rank: u8,
    /// The bytes it replaces: what stands within the quotes at the place, or nothing. Editors compare that with the label.
    pub span: Span,
    /// What to write there: the label as in JSON, with the quotes that are missing, and a colon behind a key that has none.
    pub text: String,
    /// Where the colon is to be written when the closing quote is there already.
    pub colon: Option<Span>,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// An element of a policy, a statement or a principal.
    Element,
    /// An S3 action, or a pattern of them.
    Action,
    /// A condition operator.
    Operator,
    /// A condition key.
    Key,
    /// A word out of a closed set.
    Word,
    /// An id or an ARN.
    Id,
}

/// What can be written at a byte of the file; nothing in another language than JSON.
#[must_use]
pub fn complete(view: &View<'_>, offset: usize) -> Vec<Completion> {
    if view.language != Language::Json {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(view.file.bytes) else { return Vec::new() };
    let cursor = Cursor::at(text, offset);
    let mut list = List { view, cursor: &cursor, items: Vec::new() };
    match cursor.slot {
        Slot::Nothing => {}
        Slot::Key => list.keys(),
        Slot::Value => list.values(),
    }
    // Some editors leave it to the server to offer only what has been begun.
    let written = cursor.before.to_ascii_lowercase();
    let holds = |label: &str| label.to_ascii_lowercase().contains(&written);
    let is_held = list.items.iter().any(|(label, ..)| holds(label));
    list.items.retain(|(label, ..)| if is_held { holds(label) } else { has_letters(&written, label) });
    let place = Span::new(offset, offset);
    let string = cursor.string.unwrap_or(place);
    // Without a closing quote the string ends at the place.
    let is_closed = string.end > place.end;
    let rest = text.get(string.end as usize..).unwrap_or_default().trim_start();
    let needs_colon = cursor.slot == Slot::Key && !rest.starts_with(':');
    let (open, span) = match cursor.string {
        Some(_) => ("", Span { start: string.start + 1, end: string.end - u32::from(is_closed) }),
        None => ("\"", place),
    };
    let close = match (is_closed, needs_colon) {
        (true, _) => "",
        (false, true) => "\": ",
        (false, false) => "\"",
    };
    let colon = (is_closed && needs_colon).then_some(Span { start: string.end, end: string.end });
    let make = |(label, sort, detail, rank): (String, Sort, String, u8)| {
        let quoted = serde_json::Value::from(&*label).to_string();
        let text = format!("{open}{}{close}", quoted.get(1..quoted.len() - 1).unwrap_or_default());
        Completion { label, sort, detail, rank, span, text, colon }
    };
    list.items.into_iter().map(make).collect()
}

/// Whether the letters that have been written are in the label, in their order.
fn has_letters(written: &str, label: &str) -> bool {
    let mut letters = label.chars();
    written.chars().all(|c| letters.any(|letter| letter.eq_ignore_ascii_case(&c)))
}

/// More on a completion, in Markdown.
#[must_use]
pub fn documentation(sort: Sort, label: &str) -> Option<String> {
    match sort {
        Sort::Action => Some(facts::action(label)),
        Sort::Operator => Operator::parse(label).map(facts::operator),
        Sort::Key => aws::condition_key(label).map(|fact| facts::fact(fact, label)),
        Sort::Element | Sort::Word | Sort::Id => None,
    }
}

struct List<'v> {
    view: &'v View<'v>,
    cursor: &'v Cursor,
    items: Vec<(String, Sort, String, u8)>,
}

/// The elements of a statement, each with the one that excludes it.
const STATEMENT: [(&str, &str, &str); 9] = [
    ("Sid", "", "a name for the statement"),
    ("Effect", "", "Allow or Deny"),
    ("Principal", "NotPrincipal", "whose requests"),
    ("Action", "NotAction", "which actions"),
    ("Resource", "NotResource", "on which resources"),
    ("Condition", "", "only requests for which this holds"),
    ("NotAction", "Action", "every action but these"),
    ("NotResource", "Resource", "everything but these"),
    ("NotPrincipal", "Principal", "everyone but these"),
];

const POLICY: [(&str, &str); 3] = [
    ("Version", "the version of the policy language"),
    ("Id", "a name for the policy"),
    ("Statement", "what is allowed and denied"),
];

const PRINCIPAL: [(&str, &str); 3] = [
    ("AWS", "accounts, users, roles and sessions"),
    ("Service", "AWS services that call for themselves"),
    ("CanonicalUser", "accounts by their canonical ids"),
];

impl<'v> List<'v> {
    fn add(&mut self, label: impl Into<String>, sort: Sort, detail: impl Into<String>, rank: u8) {
        let label = label.into();
        if !self.items.iter().any(|(other, ..)| *other == label) {
            self.items.push((label, sort, detail.into(), rank));
        }
    }

    fn has(&self, key: &str) -> bool {
        self.cursor.keys.iter().any(|k| k == key)
    }

    /// The keys on the way to the place, the innermost first; those beyond the third do not matter.
    fn around(&self) -> [&'v str; 3] {
        let mut keys = self.cursor.path_keys().rev();
        std::array::from_fn(|_| keys.next().unwrap_or_default())
    }

    fn keys(&mut self) {
        match self.around() {
            ["Condition", ..] => self.operators(),
            [operator, "Condition", _] => self.condition_keys(operator),
            ["Principal" | "NotPrincipal", ..] => self.elements(&PRINCIPAL),
            ["Statement", ..] => self.statement(),
            ["", ..] if self.is_about_policies() => {
                let is_list = !self.cursor.path.is_empty();
                if is_list || ["Effect", "Action", "Resource", "Principal"].iter().any(|key| self.has(key)) {
                    self.statement();
                } else {
                    self.elements(&POLICY);
                }
            }
            _ => {}
        }
    }

    /// Whether the file is one in which a policy may be written: any other JSON is none of our business.
    fn is_about_policies(&self) -> bool {
        let name = self.view.file.name.to_ascii_lowercase();
        !self.view.policies.is_empty()
            || self.view.settings.kind.is_some()
            || ["policy", "bucket", "endpoint", "vpce"].iter().any(|word| name.contains(word))
    }

    /// The elements that are not there yet.
    fn elements(&mut self, all: &[(&'static str, &'static str)]) {
        for (name, detail) in all {
            if !self.has(name) {
                self.add(*name, Sort::Element, *detail, 0);
            }
        }
    }

    fn statement(&mut self) {
        for (rank, (name, other, detail)) in (0..).zip(STATEMENT) {
            if !self.has(name) && !self.has(other) {
                self.add(name, Sort::Element, detail, rank);
            }
        }
    }

    fn operators(&mut self) {
        for quantifier in [None, Some(Quantifier::ForAny), Some(Quantifier::ForAll)] {
            for if_exists in [false, true] {
                for &base in Base::ALL {
                    // None of these tells anything of a request.
                    if base == Base::Null && (if_exists || quantifier.is_some()) {
                        continue;
                    }
                    let operator = Operator { quantifier, base, if_exists };
                    let name = operator.to_string();
                    if !self.has(&name) {
                        let rank = 2 * u8::from(quantifier.is_some()) + u8::from(if_exists);
                        self.add(name, Sort::Operator, crate::words::class(base.class()), rank);
                    }
                }
            }
        }
    }

    fn condition_keys(&mut self, operator: &str) {
        let class = Operator::parse(operator).map(|operator| operator.base.class());
        for fact in aws::condition_keys().iter().filter(|fact| fact.presence != Presence::Never) {
            if self.has(fact.name) {
                continue;
            }
            let fits = class.is_none_or(|class| {
                fits(class, fact.key_type) || fact.other_type.is_some_and(|t| fits(class, t))
            });
            let is_ours = fact.name.starts_with("aws:") || fact.name.starts_with("s3:");
            self.add(fact.name, Sort::Key, fact.summary, 2 * u8::from(!fits) + u8::from(!is_ours));
        }
    }

    fn values(&mut self) {
        let settings = self.view.settings;
        let trusted = &settings.trusted;
        match self.around() {
            ["Effect", ..] => {
                self.add("Allow", Sort::Word, "grants what it matches, unless a Deny matches too", 0);
                self.add("Deny", Sort::Word, "wins over every Allow", 0);
            }
            ["Version", ..] => {
                self.add("2012-10-17", Sort::Word, "the current version of the policy language", 0);
                self.add("2008-10-17", Sort::Word, "the old one, without policy variables", 1);
            }
            ["Action" | "NotAction", ..] => {
                self.add("s3:*", Sort::Action, "every S3 action", 0);
                for action in aws::actions() {
                    self.add(format!("s3:{}", action.name), Sort::Action, action.access, 1);
                }
            }
            ["Resource" | "NotResource", ..] => self.resources(),
            ["AWS", "Principal" | "NotPrincipal", _] => {
                self.add("*", Sort::Id, "everyone", 0);
                for arn in &trusted.principals {
                    self.add(arn, Sort::Id, "yours, by `ringfence.toml`", 0);
                }
                for account in &trusted.accounts {
                    self.add(
                        format!("arn:aws:iam::{account}:root"),
                        Sort::Id,
                        "your account, by `ringfence.toml`",
                        1,
                    );
                }
            }
            ["Principal" | "NotPrincipal", ..] => self.add("*", Sort::Id, "everyone", 0),
            [key, operator, "Condition"] => self.condition_values(key, operator),
            _ => {}
        }
    }

    fn resources(&mut self) {
        for bucket in &self.view.settings.trusted.buckets {
            self.add(format!("arn:aws:s3:::{bucket}"), Sort::Id, "your bucket, by `ringfence.toml`", 0);
            self.add(format!("arn:aws:s3:::{bucket}/*"), Sort::Id, "its objects", 0);
        }
        let mut named = BTreeSet::new();
        let mut is_endpoint = false;
        for shown in &self.view.policies {
            is_endpoint |= shown.kind != Some(PolicyKind::Bucket);
            let resources = shown.policy.statements.iter().filter_map(|s| s.resource.as_ref());
            named.extend(resources.flat_map(|r| &r.values).map(|t| t.source.to_string()));
        }
        named.retain(|arn| *arn != self.cursor.before && arn.starts_with("arn:"));
        for arn in named {
            if let Some(bucket) = arn.strip_suffix("/*") {
                self.add(bucket, Sort::Id, "the bucket itself", 1);
            }
            self.add(arn, Sort::Id, "named in this file", 1);
        }
        if is_endpoint {
            for repository in aws::repositories() {
                let arn = format!("arn:aws:s3:::{}/*", repository.bucket_in("*"));
                self.add(arn, Sort::Id, format!("packages of {}", repository.distribution), 2);
            }
        }
        self.add("*", Sort::Id, "everything", 3);
    }

    fn condition_values(&mut self, key: &str, operator: &str) {
        let class = Operator::parse(operator).map(|operator| operator.base.class());
        if matches!(class, Some(Class::Null | Class::Bool)) {
            self.add("true", Sort::Word, "", 0);
            self.add("false", Sort::Word, "", 0);
            return;
        }
        for value in aws::condition_key(key).map(|fact| fact.values).unwrap_or_default() {
            self.add(*value, Sort::Word, "", 0);
        }
        for value in self.view.settings.trusted.under(key) {
            self.add(value, Sort::Id, "yours, by `ringfence.toml`", 0);
        }
        let statements = self.view.policies.iter().flat_map(|shown| &shown.policy.statements);
        let conditions = statements.flat_map(|s| &s.conditions).filter(|c| c.key.eq_ignore_ascii_case(key));
        let named: Vec<_> = conditions.flat_map(|c| &c.values).map(|t| t.source.to_string()).collect();
        for value in named.into_iter().filter(|value| !value.is_empty() && *value != self.cursor.before) {
            self.add(value, Sort::Id, "named in this file", 1);
        }
    }
}

/// Whether an operator of the class compares values of the type.
fn fits(class: Class, key_type: KeyType) -> bool {
    match key_type {
        KeyType::String => matches!(class, Class::String | Class::Null),
        KeyType::Arn => matches!(class, Class::Arn | Class::String | Class::Null),
        KeyType::Bool => matches!(class, Class::Bool | Class::Null),
        KeyType::Numeric => matches!(class, Class::Numeric | Class::Null),
        KeyType::Date => matches!(class, Class::Date | Class::Null),
        KeyType::Ip => matches!(class, Class::Ip | Class::Null),
        KeyType::Binary => matches!(class, Class::Binary | Class::Null),
    }
}
