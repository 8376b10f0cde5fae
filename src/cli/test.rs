//! `ringfence test`: runs the examples that each rule carries.

use super::{CLEAN, FOUND, Streams, failure::Failure, load_rules};
use crate::finding::Verdict;
use crate::lint::Linter;
use crate::page::Trial;
use crate::report::plain::plain;
use crate::rules::{Example, Examples, Rule};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

const AFTER_HELP: &str = "\
Each rule carries policies that must pass it and policies that must fail it. A rule without both proves nothing and
counts as failed.

Examples:
  ringfence test               the built-in rules
  ringfence test our-rules/    the rules of a folder

Exit codes: 0 all pass, 1 some fail, 2 the run itself failed.";

/// Run the examples of the rules
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct TestArgs {
    /// The folder with the rules to test [default: the built-in rules]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl TestArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        let linter = Arc::new(Linter::new(load_rules(self.dir.as_slice())?));
        let out = &mut streams.out;
        let (mut passed, mut failed) = (0_usize, 0_usize);
        for rule in linter.rules().rules().iter().filter(|rule| rule.builtin == self.dir.is_none()) {
            let examples = rule.examples().map_err(Failure::report)?;
            for problem in missing(&examples) {
                failed += 1;
                writeln!(out, "FAIL {}: {problem}", plain(&rule.id))?;
            }
            let passing = examples.pass.iter().map(|e| (e, false));
            for (example, breaks) in passing.chain(examples.fail.iter().map(|e| (e, true))) {
                match run_example(&linter, rule, example, breaks) {
                    Ok(()) => passed += 1,
                    Err(problem) => {
                        failed += 1;
                        writeln!(
                            out,
                            "FAIL {}: `{}` {}",
                            plain(&rule.id),
                            plain(&example.name),
                            plain(&problem)
                        )?;
                    }
                }
            }
        }
        if passed + failed == 0 {
            return Err(Failure::new("there is no rule to test"));
        }
        writeln!(out, "{passed} passed, {failed} failed")?;
        Ok(if failed == 0 { CLEAN } else { FOUND })
    }
}

fn missing(examples: &Examples) -> impl Iterator<Item = &'static str> {
    let passing = examples.pass.is_empty().then_some("has no example that passes");
    let failing = examples.fail.is_empty().then_some("has no example that fails");
    passing.into_iter().chain(failing)
}

fn run_example(linter: &Arc<Linter>, rule: &Rule, example: &Example, breaks: bool) -> Result<(), String> {
    let trial = Trial::new(linter, rule, example, ".").map_err(|error| format!("has an {error}"))?;
    let found = trial.findings().find(|f| f.rule == rule.id);
    match (found, breaks) {
        (Some(finding), _) if finding.verdict == Verdict::Undecided => {
            Err(format!("is undecided: {}", finding.message))
        }
        (Some(finding), false) => Err(format!("must pass, but is found: {}", finding.message)),
        (None, true) => Err("must fail, but nothing is found".to_owned()),
        _ => Ok(()),
    }
}
