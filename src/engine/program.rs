//! Policies made ready to be asked: each statement is a list of clauses that must all hold, each clause a test of one
//! thing about a request. [`super::holds`] says whether a clause holds; everything else in the engine asks it.
//!
//! Knows the syntax-to-test part of the language (what is a wildcard where, which ARN fields a pattern has); facts about
//! requests are in [`super::space`].

use super::parts::{FromCaller, GroupKind, Role, from_caller, place};
use super::pattern::{Class, Symbols, Tok, is_reserved, push_literal};
use super::value::{boolean, net, number, time};
use crate::aws::{self, ActionSet, ConditionKey, KeyType};
use crate::policy::operator::{Base, Class as OperatorClass};
use crate::policy::principal::AccountId;
use crate::policy::{
    Effect, Element, Operator, Part, Policy, PolicyKind, PrincipalPattern, Statement, Template,
};
use crate::source::{Span, short};
use ipnet::IpNet;
use smallvec::SmallVec;
use std::ops::Deref;
use std::rc::Rc;

/// A condition key that some clause reads; its index is the key's *slot*.
#[derive(Debug, Clone)]
pub struct Key {
    /// The name as first met.
    pub name: Rc<str>,
    /// What is known of it; `None`: no such key, so no request carries it.
    pub fact: Option<&'static ConditionKey>,
    /// What it hangs together with, and how.
    pub(super) place: (GroupKind, Role),
    /// What it says about the caller.
    pub(super) from_caller: Option<FromCaller>,
}

/// The statements of one or more policies, and the keys and symbols they speak of.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The keys, by slot.
    pub keys: Vec<Key>,
    /// All statements.
    pub statements: Vec<Compiled>,
    /// The values known only at deploy time.
    pub symbols: Symbols,
    /// The kind of each policy, by owner.
    pub kinds: Vec<PolicyKind>,
    /// How many clauses were made.
    made: u32,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Which policy it belongs to.
    pub owner: usize,
    /// Its number in that policy.
    pub index: usize,
    /// Allow or Deny.
    pub effect: Effect,
    /// What must hold for it to apply.
    pub clauses: Vec<Clause>,
}

/// One thing that must hold. A copy is cheap.
#[derive(Debug, Clone)]
pub struct Clause(Rc<Told>);

/// What a [`Clause`] says.
#[derive(Debug)]
pub struct Told {
    /// The test.
    pub test: Test,
    /// The element it comes from.
    pub span: Span,
    /// The slots it reads, those of policy variables included.
    pub slots: SmallVec<[usize; 2]>,
    /// The samples that [`super::search`] tries do not cover every case of it.
    pub inexact: bool,
    /// A number that no other clause of the program has (copies of it do).
    pub id: u32,
}

impl Deref for Clause {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl Clause {
    /// True when it reads more than the one key that it tests: through a policy variable.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.slots.len() > 1 || matches!(self.test, Test::Resource(_)) && !self.slots.is_empty()
    }

    /// True when it is the same for one policy after another: it was made by [`Program::for_sets`].
    pub(super) fn is_of_sets(&self) -> bool {
        self.id > FIRST_OF_SETS
    }

    /// The clause "the action is this one", by [`aws::Action::index`].
    #[must_use]
    pub fn action(index: usize) -> Self {
        Self::actions(ActionSet::of(index))
    }

    /// The clause "the action is one of these".
    #[must_use]
    pub fn actions(set: ActionSet) -> Self {
        Self::unnumbered(
            Test::Action(ActionTest {
                negated: false,
                sure: set,
                maybe: set,
                in_full: set,
                by_pattern: Vec::new(),
                patterns: Vec::new(),
            }),
            SmallVec::new(),
        )
    }

    /// A clause of no statement and no set: what is found out about it is not kept.
    pub(super) fn unnumbered(test: Test, slots: SmallVec<[usize; 2]>) -> Self {
        Self(Rc::new(Told { test, span: Span::default(), slots, inexact: false, id: 0 }))
    }
}

