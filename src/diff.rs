//! From two versions of a file to what the change means, policy by policy. Pure: no I/O, no clock, no environment.
//!
//! A policy that stands in one version only is compared with what AWS does without it: a bucket without a policy allows and denies
//! nothing, and an endpoint without one has the default, which allows everything. What cannot be read or told is undecided, never
//! "no change".

use crate::engine::changes::{self, Class, changes};
use crate::kind::{Detected, detect};
use crate::policy::{self, Policy, PolicyKind, lower};
use crate::source::{self, Alone, LineIndex, Located, Span, SyntaxErrorKind, parse, parse_file, to_json};
use serde_json::Value;

/// One version of a file.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// The file's name without folders: it can tell the kind of policy.
    pub name: &'a str,
    /// What is in it; `None`: there is no such file.
    pub bytes: Option<&'a [u8]>,
}

/// What became of one policy.
#[derive(Debug, Clone)]
pub struct PolicyDiff {
    /// Its number in the old version of the file, counted from 0; `None`: it is new.
    pub old: Option<usize>,
    /// Its number in the new version; `None`: it is gone.
    pub new: Option<usize>,
    /// Its kind, when known.
    pub kind: Option<PolicyKind>,
    /// What the change means.
    pub meaning: Meaning,
}

/// What a change means.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// Nothing: each request gets what it got before.
    Same,
    /// These classes of requests get something else; or may do so, for classes that are undecided.
    Changed(Vec<Class>),
    /// It cannot be told, for this reason.
    Undecided(String),
}

/// A policy of one version.
struct Found<'t> {
    located: &'t Located<'t>,
    detected: Detected,
    content: Value,
}

/// Compares the policies of two versions of a file. `kind`: what somebody said that they are. Empty: neither version holds an
/// endpoint or bucket policy.
#[must_use]
pub fn diff(old: Version<'_>, new: Version<'_>, kind: Option<PolicyKind>) -> Vec<PolicyDiff> {
    if old.bytes.is_none() && new.bytes.is_none() {
        return Vec::new();
    }
    let parsed = [old, new].map(|version| {
        version.bytes.map_or_else(|| parse(b"[]"), |bytes| parse_file(version.name, bytes, &Alone))
    });
    let located = parsed.each_ref().map(source::policies);
    let [of_old, of_new] = [(old, &located[0].0), (new, &located[1].0)].map(|(version, located)| {
        let found = |located| Found {
            located,
            detected: detect(version.name, &located.node, located.wrapper.as_ref()),
            content: to_json(&located.node),
        };
        located.iter().map(found).collect::<Vec<_>>()
    });
    let broken = [("old", old, &parsed[0], &located[0].1), ("new", new, &parsed[1], &located[1].1)]
        .into_iter()
        .find_map(|(which, version, parsed, embedded)| {
            let errors = parsed.errors.iter().chain(embedded);
            let mut errors = errors.filter(|e| e.kind != SyntaxErrorKind::MoreThanOneDocument);
            let error = errors.next()?;
            let place = LineIndex::new(version.bytes.unwrap_or_default()).position(error.span.start as usize);
            Some(format!(
                "the {which} version is not JSON ({}:{}: {})",
                place.line, place.column, error.message
            ))
        });
    if let Some(reason) = broken {
        let speaks = |bytes: &[u8]| bytes.windows(11).any(|w| w == b"\"Statement\"");
        let concerns = kind.is_some()
            || !(of_old.is_empty() && of_new.is_empty())
            || [old, new].iter().any(|v| v.bytes.is_some_and(speaks));
        let diff = PolicyDiff { old: None, new: None, kind, meaning: Meaning::Undecided(reason) };
        return if concerns { vec![diff] } else { Vec::new() };
    }
    let count = |found: &[Found<'_>], place: usize| {
        let before = found.iter().take(place);
        before.filter(|f| kind.is_some() || f.detected != Detected::Identity).count()
    };
    let pairs = pairs(&of_old, &of_new).into_iter().filter_map(|(i, j)| {
        let (a, b) = (i.and_then(|i| of_old.get(i)), j.and_then(|j| of_new.get(j)));
        let is_ours = |f: &Found<'_>| kind.is_some() || f.detected != Detected::Identity;
        if ![a, b].into_iter().flatten().any(is_ours) {
            return None;
        }
        let (kind, meaning) = compare(a, b, kind);
        Some(PolicyDiff {
            old: i.map(|i| count(&of_old, i)),
            new: j.map(|j| count(&of_new, j)),
            kind,
            meaning,
        })
    });
    pairs.collect()
}

