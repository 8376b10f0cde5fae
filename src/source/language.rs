//! Which language a file is in: JSON, or YAML by its name.

use super::parse::{Parsed, parse};
use super::syntax_error::SyntaxErrorKind;
use super::yaml::parse_yaml;

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// JSON: policies, what tools print, templates.
    #[default]
    Json,
    /// YAML: templates.
    Yaml,
}

/// Types of resources that policies can be in. A YAML file without one holds none, and is not read.
const MARKS: [&[u8]; 2] = [b"AWS::S3::BucketPolicy", b"AWS::EC2::VPCEndpoint"];

/// Reads a file in its language. `name` is its name without folders.
#[must_use]
pub fn parse_file(name: &str, bytes: &[u8]) -> Parsed {
    let language = language(name, bytes);
    if language == Language::Json {
        return parse(bytes);
    }
    if !MARKS.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark)) {
        return Parsed { language, ..Parsed::default() };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= super::MAX_FILE_BYTES => Parsed { language, ..parse_yaml(text) },
        // What is said of JSON that is too long or no UTF-8 goes for YAML too.
        _ => {
            let mut errors = parse(bytes).errors;
            errors.retain(|e| {
                matches!(
                    e.kind,
                    SyntaxErrorKind::InvalidUtf8 | SyntaxErrorKind::TooLarge | SyntaxErrorKind::Utf16
                )
            });
            Parsed { documents: Vec::new(), errors, language }
        }
    }
}

fn language(name: &str, bytes: &[u8]) -> Language {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let first = || bytes.iter().find(|b| !b.is_ascii_whitespace());
    match &*ending {
        "yaml" | "yml" => Language::Yaml,
        "template" if first() != Some(&b'{') => Language::Yaml,
        _ => Language::Json,
    }
}
