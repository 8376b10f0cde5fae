//! `ringfence explain`: the page about one rule, for a terminal.

use super::{CLEAN, Streams, failure::Failure, rules_here};
use crate::page::page;
use crate::report::plain::{plain, wrap};
use anstyle::Style;
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
    /// Print the page as it is in the documentation, in Markdown
    #[arg(long)]
    markdown: bool,
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
        let page = page(&linter, rule).map_err(Failure::report)?;
        if self.markdown {
            page.lines().try_for_each(|line| writeln!(streams.out, "{}", harmless(line)))?;
        } else {
            show(&page, streams.colour_out, &mut streams.out)?;
        }
        Ok(CLEAN)
    }
}

/// Markdown without its marks: headings stand out, blocks are indented, text is wrapped.
fn show(page: &str, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut in_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            writeln!(out, "{}", format!("  {}", harmless(line)).trim_end())?;
        } else if let Some(title) = line.strip_prefix("# ") {
            heading(title, colour, out)?;
        } else if let Some(title) = line.strip_prefix("## ") {
            heading(&format!("{title}:"), colour, out)?;
        } else if let Some(address) = line.strip_prefix('<').and_then(|l| l.strip_suffix('>')) {
            writeln!(out, "{}", plain(address))?;
        } else {
            let rest = if line.starts_with("- ") { "  " } else { "" };
            writeln!(out, "{}", wrap(&harmless(line), "", rest))?;
        }
    }
    Ok(())
}

fn heading(title: &str, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let style = if colour { Style::new().bold() } else { Style::new() };
    writeln!(out, "{style}{}{style:#}", plain(title))
}

fn harmless(line: &str) -> String {
    // Characters that an example is about are seen, and do nothing.
    plain(&line.replace('\t', "    ")).into_owned()
}
