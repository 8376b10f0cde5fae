//! What was found before and is accepted for now: a baseline hides it, and shows whatever comes on top.
//!
//! For a finding about what a policy decides, the baseline keeps the policy. As long as each request that breaks the rule broke it
//! under the kept policy too, the finding stays hidden, however the policy is rewritten or tightened; the first request that did
//! not is a finding of its own. Other findings are known by their fingerprints.
//!
//! Pure: no I/O. Paths are the keys that the caller gives.

mod file;

use crate::engine::pair::Pair;
use crate::finding::{Finding, Verdict};
use crate::lint::{FileInput, FileReport, Judged, Linter, Settings, judged};
use crate::policy::{Policy, PolicyKind, lower};
use crate::rules::compare::{News, news};
use crate::rules::decide::Given;
use crate::rules::{Body, Rule};
use crate::source::{self, parse, to_json};
pub use file::{Baseline, BaselineError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// What is kept of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The file, as the caller names files.
    pub path: String,
    /// The policies that break rules about what they decide.
    #[serde(default)]
    pub policies: Vec<PolicyEntry>,
    /// All other findings.
    #[serde(default)]
    pub findings: Vec<FindingEntry>,
}

/// A policy, and the rules that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEntry {
    /// Its number in the file, from 0.
    pub policy: usize,
    /// Its kind.
    pub kind: PolicyKind,
    /// The ids of the rules.
    pub rules: BTreeSet<String>,
    /// The policy, without `Sid` and `Id`.
    pub document: Value,
}

/// A finding by its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingEntry {
    /// The rule's id, for readers.
    pub rule: String,
    /// The fingerprint.
    pub fingerprint: String,
}

/// What came of holding a file's findings against its entry.
#[derive(Debug)]
pub struct Sifted {
    /// How many findings are hidden.
    pub hidden: usize,
    /// How many things that the entry keeps match nothing any more.
    pub unmatched: usize,
    /// The entry without them, and with policies as they are now where that keeps less.
    pub kept: Option<FileEntry>,
}

/// A policy of a file, as a baseline keeps it.
struct Subject {
    kind: PolicyKind,
    document: Value,
    policy: Policy,
    /// The document says all that the policy does.
    exact: bool,
}

impl FileEntry {
    /// An entry that keeps all findings of a report; `None`: there are none.
    #[must_use]
    pub fn of(
        path: String,
        linter: &Linter,
        file: &FileInput<'_>,
        settings: &Settings,
        report: &FileReport,
    ) -> Option<Self> {
        let mut out = Self { path, policies: Vec::new(), findings: Vec::new() };
        if report.findings.is_empty() {
            return None;
        }
        let subjects = subjects(file, settings);
        for finding in &report.findings {
            match decided(linter, finding, &subjects) {
                Some((number, subject, rule)) if subject.exact => {
                    let rule = rule.id.to_string();
                    match out.policies.iter_mut().find(|p| p.policy == number) {
                        Some(entry) => drop(entry.rules.insert(rule)),
                        None => out.policies.push(PolicyEntry {
                            policy: number,
                            kind: subject.kind,
                            rules: [rule].into(),
                            document: subject.document.clone(),
                        }),
                    }
                }
                _ => out.findings.extend(FindingEntry::of(finding)),
            }
        }
        out.policies.sort_by_key(|p| p.policy);
        out.findings.sort();
        Some(out)
    }