/// A test of one thing.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `Action`, `NotAction`.
    Action(ActionTest),
    /// `Principal`, `NotPrincipal`.
    Principal(PrincipalTest),
    /// `Resource`, `NotResource`.
    Resource(ResourceTest),
    /// One key under one operator.
    Condition(ConditionTest),
    /// Something that cannot be read: it may hold or not.
    Unreadable(Box<str>),
}

/// A set of S3 actions.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionTest {
    /// `NotAction`.
    pub negated: bool,
    /// Actions that a pattern matches, one bit each by [`aws::Action::index`].
    pub sure: ActionSet,
    /// Actions that a pattern matches or may match.
    pub maybe: ActionSet,
    /// Those that a value names in full.
    pub in_full: ActionSet,
    /// What each value matches or may match.
    pub by_pattern: Vec<ActionSet>,
    /// For names that are no S3 action of the data: the patterns, with the prefix, in lower case.
    pub patterns: Vec<Vec<Tok>>,
}

impl Test {
    /// True when both surely hold for the same requests: they are equal, and nothing in them stands for what could not be read.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_read = || match self {
            Self::Action(_) | Self::Resource(_) => true,
            Self::Principal(test) => !test
                .entries
                .iter()
                .any(|e| matches!(e, PrincipalPattern::Unreadable(_) | PrincipalPattern::Unknown)),
            Self::Condition(test) => !test.values.iter().any(|v| matches!(v, ValueTest::Unknown(_))),
            Self::Unreadable(_) => false,
        };
        self == other && is_read()
    }
}

/// Callers.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalTest {
    /// `NotPrincipal`.
    pub negated: bool,
    /// Whom the entries name.
    pub entries: Vec<PrincipalPattern>,
    /// In an endpoint policy an account stands for its root user only (fact sheet A11, K4).
    pub root_only: bool,
}

/// Resources.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceTest {
    /// `NotResource`.
    pub negated: bool,
    /// The values.
    pub patterns: Vec<ResourcePattern>,
}

/// One value of `Resource`.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourcePattern {
    /// `*`: also actions that have no resource.
    Everything,
    /// Matched field by field; `crossing` is the wider reading in which a `*` at a field's end goes on past the colon,
    /// on which AWS's pages disagree (fact sheet K2).
    Arn {
        /// The reading that all agree on.
        tokens: Vec<Tok>,
        /// The disputed one, where it differs.
        crossing: Option<Vec<Tok>>,
    },
    /// With policy variables: ready only for one request.
    Variables(Template),
    /// Too short to be an ARN: matches nothing.
    Nothing,
}

/// A key under an operator.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionTest {
    /// The operator.
    pub operator: Operator,
    /// The key's slot.
    pub slot: usize,
    /// The values.
    pub values: Vec<ValueTest>,
}

/// One value of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTest {
    /// Text, by pattern.
    Text(Vec<Tok>),
    /// An ARN of six fields.
    Arn(Vec<Tok>),
    /// With policy variables.
    Variables(Template),
    /// A number.
    Number(f64),
    /// A time in milliseconds since 1970.
    Time(i64),
    /// `true` or `false`.
    Bool(bool),
    /// A range of addresses.
    Net(IpNet),
    /// No value of the operator's kind: matches nothing.
    Nothing,
    /// Not known what it matches, with the reason.
    Unknown(&'static str),
}

/// The numbers of the clauses of [`Program::for_sets`] begin here.
const FIRST_OF_SETS: u32 = u32::MAX / 2;

impl Program {
    /// Makes policies ready; a statement's owner is its policy's place in the list.
    #[must_use]
    pub fn new(policies: &[&Policy]) -> Self {
        Self::after(&[], policies)
    }

    /// A program without statements, for clauses that are to be asked together with those of other programs: with policies
    /// made ready after its keys.
    #[must_use]
    pub fn for_sets() -> Self {
        Self { made: FIRST_OF_SETS, ..Self::default() }
    }

