//! `policy-unknown-action`, and which S3 actions a statement names.

use super::view::{Part, View};
use super::words::{quote, suggestion};
use super::{Problem, Remedy, pattern};
use crate::aws::{self, ActionSet};
use crate::policy::PolicyKind;
use crate::source::{Text, short};

const RULE: &str = "policy-unknown-action";

/// Prefixes of S3's sister services, whose actions this crate does not list.
const SISTERS: [&str; 7] =
    ["s3express", "s3-outposts", "s3-object-lambda", "s3tables", "s3vectors", "s3files", "s3-express"];

/// What one entry of `Action` names.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// These S3 actions, at least one.
    S3(ActionSet),
    /// An action of another service.
    Foreign,
    /// Not known before deploy time.
    Open,
    /// No action at all.
    Wrong(Wrong),
}

/// Why an entry names no action.
#[derive(Debug, Clone, Copy)]
pub enum Wrong {
    /// There is no `service:` before it.
    NoPrefix,
    /// `*` or `?` in the service.
    WildcardPrefix,
    /// S3 has no such action.
    Unknown,
    /// A pattern that fits no action.
    FitsNone,
}

/// What a statement's `Action` or `NotAction` names.
#[derive(Debug, Default)]
pub struct Actions<'a> {
    /// Entry by entry.
    pub entries: Vec<(&'a Text, Named)>,
    /// The S3 actions the statement applies to; `None` when that is not known.
    pub set: Option<ActionSet>,
}

/// Reads the element.
pub fn read(part: Option<Part<'_>>) -> Actions<'_> {
    let Some(part) = part else { return Actions::default() };
    let entries: Vec<(&Text, Named)> = part.texts().map(|text| (text, named(text))).collect();
    let mut set = ActionSet::default();
    let mut is_known = true;
    for (_, named) in &entries {
        match named {
            Named::S3(actions) => set.extend(*actions),
            Named::Foreign | Named::Wrong(Wrong::Unknown | Wrong::FitsNone) => {}
            Named::Open | Named::Wrong(_) => is_known = false,
        }
    }
    let set = if part.negated { ActionSet::all().minus(set) } else { set };
    Actions { entries, set: is_known.then_some(set) }
}

fn named(text: &Text) -> Named {
    let Some(name) = text.known() else { return Named::Open };
    if name == "*" {
        return Named::S3(ActionSet::all());
    }
    if pattern::has_variable(name) {
        return Named::Open;
    }
    let Some((prefix, name)) = short::split_once(name, b':') else { return Named::Wrong(Wrong::NoPrefix) };
    if short::has_any(prefix, b"*?") {
        return Named::Wrong(Wrong::WildcardPrefix);
    }
    if !prefix.eq_ignore_ascii_case("s3") {
        return Named::Foreign;
    }
    let set = ActionSet::matching(name);
    match (set.is_empty(), short::has_any(name, b"*?")) {
        (false, _) => Named::S3(set),
        (true, false) => Named::Wrong(Wrong::Unknown),
        (true, true) => Named::Wrong(Wrong::FitsNone),
    }
}

/// Runs the check.
pub fn check(view: &View, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    let bucket = kind == Some(PolicyKind::Bucket);
    for (text, named) in &view.actions.entries {
        let name = &*text.value;
        let problem = |message: String| Problem::new(RULE, text.span, message);
        match named {
            Named::S3(_) | Named::Open => {}
            Named::Foreign => {
                if let Some(found) = foreign(text, bucket) {
                    out.push(found);
                }
            }
            Named::Wrong(Wrong::NoPrefix) => {
                let found = problem(format!("{} names no service", quote(name)));
                out.push(match suggestion(name, out.len(), aws::nearest_action) {
                    Some(action) => {
                        found.write(text.span, format!("s3:{action}"), action.eq_ignore_ascii_case(name))
                    }
                    None => found.help("write `s3:` before the action's name"),
                });
            }
            Named::Wrong(Wrong::WildcardPrefix) => {
                let found =
                    problem(format!("{} has a wildcard in the service, where AWS takes none", quote(name)))
                        .write(text.span, with_s3(name), false)
                        .help("write `s3:` and the action, or `*` alone for every action");
                out.push(if bucket { found } else { found.warning() });
            }
            Named::Wrong(Wrong::Unknown) => {
                let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
                let found = problem(format!("S3 has no action {}", quote(name)));
                out.push(match suggestion(bare, out.len(), aws::nearest_action) {
                    Some(action) => found.write(text.span, format!("s3:{action}"), false),
                    None => found,
                });
            }
            Named::Wrong(Wrong::FitsNone) => {
                out.push(problem(format!("{} matches no S3 action", quote(name))).warning());
            }
        }
    }
}

/// How an action of another service is reported; not at all where it does no harm: nothing but S3 requests pass an S3
/// endpoint.
fn foreign(text: &Text, bucket: bool) -> Option<Problem> {
    let name = &*text.value;
    let problem = || Problem::new(RULE, text.span, format!("{} is not an S3 action", quote(name)));
    let (prefix, bare) = name.split_once(':')?;
    let is_sister = SISTERS.iter().any(|s| prefix.eq_ignore_ascii_case(s));
    if !is_sister
        && prefix.len() <= 3
        && strsim::damerau_levenshtein(&prefix.to_ascii_lowercase(), "s3") <= 1
        && aws::action(bare).is_some()
    {
        let help = "write `s3:` before the action's name";
        return Some(problem().write(text.span, with_s3(name), false).help(help));
    }
    match (bucket, is_sister) {
        (true, true) => Some(problem().note().help("policies of S3's sister services are not looked into")),
        (true, false) => Some(
            problem()
                .help("a bucket policy takes actions of S3 only")
                .remedy(Remedy::Remove { span: text.span }),
        ),
        (false, _) => None,
    }
}

/// The action with the right service before it.
fn with_s3(name: &str) -> String {
    format!("s3:{}", name.split_once(':').map_or(name, |(_, bare)| bare))
}
