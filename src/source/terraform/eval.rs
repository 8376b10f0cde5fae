//! What expressions come to, as far as it can be known without a deployment. The result is a tree like that of a JSON file; what is not
//! known is a symbol, named by the words of its expression.
//!
//! Knows the expression language; what names lead to is in `reference`, what functions do in `functions`.

use super::hcl::{Attribute, Source, SourceFile};
use super::module::{Loader, Module};
use super::scope::Scope;
use super::work::{Work, weight};
use crate::source::builder::Builder;
use crate::source::deployed::{as_json, as_text, is_json, placed, text, unknown};
use crate::source::span::Span;
use crate::source::tree::{Member, Node, Text, Value};
use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Conditional, Expression, ForExpr, Object, ObjectKey, Traversal,
    TraversalOperator, UnaryOp, UnaryOperator,
};
use hcl_edit::parser::parse_template;
use hcl_edit::template::{Directive, Element, IfDirective, Template};
use std::collections::HashSet;
use std::ops::Range;

/// Expressions inside of expressions, those of the names in them among them: followed this many levels deep.
const MAX_DEPTH: usize = 100;

/// Where an expression's bytes are those of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// A file, which begins at this byte among all.
    File(usize),
    /// A text of a JSON file.
    Text(&'a Text),
    /// A file that a function reads: all of it stands at the function's call.
    Call(Span),
}

/// The text that an expression is a part of, and the module whose names it uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) source: &'a str,
    pub(super) place: Place<'a>,
}

impl<'a> At<'a> {
    pub(super) fn file(file: &'a SourceFile) -> Self {
        Self { source: &file.text, place: Place::File(file.base) }
    }

    pub(super) fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        match self.place {
            Place::File(base) => Span::new(base + range.start, base + range.end),
            Place::Text(text) => text.at(range.start, range.end),
            Place::Call(span) => span,
        }
    }

    pub(super) fn words(&self, range: Option<Range<usize>>) -> String {
        let words = self.source.get(range.unwrap_or_default()).unwrap_or_default();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Adds bytes of the text as they are.
    fn copy(&self, range: Range<usize>, out: &mut Builder) {
        match self.place {
            Place::Text(text) => out.part(text, range.start, range.end),
            _ => out.literal(self.source.get(range.clone()).unwrap_or_default(), self.span(Some(range))),
        }
    }
}

/// Works out values of a module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eval<'m> {
    pub(super) module: &'m Module<'m>,
    pub(super) loader: &'m Loader<'m>,
    pub(super) work: &'m Work,
}