    /// As [`Program::new`], with keys that stand before those of the policies.
    #[must_use]
    pub fn after(keys: &[Key], policies: &[&Policy]) -> Self {
        let mut out = Self { keys: keys.to_vec(), ..Self::default() };
        for (owner, policy) in policies.iter().enumerate() {
            out.kinds.push(policy.kind);
            out.statements.reserve(policy.statements.len());
            for statement in &policy.statements {
                let clauses = out.clauses(statement, policy.kind);
                let mut add = |effect, clauses| {
                    out.statements.push(Compiled { owner, index: statement.index, effect, clauses });
                };
                if statement.effect.is_none() {
                    // Illegal: both must be considered. The clauses hold an unreadable one, so neither is certain.
                    add(Effect::Allow, clauses.clone());
                }
                add(statement.effect.unwrap_or(Effect::Deny), clauses);
            }
        }
        out
    }

    /// The clauses of a statement (or of a rule's set of requests), with the keys and symbols they need added.
    pub fn clauses(&mut self, statement: &Statement, kind: PolicyKind) -> Vec<Clause> {
        let mut out = Vec::with_capacity(4 + statement.conditions.len());
        if let Some(action) = &statement.action {
            out.push(self.action_clause(action, &action.values, ActionSet::default()));
        }
        if let Some(principal) = &statement.principal {
            out.push(self.principal_clause(principal, kind));
        }
        if let Some(resource) = &statement.resource {
            out.push(self.resource(resource));
        }
        for condition in &statement.conditions {
            out.push(self.condition_clause(condition, &condition.values));
        }
        for unreadable in &statement.unreadable {
            let test = Test::Unreadable(unreadable.reason.as_str().into());
            out.push(self.clause(test, unreadable.span, SmallVec::new(), false));
        }
        out
    }

    fn clause(&mut self, test: Test, span: Span, slots: SmallVec<[usize; 2]>, inexact: bool) -> Clause {
        self.made += 1;
        Clause(Rc::new(Told { test, span, slots, inexact, id: self.made }))
    }

