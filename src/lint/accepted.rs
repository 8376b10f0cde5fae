//! What the configuration says of findings: how severe they are, and which somebody has accepted.

use super::{FileReport, Linter, Settings, first_byte};
use crate::config::{Config, Ignore, Level, Part};
use crate::engine::Decision;
use crate::finding::{Finding, Severity, Verdict};
use crate::policy::{Effect, Policy, Statement};
use crate::rules::decide::{Given, decide_with};
use crate::rules::stock::Stock;
use crate::source::{Node, Span, resolve};
use std::sync::Arc;

/// A finding that is not reported, and the entry of the configuration that says so.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// What was found.
    pub finding: Finding,
    /// Why it is not reported.
    pub ignore: Arc<Ignore>,
}

/// The policy that findings are about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) node: &'a Node,
    pub(super) policy: &'a Policy,
}

impl Linter {
    /// Adds findings to a report as the configuration wants them.
    pub(super) fn settle(
        &self,
        findings: Vec<Finding>,
        subject: Option<Subject<'_>>,
        settings: &Settings,
        out: &mut FileReport,
    ) {
        if settings.levels.is_empty() && settings.ignores.is_empty() {
            out.findings.extend(findings);
            return;
        }
        for finding in findings {
            let Some(mut finding) = self.levelled(finding, settings) else { continue };
            let speaks = |ignore: &&Arc<Ignore>| {
                *ignore.rule == *finding.rule && is_about(ignore, finding.span, subject)
            };
            let about: Vec<&Arc<Ignore>> = settings.ignores.iter().filter(speaks).collect();
            out.matched.extend(about.iter().map(|ignore| ignore.number));
            if let Some(ignore) = about.iter().find(|ignore| ignore.counts_on(settings.today)) {
                out.accepted.push(Accepted { finding, ignore: Arc::clone(ignore) });
                continue;
            }
            if let Some((ignore, until)) = about.iter().find_map(|ignore| Some((ignore, ignore.until?))) {
                let note = format!("{} ignored this until {until}, because: {}", ignore.place, ignore.reason);
                finding.notes.push(note);
            }
            out.findings.push(finding);
        }
    }

    /// The finding with the severity that the configuration gives its rule; `None`: the rule is off.
    pub(crate) fn levelled(&self, mut finding: Finding, settings: &Settings) -> Option<Finding> {
        match settings.levels.get(&*finding.rule) {
            None => {}
            Some(Level::Off) => return None,
            Some(Level::Severity(severity)) => {
                let usual = self.rules.get(&finding.rule).map(|rule| rule.severity);
                finding.severity = if finding.verdict == Verdict::Undecided {
                    (*severity).max(Severity::Warning)
                } else if usual == Some(finding.severity) {
                    *severity
                } else {
                    finding.severity.min(*severity)
                };
            }
        }
        Some(finding)
    }

    /// A rule shows one hole of a policy. When that one is accepted as the work of one Allow, the rule is asked again as if that
    /// Allow were not there: an accepted hole must not hide another. Of the policy are its number and the accepted findings from there on.
    pub(super) fn ask_again(
        &self,
        stock: &Stock,
        subject: Subject<'_>,
        settings: &Settings,
        (number, from): (usize, usize),
        out: &mut FileReport,
    ) {
        let own = out.accepted.iter().skip(from);
        let mut rules: Vec<Arc<str>> = own.map(|a| Arc::clone(&a.finding.rule)).collect();
        rules.dedup();
        for rule in rules {
            let mut rest = subject.policy.clone();
            while without_accepted(&mut rest, &rule, out.accepted.get(from..).unwrap_or_default()) {
                let given = Given { trusted: &settings.trusted, regions: &settings.regions };
                let mut findings = decide_with(stock, &rest, given, &|other| other.id == rule);
                findings.retain(|f| f.verdict == Verdict::Undecided || is_allowed(f));
                let emptied = rest.statements.iter().filter(|s| is_emptied(s));
                let emptied: Vec<Span> = emptied.map(|s| s.span).collect();
                for finding in &mut findings {
                    finding.policy = Some(number);
                    finding.labels.retain(|label| !emptied.iter().any(|span| span.covers(label.span)));
                }
                self.settle(findings, Some(subject), settings, out);
            }
        }
    }

    /// The findings about a configuration itself: the entries of `[[ignore]]` that matched nothing, by their numbers.
    #[must_use]
    pub fn unused_ignores(
        &self,
        config: &Config,
        unused: &[usize],
        settings: &Settings,
    ) -> Option<FileReport> {
        let rule = self.rule_of_check("unused-ignore")?;
        let entries = config.ignores().iter().filter(|ignore| unused.contains(&ignore.number));
        let finding = |ignore: &Arc<Ignore>| {
            let message = format!("this ignore matches nothing: `{}` is not found there", ignore.rule);
            super::of(rule, message, ignore.span)
        };
        let findings: Vec<Finding> = entries.map(finding).collect();
        let mut out = FileReport::new(config.path()?);
        self.settle(findings, None, settings, &mut out);
        (!out.findings.is_empty() || !out.accepted.is_empty()).then_some(out)
    }
}

/// Whether an entry speaks of a finding at `span`.
fn is_about(ignore: &Ignore, span: Span, subject: Option<Subject<'_>>) -> bool {
    let Some(part) = &ignore.part else { return true };
    let Some(Subject { node, policy }) = subject else { return false };
    match part {
        Part::Sid(sid) => policy.statements.iter().any(|statement| {
            statement.sid.as_ref().is_some_and(|text| *text.value == **sid) && statement.span.covers(span)
        }),
        Part::Pointer(text) => resolve(node, text).is_some_and(|place| {
            let whole = place.member.map_or(place.node.span, |member| member.key.span.to(place.node.span));
            // The place of what is about the policy as a whole is its first byte.
            whole.covers(span) && (text.is_empty() || span != first_byte(node.span))
        }),
    }
}

fn is_allowed(finding: &Finding) -> bool {
    finding.witness.as_ref().is_some_and(|witness| witness.decision == Decision::Allowed)
}

/// A statement that is about no action: it allows nothing.
fn is_emptied(statement: &Statement) -> bool {
    statement.action.as_ref().is_some_and(|action| !action.negated && action.values.is_empty())
}

/// Empties the Allows by which requests pass that a rule's accepted findings show. False when there are none left.
fn without_accepted(policy: &mut Policy, rule: &str, accepted: &[Accepted]) -> bool {
    let is_meant =
        |a: &&Accepted| *a.finding.rule == *rule && a.ignore.part.is_some() && is_allowed(&a.finding);
    let mut any = false;
    for Accepted { finding, .. } in accepted.iter().filter(is_meant) {
        let is_here = |s: &&mut Statement| s.effect == Some(Effect::Allow) && s.span.covers(finding.span);
        if let Some(statement) = policy.statements.iter_mut().find(is_here)
            && !is_emptied(statement)
            && let Some(action) = statement.action.as_mut()
        {
            action.negated = false;
            action.values.clear();
            any = true;
        }
    }
    any
}