impl Eval<'_> {
    /// The value of an attribute.
    pub(super) fn attribute(
        &self,
        file: &SourceFile,
        attribute: &Attribute,
        scope: Option<&Scope<'_>>,
    ) -> Node {
        match &attribute.value {
            Source::Hcl(expression) => self.expression(expression, At::file(file), scope),
            Source::Json(node) => self.json(node, scope),
        }
    }

    /// A symbol for an expression that cannot be worked out.
    pub(super) fn untold(&self, words: &str, span: Span) -> Node {
        let words: String = words.chars().take(200).collect();
        unknown(&format!("${{{}{words}}}", self.module.prefix), span)
    }

    pub(super) fn expression(&self, e: &Expression, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let depth = &self.work.depth;
        if !self.work.charge(1) || depth.get() >= MAX_DEPTH {
            return self.untold(&at.words(e.span()), at.span(e.span()));
        }
        depth.set(depth.get() + 1);
        let value = self.any(e, at, scope);
        depth.set(depth.get() - 1);
        value
    }

    fn any(&self, e: &Expression, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let span = at.span(e.span());
        let value = |value| Node { span, value };
        match e {
            Expression::Null(_) => value(Value::Null),
            Expression::Bool(inner) => value(Value::Bool(*inner.value())),
            Expression::Number(_) => value(Value::Number(at.words(e.span()).into())),
            Expression::String(_) => {
                let range = e.span().unwrap_or_default();
                let mut out = Builder::default();
                literal(range.start + 1..range.end.saturating_sub(1), at, true, &mut out);
                value(Value::String(out.finish(span)))
            }
            Expression::Array(items) => {
                value(Value::Array(items.iter().map(|item| self.expression(item, at, scope)).collect()))
            }
            Expression::Object(object) => value(self.object(object, at, scope)),
            Expression::StringTemplate(template) => {
                if let Some(Element::Interpolation(only)) = template.as_single_element() {
                    return self.expression(&only.expr, at, scope);
                }
                value(Value::String(self.template(template, at, true, span, scope)))
            }
            Expression::HeredocTemplate(heredoc) => {
                value(Value::String(self.template(&heredoc.template, at, false, span, scope)))
            }
            Expression::Parenthesis(inner) => self.expression(inner.inner(), at, scope),
            Expression::Conditional(inner) => self.conditional(inner, at, scope),
            Expression::FuncCall(call) => self.call(call, at, scope),
            Expression::Variable(name) => match Scope::find(scope, name.as_str()) {
                Some(found) if self.work.charge(weight(found)) => used(found, span),
                _ => self.untold(name.as_str(), span),
            },
            Expression::Traversal(traversal) => self.traversal(traversal, at, scope),
            Expression::UnaryOp(operation) => self.unary(operation, at, scope),
            Expression::BinaryOp(operation) => self.binary(operation, at, scope),
            Expression::ForExpr(each) => self.each(each, at, scope),
        }
    }

    fn object(&self, object: &Object, at: At<'_>, scope: Option<&Scope<'_>>) -> Value {
        let member = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
            let span = at.span(key.span());
            let key = match key {
                // From the file: of keys that stand twice the reader of HCL has other names.
                ObjectKey::Ident(_) | ObjectKey::Expression(Expression::Variable(_)) => {
                    text(&at.words(key.span()), span)
                }
                ObjectKey::Expression(expression) => {
                    as_text(&self.expression(expression, at, scope)).unwrap_or_else(|| text("", span))
                }
            };
            Member { key, value: self.expression(value.expr(), at, scope) }
        };
        let mut members: Vec<Member> = object.iter().map(member).collect();
        // Of a key that stands twice the last one counts.
        let mut seen = HashSet::new();
        members.reverse();
        members.retain(|member| !member.key.holes.is_empty() || seen.insert(member.key.value.clone()));
        members.reverse();
        Value::Object(members)
    }

    /// A value of a file in JSON: its strings are templates.
    fn json(&self, node: &Node, scope: Option<&Scope<'_>>) -> Node {
        let value = match &node.value {
            Value::String(text) => return self.text(text, scope),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item, scope)).collect()),
            Value::Object(members) => {
                let member = |m: &Member| Member { key: m.key.clone(), value: self.json(&m.value, scope) };
                Value::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        };
        Node { span: node.span, value }
    }

    fn text(&self, text: &Text, scope: Option<&Scope<'_>>) -> Node {
        let plain = || Node { span: text.span, value: Value::String(text.clone()) };
        if !text.value.contains(['$', '%']) {
            return plain();
        }
        let at = At { source: &text.value, place: Place::Text(text) };
        match parse_template(&text.value) {
            Ok(template) => match template.as_single_element() {
                Some(Element::Interpolation(only)) => self.expression(&only.expr, at, scope),
                _ => Node {
                    span: text.span,
                    value: Value::String(self.template(&template, at, false, text.span, scope)),
                },
            },
            Err(_) => self.untold(&text.value, text.span),
        }
    }

    /// What a template comes to; `quoted` when it stands in quotes, where there are escapes.
    pub(super) fn template(
        &self,
        template: &Template,
        at: At<'_>,
        quoted: bool,
        span: Span,
        scope: Option<&Scope<'_>>,
    ) -> Text {
        let mut out = Builder::default();
        self.elements(template, at, quoted, scope, &mut out);
        out.finish(span)
    }

    fn elements(
        &self,
        template: &Template,
        at: At<'_>,
        quoted: bool,
        scope: Option<&Scope<'_>>,
        out: &mut Builder,
    ) {
        for element in template {
            let range = element.span().unwrap_or_default();
            if !self.work.charge(1 + range.len() / 32) {
                return;
            }
            let place = at.span(element.span());
            match element {
                Element::Literal(_) => literal(range, at, quoted, out),
                Element::Interpolation(inner) => {
                    let value = self.expression(&inner.expr, at, scope);
                    insert(&value, place, out);
                }
                Element::Directive(directive) => match &**directive {
                    Directive::If(inner) => self.choose(inner, at, quoted, scope, out),
                    Directive::For(inner) => {
                        let items = self.expression(&inner.for_expr.collection_expr, at, scope);
                        let key = inner.for_expr.key_var.as_ref().map(|k| k.as_str());
                        let value = inner.for_expr.value_var.as_str();
                        let items = entries(&items).or_else(|| {
                            // Where it repeats JSON and not a part of a text, it counts as one unknown value, as in `dynamic`.
                            let list = at.words(inner.for_expr.collection_expr.span());
                            let one = |name: &str| self.untold(&format!("{name} in {list}"), place);
                            let is_json = at.words(element.span()).contains('"');
                            is_json.then(|| vec![(one(key.unwrap_or("key")), one(value))])
                        });
                        let Some(items) = items else {
                            out.symbol(&format!("${{{}{}}}", self.module.prefix, at.words(element.span())));
                            continue;
                        };
                        for (k, v) in &items {
                            let scope = Scope::one(key.unwrap_or("\0"), k, scope);
                            let scope = Scope::one(value, v, Some(&scope));
                            self.elements(&inner.for_expr.template, at, quoted, Some(&scope), out);
                        }
                    }
                },
            }
        }
    }

    fn choose(
        &self,
        inner: &IfDirective,
        at: At<'_>,
        quoted: bool,
        scope: Option<&Scope<'_>>,
        out: &mut Builder,
    ) {
        let template = if self.decide(&inner.if_expr.cond_expr, at, scope) {
            Some(&inner.if_expr.template)
        } else {
            inner.else_expr.as_ref().map(|e| &e.template)
        };
        if let Some(template) = template {
            self.elements(template, at, quoted, scope, out);
        }
    }

    fn conditional(&self, inner: &Conditional, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let is_true = self.decide(&inner.cond_expr, at, scope);
        self.expression(if is_true { &inner.true_expr } else { &inner.false_expr }, at, scope)
    }

    /// Whether a condition is true; in this world, when it cannot be known.
    pub(super) fn decide(&self, condition: &Expression, at: At<'_>, scope: Option<&Scope<'_>>) -> bool {
        self.known(condition, at, scope).unwrap_or_else(|| self.guess(condition, at, scope))
    }

    /// Whether a condition is true, when that can be known.
    fn known(&self, condition: &Expression, at: At<'_>, scope: Option<&Scope<'_>>) -> Option<bool> {
        match self.expression(condition, at, scope).value {
            Value::Bool(known) => Some(known),
            Value::String(text) if text.known() == Some("true") => Some(true),
            Value::String(text) if text.known() == Some("false") => Some(false),
            _ => None,
        }
    }

    /// How a condition that cannot be known turns out in this world: by its parts, so that two that share a part agree on it.
    fn guess(&self, condition: &Expression, at: At<'_>, scope: Option<&Scope<'_>>) -> bool {
        match condition {
            Expression::Parenthesis(inner) => return self.decide(inner.inner(), at, scope),
            Expression::UnaryOp(not) if *not.operator.value() == UnaryOperator::Not => {
                return !self.decide(&not.expr, at, scope);
            }
            Expression::BinaryOp(both) => match both.operator.value() {
                BinaryOperator::And => {
                    return self.decide(&both.lhs_expr, at, scope) && self.decide(&both.rhs_expr, at, scope);
                }
                BinaryOperator::Or => {
                    return self.decide(&both.lhs_expr, at, scope) || self.decide(&both.rhs_expr, at, scope);
                }
                _ => {}
            },
            Expression::Traversal(traversal) => {
                if let Some((file, local)) = self.local_of(traversal)
                    && self.work.depth.get() < MAX_DEPTH
                {
                    self.work.depth.set(self.work.depth.get() + 1);
                    let is_true = self.decide(local, At::file(file), None);
                    self.work.depth.set(self.work.depth.get() - 1);
                    return is_true;
                }
            }
            _ => {}
        }
        self.ask(format!("{}{}", self.module.prefix, at.words(condition.span())))
    }

    /// How something that cannot be known turns out in this world.
    fn ask(&self, words: String) -> bool {
        self.work.is_guessed.set(true);
        if let Some(known) = self.work.world.get(&words) {
            return *known;
        }
        let mut asked = self.work.asked.borrow_mut();
        if !asked.contains(&words) {
            asked.push(words);
        }
        true
    }

    /// The expression of a local, when this is its name and nothing else.
    fn local_of(&self, traversal: &Traversal) -> Option<(&SourceFile, &Expression)> {
        let (Expression::Variable(root), [only]) = (&traversal.expr, &*traversal.operators) else {
            return None;
        };
        let TraversalOperator::GetAttr(name) = only.value() else { return None };
        let (file, attribute) = self.module.local(name.as_str()).filter(|_| root.as_str() == "local")?;
        match &attribute.value {
            Source::Hcl(expression) => Some((file, expression)),
            Source::Json(_) => None,
        }
    }

    fn unary(&self, operation: &UnaryOp, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let span = at.span(operation.span());
        let inner = self.expression(&operation.expr, at, scope);
        match (operation.operator.value(), inner.value) {
            (UnaryOperator::Not, Value::Bool(value)) => Node { span, value: Value::Bool(!value) },
            (UnaryOperator::Neg, Value::Number(n)) => {
                Node { span, value: Value::Number(format!("-{n}").into()) }
            }
            _ => self.untold(&at.words(operation.span()), span),
        }
    }

    fn binary(&self, operation: &BinaryOp, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let span = at.span(operation.span());
        let (left, right) = (
            self.expression(&operation.lhs_expr, at, scope),
            self.expression(&operation.rhs_expr, at, scope),
        );
        let truth = |node: &Node| if let Value::Bool(value) = node.value { Some(value) } else { None };
        let number =
            |node: &Node| if let Value::Number(n) = &node.value { n.parse::<f64>().ok() } else { None };
        let compare = |test: fn(f64, f64) -> bool| Some(test(number(&left)?, number(&right)?));
        let known = match operation.operator.value() {
            BinaryOperator::Eq => equal(&left, &right),
            BinaryOperator::NotEq => equal(&left, &right).map(|is_equal| !is_equal),
            BinaryOperator::And => match (truth(&left), truth(&right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            BinaryOperator::Or => match (truth(&left), truth(&right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            BinaryOperator::Greater => compare(|a, b| a > b),
            BinaryOperator::GreaterEq => compare(|a, b| a >= b),
            BinaryOperator::Less => compare(|a, b| a < b),
            BinaryOperator::LessEq => compare(|a, b| a <= b),
            _ => None,
        };
        match known {
            Some(known) => Node { span, value: Value::Bool(known) },
            None => self.untold(&at.words(operation.span()), span),
        }
    }

    /// `[for x in list : ...]` and `{for k, v in map : ... => ...}`
    fn each(&self, each: &ForExpr, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let span = at.span(each.span());
        let collection = self.expression(&each.intro.collection_expr, at, scope);
        let words = at.words(each.intro.collection_expr.span());
        // A collection of which nothing is known counts as one unknown value, as a parameter that is a list does.
        let items = entries(&collection).unwrap_or_else(|| {
            let one = |what: &str| self.untold(&format!("{what} of {words}"), collection.span);
            vec![(one("a key"), one("an element"))]
        });
        let key = each.intro.key_var.as_ref().map_or("\0", |k| k.as_str());
        let value = each.intro.value_var.as_str();
        let (mut list, mut members) = (Vec::new(), Vec::new());
        let mut is_found = false;
        for (number, (k, v)) in items.iter().enumerate() {
            let scope = Scope::one(key, k, scope);
            let scope = Scope::one(value, v, Some(&scope));
            if let Some(cond) = &each.cond {
                // Of the elements of a set one at most is equal to what is not known.
                let is_kept = if is_equality(&cond.expr) {
                    let is_it = self.known(&cond.expr, at, Some(&scope)).unwrap_or_else(|| {
                        let condition = at.words(cond.expr.span());
                        !is_found
                            && self.ask(format!("{}{condition} for the element {number}", self.module.prefix))
                    });
                    is_found |= is_it;
                    is_it
                } else {
                    self.decide(&cond.expr, at, Some(&scope))
                };
                if !is_kept {
                    continue;
                }
            }
            let made = self.expression(&each.value_expr, at, Some(&scope));
            match &each.key_expr {
                Some(key) => {
                    let key =
                        as_text(&self.expression(key, at, Some(&scope))).unwrap_or_else(|| text("", span));
                    members.push(Member { key, value: made });
                }
                None => list.push(made),
            }
        }
        let value = if each.key_expr.is_some() { Value::Object(members) } else { Value::Array(list) };
        Node { span, value }
    }
}

fn is_equality(condition: &Expression) -> bool {
    matches!(condition, Expression::BinaryOp(both) if *both.operator.value() == BinaryOperator::Eq)
}

/// A value at the place where its name stands: what is one word there. Statements and whole policies are shown where they are written.
pub(super) fn used(node: &Node, span: Span) -> Node {
    let is_short = |node: &Node| match &node.value {
        Value::Object(_) => false,
        Value::String(text) => !is_json(text),
        _ => true,
    };
    match &node.value {
        Value::Array(items) if !items.iter().all(is_short) => node.clone(),
        _ if is_short(node) => placed(node, span),
        _ => node.clone(),
    }
}

/// The keys and values of a list or an object; `None` when these cannot be known.
pub(super) fn entries(node: &Node) -> Option<Vec<(Node, Node)>> {
    match &node.value {
        Value::Array(items) => {
            let entry = |(number, item): (usize, &Node)| {
                (Node { span: item.span, value: Value::Number(number.to_string().into()) }, item.clone())
            };
            Some(items.iter().enumerate().map(entry).collect())
        }
        Value::Object(members) => {
            let key = |m: &Member| Node { span: m.key.span, value: Value::String(m.key.clone()) };
            Some(members.iter().map(|m| (key(m), m.value.clone())).collect())
        }
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

/// Whether two values are equal, when that can be known.
fn equal(left: &Node, right: &Node) -> Option<bool> {
    match (&left.value, &right.value) {
        (Value::String(a), Value::String(b)) if a.value == b.value && a.holes == b.holes => Some(true),
        (Value::String(a), Value::String(b)) => Some(a.known()? == b.known()?),
        (Value::Null, Value::Null) => Some(true),
        (Value::String(text), _) | (_, Value::String(text)) if !text.holes.is_empty() => None,
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::Array(a), Value::Array(b)) if a.is_empty() || b.is_empty() => Some(a.len() == b.len()),
        _ => None,
    }
}

/// Adds a value to a text, for an interpolation at a place.
pub(super) fn insert(value: &Node, place: Span, out: &mut Builder) {
    match &value.value {
        Value::Null => {}
        Value::String(text) if is_json(text) => out.text(text),
        Value::Array(_) | Value::Object(_) => out.text(&as_json(value)),
        _ => {
            if let Some(text) = as_text(value) {
                out.foreign(&text, place);
            }
        }
    }
}

/// Adds a part of a text that is written out, its escapes decoded.
fn literal(range: Range<usize>, at: At<'_>, quoted: bool, out: &mut Builder) {
    let raw = at.source.get(range.clone()).unwrap_or_default();
    let (mut from, mut here) = (0, 0);
    while let Some(rest) = raw.get(here..).filter(|rest| !rest.is_empty()) {
        let (length, decoded) = if rest.starts_with("$${") {
            (2, Some('$'))
        } else if rest.starts_with("%%{") {
            (2, Some('%'))
        } else if quoted && rest.starts_with('\\') {
            escape(rest)
        } else {
            (rest.chars().next().map_or(1, char::len_utf8), None)
        };
        if let Some(decoded) = decoded {
            at.copy(range.start + from..range.start + here, out);
            let place = at.span(Some(range.start + here..range.start + here + length));
            out.literal(decoded.encode_utf8(&mut [0; 4]), place);
            from = here + length;
        }
        here += length;
    }
    at.copy(range.start + from..range.end, out);
}

/// The length of an escape and what it stands for.
fn escape(rest: &str) -> (usize, Option<char>) {
    let code = |digits: usize| {
        let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (2 + digits, Some(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)))
    };
    match rest.as_bytes().get(1) {
        Some(b'n') => (2, Some('\n')),
        Some(b'r') => (2, Some('\r')),
        Some(b't') => (2, Some('\t')),
        Some(b'"') => (2, Some('"')),
        Some(b'\\') => (2, Some('\\')),
        Some(b'u') => code(4),
        Some(b'U') => code(8),
        _ => (1, None),
    }
}

/// The words of an attribute's value.
pub(super) fn words(file: &SourceFile, attribute: &Attribute) -> String {
    match &attribute.value {
        Source::Hcl(expression) => At::file(file).words(expression.span()),
        Source::Json(node) => node.text().map(|text| text.value.to_string()).unwrap_or_default(),
    }
}