    /// The slot of a key, letter case aside.
    pub fn slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.keys.iter().position(|k| k.name.eq_ignore_ascii_case(name)) {
            return slot;
        }
        self.keys.push(Key {
            name: name.into(),
            fact: aws::condition_key(name),
            place: place(name),
            from_caller: from_caller(name),
        });
        self.keys.len() - 1
    }

    /// The clause of an `Action` element of these values, and of `more` besides.
    pub fn action_clause<'t>(
        &mut self,
        element: &Element<Template>,
        values: impl IntoIterator<Item = &'t Template>,
        more: ActionSet,
    ) -> Clause {
        let mut test = self.action(element, values);
        if !more.is_empty() {
            test.sure.extend(more);
            test.maybe.extend(more);
            test.by_pattern.push(more);
        }
        self.clause(Test::Action(test), element.key.to(element.span), SmallVec::new(), false)
    }

    fn action<'t>(
        &mut self,
        element: &Element<Template>,
        values: impl IntoIterator<Item = &'t Template>,
    ) -> ActionTest {
        let mut out = ActionTest {
            negated: element.negated,
            sure: ActionSet::default(),
            maybe: ActionSet::default(),
            in_full: ActionSet::default(),
            by_pattern: Vec::with_capacity(element.values.len()),
            patterns: Vec::new(),
        };
        for template in values {
            let (sure, maybe) = self.named_actions(template);
            out.sure.extend(sure);
            out.maybe.extend(maybe);
            out.by_pattern.push(maybe);
            match template.as_literal() {
                // It matches no other name.
                Some(_) if !sure.is_empty() => out.in_full.extend(sure),
                _ => out.patterns.push(self.fold(template)),
            }
        }
        out.maybe.extend(out.sure);
        out
    }

    /// The actions that a value surely names, and those that it may name.
    fn named_actions(&mut self, template: &Template) -> (ActionSet, ActionSet) {
        let text = &*template.source;
        if text == "*" {
            return (ActionSet::all(), ActionSet::all());
        }
        let is_text =
            template.parts.iter().all(|p| matches!(p, Part::Literal(_) | Part::AnyRun | Part::AnyOne));
        if let (true, Some(name)) = (is_text, strip_s3(text)) {
            let named = ActionSet::matching(name);
            return (named, named);
        }
        // AWS takes wildcards in the action's name only; what one in the prefix does is not documented. The same goes for
        // what is known only at deploy time.
        let (tokens, mut name) = (self.fold(template), String::from("s3:"));
        let mut found = ActionSet::default();
        for action in aws::actions() {
            name.truncate(3);
            name.push_str(action.name);
            if super::pattern::matches_symbols(&tokens, &name, &self.symbols) != super::pattern::Truth::False
            {
                found.insert(action.index);
            }
        }
        (ActionSet::default(), found)
    }

    fn fold(&mut self, template: &Template) -> Vec<Tok> {
        let mut out = Vec::with_capacity(template.source.len());
        for tok in self.tokens(template, Class::ANY) {
            out.push(match tok {
                Tok::Char(c) if c.is_ascii_alphabetic() => Tok::Fold(c.to_ascii_lowercase()),
                other => other,
            });
        }
        out
    }

    /// The tokens of a template without variables, wildcards of this class.
    pub(super) fn tokens(&mut self, template: &Template, class: Class) -> Vec<Tok> {
        let mut out = Vec::with_capacity(template.source.len());
        template.parts.iter().for_each(|part| self.push_tokens(part, class, &mut out));
        out
    }

    /// Adds the tokens of a part; none for a variable.
    pub fn push_tokens(&mut self, part: &Part, class: Class, out: &mut Vec<Tok>) {
        match part {
            Part::Literal(text) => push_literal(text, out),
            Part::AnyRun => out.push(Tok::Many(class)),
            Part::AnyOne => out.push(Tok::One(class)),
            Part::Symbol(symbol) => out.push(Tok::Char(self.symbols.char_of(symbol))),
            Part::Variable(_) => {}
        }
    }

    /// The clause of a `Principal` element.
    pub fn principal_clause(
        &mut self,
        element: &Element<crate::policy::PrincipalEntry>,
        kind: PolicyKind,
    ) -> Clause {
        let entries: Vec<_> = element.values.iter().map(|e| e.pattern.clone()).collect();
        let mut slots = SmallVec::new();
        for entry in &entries {
            if let PrincipalPattern::Account { account: AccountId::Symbol(s) }
            | PrincipalPattern::Role { account: AccountId::Symbol(s), .. }
            | PrincipalPattern::User { account: AccountId::Symbol(s), .. }
            | PrincipalPattern::Session { account: AccountId::Symbol(s), .. }
            | PrincipalPattern::FederatedUser { account: AccountId::Symbol(s), .. } = entry
            {
                self.symbols.char_of(s);
            }
            if matches!(entry, PrincipalPattern::Role { .. }) && slots.is_empty() {
                slots.push(self.slot("aws:PrincipalArn"));
            }
        }
        let test =
            PrincipalTest { negated: element.negated, entries, root_only: kind == PolicyKind::Endpoint };
        self.clause(Test::Principal(test), element.key.to(element.span), slots, false)
    }

    /// The clause of a `Resource` element.
    pub(super) fn resource(&mut self, element: &Element<Template>) -> Clause {
        let mut slots = SmallVec::new();
        let mut patterns = Vec::with_capacity(element.values.len());
        for template in &element.values {
            patterns.push(if template.variables().next().is_some() {
                for variable in template.variables() {
                    slots.push(self.slot(&variable.key));
                }
                ResourcePattern::Variables(template.clone())
            } else {
                self.resource_pattern(template)
            });
        }
        let test = ResourceTest { negated: element.negated, patterns };
        let inexact = !slots.is_empty();
        self.clause(Test::Resource(test), element.key.to(element.span), slots, inexact)
    }

    /// The clause of a `Resource` element of these patterns, without policy variables.
    pub fn resource_clause(&mut self, element: &Element<Template>, patterns: Vec<Vec<Tok>>) -> Clause {
        let patterns = patterns.into_iter().map(resource_pattern).collect();
        let test = ResourceTest { negated: element.negated, patterns };
        self.clause(Test::Resource(test), element.key.to(element.span), SmallVec::new(), false)
    }

    fn resource_pattern(&mut self, template: &Template) -> ResourcePattern {
        let tokens = self.tokens(template, Class::ANY);
        resource_pattern(tokens)
    }

    /// The clause of a condition of these values.
    pub fn condition_clause(
        &mut self,
        condition: &crate::policy::Condition,
        templates: &[Template],
    ) -> Clause {
        let slot = self.slot(&condition.key);
        let mut slots: SmallVec<[usize; 2]> = SmallVec::new();
        slots.push(slot);
        let mut inexact = false;
        let mut values = Vec::with_capacity(templates.len());
        for template in templates {
            if template.variables().next().is_some() {
                for variable in template.variables() {
                    slots.push(self.slot(&variable.key));
                }
                inexact |= !is_whole_variable(template);
                values.push(ValueTest::Variables(template.clone()));
            } else {
                values.push(self.value(template, condition.operator.base));
            }
        }
        let fact = self.keys.get(slot).and_then(|k| k.fact);
        inexact |= fact.is_some_and(|f| !is_natural(condition.operator.base, f));
        let test = Test::Condition(ConditionTest { operator: condition.operator, slot, values });
        self.clause(test, condition.operator_span.to(condition.span), slots, inexact)
    }

    fn value(&mut self, template: &Template, base: Base) -> ValueTest {
        if template.parts.iter().any(|p| matches!(p, Part::Literal(text) if text.chars().any(is_reserved))) {
            return ValueTest::Unknown("it holds private-use characters");
        }
        match base.class() {
            OperatorClass::String => {
                let tokens = if base.ignores_case() {
                    self.fold_all(template)
                } else {
                    self.tokens(template, Class::ANY)
                };
                ValueTest::Text(tokens)
            }
            OperatorClass::Arn => arn_pattern(self.tokens(template, Class::ANY)),
            _ if template.has_symbols() => ValueTest::Unknown("its value is known only at deploy time"),
            OperatorClass::Numeric => number(&template.source).map_or(ValueTest::Nothing, ValueTest::Number),
            OperatorClass::Date => time(&template.source).map_or(ValueTest::Nothing, ValueTest::Time),
            OperatorClass::Bool | OperatorClass::Null => {
                boolean(&template.source).map_or(ValueTest::Nothing, ValueTest::Bool)
            }
            // S3 refuses it (fact sheet A8): it stands for some address.
            OperatorClass::Ip => net(&template.source)
                .map_or(ValueTest::Unknown("it is no IP address or range"), ValueTest::Net),
            OperatorClass::Binary => ValueTest::Unknown("no key of an S3 request holds binary data"),
        }
    }

    fn fold_all(&mut self, template: &Template) -> Vec<Tok> {
        self.tokens(template, Class::ANY)
            .into_iter()
            .map(|tok| match tok {
                Tok::Char(c) => {
                    let mut lower = c.to_lowercase();
                    match (lower.next(), lower.next()) {
                        (Some(l), None) if l != c || c.to_uppercase().next() != Some(c) => Tok::Fold(l),
                        _ => tok,
                    }
                }
                other => other,
            })
            .collect()
    }
}

