//! From the spanned tree to the typed policy. Follows AWS's reading of stored documents where a document is not
//! legal (repeated elements: fact sheet A5); whatever has no agreed meaning becomes [`Unreadable`].

use super::principal::{AccountId, PrincipalPattern};
use super::template::{Part, Syntax, Template};
use super::{Condition, Effect, Element, Policy, PolicyKind, PrincipalEntry, Statement, Unreadable, Version};
use crate::policy::Operator;
use crate::source::{Member, Node, Span, Symbol, Text, Value, short};
use smallvec::smallvec;
use std::sync::Arc;

/// Reads a policy document. `node` is the document's object, a bare statement, or a bare list of statements.
#[must_use]
pub fn lower(node: &Node, kind: PolicyKind) -> Policy {
    let version = match node.get("Version").and_then(Node::text).and_then(Text::known) {
        Some("2012-10-17") => Version::V2012,
        _ => Version::V2008,
    };
    let statements =
        statements(node).into_iter().enumerate().map(|(i, n)| statement(i, n, version)).collect();
    Policy { kind, span: node.span, version, statements }
}

/// The statements of a document, in the order of [`Policy::statements`].
#[must_use]
pub fn statements(node: &Node) -> Vec<&Node> {
    if is_bare(node) {
        return node.one_or_many().iter().collect();
    }
    // Two `Statement` members are an error; both are read, so that neither hides what the other does.
    let members = node.object().unwrap_or_default().iter();
    members.filter(|m| &*m.key.value == "Statement").flat_map(|m| m.value.one_or_many()).collect()
}

/// True for a statement, or a list of statements, without a document around it.
#[must_use]
pub fn is_bare(node: &Node) -> bool {
    node.array().is_some() || node.get("Statement").is_none() && node.get("Effect").is_some()
}

fn statement(index: usize, node: &Node, version: Version) -> Statement {
    let mut out = Statement {
        index,
        span: node.span,
        sid: None,
        effect: None,
        effect_span: node.span,
        principal: None,
        action: None,
        resource: None,
        conditions: Vec::new(),
        unreadable: Vec::new(),
    };
    let Some(members) = node.object() else {
        out.unreadable(node.span, format!("a statement must be an object, this is {}", node.kind_in_words()));
        return out;
    };
    let patterns = Syntax::new(true, true, version);
    for member in members {
        let negated = member.key.value.starts_with("Not");
        match &*member.key.value {
            "Sid" => out.sid = member.value.text().cloned(),
            // Repeated in an old policy: the last counts (fact sheet A5).
            "Effect" => {
                out.effect_span = member.span();
                out.effect = match member.value.text().and_then(Text::known) {
                    Some("Allow") => Some(Effect::Allow),
                    Some("Deny") => Some(Effect::Deny),
                    _ => None,
                };
            }
            "Principal" | "NotPrincipal" => {
                let entries = principals(&member.value);
                out.merge(member, negated, entries, |s| &mut s.principal);
            }
            "Action" | "NotAction" => {
                let syntax = Syntax { wildcards: true, variables: false };
                if let Some(values) = templates(&member.value, syntax, &mut out.unreadable) {
                    out.merge(member, negated, values, |s| &mut s.action);
                }
            }
            "Resource" | "NotResource" => {
                if let Some(values) = templates(&member.value, patterns, &mut out.unreadable) {
                    out.merge(member, negated, values, |s| &mut s.resource);
                }
            }
            "Condition" => conditions(&member.value, version, &mut out),
            _ => {}
        }
    }
    if out.effect.is_none() {
        let reason = "its `Effect` is neither `Allow` nor `Deny`";
        out.unreadable(out.effect_span, reason);
    }
    for (missing, name) in [
        (out.principal.is_none(), "Principal"),
        (out.action.is_none(), "Action"),
        (out.resource.is_none(), "Resource"),
    ] {
        if missing {
            out.unreadable(node.span, format!("it has no readable `{name}` element"));
        }
    }
    out
}

impl Statement {
    fn unreadable(&mut self, span: Span, reason: impl Into<String>) {
        self.unreadable.push(Unreadable { span, reason: reason.into() });
    }

    /// Sets an element; a repeated one is merged into one list (fact sheet A5), `X` beside `NotX` has no meaning.
    fn merge<T>(
        &mut self,
        member: &Member,
        negated: bool,
        values: Vec<T>,
        slot: impl Fn(&mut Self) -> &mut Option<Element<T>>,
    ) {
        match slot(self) {
            Some(element) if element.negated == negated => element.values.extend(values),
            Some(_) => {
                let reason = format!("it has `{}` beside its opposite", member.key.value);
                self.unreadable(member.key.span, reason);
            }
            empty => {
                *empty = Some(Element { negated, key: member.key.span, span: member.value.span, values });
            }
        }
    }
}

