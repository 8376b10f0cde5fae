//! SARIF 2.1.0 (OASIS, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>): one run with every rule and every finding.

use super::places::Places;
use super::plain::plain;
use super::{json, words};
use crate::finding::page::{self, is_address};
use crate::finding::{Finding, Fingerprint, Severity, Verdict};
use crate::lint::FileReport;
use crate::policy::PolicyKind;
use crate::source::Span;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use std::borrow::Cow;
use std::io;
use std::path::Path;

/// A rule as the report lists it.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'r> {
    /// Its id.
    pub id: &'r str,
    /// What is wrong when it fires, as a heading.
    pub title: &'r str,
    /// The same in a sentence.
    pub message: &'r str,
    /// Its severity where nothing changes it.
    pub severity: Severity,
    /// What to write instead.
    pub help: Option<&'r str>,
    /// What, why, and what AWS does, in Markdown.
    pub explanation: Option<&'r str>,
    /// The page to read more on.
    pub reference: Option<&'r str>,
    /// Whether the documentation has a page about it.
    pub has_page: bool,
}

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) const BETWEEN: &str = ",";

/// What stays as it is in a URI; all else is escaped, `:` too, which must not end a scheme.
const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'r> {
    id: &'r str,
    short_description: Text,
    full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<Cow<'r, str>>,
    help: Text,
    default_configuration: Configuration,
    properties: Tags,
}

#[derive(Serialize)]
struct Configuration {
    level: Severity,
}

#[derive(Serialize)]
struct Tags {
    tags: [&'static str; 2],
}

#[derive(Serialize, Default)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOut<'r> {
    rule_id: &'r str,
    level: Severity,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
    properties: Properties<'r>,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "ringfence/v1", skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'r> {
    verdict: Verdict,
    policy_kind: Option<PolicyKind>,
    witness: Option<json::WitnessOut<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
    #[serde(rename = "logicalLocations", skip_serializing_if = "Option::is_none")]
    logical: Option<[LogicalLocation; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

/// The resource.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// Everything before the first finding.
pub(super) fn begin(rules: &[Rule<'_>]) -> io::Result<Vec<u8>> {
    let mut out = format!(
        "{{\n  \"$schema\": \"{SCHEMA}\",\n  \"version\": \"2.1.0\",\n  \"runs\": [\n    {{\n      \
         \"columnKind\": \"unicodeCodePoints\",\n      \"newlineSequences\": [\"\\r\\n\", \"\\n\", \"\\r\"],\n      \
         \"tool\": {{\n        \"driver\": "
    )
    .into_bytes();
    let version = env!("CARGO_PKG_VERSION");
    let rules = rules.iter().map(descriptor).collect();
    json::value(&Driver { name: "Ringfence", version, semantic_version: version, rules }, 4, &mut out)?;
    out.extend_from_slice(b"\n      },\n      \"results\": [");
    Ok(out)
}

/// Everything after the last finding; `failed`: some input could not be checked.
pub(super) fn end(failed: bool) -> Vec<u8> {
    let invocation = format!("{{\n          \"executionSuccessful\": {}\n        }}", !failed);
    format!("\n      ],\n      \"invocations\": [\n        {invocation}\n      ]\n    }}\n  ]\n}}\n")
        .into_bytes()
}

fn descriptor<'r>(rule: &Rule<'r>) -> Descriptor<'r> {
    let text = |text: &str| Text { text: message(&plain(text)), markdown: None };
    let mut markdown = rule.explanation.unwrap_or(rule.message).to_owned();
    if let Some(help) = rule.help {
        markdown.push_str(&format!("\n\nWhat to write instead: {help}"));
    }
    let address = Some(page::page(rule.id)).filter(|page| rule.has_page && is_address(page));
    let see: Vec<String> =
        address.as_deref().into_iter().chain(rule.reference).map(|a| format!("<{a}>")).collect();
    if !see.is_empty() {
        markdown.push_str(&format!("\n\nSee {}.", see.join(" and ")));
    }
    markdown.push_str(&format!("\n\n`ringfence explain {}` tells more.", rule.id));
    Descriptor {
        id: rule.id,
        short_description: text(rule.title),
        full_description: text(rule.message),
        help_uri: address.map(Cow::Owned).or(rule.reference.map(Cow::Borrowed)),
        help: Text { markdown: Some(markdown), ..text(rule.help.unwrap_or(rule.message)) },
        default_configuration: Configuration { level: rule.severity },
        properties: Tags { tags: ["security", "aws"] },
    }
}

pub(super) fn render_file(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = Places::in_report(report, bytes);
    let artifact = artifact(&report.path);
    for (i, finding) in report.findings.iter().enumerate() {
        out.extend_from_slice(if i > 0 { b",\n        " } else { b"\n        " });
        json::value(&result(finding, &artifact, &places), 4, out)?;
    }
    Ok(())
}

fn result<'r>(finding: &'r Finding, artifact: &ArtifactLocation, places: &Places<'_>) -> ResultOut<'r> {
    let location = |span: Span, text: &str, id: Option<usize>| {
        let [start, end] = places.of(span);
        let region = Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        };
        let message = (!text.is_empty()).then(|| Text { text: message(&plain(text)), markdown: None });
        let logical = finding.resource.as_ref().filter(|_| id.is_none()).map(|name| {
            [LogicalLocation { fully_qualified_name: plain(name).into_owned(), kind: "resource" }]
        });
        let physical = PhysicalLocation { artifact_location: artifact.clone(), region };
        Location { id, physical, logical, message }
    };
    let labels = finding.labels.iter().enumerate();
    ResultOut {
        rule_id: &finding.rule,
        // An undecided finding is no pass, so its kind stays the default, `fail`.
        level: finding.severity,
        message: Text { text: message(&words::lines(finding).join("\n")), markdown: None },
        locations: [location(finding.span, &finding.span_message, None)],
        related_locations: labels.map(|(i, l)| location(l.span, &l.message, Some(i + 1))).collect(),
        partial_fingerprints: Fingerprints { fingerprint: finding.fingerprint },
        properties: Properties {
            verdict: finding.verdict,
            policy_kind: finding.kind,
            witness: finding.witness.as_ref().map(json::WitnessOut::from),
        },
    }
}

/// A text in which nothing becomes a link, as `[text](target)` would.
fn message(text: &str) -> String {
    text.replace("](", "] (")
}

/// A path as a URI reference: relative to the repository, or with its scheme.
fn artifact(path: &str) -> ArtifactLocation {
    let is_absolute = Path::new(path).is_absolute();
    let path = words::path(path);
    let escaped = utf8_percent_encode(&path, UNRESERVED);
    if is_absolute {
        let slash = if path.starts_with('/') { "" } else { "/" };
        return ArtifactLocation { uri: format!("file://{slash}{escaped}"), uri_base_id: None };
    }
    ArtifactLocation { uri: escaped.to_string(), uri_base_id: Some("%SRCROOT%") }
}
