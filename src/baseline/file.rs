//! The file that holds a baseline: JSON, sorted, one policy or finding a line, so that its own changes are easy to review.

use super::FileEntry;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const SCHEMA_VERSION: u32 = 1;

/// What is kept of all files, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    files: BTreeMap<String, FileEntry>,
}

/// Why a baseline cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON, or not of the form.
    #[error("it is no baseline: {0}")]
    Form(String),
    /// A later version of the program wrote it.
    #[error("it has version {0} of the format, and this program reads version {SCHEMA_VERSION}")]
    Version(u32),
}

/// How the text begins: tells a baseline from policies, which it holds a number of.
const BEGIN: &str = "{\n  \"ringfence\": \"baseline\",\n";

#[derive(Deserialize)]
struct Head {
    schema_version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "ringfence")]
    _ringfence: String,
    #[serde(rename = "schema_version")]
    _schema_version: u32,
    files: Vec<FileEntry>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self, BaselineError> {
        let form = |error: serde_json::Error| BaselineError::Form(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(form)?;
        if head.schema_version != SCHEMA_VERSION {
            return Err(BaselineError::Version(head.schema_version));
        }
        let document: Document = serde_json::from_slice(bytes).map_err(form)?;
        Ok(document.files.into_iter().collect())
    }

    /// True for the text of a baseline, in which no policies are to be looked for.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(BEGIN.as_bytes()) && Self::read(bytes).is_ok()
    }

    /// The entry of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&FileEntry> {
        self.files.get(path)
    }

    /// All entries, by path.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.values()
    }

    /// How many findings it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files().map(FileEntry::len).sum()
    }

    /// True when it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{BEGIN}  \"schema_version\": {SCHEMA_VERSION},\n  \"files\": [");
        for (number, file) in self.files().enumerate() {
            out.push_str(if number == 0 { "\n" } else { ",\n" });
            // Values of these types always can be written.
            let path = serde_json::to_string(&file.path).unwrap_or_default();
            let _ = write!(out, "    {{\n      \"path\": {path}");
            list("policies", &file.policies, &mut out);
            list("findings", &file.findings, &mut out);
            out.push_str("\n    }");
        }
        out.push_str(if self.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        out
    }
}

impl FromIterator<FileEntry> for Baseline {
    fn from_iter<I: IntoIterator<Item = FileEntry>>(entries: I) -> Self {
        Self { files: entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect() }
    }
}

/// A member that is a list, one element a line; left out when there are none.
fn list(name: &str, values: &[impl serde::Serialize], out: &mut String) {
    if values.is_empty() {
        return;
    }
    let lines = values.iter().map(|value| serde_json::to_string(value).unwrap_or_default());
    let lines: Vec<String> = lines.map(|line| format!("        {line}")).collect();
    let _ = write!(out, ",\n      \"{name}\": [\n{}\n      ]", lines.join(",\n"));
}
