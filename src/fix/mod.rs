//! Fixes: changes of a file's text that settle findings. For the command line and an editor alike; pure, no I/O.
//!
//! A finding carries its remedy as data ([`Remedy`]); each kind of remedy has a file here that makes *candidates* of it: changes
//! of the author's text, and of nothing around it. A candidate becomes a [`Fix`] only when it is proved (`proof`): the changed
//! text is linted as every file is, the finding is gone, no other has come, and no request gets more than before. What cannot be
//! proved is not offered.
//!
//! This module must not know rules by name, nor how anything is shown.

mod add;
mod deny;
mod join;
pub mod opening;
mod proof;
mod remove;
#[cfg(test)]
mod tests;
pub mod text;
mod write;
mod written;

use crate::finding::{Edit, Finding, Fix, Remedy, Safety};
use crate::lint::{FileInput, FileReport, Session, Settings, judged};
use crate::notation::{Notation, Style};
use crate::policy::{Policy, statements};
use crate::rules::decide::Given;
use crate::source::{self, Language, Node, Parsed};
use proof::{Proved, is_gone, prove};
use written::Written;

/// How many fixes are made in one file at most.
const MAX_FIXES: usize = 100;
/// A file's share of proofs is this many bytes of text to be linted again ...
const SHARE: usize = 4 * 1024 * 1024;
/// ... and no more than this many proofs.
const MAX_PROOFS: usize = 400;

/// A change that may settle a finding.
#[derive(Debug)]
struct Candidate {
    title: String,
    edits: Vec<Edit>,
    /// Why it is unsafe whatever the proof says.
    caution: Option<String>,
    /// What it may take away and be safe; `None`: all but what the policy grants to AWS services.
    bound: Option<Policy>,
}

/// A file as it is, and what was found in it.
#[derive(Debug)]
struct Seen<'a> {
    file: FileInput<'a>,
    settings: &'a Settings,
    report: FileReport,
    parsed: Parsed,
    policies: Vec<Written>,
}

impl<'a> Seen<'a> {
    fn new(file: FileInput<'a>, settings: &'a Settings, report: FileReport) -> Self {
        let parsed = file.parse();
        let located = source::policies(&parsed).0;
        let policies = judged(&located, &file, settings).map(|judged| Written::new(&file, &parsed, &judged));
        let policies = policies.collect();
        drop(located);
        Self { file, settings, report, parsed, policies }
    }

    /// The same file with other bytes.
    fn with<'b>(&'b self, session: &Session, bytes: &'b [u8]) -> Seen<'b> {
        let file = FileInput { bytes, ..self.file };
        Seen::new(file, self.settings, session.lint(&file, self.settings))
    }

    fn given(&self) -> Given<'_> {
        Given { trusted: &self.settings.trusted, regions: &self.settings.regions }
    }

    /// The changes that may settle a finding, the best first.
    fn candidates(&self, session: &Session, finding: &Finding) -> Vec<Candidate> {
        let Some(remedy) = &finding.remedy else { return Vec::new() };
        let written = finding.policy.and_then(|number| self.policies.get(number));
        if written.is_some_and(|written| written.is_made) {
            return Vec::new();
        }
        let site = written
            .and_then(|written| Some(Site { text: self.file.bytes, written, notation: written.notation? }));
        let is_plain = self.parsed.language == Language::Json && written.is_none_or(|w| !w.is_resource);
        let mut out = match (remedy, &site) {
            (Remedy::Write { span, value, sure }, _) if !is_plain => {
                write::literal(self.file.bytes, *span, value, *sure).into_iter().collect()
            }
            (Remedy::Erase { .. } | Remedy::Join { .. }, _) if !is_plain => Vec::new(),
            (Remedy::Remove { .. }, Some(site)) if !site.notation.is_json() => Vec::new(),
            (Remedy::Erase { span }, _) => vec![remove::erased(self.file.bytes, *span)],
            (Remedy::Join { span }, _) => {
                join::joined(self.file.bytes, &self.parsed.documents, *span).into_iter().collect()
            }
            (_, None) => Vec::new(),
            (Remedy::Write { span, value, sure }, Some(site)) => {
                vec![write::written(site, *span, value, *sure)]
            }
            (Remedy::Add { span, entries }, Some(site)) => {
                add::added(site, *span, entries).into_iter().collect()
            }
            (Remedy::Remove { span }, Some(site)) => remove::removed(site, *span).into_iter().collect(),
            (Remedy::Deny, Some(site)) => match session.rules().get(&finding.rule) {
                Some(rule) => deny::denied(site, rule, self.given()),
                None => Vec::new(),
            },
        };
        // In a string of another document the text stands with that string's escapes.
        if let Some(site) = site.filter(|site| site.notation.strings() > 0) {
            for edit in out.iter_mut().flat_map(|candidate| &mut candidate.edits) {
                edit.text = text::escaped(&edit.text, site.notation.strings());
            }
        }
        if self.parsed.language == Language::Terraform {
            for candidate in &mut out {
                candidate.caution.get_or_insert_with(|| "other files of the module may use it".to_owned());
            }
        }
        out
    }

    /// The first safe candidate that is proved, else the first proved one.
    fn best(
        &self,
        session: &Session,
        finding: &Finding,
        wanted: Safety,
        proofs: &mut usize,
    ) -> Option<Proved> {
        let mut fallback = None;
        for candidate in self.candidates(session, finding) {
            if candidate.caution.is_some() && (wanted == Safety::Safe || fallback.is_some()) {
                continue;
            }
            *proofs = proofs.checked_sub(1)?;
            match prove(session, self, finding, candidate) {
                Some(proved) if proved.fix.safety == Safety::Safe => return Some(proved),
                Some(proved) if wanted == Safety::Unsafe && fallback.is_none() => fallback = Some(proved),
                _ => {}
            }
        }
        fallback
    }

    /// The findings in the order in which fixes are tried: what is written wrong before what is missing.
    fn order(&self) -> Vec<usize> {
        let mut out: Vec<usize> = (0..self.report.findings.len()).collect();
        let is_missing =
            |at: &usize| matches!(self.report.findings.get(*at).map(|f| &f.remedy), Some(Some(Remedy::Deny)));
        out.sort_by_key(is_missing);
        out
    }
}

