//! A rule's page: what it asks, why, what to write instead, and its examples with what `ringfence check` says of them. In
//! Markdown, made of the rule's file and of nothing else. `docs/rules/` has the pages of the built-in rules, and
//! `ringfence explain` shows them.

mod trial;

use crate::config::ConfigError;
use crate::finding::Safety;
use crate::lint::Linter;
use crate::rules::{Body, Example, Expect, Outcome, Rule, RuleError};
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
pub use trial::Trial;

/// Examples with more lines than this are shown in part ...
const MAX_LINES: usize = 60;
/// ... namely so many of them.
const SHOWN_LINES: usize = 12;

/// Why a page cannot be made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PageError {
    /// The rule's examples cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Examples(#[from] RuleError),
    /// An example's configuration cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// An output cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The page about a rule of the linter.
///
/// # Errors
///
/// When the rule's examples cannot be run.
pub fn page(linter: &Arc<Linter>, rule: &Rule) -> Result<String, PageError> {
    let examples = rule.examples()?;
    let mut out = format!("# {}: {}\n\n{}\n", rule.id, one_line(&rule.title), facts(rule));
    if let Body::Decision { expect, .. } = &rule.body {
        section("What it asks", &mut out);
        out.push_str("Of the requests that this describes, in the words of a policy statement,\n\n");
        block("json", &rule.requests(), &mut out);
        let _ = writeln!(out, "\n{}.", must(*expect));
    }
    if let Some(explanation) = &rule.explanation {
        section("Why", &mut out);
        let _ = writeln!(out, "{}", explanation.trim_end());
    }
    if let Some(help) = &rule.help {
        section("What to write instead", &mut out);
        let _ = writeln!(out, "{}.", sentence(&one_line(help)));
    }
    let fail = trials(linter, rule, &examples.fail, "fails")?;
    if let Some((name, trial)) = plainest(&fail, rule) {
        section("A policy that breaks it", &mut out);
        example(name, trial, &mut out)?;
        others("It finds as well", &fail, name, &mut out);
        if let Some((safety, diff)) = trial.diff()? {
            section("The fix", &mut out);
            let flags = if safety == Safety::Safe { "--diff" } else { "--diff --unsafe-fixes" };
            out.push_str("`--fix` in place of `--diff` makes it:\n\n");
            console(trial, flags, &diff, &mut out);
        }
    }
    let pass = trials(linter, rule, &examples.pass, "passes")?;
    if let Some((name, trial)) = plainest(&pass, rule) {
        section("A policy that does not", &mut out);
        example(name, trial, &mut out)?;
        others("It leaves alone as well", &pass, name, &mut out);
    }
    if let Some(reference) = &rule.reference {
        section("See", &mut out);
        let _ = writeln!(out, "<{}>", one_line(reference));
    }
    Ok(out)
}

/// Severity, kinds, and when it is otherwise.
fn facts(rule: &Rule) -> String {
    let kinds: Vec<&str> = rule.applies_to.iter().map(|kind| kind.as_str()).collect();
    let mut out = format!("{}, for policies of kind {}", rule.severity.as_str(), kinds.join(", "));
    if let Some(since) = &rule.since {
        let _ = write!(out, ", since {since}");
    }
    for (outcome, severity) in &rule.severity_if {
        let _ = write!(out, "\n\nA {} when the request gets `{}`.", severity.as_str(), outcome.as_str());
    }
    if !rule.unless.is_empty() {
        let ids: Vec<String> = rule.unless.iter().map(|id| format!("`{id}`")).collect();
        let _ = write!(out, "\n\nNot asked where {} has a finding.", ids.join(" or "));
    }
    out
}

