//! `policy-unknown-condition-key`: keys that do not exist, and keys that no request of the statement carries.

use super::view::{Clause, View};
use super::words::{quote, suggestion};
use super::{Problem, pattern, resource_type};
use crate::aws::{self, ConditionKey, Presence};
use crate::policy::PolicyKind;
use crate::policy::operator::Class;

const RULE: &str = "policy-unknown-condition-key";

/// Runs the check.
pub fn check(view: &View, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    for clause in &view.clauses {
        let Some(name) = clause.key.known() else { continue };
        if pattern::has_variable(name) {
            continue;
        }
        match clause.fact {
            None => {
                let found = unknown(clause, name, kind, out.len());
                out.extend(found);
            }
            Some(fact) => {
                out.extend(tag_key(clause, fact, name).or_else(|| absent(view, clause, fact, kind)));
            }
        }
    }
}

fn unknown(clause: &Clause, name: &str, kind: Option<PolicyKind>, problems: usize) -> Option<Problem> {
    let problem = |message: String| Problem::new(RULE, clause.key.span, message);
    let Some((prefix, bare)) = name.split_once(':') else {
        let found = problem(format!("{} is no condition key: it has no prefix such as `aws:`", quote(name)));
        return Some(match suggestion(name, problems, aws::nearest_condition_key) {
            Some(key) => {
                let is_bare = key.split_once(':').is_some_and(|(_, bare)| bare.eq_ignore_ascii_case(name));
                written(found, clause, key, is_bare)
            }
            None => found,
        });
    };
    if bare.is_empty() || prefix.is_empty() {
        return Some(problem(format!("{} is no condition key", quote(name))));
    }
    let own = prefix.eq_ignore_ascii_case("aws") || prefix.eq_ignore_ascii_case("s3");
    let family = format!("{name}/");
    if let Some(fact) = aws::condition_key(&family).filter(|f| f.variable_part) {
        return Some(
            problem(format!("{} lacks a tag's key", quote(name)))
                .help(format!("write `{}` and the tag's key", fact.name)),
        );
    }
    // A web identity provider's keys begin with its host name, and any host can be one.
    if !own && prefix.contains('.') {
        return None;
    }
    let nearest = suggestion(name, problems, aws::nearest_condition_key);
    let help = |found: Problem| match nearest {
        Some(key) => written(found, clause, key, false),
        None => found,
    };
    if own {
        return Some(help(problem(format!("there is no condition key {}", quote(name)))));
    }
    let same_name = nearest.filter(|n| n.split_once(':').is_some_and(|(_, b)| b.eq_ignore_ascii_case(bare)));
    let found = problem(format!("{} is not a key of S3 requests", quote(name)));
    let found = match same_name {
        Some(key) => written(found, clause, key, false),
        None => found.label("never in a request to S3"),
    };
    Some(if kind == Some(PolicyKind::Bucket) { found } else { found.warning() })
}

/// Says to write this key; of a family, with a word for what follows its name.
fn written(found: Problem, clause: &Clause, key: &str, sure: bool) -> Problem {
    if key.ends_with('/') {
        return found.help(format!("write `{key}TAG-KEY`"));
    }
    found.write(clause.key.span, key, sure)
}

fn tag_key(clause: &Clause, fact: &ConditionKey, name: &str) -> Option<Problem> {
    let is_bare = fact.variable_part && name.ends_with('/') && name.len() == fact.name.len();
    if is_bare {
        let message = format!("{} lacks a tag's key after the slash", quote(name));
        return Some(Problem::new(RULE, clause.key.span, message));
    }
    if !fact.variable_part && name.len() != fact.name.len() {
        return Some(Problem::new(
            RULE,
            clause.key.span,
            format!("there is no condition key {}", quote(name)),
        ));
    }
    None
}

/// A key that no request of the statement carries.
fn absent(
    view: &View,
    clause: &Clause,
    fact: &'static ConditionKey,
    kind: Option<PolicyKind>,
) -> Option<Problem> {
    // `Null` asks just that.
    if clause.operator.base.class() == Class::Null {
        return None;
    }
    let problem = |message: String| Problem::new(RULE, clause.key.span, message).label(consequence(clause));
    let name = || quote(&clause.key.value);
    let refused = kind == Some(PolicyKind::Bucket);
    let graded = |found: Problem| if refused { found } else { found.warning() };
    if fact.presence == Presence::Never {
        return Some(graded(problem(format!("S3 requests never carry {}", name()))));
    }
    if fact.presence == Presence::Internet && kind == Some(PolicyKind::Endpoint) {
        return Some(
            problem(format!("a request through a VPC endpoint never carries {}", name()))
                .warning()
                .help("write `aws:VpcSourceIp` for the private address of the caller"),
        );
    }
    fact.listed?;
    let actions = resource_type::effective(view)?;
    let mut any = false;
    for action in actions.actions() {
        if action.has_key(fact) {
            return None;
        }
        any = true;
    }
    any.then(|| {
        let what = format!("no request of this statement's actions carries {}", name());
        graded(problem(what)).help("move the condition to a statement with the actions it is meant for")
    })
}

/// What the condition then comes to.
fn consequence(clause: &Clause) -> &'static str {
    use crate::policy::Quantifier;
    match clause.operator.quantifier {
        Some(Quantifier::ForAll) => "always holds",
        Some(Quantifier::ForAny) if clause.operator.if_exists => "the key is never there",
        None if clause.operator.if_exists || clause.operator.negated() => "always holds",
        Some(Quantifier::ForAny) | None => "never holds",
    }
}