/// A policy in a file's text.
#[derive(Debug, Clone, Copy)]
struct Site<'a> {
    text: &'a [u8],
    written: &'a Written,
    notation: Notation,
}

impl Site<'_> {
    /// How the author writes, going by this statement, or by the last one.
    fn style(&self, statement: Option<&Node>) -> Style<'_> {
        let node = &self.written.typed.node;
        let like = statement.or_else(|| statements(node).last().copied()).unwrap_or(node);
        Style::of(self.text, node, like, self.notation, &self.written.references)
    }
}

/// The number of proofs that a file gets.
fn proofs(bytes: &[u8]) -> usize {
    (SHARE / bytes.len().max(1)).clamp(4, MAX_PROOFS)
}

/// Whether a file is longer than any that a person writes: a program has made it, and will make it again. It has no fixes.
fn is_long(file: &FileInput<'_>) -> bool {
    file.bytes.len() > source::MAX_FILE_BYTES
}

/// Adds to each finding of a report the fix that settles it, if one can be proved. The report must be that of the file.
pub fn propose(session: &Session, file: &FileInput<'_>, settings: &Settings, report: &mut FileReport) {
    if is_long(file) || report.findings.iter().all(|f| f.remedy.is_none()) {
        return;
    }
    let seen = Seen::new(*file, settings, report.clone());
    let mut left = proofs(file.bytes);
    let mut found: Vec<Proved> = Vec::new();
    for at in seen.order() {
        let Some(finding) = seen.report.findings.get(at) else { continue };
        // What settles another finding may settle this one too.
        let settles = |proved: &&Proved| is_gone(finding, &seen.report.findings, &proved.left);
        let same = |f: &Proved| Some(f.fix.clone());
        let shared = || found.iter().find(settles).and_then(same);
        let is_missing = finding.remedy == Some(Remedy::Deny);
        let fix = if is_missing && let Some(shared) = shared() {
            Some(shared)
        } else if let Some(proved) = seen.best(session, finding, Safety::Unsafe, &mut left) {
            let fix = proved.fix.clone();
            found.push(proved);
            Some(fix)
        } else {
            None
        };
        if let Some(finding) = report.findings.get_mut(at) {
            finding.fix = fix;
        }
    }
    // Findings without a remedy of their own, such as what could not be decided because of a misspelt operator.
    for (finding, shown) in seen.report.findings.iter().zip(&mut report.findings) {
        if shown.fix.is_none() {
            let settles = |proved: &&Proved| is_gone(finding, &seen.report.findings, &proved.left);
            shown.fix = found.iter().find(settles).map(|proved| proved.fix.clone());
        }
    }
}

/// A file with fixes made.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// The text as it is then.
    pub bytes: Vec<u8>,
    /// What is found in it.
    pub report: FileReport,
    /// The fixes, in the order in which they were made. Each one's places are those of the text before it.
    pub made: Vec<Fix>,
}

/// Makes one fix after the other, until none is left. With [`Safety::Safe`] unsafe ones are left out. The report must be that of
/// the file.
#[must_use]
pub fn apply(
    session: &Session,
    file: &FileInput<'_>,
    settings: &Settings,
    report: FileReport,
    wanted: Safety,
) -> Fixed {
    let mut out = Fixed { bytes: file.bytes.to_vec(), report, made: Vec::new() };
    let mut left = proofs(file.bytes);
    while out.made.len() < MAX_FIXES && !is_long(file) {
        let seen = Seen::new(FileInput { bytes: &out.bytes, ..*file }, settings, out.report.clone());
        let findings = seen.order();
        let mut findings = findings.iter().filter_map(|at| seen.report.findings.get(*at));
        let next = findings.find_map(|f| seen.best(session, f, wanted, &mut left));
        let Some(Proved { fix, bytes, .. }) = next else { break };
        out.report = session.lint(&FileInput { bytes: &bytes, ..*file }, settings);
        out.bytes = bytes;
        out.made.push(fix);
    }
    out
}