/// The strings of a value or list. What is no string is unreadable, and then so is the whole element: the strings beside it
/// say only a part of what it covers.
fn templates(node: &Node, syntax: Syntax, unreadable: &mut Vec<Unreadable>) -> Option<Vec<Template>> {
    let before = unreadable.len();
    let mut out = Vec::with_capacity(node.one_or_many().len());
    for value in node.one_or_many() {
        match value.text() {
            Some(text) if text.has_private_use() => unreadable.push(Unreadable {
                span: value.span,
                reason: "private-use characters (U+F0000 to U+FFFFD) stand here".to_owned(),
            }),
            Some(text) => out.push(Template::parse(text, syntax)),
            None => unreadable.push(Unreadable {
                span: value.span,
                reason: format!("a string is expected here, this is {}", value.kind_in_words()),
            }),
        }
    }
    (unreadable.len() == before).then_some(out)
}

fn conditions(node: &Node, version: Version, out: &mut Statement) {
    let Some(blocks) = node.object() else {
        out.unreadable(node.span, format!("`Condition` must be an object, this is {}", node.kind_in_words()));
        return;
    };
    for (i, block) in blocks.iter().enumerate() {
        let Some(operator) = Operator::parse(&block.key.value) else {
            out.unreadable(block.key.span, format!("`{}` is no condition operator", block.key.value));
            continue;
        };
        if blocks.iter().take(i).any(|b| b.key.value == block.key.value) {
            out.unreadable(block.key.span, format!("the operator `{}` stands here twice", block.key.value));
        }
        let Some(keys) = block.value.object() else {
            let what = block.value.kind_in_words();
            out.unreadable(block.value.span, format!("an operator holds an object of keys, this is {what}"));
            continue;
        };
        for (j, member) in keys.iter().enumerate() {
            if keys.iter().take(j).any(|m| m.key.value.eq_ignore_ascii_case(&member.key.value)) {
                out.unreadable(member.key.span, format!("the key `{}` stands here twice", member.key.value));
            }
            let syntax = Syntax::new(operator.base.wildcards(), operator.base.variables(), version);
            let mut values = Vec::with_capacity(member.value.one_or_many().len());
            let before = out.unreadable.len();
            for value in member.value.one_or_many() {
                match &value.value {
                    Value::String(text) => values.push(filled_in_later(Template::parse(text, syntax))),
                    Value::Number(number) => values.push(Template::literal(number, value.span)),
                    Value::Bool(b) => {
                        values.push(Template::literal(if *b { "true" } else { "false" }, value.span));
                    }
                    _ => {
                        let what = value.kind_in_words();
                        out.unreadable(value.span, format!("{what} is no condition value"));
                    }
                }
            }
            if out.unreadable.len() > before {
                continue;
            }
            out.conditions.push(Condition {
                operator,
                operator_span: block.key.span,
                key: member.key.value.clone(),
                key_span: member.key.span,
                span: member.value.span,
                values,
            });
        }
    }
}

/// `${Endpoint}` or `${AWS::AccountId}` alone: the reference of a template, filled in before AWS sees the policy. Every condition
/// key has a prefix before one colon, so AWS would substitute no such thing.
fn filled_in_later(mut value: Template) -> Template {
    if let [Part::Variable(variable)] = value.parts.as_slice()
        && variable.default.is_none()
        && (!variable.key.contains(':') || variable.key.contains("::"))
    {
        value.parts = smallvec![Part::Symbol(some_value(&value.source))];
    }
    value
}

/// A value of which only the text is known that stands for it: some value, the same one wherever that text stands.
fn some_value(name: &str) -> Arc<Symbol> {
    Arc::new(Symbol { name: name.into(), prefix: "".into(), suffix: "".into() })
}

fn principals(node: &Node) -> Vec<PrincipalEntry> {
    let mut out = Vec::new();
    let unreadable =
        |span, reason: String| PrincipalEntry { span, pattern: PrincipalPattern::Unreadable(reason.into()) };
    match &node.value {
        Value::String(text) => out.push(match text.known() {
            Some("*") => PrincipalEntry { span: node.span, pattern: PrincipalPattern::Everyone },
            None => PrincipalEntry { span: node.span, pattern: PrincipalPattern::Unknown },
            // AWS refuses it: the brackets `{"AWS": ...}` are missing. It can mean nothing else.
            Some(_) => match aws_principal(text) {
                PrincipalPattern::Unreadable(_) => {
                    unreadable(node.span, "only `*` may stand alone as a principal".to_owned())
                }
                pattern => PrincipalEntry { span: node.span, pattern },
            },
        }),
        Value::Object(members) => {
            for member in members {
                for value in member.value.one_or_many() {
                    // What is no string may be anybody once it is one.
                    let pattern = value
                        .text()
                        .map_or(PrincipalPattern::Unknown, |text| principal(&member.key.value, text));
                    out.push(PrincipalEntry { span: value.span, pattern });
                }
            }
        }
        _ => out.push(unreadable(node.span, format!("a principal cannot be {}", node.kind_in_words()))),
    }
    out
}

