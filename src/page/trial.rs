//! A rule's example as files, and what `ringfence check` says of them.

use crate::config::{Config, ConfigError, FILE_NAME, Trusted, absolute};
use crate::finding::{Finding, Safety};
use crate::fix;
use crate::kind::KindFrom;
use crate::lint::{Alone, FileInput, FileReport, Linter, Session, Settings};
use crate::policy::PolicyKind;
use crate::report::{Format, Rendered, Summary, Writer};
use crate::rules::{Example, Rule};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The name of the policy's file. Nothing in it may tell the kind.
const NAME: &str = "example.json";

/// An example, checked.
#[derive(Debug)]
pub struct Trial {
    /// The path of the policy's file.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// The `ringfence.toml` beside it; empty: there is none.
    pub config_text: String,
    /// The kind that `--kind` says.
    pub kind: Option<PolicyKind>,
    session: Session,
    settings: Settings,
    report: FileReport,
    /// What is said of the configuration.
    of_config: Option<FileReport>,
}

impl Trial {
    /// Checks an example as a file of a folder.
    ///
    /// # Errors
    ///
    /// When the example's configuration cannot be used.
    pub fn new(
        linter: &Arc<Linter>,
        rule: &Rule,
        example: &Example,
        folder: &str,
    ) -> Result<Self, ConfigError> {
        let only = match rule.applies_to.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let kind = example.kind.or(only);
        let path = format!("{folder}/{NAME}");
        let text = example.text.trim_end().to_owned() + "\n";
        let mut config_text = example.config.clone().unwrap_or_default();
        config_text.push_str(&example.trusted.as_ref().map(trusted).unwrap_or_default());
        let config =
            Config::parse(&config_text, &Path::new(folder).join(FILE_NAME), absolute(Path::new(folder)))?;
        let about = config.file(Path::new(&path));
        let settings = Settings {
            kind: kind.map(|kind| (kind, KindFrom::Flag)),
            trusted: config.trusted.clone(),
            regions: config.regions.clone(),
            levels: about.levels(),
            ignores: about.ignores().cloned().collect(),
            ..Settings::default()
        };
        let session = linter.session();
        let report = session.lint(&file(&path, &text, kind), &settings);
        let unused = settings.ignores.iter().filter(|ignore| !report.matched.contains(&ignore.number));
        let unused: Vec<usize> = unused.map(|ignore| ignore.number).collect();
        let of_config = linter.unused_ignores(&config, &unused, &Settings::default());
        Ok(Self { path, text, config_text, kind, session, settings, report, of_config })
    }

    /// Everything found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().chain(self.of_config.iter().flat_map(|report| &report.findings))
    }

    /// What the text output says, with the last line.
    ///
    /// # Errors
    ///
    /// None that can happen: it is written to memory.
    pub fn output(&self) -> io::Result<String> {
        let mut shown = Vec::new();
        let mut summary = Summary::default();
        let empty = self.report.policies.is_empty()
            && self.report.findings.is_empty()
            && self.report.accepted.is_empty();
        if empty {
            summary.skipped = 1;
        } else {
            shown.push(Rendered::new(Format::Text, &self.report, self.text.as_bytes(), false)?);
        }
        if let Some(report) = &self.of_config {
            shown.push(Rendered::new(Format::Text, report, self.config_text.as_bytes(), false)?);
        }
        written(Format::Text, &shown, summary)
    }

    /// What fixes would change, and whether safe ones do; `None`: there is no fix.
    ///
    /// # Errors
    ///
    /// None that can happen: it is written to memory.
    pub fn diff(&self) -> io::Result<Option<(Safety, String)>> {
        for wanted in [Safety::Safe, Safety::Unsafe] {
            let file = file(&self.path, &self.text, self.kind);
            let fixed = fix::apply(&self.session, &file, &self.settings, self.report.clone(), wanted);
            if !fixed.made.is_empty() {
                let diff = Rendered::diff(&self.report, self.text.as_bytes(), &fixed.bytes)?;
                return Ok(Some((wanted, written(Format::Patch, &[diff], Summary::default())?)));
            }
        }
        Ok(None)
    }
}

fn file<'a>(path: &'a str, text: &'a str, kind: Option<PolicyKind>) -> FileInput<'a> {
    FileInput {
        path,
        name: NAME,
        bytes: text.as_bytes(),
        explicit: kind.is_some(),
        named: true,
        around: &Alone,
        part: None,
    }
}

fn written(format: Format, parts: &[Rendered], mut summary: Summary) -> io::Result<String> {
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &[], Box::new(&mut out))?;
    for part in parts {
        summary += part.counts();
        writer.add(part)?;
    }
    writer.finish(&summary, false)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// What an example trusts, as a configuration says it.
fn trusted(trusted: &Trusted) -> String {
    let Trusted { vpcs, vpc_endpoints, accounts, organizations, buckets, principals, ip_ranges } = trusted;
    let settings = [
        ("vpcs", vpcs),
        ("vpc_endpoints", vpc_endpoints),
        ("accounts", accounts),
        ("organizations", organizations),
        ("buckets", buckets),
        ("principals", principals),
        ("ip_ranges", ip_ranges),
    ];
    let given = settings.iter().filter(|(_, values)| !values.is_empty());
    let lines = given.map(|(name, values)| format!("{name} = {values:?}\n"));
    "[trusted]\n".to_owned() + &lines.collect::<String>()
}
