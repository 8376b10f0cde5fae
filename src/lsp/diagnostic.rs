//! A finding as an editor takes it, in the words that the reports use.

use super::document::{Document, Places};
use super::uri;
use crate::finding::{Finding, Severity};
use crate::project::ProjectError;
use crate::report::plain::plain;
use crate::report::words;
use gen_lsp_types as lsp;
use miette::Diagnostic as _;

/// The name that editors show beside each finding.
const SOURCE: &str = "ringfence";

pub(super) fn diagnostic(finding: &Finding, document: &Document, places: &Places<'_>) -> lsp::Diagnostic {
    let related = finding.labels.iter().map(|label| lsp::DiagnosticRelatedInformation {
        location: lsp::Location { uri: document.uri.clone(), range: places.range(label.span) },
        message: plain(&label.message).into_owned(),
    });
    let related: Vec<_> = related.collect();
    lsp::Diagnostic {
        range: places.range(finding.span),
        severity: Some(match finding.severity {
            Severity::Error => lsp::DiagnosticSeverity::Error,
            Severity::Warning => lsp::DiagnosticSeverity::Warning,
            Severity::Note => lsp::DiagnosticSeverity::Information,
        }),
        code: Some(lsp::Code::String(finding.rule.to_string())),
        code_description: finding.address().map(|page| lsp::CodeDescription { href: page.into() }),
        source: Some(SOURCE.to_owned()),
        message: lsp::Message::String(words::spread(finding).join("\n")),
        related_information: (!related.is_empty()).then_some(related),
        ..lsp::Diagnostic::default()
    }
}

/// Why a file was not checked, at its beginning.
pub(super) fn not_checked(why: &str) -> lsp::Diagnostic {
    lsp::Diagnostic {
        severity: Some(lsp::DiagnosticSeverity::Error),
        source: Some(SOURCE.to_owned()),
        message: lsp::Message::String(format!("not checked: {}", plain(why))),
        ..lsp::Diagnostic::default()
    }
}

/// What is wrong with a configuration: in one line, and in its own file when that can be told.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) line: String,
    pub(super) place: Option<Box<(lsp::Uri, lsp::Diagnostic)>>,
}

impl Trouble {
    pub(super) fn new(error: &ProjectError, encoding: crate::source::Encoding) -> Self {
        let labels: Vec<_> = error.labels().into_iter().flatten().collect();
        let what =
            labels.iter().find_map(|label| label.label()).map_or_else(String::new, |l| format!(": {l}"));
        let help = error.help().map_or_else(String::new, |help| format!("; {help}"));
        let message = format!("{error}{what}{help}");
        let place = error.config_file().map(|(path, text)| {
            let places = Places::new(text.as_bytes(), encoding);
            let range = labels.first().map(|label| {
                let start = label.offset();
                places.range(crate::source::Span::new(start, start + label.len()))
            });
            let diagnostic = lsp::Diagnostic {
                range: range.unwrap_or_default(),
                severity: Some(lsp::DiagnosticSeverity::Error),
                source: Some(SOURCE.to_owned()),
                message: lsp::Message::String(plain(&message).into_owned()),
                ..lsp::Diagnostic::default()
            };
            Box::new((uri::of(&crate::config::absolute(path)), diagnostic))
        });
        let line = match error.config_file() {
            Some((path, _)) => format!("the configuration `{}` cannot be used: {message}", path.display()),
            None => message,
        };
        Self { line, place }
    }
}