    /// How many findings it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len() + self.policies.iter().map(|p| p.rules.len()).sum::<usize>()
    }

    /// True when it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when a policy of the file is one that is kept here, word for word.
    #[must_use]
    pub fn is_about(&self, file: &FileInput<'_>, settings: &Settings) -> bool {
        let subjects = subjects(file, settings);
        self.policies
            .iter()
            .any(|p| subjects.iter().flatten().any(|s| s.kind == p.kind && s.document == p.document))
    }

    /// Takes from a report what is kept here. A finding of which a kept policy had a part stays, and shows what is new.
    pub fn sift(
        &self,
        linter: &Linter,
        file: &FileInput<'_>,
        settings: &Settings,
        report: &mut FileReport,
    ) -> Sifted {
        let subjects = if self.policies.is_empty() { Vec::new() } else { subjects(file, settings) };
        let partners = self.partners(&subjects);
        let given = Given { trusted: &settings.trusted, regions: &settings.regions };
        let mut findings: BTreeSet<&FindingEntry> = self.findings.iter().collect();
        let mut kept = Self { path: self.path.clone(), policies: Vec::new(), findings: Vec::new() };
        let mut hidden = 0;
        // For each kept policy: the rules that still break, and whether some request breaks one of them that did not before.
        let mut used: Vec<(BTreeSet<String>, BTreeSet<String>, bool)> =
            vec![Default::default(); self.policies.len()];
        let mut told: BTreeSet<(usize, Arc<str>)> = BTreeSet::new();
        let mut shown = Vec::with_capacity(report.findings.len());
        for mut finding in std::mem::take(&mut report.findings) {
            let by_print = FindingEntry::of(&finding).filter(|entry| findings.remove(entry));
            if let Some(entry) = by_print {
                kept.findings.push(entry);
                hidden += 1;
                continue;
            }
            let known = decided(linter, &finding, &subjects).and_then(|(number, subject, rule)| {
                let place = *partners.get(number)?;
                let entry = self.policies.get(place?)?;
                let matched = entry.matching(rule)?;
                Some((place?, subject, rule, entry, matched))
            });
            let Some((place, subject, rule, entry, matched)) = known else {
                shown.push(finding);
                continue;
            };
            let news = entry.news(linter, rule, subject, given);
            if let Some((old, now, worse)) = used.get_mut(place) {
                old.extend(matched);
                now.insert(rule.id.to_string());
                *worse |= !matches!(news, News::Nothing);
            }
            match news {
                News::Nothing => {
                    hidden += 1;
                    continue;
                }
                // The rule may have several findings, and this says what is new of all of them.
                News::Worse(_) if !told.insert((place, Arc::clone(&finding.rule))) => {
                    hidden += 1;
                    continue;
                }
                News::Worse(new) => {
                    let (policy, kind, fingerprint) = (finding.policy, finding.kind, finding.fingerprint);
                    let resource = finding.resource.clone();
                    let new = linter.levelled(*new, settings).unwrap_or(finding);
                    finding = Finding { policy, kind, resource, fingerprint, ..new };
                    finding.notes.push(
                        "the baseline keeps this finding for an older version of the policy, and this request is new".to_owned(),
                    );
                }
                News::Undecided(reason) => finding.notes.push(format!(
                    "the baseline keeps this finding for an older version of the policy; whether there is more now cannot be decided: {reason}"
                )),
            }
            shown.push(finding);
        }
        report.findings = shown;
        report.findings.sort_by_cached_key(Finding::sort_key);
        let mut unmatched = findings.len();
        let pairs = partners.iter().enumerate().filter_map(|(number, place)| Some(((*place)?, number)));
        let partner_of: HashMap<usize, usize> = pairs.collect();
        for (place, (entry, (old, now, worse))) in self.policies.iter().zip(used).enumerate() {
            unmatched += entry.rules.iter().filter(|rule| !old.contains(*rule)).count();
            if old.is_empty() {
                continue;
            }
            let subject = partner_of.get(&place).and_then(|p| Some((*p, subjects.get(*p)?.as_ref()?)));
            kept.policies.push(match subject {
                // What the policy is now is no more than what was kept.
                Some((policy, subject)) if !worse && subject.exact => {
                    PolicyEntry { policy, kind: subject.kind, rules: now, document: subject.document.clone() }
                }
                _ => PolicyEntry { rules: old, ..entry.clone() },
            });
        }
        kept.policies.sort_by_key(|p| p.policy);
        kept.findings.sort();
        Sifted { hidden, unmatched, kept: (!kept.is_empty()).then_some(kept) }
    }

    /// For each policy of the file the kept one that it was: the same content, else the same number.
    fn partners(&self, subjects: &[Option<Subject>]) -> Vec<Option<usize>> {
        let mut out: Vec<Option<usize>> = vec![None; subjects.len()];
        let mut left: BTreeSet<usize> = (0..self.policies.len()).collect();
        for by_content in [true, false] {
            let key = |document: &Value, number: usize, kind| {
                (if by_content { document.to_string() } else { number.to_string() }, kind)
            };
            let mut places: HashMap<_, VecDeque<usize>> = HashMap::new();
            for place in &left {
                let Some(entry) = self.policies.get(*place) else { continue };
                places.entry(key(&entry.document, entry.policy, entry.kind)).or_default().push_back(*place);
            }
            for (number, (slot, subject)) in out.iter_mut().zip(subjects).enumerate() {
                let Some(subject) = subject.as_ref().filter(|_| slot.is_none()) else { continue };
                let free = places.get_mut(&key(&subject.document, number, subject.kind));
                *slot = free.and_then(VecDeque::pop_front).filter(|place| left.remove(place));
            }
        }
        out
    }
}

