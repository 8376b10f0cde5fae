//! For people: a line for each policy, a sentence for each class of requests, and one request of it.

use super::{DiffSummary, FileDiff, words};
use crate::diff::{Meaning, PolicyDiff};
use crate::engine::changes::{Class, Share};
use crate::policy::PolicyKind;
use crate::report::plain::{plain, wrap};
use crate::report::text::policies;
use crate::report::text::request_lines;
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// Classes of one policy beyond this many are only counted.
const MOST: usize = 25;

pub(super) fn write(files: &[FileDiff], colour: bool, out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        for policy in &file.policies {
            self::policy(file, policy, colour, out)?;
        }
    }
    writeln!(out, "{}", summary(&DiffSummary::of(files)))?;
    out.flush()
}

fn policy(file: &FileDiff, policy: &PolicyDiff, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut head = plain(&file.path).into_owned();
    let number = policy.new.or(policy.old);
    if let Some(number) = number.filter(|_| file.policies.len() > 1) {
        head.push_str(&format!(" (policy {number})"));
    }
    if let Some(kind) = policy.kind {
        head.push_str(&format!(", {kind} policy"));
    }
    match (policy.old, policy.new, policy.kind) {
        (None, Some(_), Some(PolicyKind::Bucket)) => {
            head.push_str(", added (a bucket without a policy allows and denies nothing)");
        }
        (None, Some(_), _) => {
            head.push_str(", added (an endpoint without a policy has the default, full access)");
        }
        (Some(_), None, Some(PolicyKind::Bucket)) => {
            head.push_str(", deleted (a bucket without a policy allows and denies nothing)");
        }
        (Some(_), None, _) => {
            head.push_str(", deleted (an endpoint without a policy has the default, full access)");
        }
        _ => {}
    }
    match &policy.meaning {
        Meaning::Same => writeln!(out, "{head}: no change in meaning")?,
        Meaning::Undecided(reason) => {
            writeln!(out, "{head}:")?;
            let line = format!("undecided: {}", plain(reason));
            writeln!(out, "{}", paint(&wrap(&line, "  ", "    "), "undecided", AnsiColor::Yellow, colour))?;
        }
        Meaning::Changed(classes) => {
            writeln!(out, "{head}:")?;
            for class in classes.iter().take(MOST) {
                self::class(class, policy, colour, out)?;
            }
            if classes.len() > MOST {
                let rest = classes.len() - MOST;
                writeln!(out, "  and {rest} more (`--format json` lists all)")?;
            }
        }
    }
    writeln!(out)
}

fn class(class: &Class, policy: &PolicyDiff, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let sentence = words::sentence(class, policy);
    let wrapped = wrap(&plain(&sentence), "  ", "    ");
    let tone = match (&class.share, class.change.opens()) {
        (Share::Undecided(_), _) => AnsiColor::Yellow,
        (_, true) => AnsiColor::Red,
        (_, false) => AnsiColor::Green,
    };
    writeln!(out, "{}", paint(&wrapped, words::change(class), tone, colour))?;
    if let Some(example) = &class.example {
        writeln!(out, "    for example:")?;
        for (name, value) in request_lines(&example.request) {
            writeln!(out, "      {name:<11}{value}")?;
        }
        writeln!(out, "      {:<11}{} before, {} now", "decision", example.before, example.after)?;
    }
    Ok(())
}

/// Colours the first place where the words stand.
fn paint(text: &str, words: &str, tone: AnsiColor, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    let style = Style::new().bold().fg_color(Some(tone.into()));
    text.replacen(words, &format!("{style}{words}{style:#}"), 1)
}

/// The last line.
fn summary(counts: &DiffSummary) -> String {
    let policies = policies(counts.policies);
    let changes = [
        (counts.newly_allowed, "newly allowed"),
        (counts.no_longer_denied, "no longer explicitly denied"),
        (counts.no_longer_allowed, "no longer allowed"),
        (counts.newly_denied, "newly explicitly denied"),
        (counts.undecided, "undecided"),
    ];
    let found: Vec<String> =
        changes.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
    let found = if found.is_empty() { "no change in meaning".to_owned() } else { found.join(", ") };
    format!("{policies} compared: {found}")
}
