//! `ringfence config`: what the configuration comes to for a file or folder, and where each value comes from.

use super::failure::Failure;
use super::{CLEAN, Streams, load_rules};
use crate::config::{CONFIG_SCHEMA, FILE_NAME, FileConfig, Part};
use crate::policy::PolicyKind;
use crate::project::{Project, Projects};
use crate::report::json;
use crate::report::plain::plain;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Examples:
  ringfence config                  what goes for the files of this folder
  ringfence config vpce/train.json  what goes for one file
  ringfence config --schema > ringfence.schema.json
                                    the JSON Schema of ringfence.toml, for editors

Exit codes: 0 shown, 2 the configuration cannot be used.";

/// Show the configuration of a file or folder, and where each value comes from
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ConfigArgs {
    /// The file or folder; it need not exist
    #[arg(default_value = ".", hide_default_value = true)]
    path: PathBuf,
    /// The configuration file [default: the nearest ringfence.toml above the path]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder with more rules; may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    /// Print the JSON Schema of ringfence.toml instead
    #[arg(long, conflicts_with_all = ["config", "rules", "format"])]
    schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// A table
    Text,
    /// One JSON object
    Json,
}

#[derive(Serialize)]
struct Output<'p> {
    path: &'p str,
    /// The configuration file; null when there is none.
    configuration: Option<&'p str>,
    /// The kind that `[kinds]` gives to the file.
    kind: Option<Sourced<PolicyKind>>,
    excluded: Option<Sourced<bool>>,
    settings: Vec<SettingOut>,
    rules: Vec<RuleOut<'p>>,
    ignores: Vec<IgnoreOut<'p>>,
}

/// A value and the line of the configuration file that gives it; null when it is the default.
#[derive(Serialize)]
struct Sourced<T> {
    value: T,
    line: Option<usize>,
}

#[derive(Serialize)]
struct SettingOut {
    setting: &'static str,
    values: Vec<Sourced<String>>,
}

#[derive(Serialize)]
struct RuleOut<'p> {
    rule: &'p str,
    level: &'static str,
    line: Option<usize>,
}

#[derive(Serialize)]
struct IgnoreOut<'p> {
    rule: &'p str,
    sid: Option<&'p str>,
    pointer: Option<&'p str>,
    reason: &'p str,
    until: Option<String>,
    place: &'p str,
}

impl ConfigArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        if self.schema {
            streams.out.write_all(CONFIG_SCHEMA.as_bytes())?;
            return Ok(CLEAN);
        }
        let rules = load_rules(&self.rules)?;
        let projects = Projects::new(rules, self.config.as_deref()).map_err(Failure::report)?;
        // What goes for a folder is what goes for the files in it.
        let is_folder = self.path.is_dir();
        let path = if is_folder { self.path.join(FILE_NAME) } else { self.path.clone() };
        let project = projects.for_file(&path).map_err(Failure::Project)?;
        let file = project.config.file(&path);
        let shown = self.path.to_string_lossy();
        let output = Output::new(&shown, &project, &file, is_folder)?;
        match self.format {
            FormatArg::Json => json::write(&output, &mut streams.out)?,
            FormatArg::Text => output.write(&mut streams.out)?,
        }
        Ok(CLEAN)
    }
}

impl<'p> Output<'p> {
    fn new(
        path: &'p str,
        project: &'p Project,
        file: &FileConfig<'p>,
        is_folder: bool,
    ) -> Result<Self, Failure> {
        let kind = file.kind_and_origin().map_err(Failure::report)?;
        let kind = kind.filter(|_| !is_folder).map(|(value, line)| Sourced { value, line: Some(line) });
        let excluded = file.excluded_at().filter(|_| !is_folder);
        let setting = |(setting, values): (&'static str, Vec<crate::config::Setting>)| {
            let values = values.into_iter().map(|v| Sourced { value: v.value, line: Some(v.line) });
            SettingOut { setting, values: values.collect() }
        };
        let levels = file.levels_and_origins();
        let rules = project.linter.rules().rules().iter().map(|rule| match levels.get(&*rule.id) {
            Some((level, line)) => RuleOut { rule: &rule.id, level: level.as_str(), line: Some(*line) },
            None => RuleOut { rule: &rule.id, level: rule.severity.as_str(), line: None },
        });
        let all = project.config.ignores().iter().filter(|_| is_folder);
        let ignores = all.chain(file.ignores().filter(|_| !is_folder)).map(|ignore| IgnoreOut {
            rule: &ignore.rule,
            sid: match &ignore.part {
                Some(Part::Sid(sid)) => Some(sid),
                _ => None,
            },
            pointer: match &ignore.part {
                Some(Part::Pointer(pointer)) => Some(pointer),
                _ => None,
            },
            reason: &ignore.reason,
            until: ignore.until.map(|day| day.to_string()),
            place: &ignore.place,
        });
        Ok(Self {
            path,
            configuration: project.config.path(),
            kind,
            excluded: excluded.map(|line| Sourced { value: true, line: Some(line) }),
            settings: project.config.settings().into_iter().map(setting).collect(),
            rules: rules.collect(),
            ignores: ignores.collect(),
        })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let name = self.configuration.unwrap_or_default();
        let place = |line: Option<usize>| match line {
            Some(line) => format!("{name}:{line}"),
            None => "default".to_owned(),
        };
        let mut rows: Vec<[String; 3]> = Vec::new();
        let mut row = |key: &str, value: &str, place: String| rows.push([key.into(), value.into(), place]);
        row("path", self.path, String::new());
        row("configuration", self.configuration.unwrap_or("none"), String::new());
        if let Some(kind) = &self.kind {
            row("kind", kind.value.as_str(), place(kind.line));
        }
        if let Some(excluded) = &self.excluded {
            row("excluded", "yes", place(excluded.line));
        }
        for setting in &self.settings {
            if setting.values.is_empty() {
                row(setting.setting, unset(setting.setting), place(None));
            }
            for (i, value) in setting.values.iter().enumerate() {
                row(if i == 0 { setting.setting } else { "" }, &value.value, place(value.line));
            }
        }
        let (given, others): (Vec<_>, Vec<_>) = self.rules.iter().partition(|rule| rule.line.is_some());
        for rule in given {
            row(&format!("rules.{}", rule.rule), rule.level, place(rule.line));
        }
        row("rules", &format!("{} as they come", others.len()), place(None));
        for ignore in &self.ignores {
            let part = ignore.sid.map(|sid| format!(" at `{sid}`"));
            let part = part.or(ignore.pointer.map(|pointer| format!(" at `{pointer}`"))).unwrap_or_default();
            let until = ignore.until.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
            let value = format!("{}{part}{until}: {}", ignore.rule, ignore.reason);
            row("ignore", &value, ignore.place.to_owned());
        }
        let rows: Vec<[String; 3]> =
            rows.into_iter().map(|row| row.map(|text| plain(&text).into_owned())).collect();
        let width = |column: usize| {
            let widths = rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count());
            widths.max().unwrap_or_default().min(60)
        };
        let (first, second) = (width(0), width(1));
        for [key, value, place] in &rows {
            let line = format!("{key:first$}  {value:second$}  {place}");
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// What a setting comes to that has no values.
fn unset(setting: &str) -> &'static str {
    match setting {
        "regions" => "all",
        "include" => "*.json, *.yaml, *.yml, *.template, *.tf, *.tofu",
        "trusted.vpcs" | "trusted.vpc_endpoints" | "trusted.accounts" | "trusted.organizations" => {
            "those that a policy names"
        }
        _ => "none",
    }
}