fn principal(group: &str, text: &Text) -> PrincipalPattern {
    match group {
        "AWS" => aws_principal(text),
        "Service" => match text.known() {
            Some(name) if is_service(name) => PrincipalPattern::Service(name.into()),
            Some(name) => PrincipalPattern::Unreadable(format!("`{name}` is no service").into()),
            None => PrincipalPattern::Unknown,
        },
        "CanonicalUser" => match text.known() {
            Some(id) if id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
                PrincipalPattern::CanonicalUser(id.into())
            }
            Some(id) => PrincipalPattern::Unreadable(format!("`{id}` is no canonical user id").into()),
            None => PrincipalPattern::Unknown,
        },
        "Federated" => PrincipalPattern::Nobody,
        _ => PrincipalPattern::Unreadable(format!("`{group}` is no kind of principal").into()),
    }
}

/// Names joined by dots: what a request can say of who calls.
fn is_service(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    name.contains('.') && name.split('.').all(is_label)
}

fn aws_principal(text: &Text) -> PrincipalPattern {
    use PrincipalPattern::{
        Account, EveryAws, FederatedUser, Nobody, Role, Session, Unknown, Unreadable, User,
    };
    if text.has_private_use() {
        return Unknown;
    }
    let template = Template::parse(text, Syntax::LITERAL);
    let unknown = || Unknown;
    // At most the account is a symbol: `arn:aws:iam::${account}:root`.
    let (before, symbol, after) = match template.parts.as_slice() {
        [Part::Literal(all)] => (&**all, None, ""),
        [Part::Symbol(s)] => ("", Some(s), ""),
        [Part::Literal(a), Part::Symbol(s)] => (&**a, Some(s), ""),
        [Part::Literal(a), Part::Symbol(s), Part::Literal(b)] => (&**a, Some(s), &**b),
        _ => return unknown(),
    };
    let (head, account, rest) = if let Some(symbol) = symbol {
        let Some(rest) = after.strip_prefix(':') else { return unknown() };
        (before, AccountId::Symbol(Arc::clone(symbol)), rest)
    } else {
        if before == "*" {
            return EveryAws;
        }
        if is_account(before) {
            return Account { account: AccountId::Known(before.into()) };
        }
        if is_unique_id(before) {
            return Nobody;
        }
        let mut at = before.bytes().enumerate().filter(|(_, b)| *b == b':').map(|(i, _)| i);
        let (Some(a), Some(b)) = (at.nth(3), at.next()) else {
            if is_placeholder(before) {
                return Account { account: AccountId::Symbol(some_value(before)) };
            }
            return Unreadable(format!("`{before}` is no principal ARN").into());
        };
        let (Some(head), Some(id), Some(rest)) =
            (before.get(..=a), before.get(a + 1..b), before.get(b + 1..))
        else {
            return unknown();
        };
        if short::has_any(head, b"*?") || short::has_any(id, b"*?") || short::has_any(rest, b"*") {
            return Unreadable("AWS knows no wildcard inside a principal".into());
        }
        let account = if is_account(id) || id == "cloudfront" {
            AccountId::Known(id.into())
        } else if is_placeholder(id) {
            AccountId::Symbol(some_value(id))
        } else {
            return Unreadable(format!("`{id}` is no account id").into());
        };
        (head, account, rest)
    };
    let mut fields = head.split(':');
    let (Some("arn"), Some(partition), Some(service), Some("")) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Unreadable("it is no principal ARN".into());
    };
    let partition: Arc<str> = partition.into();
    match (service, rest.split_once('/')) {
        ("iam", None) if rest == "root" => Account { account },
        ("iam", Some(("role", name))) if !name.is_empty() => Role { partition, account, name: name.into() },
        ("iam", Some(("user", name))) if !name.is_empty() => User { partition, account, name: name.into() },
        ("sts", Some(("federated-user", name))) if !name.is_empty() => {
            FederatedUser { partition, account, name: name.into() }
        }
        ("sts", Some(("assumed-role", name))) => match name.split_once('/') {
            Some((role, session)) if !role.is_empty() && !session.is_empty() => {
                Session { partition, account, role: role.into(), session: session.into() }
            }
            _ => Unreadable("a session ARN is `assumed-role/ROLE/SESSION`".into()),
        },
        _ => Unreadable(format!("`{rest}` is no user, role, session or `root`").into()),
    }
}

/// Text that stands where an account's id belongs, and that whoever uses the policy replaces by one (`AccountB-ID`,
/// `<account>`): AWS takes nothing but twelve digits.
fn is_placeholder(text: &str) -> bool {
    text.contains(|c: char| c.is_alphabetic()) && !text.contains([':', '/', '*', '?'])
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A principal's unique id (`AIDA...`, `AROA...`): what AWS shows after the principal was deleted (fact sheet A10).
fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && ["AIDA", "AROA", "AGPA", "ANPA", "ASIA", "AKIA"].iter().any(|p| text.starts_with(p))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
