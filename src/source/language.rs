//! Which language a file is in: JSON, or YAML or Terraform's by its name.

use super::around::Around;
use super::json_lines::{is_ending, parse_lines};
use super::parse::{Parsed, parse, parse_long};
use super::syntax_error::{SyntaxError, SyntaxErrorKind};
use super::terraform;
use super::yaml::parse_yaml;
use memchr::memmem;

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// JSON: policies, what tools print, templates.
    #[default]
    Json,
    /// JSON Lines: streams of what tools print, or of policies.
    JsonLines,
    /// YAML: templates.
    Yaml,
    /// HCL or its JSON form: a file of a module of Terraform or `OpenTofu`.
    Terraform,
}

impl Language {
    /// Whether it is JSON, once or on each line.
    #[must_use]
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonLines)
    }

    /// Words of which a file has at least one if there may be a policy in it; one without is not read.
    fn marks(self) -> &'static [&'static [u8]] {
        match self {
            Self::Json | Self::JsonLines => &[b""],
            Self::Yaml => &[b"AWS::S3::BucketPolicy", b"AWS::EC2::VPCEndpoint"],
            // A policy may stand in a local or in an argument, far from the resource whose it is.
            Self::Terraform => terraform::MARKS,
        }
    }
}

/// Reads a file in its language. `name` is its name without folders.
#[must_use]
pub fn parse_file(name: &str, bytes: &[u8], around: &dyn Around) -> Parsed {
    let language = language(name, bytes);
    if language == Language::Json {
        // With a byte more than the limit it may have been cut off there.
        let is_long = bytes.len() > super::MAX_FILE_BYTES + 1;
        let long = if is_long { parse_long(bytes) } else { None };
        let parsed = long.unwrap_or_else(|| parse(bytes));
        return match yet_to_be_filled(bytes, &parsed.errors) {
            Some(error) => Parsed { errors: vec![error], ..Parsed::default() },
            None => parsed,
        };
    }
    if language == Language::JsonLines {
        return parse_lines(bytes);
    }
    if !language.marks().iter().any(|mark| memmem::find(bytes, mark).is_some()) {
        return Parsed { language, ..Parsed::default() };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= super::MAX_FILE_BYTES => match language {
            Language::Terraform => terraform::read(name, text, around),
            _ => Parsed { language, ..parse_yaml(text) },
        },
        // What is said of JSON that is too long or no UTF-8 goes for other languages too.
        _ => {
            let mut errors = parse(bytes).errors;
            errors.retain(|e| {
                matches!(
                    e.kind,
                    SyntaxErrorKind::InvalidUtf8 | SyntaxErrorKind::TooLarge | SyntaxErrorKind::Utf16
                )
            });
            Parsed { errors, language, ..Parsed::default() }
        }
    }
}

/// Whether a file that is longer than [`super::MAX_FILE_BYTES`] may be a document that is read all the same, going by its name and
/// by how it begins: an object in JSON.
#[must_use]
pub fn may_be_long(name: &str, head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"{") && language(name, head) == Language::Json
}

/// What is said in the place of mistakes that another program will have made good: Jinja, Helm and their like write `{{ ... }}` and
/// `{% ... %}`, Terraform's templates `${ ... }`, where JSON has no such thing.
fn yet_to_be_filled(bytes: &[u8], errors: &[SyntaxError]) -> Option<SyntaxError> {
    let first = errors.iter().find(|error| {
        let before = bytes.get(..error.span.end as usize).unwrap_or_default();
        [(&b"{{"[..], &b"}}"[..]), (b"{%", b"%}"), (b"${", b"}")].iter().any(|(open, close)| {
            let opened = memmem::rfind(before, open);
            opened.is_some_and(|at| {
                let line_end = memmem::find(bytes.get(at..).unwrap_or_default(), b"\n");
                let rest = bytes.get(at..at + line_end.unwrap_or(bytes.len() - at)).unwrap_or_default();
                memmem::find(rest, close).is_some_and(|end| error.span.start as usize <= at + end + 2)
            })
        })
    })?;
    let message = "this JSON is yet to be filled in by another program, and was not read";
    Some(SyntaxError::new(SyntaxErrorKind::NotRead, first.span, message).help("check what it becomes"))
}

fn language(name: &str, bytes: &[u8]) -> Language {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let first = || bytes.iter().find(|b| !b.is_ascii_whitespace());
    match &*ending {
        "tf" | "tofu" => Language::Terraform,
        "json" if terraform::is_configuration(name) => Language::Terraform,
        ending if is_ending(ending) => Language::JsonLines,
        "yaml" | "yml" => Language::Yaml,
        "template" if first() != Some(&b'{') || bytes.trim_ascii_start().starts_with(b"{{") => Language::Yaml,
        _ => Language::Json,
    }
}
