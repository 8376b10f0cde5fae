//! `ringfence init`: looks at the policies of a folder and writes a configuration for them, with comments.
//!
//! What is written changes no finding: kinds are those that `check` tells by itself, and the ids that policies name stand in
//! comments, because nobody has said yet whose they are.

mod survey;
mod text;

use super::failure::Failure;
use super::{CLEAN, Streams};
use crate::config::{Config, Discovery, FILE_NAME, absolute};
use crate::report::plain::plain;
use clap::Args;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use survey::Survey;

/// How many files are shown.
const MAX_SHOWN: usize = 20;

const AFTER_HELP: &str = "\
It looks at the same files as `ringfence check DIR`. In the file that it writes, [kinds] says which policies were found as
which kind, and the ids that the policies name stand under [trusted] as comments: take the `#` away from those that are
yours.

Exit codes: 0 written, 2 not.";

/// Write a ringfence.toml for the policies of a folder
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct InitArgs {
    /// The folder to look at and to write to
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Replace a ringfence.toml that is there already
    #[arg(long)]
    force: bool,
}

impl InitArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        if !self.dir.is_dir() {
            return Err(Failure::new(format!("`{}` is not a folder", self.dir.display())));
        }
        let target = self.dir.join(FILE_NAME);
        let target: PathBuf = target.components().filter(|c| *c != Component::CurDir).collect();
        if target.symlink_metadata().is_ok() && !self.force {
            return Err(exists(&target));
        }
        let survey = Survey::of(&self.dir);
        let text = text::write(&survey);
        let root = absolute(&self.dir);
        Config::parse(&text, &target, root.clone())
            .map_err(|error| Failure::new(format!("internal error: what would be written is an {error}")))?;
        let above = Discovery::default().for_file(&root).ok();
        self.save(&target, &text)?;
        let above = above.as_ref().and_then(|config| config.path());
        tell(&survey, &target, above, &mut streams.out)?;
        Ok(CLEAN)
    }

    fn save(&self, target: &Path, text: &str) -> Result<(), Failure> {
        let cannot =
            |error: io::Error| Failure::new(format!("`{}` cannot be written: {error}", target.display()));
        if !self.force {
            return match OpenOptions::new().write(true).create_new(true).open(target) {
                Ok(mut file) => file.write_all(text.as_bytes()).map_err(cannot),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(target)),
                Err(error) => Err(cannot(error)),
            };
        }
        // Nothing is written through a link or into a pipe.
        match target.symlink_metadata() {
            Ok(metadata) if !metadata.is_file() => {
                Err(Failure::new(format!("`{}` is not a file", target.display())))
            }
            _ => fs::write(target, text).map_err(cannot),
        }
    }
}

fn exists(target: &Path) -> Failure {
    Failure::with_help(
        format!("`{}` exists already", target.display()),
        "`ringfence config` shows what it says; `--force` replaces it",
    )
}

/// Says what was found and done.
fn tell(survey: &Survey, target: &Path, above: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let number = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let policies: usize = survey.files.iter().map(|file| file.kinds.len()).sum();
    let files = number(survey.looked_at, "JSON file", "JSON files");
    let policies = number(policies, "policy", "policies");
    writeln!(out, "looked at {files}: {policies} in {}", number(survey.files.len(), "file", "files"))?;
    for file in survey.files.iter().take(MAX_SHOWN) {
        writeln!(out, "  {:8}  {}  ({})", file.kind_word(), plain(&file.path), file.source())?;
    }
    if survey.files.len() > MAX_SHOWN {
        writeln!(out, "  and {} more", survey.files.len() - MAX_SHOWN)?;
    }
    for folder in &survey.others {
        writeln!(out, "left out `{}`: it has a configuration of its own", plain(folder))?;
    }
    for problem in &survey.problems {
        writeln!(out, "left out {}", plain(problem))?;
    }
    writeln!(out, "wrote {}", plain(&target.to_string_lossy()))?;
    if !survey.ids.is_empty() {
        let ids: Vec<String> = survey.ids.iter().map(|(key, ids)| format!("{key} ({})", ids.len())).collect();
        writeln!(out, "  ids that the policies name, as comments under [trusted]: {}", ids.join(", "))?;
    }
    let unknown = survey.files.iter().filter(|file| file.kind().is_none()).count();
    if unknown > 0 {
        let files = number(unknown, "file whose kind", "files whose kind");
        writeln!(out, "  {files} cannot be told, as comments under [kinds]: say which they are")?;
    }
    if let Some(above) = above {
        writeln!(out, "`{}` no longer counts here: the nearest file does", plain(above))?;
    }
    writeln!(out, "next: take the `#` away from what is yours under [trusted], then run `ringfence check`")
}