/// True for `"${key}"` alone: the value of one key is compared with the value of another.
pub(super) fn is_whole_variable(template: &Template) -> bool {
    matches!(template.parts.as_slice(), [Part::Variable(v)] if v.default.is_none())
}

/// True when the operator compares what the key holds: only then do [`super::space`]'s samples cover all cases.
fn is_natural(base: Base, fact: &ConditionKey) -> bool {
    if !fact.values.is_empty() || fact.presence == aws::Presence::Never {
        return true;
    }
    let fits = |key_type| match base.class() {
        OperatorClass::Null => true,
        OperatorClass::String | OperatorClass::Arn => matches!(key_type, KeyType::String | KeyType::Arn),
        OperatorClass::Numeric => key_type == KeyType::Numeric,
        OperatorClass::Date => key_type == KeyType::Date,
        OperatorClass::Ip => key_type == KeyType::Ip,
        OperatorClass::Bool => key_type == KeyType::Bool,
        OperatorClass::Binary => false,
    };
    fits(fact.key_type) || fact.other_type.is_some_and(fits)
}

/// What follows `s3:`, letter case aside.
pub(super) fn strip_s3(action: &str) -> Option<&str> {
    let (prefix, name) = short::split_once(action, b':')?;
    prefix.eq_ignore_ascii_case("s3").then_some(name)
}

