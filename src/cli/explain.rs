//! `ringfence explain`: what one rule is about.

use super::{CLEAN, Streams, failure::Failure, rules::kinds, rules_here};
use crate::report::plain::{plain, wrap};
use crate::rules::{Body, Example, Expect, Outcome, Rule};
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;

/// Tell what a rule is about, with a policy that breaks it and one that does not
#[derive(Debug, Args)]
#[command(after_help = "`ringfence rules` lists the rules.")]
pub(super) struct ExplainArgs {
    /// The rule's id, as findings show it in brackets
    rule: String,
    /// A folder with more rules; may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
}

impl ExplainArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        let linter = rules_here(&self.rules)?;
        let set = linter.rules();
        let Some(rule) = set.get(&self.rule) else {
            let help = match set.nearest(&self.rule) {
                Some(near) => format!("did you mean `{near}`? `ringfence rules` lists them all"),
                None => "`ringfence rules` lists them all".to_owned(),
            };
            return Err(Failure::with_help(format!("there is no rule `{}`", self.rule), help));
        };
        write_rule(rule, &mut streams.out)?;
        Ok(CLEAN)
    }
}

fn write_rule(rule: &Rule, out: &mut dyn Write) -> Result<(), Failure> {
    let examples = rule.examples().map_err(Failure::report)?;
    writeln!(out, "{}: {}", plain(&rule.id), plain(&rule.title))?;
    writeln!(out, "{}, for policies of kind {}", rule.severity.as_str(), kinds(rule))?;
    if let Some(explanation) = &rule.explanation {
        writeln!(out)?;
        block(explanation, "", out)?;
    }
    write_question(rule, out)?;
    if let Some(help) = &rule.help {
        writeln!(out, "\nWhat to write instead:")?;
        writeln!(out, "{}", wrap(&plain(help), "  ", "  "))?;
    }
    if let Some(reference) = &rule.reference {
        writeln!(out, "\nSee: {}", plain(reference))?;
    }
    write_example("A policy that breaks it", examples.fail.first(), out)?;
    write_example("A policy that does not", examples.pass.first(), out)?;
    Ok(())
}

/// What the rule asks, for those whose question is a set of requests: the words of the rule file, and what must hold.
fn write_question(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let Body::Decision { expect, .. } = &rule.body else { return Ok(()) };
    writeln!(out, "\nOf the requests that this describes, in the words of a policy statement:")?;
    block(&serde_json::to_string_pretty(&rule.requests()?)?, "  ", out)?;
    let outcome = |outcome: &Outcome| match outcome {
        Outcome::Allowed => "be allowed",
        Outcome::ExplicitDeny => "be denied explicitly",
        Outcome::ImplicitDeny => "be neither allowed nor denied explicitly",
        Outcome::NotAllowed => "not be allowed",
        Outcome::NotExplicitDeny => "not be denied explicitly",
    };
    match expect {
        Expect::All(o) => writeln!(out, "every one must {}.", outcome(o)),
        Expect::Some(o) => writeln!(out, "at least one must {}.", outcome(o)),
        Expect::SomeAction(o) => {
            writeln!(out, "for at least one action, every request with that action must {}.", outcome(o))
        }
    }
}

fn write_example(title: &str, example: Option<&Example>, out: &mut dyn Write) -> io::Result<()> {
    let Some(example) = example else { return Ok(()) };
    writeln!(out, "\n{title} ({}):", plain(&example.name))?;
    block(&example.text, "  ", out)?;
    let Some(config) = &example.config else { return Ok(()) };
    writeln!(out, "  with this `ringfence.toml`, where it is `example.json`:")?;
    block(config, "    ", out)
}

/// Text of several lines, harmless to print.
fn block(text: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    for line in text.trim_end().lines() {
        let line = line.replace('\t', "    ");
        writeln!(out, "{}", format!("{indent}{}", plain(&line)).trim_end())?;
    }
    Ok(())
}
