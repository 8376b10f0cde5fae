//! `ringfence rules`: the list of rules.

use super::{CLEAN, Streams, failure::Failure, rules_here};
use crate::finding::Severity;
use crate::policy::PolicyKind;
use crate::report::json;
use crate::report::plain::plain;
use crate::rules::Rule;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// List the rules
#[derive(Debug, Args)]
#[command(after_help = "`ringfence explain RULE` tells more about one.")]
pub(super) struct RulesArgs {
    /// A folder with more rules; may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// How to show the list
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// A table
    Text,
    /// A list of JSON objects
    Json,
}

#[derive(Serialize)]
struct RuleOut<'r> {
    id: &'r str,
    title: &'r str,
    severity: Severity,
    applies_to: &'r [PolicyKind],
    help: Option<&'r str>,
    reference: Option<&'r str>,
    page: Option<String>,
    builtin: bool,
}

/// The kinds that a rule is for, in words.
pub(super) fn kinds(rule: &Rule) -> String {
    let kinds: Vec<&str> = rule.applies_to.iter().map(|kind| kind.as_str()).collect();
    kinds.join(", ")
}

impl RulesArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        let linter = rules_here(&self.rules)?;
        let set = linter.rules();
        let out = &mut streams.out;
        match self.format {
            FormatArg::Text => {
                let width = set.rules().iter().map(|r| r.id.chars().count()).max().unwrap_or_default();
                writeln!(out, "{:width$}  {:8}  {:16}  finds", "rule", "severity", "policies")?;
                for rule in set.rules() {
                    let (id, severity, kinds) = (plain(&rule.id), rule.severity.as_str(), kinds(rule));
                    writeln!(out, "{id:width$}  {severity:8}  {kinds:16}  {}", plain(&rule.title))?;
                }
            }
            FormatArg::Json => {
                let rules: Vec<RuleOut> = set.rules().iter().map(RuleOut::from).collect();
                json::write(&rules, out)?;
            }
        }
        Ok(CLEAN)
    }
}

impl<'r> From<&'r Rule> for RuleOut<'r> {
    fn from(rule: &'r Rule) -> Self {
        Self {
            id: &rule.id,
            title: &rule.title,
            severity: rule.severity,
            applies_to: &rule.applies_to,
            help: rule.help.as_deref(),
            reference: rule.reference.as_deref(),
            page: rule.page(),
            builtin: rule.builtin,
        }
    }
}