/// The pattern of a `Resource` value, from tokens whose wildcards are of class [`Class::ANY`].
pub(super) fn resource_pattern(tokens: Vec<Tok>) -> ResourcePattern {
    if tokens == [Tok::Many(Class::ANY)] {
        return ResourcePattern::Everything;
    }
    let colons = tokens.iter().filter(|t| **t == Tok::Char(':')).count();
    // A deploy-time value may hold the ARN's first fields.
    let starts_known = matches!(tokens.first(), Some(Tok::Char(c)) if !is_reserved(*c));
    if colons >= 5 {
        return ResourcePattern::Arn { tokens: fields(tokens), crossing: None };
    }
    if !starts_known && tokens.iter().any(|t| matches!(t, Tok::Char(c) if is_reserved(*c))) {
        return ResourcePattern::Arn { tokens, crossing: None };
    }
    // Fewer than six fields. A `*` at the very end covers the rest (fact sheet B).
    let inner = tokens.windows(2).any(|w| w == [Tok::Many(Class::ANY), Tok::Char(':')]);
    let crossing = inner.then(|| tokens.clone());
    if tokens.last() == Some(&Tok::Many(Class::ANY)) {
        let mut narrow = fields(tokens);
        if let Some(last) = narrow.last_mut() {
            *last = Tok::Many(Class::ANY);
        }
        return ResourcePattern::Arn { tokens: narrow, crossing };
    }
    match crossing {
        Some(wide) => ResourcePattern::Arn { tokens: fields(wide.clone()), crossing: Some(wide) },
        None => ResourcePattern::Nothing,
    }
}

/// Keeps the wildcards of an ARN's first five fields from crossing a colon.
pub(super) fn fields(mut tokens: Vec<Tok>) -> Vec<Tok> {
    let mut colons = 0;
    for tok in &mut tokens {
        match tok {
            Tok::Char(':') => colons += 1,
            Tok::Many(class) | Tok::One(class) if colons < 5 => *class = class.and(Class::NO_COLON),
            _ => {}
        }
        if colons == 5 {
            break;
        }
    }
    tokens
}

/// The pattern of an Arn operator's value.
pub(super) fn arn_pattern(tokens: Vec<Tok>) -> ValueTest {
    if tokens == [Tok::Many(Class::ANY)] {
        return ValueTest::Unknown("AWS does not say what `*` alone matches under an Arn operator");
    }
    if tokens.iter().filter(|t| **t == Tok::Char(':')).count() >= 5 {
        ValueTest::Arn(fields(tokens))
    } else if tokens.iter().any(|t| matches!(t, Tok::Char(c) if is_reserved(*c))) {
        ValueTest::Arn(tokens)
    } else {
        ValueTest::Nothing
    }
}
