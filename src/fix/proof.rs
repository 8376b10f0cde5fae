//! The proof of a fix: the changed text goes the way of every file, and the engine compares the two versions.

use super::opening::{Change, Loss, Typed};
use super::text::changed;
use super::{Candidate, Seen};
use crate::finding::{Finding, Fix, Safety, Verdict};
use crate::lint::Session;
use crate::policy::{PolicyKind, statements};
use crate::rules::{Body, Rule};
use std::collections::HashMap;

/// A fix, and the file with it made.
#[derive(Debug)]
pub(super) struct Proved {
    pub fix: Fix,
    pub bytes: Vec<u8>,
    /// The findings that are left.
    pub left: Vec<Finding>,
}

/// Proves that the candidate settles the finding. `None`: it does not, or not so that it can be proved.
pub(super) fn prove(
    session: &Session,
    seen: &Seen<'_>,
    finding: &Finding,
    candidate: Candidate,
) -> Option<Proved> {
    let bytes = changed(seen.file.bytes, &candidate.edits)?;
    let after = seen.with(session, &bytes);
    if !is_gone(finding, &seen.report.findings, &after.report.findings)
        || brings_another(session, finding, &seen.report.findings, &after.report.findings)
    {
        return None;
    }
    let changes = changes(seen, &after)?;
    if !changes.iter().all(Change::opens_nothing) {
        return None;
    }
    let bound = candidate.bound.as_ref();
    let caution =
        candidate.caution.or_else(|| changes.iter().find_map(|change| caution(&change.loss(bound))));
    let safety = if caution.is_some() { Safety::Unsafe } else { Safety::Safe };
    let mut edits = candidate.edits;
    edits.sort_by_key(|edit| edit.span);
    let fix = Fix { title: candidate.title, safety, caution, edits };
    let left = after.report.findings;
    Some(Proved { fix, bytes, left })
}

/// Why a fix that takes this away is unsafe.
fn caution(loss: &Loss) -> Option<String> {
    match loss {
        Loss::None => None,
        Loss::Of(request) => Some(format!(
            "it takes away more than the rule asks for: `{}` on `{}` by `{}`, which the policy allows",
            request.action, request.resource, request.principal
        )),
        Loss::Unknown => {
            Some("it cannot be told whether it takes away more than the rule asks for".to_owned())
        }
    }
}

/// True when the finding is not there any more. Of findings that say the same one is gone.
pub(super) fn is_gone(finding: &Finding, before: &[Finding], after: &[Finding]) -> bool {
    // A decision rule has one finding for each policy, whatever it says.
    let decides = finding.witness.is_some() || finding.verdict == Verdict::Undecided;
    let of_rule = |f: &&Finding| f.rule == finding.rule && f.policy == finding.policy;
    let says_so = |f: &&Finding| of_rule(f) && f.message == finding.message;
    let fewer =
        |is: &dyn Fn(&&Finding) -> bool| after.iter().filter(is).count() < before.iter().filter(is).count();
    fewer(&of_rule) && (decides || fewer(&says_so))
}

/// True when some rule finds more than before. A rule that only waited for another one to be silent, or for its own condition to
/// hold, does not count if what it finds is no graver.
fn brings_another(session: &Session, gone: &Finding, before: &[Finding], after: &[Finding]) -> bool {
    let count = |findings: &[Finding]| {
        let mut out: HashMap<std::sync::Arc<str>, usize> = HashMap::new();
        for finding in findings {
            *out.entry(finding.rule.clone()).or_default() += 1;
        }
        out
    };
    let (was, is) = (count(before), count(after));
    let waited = |rule: &Rule| {
        let for_itself = matches!(&rule.body, Body::Decision { only_if: Some(_), .. });
        for_itself || rule.unless.iter().any(|other| was.contains_key(other))
    };
    after.iter().any(|finding| {
        let is_new = is.get(&finding.rule) > was.get(&finding.rule);
        let rule = || session.rules().get(&finding.rule);
        is_new && !(finding.severity <= gone.severity && rule().is_some_and(waited))
    })
}

/// The change of each policy; of one whose kind is not known, as either kind. `None` when the policies are not the same ones any more.
fn changes(old: &Seen<'_>, new: &Seen<'_>) -> Option<Vec<Change>> {
    let kinds =
        |seen: &Seen<'_>| seen.report.policies.iter().map(|p| (p.kind, p.kind_from)).collect::<Vec<_>>();
    let (was, is) = (kinds(old), kinds(new));
    // Texts that stand for values must stand for the same ones.
    let names = |seen: &Seen<'_>| seen.policies.iter().map(|p| p.names.clone()).collect::<Vec<_>>();
    if names(old).iter().any(|names| !names.is_empty()) && names(old) != names(new) {
        return None;
    }
    if was == is {
        let pairs = old.policies.iter().zip(&new.policies).zip(&was);
        let pairs = pairs.map(|((old, new), was)| (&old.typed, &new.typed, was));
        return Some(pairs.flat_map(|(old, new, (kind, _))| as_kinds(*kind, old, new, &[])).collect());
    }
    // Two documents became one.
    let joined = (0..is.len()).find(|at| {
        was.len() == is.len() + 1
            && was.get(*at).map(|k| k.0) == was.get(at + 1).map(|k| k.0)
            && old.policies.get(at + 1).is_some_and(|second| {
                let own = statements(&second.typed.node).len();
                let count =
                    |seen: &Seen<'_>| seen.policies.get(*at).map_or(0, |p| p.typed.policy.statements.len());
                count(new) == count(old) + own
            })
    })?;
    let kinds_alone = |kinds: &[(Option<PolicyKind>, _)]| kinds.iter().map(|k| k.0).collect::<Vec<_>>();
    let mut rest = kinds_alone(&was);
    rest.remove(joined + 1);
    if rest != kinds_alone(&is) {
        return None;
    }
    let mut out = Vec::new();
    for (at, new) in new.policies.iter().enumerate() {
        let of = |number: usize| old.policies.get(number).map(|p| &p.typed);
        let was = of(if at > joined { at + 1 } else { at })?;
        let more: Vec<&Typed> = if at == joined { of(at + 1).into_iter().collect() } else { Vec::new() };
        let kind = is.get(at).and_then(|(kind, _)| *kind);
        out.extend(as_kinds(kind, was, &new.typed, &more));
    }
    Some(out)
}

fn as_kinds(kind: Option<PolicyKind>, old: &Typed, new: &Typed, more: &[&Typed]) -> Vec<Change> {
    let both = [PolicyKind::Endpoint, PolicyKind::Bucket];
    let kinds = kind.as_ref().map_or(both.as_slice(), std::slice::from_ref);
    kinds.iter().map(|kind| Change::new(*kind, old, new, more)).collect()
}