/// Which policy of the one version is which of the other: the same content first, then the same place in the document, then the
/// order.
fn pairs(old: &[Found<'_>], new: &[Found<'_>]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut of_new: Vec<Option<usize>> = vec![None; new.len()];
    let same_content = |a: &Found<'_>, b: &Found<'_>| a.content == b.content;
    let same_place = |a: &Found<'_>, b: &Found<'_>| {
        a.located.document == b.located.document && a.located.address == b.located.address
    };
    let any = |_: &Found<'_>, _: &Found<'_>| true;
    for same in [&same_content as &dyn Fn(&Found<'_>, &Found<'_>) -> bool, &same_place, &any] {
        for (j, b) in new.iter().enumerate() {
            let taken = |i: usize, of_new: &[Option<usize>]| of_new.contains(&Some(i));
            if of_new.get(j).is_some_and(Option::is_none) {
                let partner =
                    (0..old.len()).find(|&i| !taken(i, &of_new) && old.get(i).is_some_and(|a| same(a, b)));
                if let Some(entry) = of_new.get_mut(j) {
                    *entry = partner;
                }
            }
        }
    }
    let gone = (0..old.len()).filter(|i| !of_new.contains(&Some(*i)));
    let gone: Vec<_> = gone.map(|i| (Some(i), None)).collect();
    of_new.iter().enumerate().map(|(j, i)| (*i, Some(j))).chain(gone).collect()
}

fn compare(
    old: Option<&Found<'_>>,
    new: Option<&Found<'_>>,
    kind: Option<PolicyKind>,
) -> (Option<PolicyKind>, Meaning) {
    let of = |found: Option<&Found<'_>>| match found?.detected {
        Detected::Policy(kind, _) => Some(kind),
        Detected::Unknown | Detected::Identity => None,
    };
    let kind = match (kind, of(old), of(new)) {
        (Some(kind), _, _) | (None, Some(kind), None) | (None, None, Some(kind)) => kind,
        (None, Some(a), Some(b)) if a == b => a,
        (None, Some(a), Some(b)) => {
            let reason =
                format!("the old version looks like an {a} policy and the new one like an {b} policy");
            let reason = reason.replace("an bucket", "a bucket");
            return (None, Meaning::Undecided(format!("{reason}; say which they are with `--kind`")));
        }
        (None, None, None) => {
            let reason = "nothing tells which kind of policy this is; say so with `--kind`";
            return (None, Meaning::Undecided(reason.to_owned()));
        }
    };
    if let (Some(a), Some(b)) = (old, new)
        && a.located.node == b.located.node
    {
        return (Some(kind), Meaning::Same);
    }
    let [before, after] = [old, new].map(|found| match found {
        Some(found) => lower(&found.located.node, kind),
        None => without(kind),
    });
    let classes = changes(&before, &after, changes::BUDGET);
    (Some(kind), if classes.is_empty() { Meaning::Same } else { Meaning::Changed(classes) })
}

/// What AWS goes by when there is no policy.
#[must_use]
pub fn without(kind: PolicyKind) -> Policy {
    // The default policy of an endpoint (AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies").
    let text: &[u8] = match kind {
        PolicyKind::Endpoint => {
            br#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#
        }
        PolicyKind::Bucket => br#"{"Version": "2012-10-17", "Statement": []}"#,
    };
    let parsed = parse(text);
    let empty =
        Policy { kind, span: Span::default(), version: policy::Version::V2012, statements: Vec::new() };
    parsed.documents.first().map_or(empty, |node| lower(node, kind))
}