impl PolicyEntry {
    /// The rules kept here on account of which a finding of `rule` may be hidden: the rule itself, or those that kept it silent.
    fn matching(&self, rule: &Rule) -> Option<Vec<String>> {
        if self.rules.contains(&*rule.id) {
            return Some(vec![rule.id.to_string()]);
        }
        let louder: Vec<String> =
            rule.unless.iter().map(ToString::to_string).filter(|id| self.rules.contains(id)).collect();
        (!louder.is_empty()).then_some(louder)
    }

    /// What breaks the rule under the policy as it is now, and did not under this one.
    fn news(&self, linter: &Linter, rule: &Rule, now: &Subject, given: Given<'_>) -> News {
        if now.exact && now.document == self.document {
            return News::Nothing;
        }
        match read(&self.document, self.kind) {
            Some(old) => news(linter.rules(), rule, [&old, &now.policy], given),
            None => News::Undecided("the policy that the baseline keeps cannot be read".to_owned()),
        }
    }
}

impl FindingEntry {
    fn of(finding: &Finding) -> Option<Self> {
        let fingerprint = finding.fingerprint?.to_string();
        Some(Self { rule: finding.rule.to_string(), fingerprint })
    }
}

/// The policy and the rule, when the finding is about a decision that was made.
fn decided<'s>(
    linter: &'s Linter,
    finding: &Finding,
    subjects: &'s [Option<Subject>],
) -> Option<(usize, &'s Subject, &'s Rule)> {
    let number = finding.policy.filter(|_| finding.verdict == Verdict::Violated)?;
    let subject = subjects.get(number)?.as_ref()?;
    let rule = linter.rules().get(&finding.rule)?;
    matches!(rule.body, Body::Decision { .. }).then_some((number, subject, rule))
}

/// The policies of a file, by number; `None` for those of unknown kind.
fn subjects(file: &FileInput<'_>, settings: &Settings) -> Vec<Option<Subject>> {
    let parsed = file.parse();
    let (located, _) = source::policies(&parsed);
    let subject = |judged: Judged<'_>| {
        let (node, kind) = (&judged.located.node, judged.report.kind?);
        let policy = lower(node, kind);
        let document = bare(to_json(node));
        let exact = read(&document, kind).is_some_and(|again| Pair::new(&policy, &again).is_same());
        Some(Subject { kind, document, policy, exact })
    };
    judged(&located, file, settings).map(subject).collect()
}

fn read(document: &Value, kind: PolicyKind) -> Option<Policy> {
    let parsed = parse(document.to_string().as_bytes());
    parsed.documents.first().filter(|_| parsed.errors.is_empty()).map(|node| lower(node, kind))
}

/// The document without what names things only.
fn bare(mut document: Value) -> Value {
    fn strip(statements: &mut Value) {
        match statements {
            Value::Array(all) => all.iter_mut().for_each(strip),
            Value::Object(members) => drop(members.remove("Sid")),
            _ => {}
        }
    }
    match &mut document {
        Value::Object(members) if members.contains_key("Statement") => {
            members.remove("Id");
            members.get_mut("Statement").map(strip);
        }
        other => strip(other),
    }
    document
}