fn must(expect: Expect) -> String {
    let outcome = |outcome: Outcome| match outcome {
        Outcome::Allowed => "be allowed",
        Outcome::ExplicitDeny => "be denied explicitly",
        Outcome::ImplicitDeny => "be neither allowed nor denied explicitly",
        Outcome::NotAllowed => "not be allowed",
        Outcome::NotExplicitDeny => "not be denied explicitly",
    };
    match expect {
        Expect::All(o) => format!("every one must {}", outcome(o)),
        Expect::Some(o) => format!("at least one must {}", outcome(o)),
        Expect::SomeAction(o) => {
            format!("for at least one action, every request with that action must {}", outcome(o))
        }
    }
}

fn section(title: &str, out: &mut String) {
    let _ = write!(out, "\n## {title}\n\n");
}

fn block(info: &str, text: &str, out: &mut String) {
    let _ = writeln!(out, "```{info}\n{}\n```", text.trim_end());
}

/// What a rule says in one line stands in one, whatever is in it: a line of its own could look like something else.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// With a capital letter, unless it begins with code.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn trials<'e>(
    linter: &Arc<Linter>,
    rule: &Rule,
    examples: &'e [Example],
    folder: &str,
) -> Result<Vec<(&'e str, Trial)>, ConfigError> {
    examples.iter().map(|e| Ok((&*e.name, Trial::new(linter, rule, e, folder)?))).collect()
}

/// The first of those of which other rules have the least to say.
fn plainest<'t>(trials: &'t [(&'t str, Trial)], rule: &Rule) -> Option<&'t (&'t str, Trial)> {
    trials.iter().min_by_key(|(_, trial)| trial.findings().filter(|f| f.rule != rule.id).count())
}

fn example(name: &str, trial: &Trial, out: &mut String) -> io::Result<()> {
    let _ = write!(out, "{}, in `{}`:\n\n", sentence(&one_line(name)), trial.path);
    match in_part(&trial.text) {
        Some(part) => block("text", &part, out),
        None => block(&format!("json {}", trial.path), &trial.text, out),
    }
    if !trial.config_text.is_empty() {
        let path = trial.path.replace("example.json", "ringfence.toml");
        let _ = write!(out, "\nwith `{path}`:\n\n");
        block(&format!("toml {path}"), &trial.config_text, out);
    }
    out.push('\n');
    console(trial, "", &trial.output()?, out);
    Ok(())
}

/// A command and what comes out. One that a reader cannot repeat, because the file is shown in part, is no console block.
fn console(trial: &Trial, flags: &str, shown: &str, out: &mut String) {
    let kind = trial.kind.map(|kind| format!("--kind {} ", kind.as_str())).unwrap_or_default();
    let flags = if flags.is_empty() { String::new() } else { format!("{flags} ") };
    let command = format!("$ ringfence check {flags}{kind}{}\n{shown}", trial.path);
    match in_part(&trial.text) {
        Some(_) => block("text", &in_part(&command).unwrap_or(command), out),
        None => block("console", &command, out),
    }
}

/// The beginning of a text that is too long to show.
fn in_part(text: &str) -> Option<String> {
    let cut = |line: &str| match line.char_indices().nth(120) {
        Some((at, _)) => line.get(..at).unwrap_or_default().to_owned() + " ...",
        None => line.to_owned(),
    };
    let (lines, long) = (text.lines().count(), text.lines().any(|line| line.len() > 400));
    let shown = if lines > MAX_LINES { SHOWN_LINES } else { lines };
    (lines > MAX_LINES || long).then(|| {
        let mut out: Vec<String> = text.lines().take(shown).map(cut).collect();
        if shown < lines {
            out.push("...".to_owned());
        }
        out.join("\n")
    })
}

/// The names of the other examples.
fn others(title: &str, trials: &[(&str, Trial)], shown: &str, out: &mut String) {
    let names: Vec<&str> = trials.iter().map(|(name, _)| *name).filter(|name| *name != shown).collect();
    if !names.is_empty() {
        let _ = write!(out, "\n{title}:\n\n");
        for name in names {
            let _ = writeln!(out, "- {}", one_line(name));
        }
    }
}
