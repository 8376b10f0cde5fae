//! Which language a file is in: JSON, or YAML or Terraform's by its name.

use super::around::Around;
use super::parse::{Parsed, parse};
use super::syntax_error::SyntaxErrorKind;
use super::terraform;
use super::yaml::parse_yaml;
use memchr::memmem;

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// JSON: policies, what tools print, templates.
    #[default]
    Json,
    /// YAML: templates.
    Yaml,
    /// HCL or its JSON form: a file of a Terraform or OpenTofu module.
    Terraform,
}

impl Language {
    /// Words of which a file has at least one if there may be a policy in it; one without is not read.
    fn marks(self) -> &'static [&'static [u8]] {
        match self {
            Self::Json => &[b""],
            Self::Yaml => &[b"AWS::S3::BucketPolicy", b"AWS::EC2::VPCEndpoint"],
            // A policy may stand in a local or in an argument, far from the resource whose it is.
            Self::Terraform => &[b"aws_vpc_endpoint", b"aws_s3_bucket", b"tatement", b"endpoint", b"policy"],
        }
    }
}

/// Reads a file in its language. `name` is its name without folders.
#[must_use]
pub fn parse_file(name: &str, bytes: &[u8], around: &dyn Around) -> Parsed {
    let language = language(name, bytes);
    if language == Language::Json {
        return parse(bytes);
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

fn language(name: &str, bytes: &[u8]) -> Language {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let first = || bytes.iter().find(|b| !b.is_ascii_whitespace());
    match &*ending {
        "tf" | "tofu" => Language::Terraform,
        "json" if terraform::is_configuration(name) => Language::Terraform,
        "yaml" | "yml" => Language::Yaml,
        "template" if first() != Some(&b'{') => Language::Yaml,
        _ => Language::Json,
    }
}
