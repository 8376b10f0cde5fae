//! What the editor can do, and what its user wants: out of `initialize`. Read by hand out of the JSON, so that what some editor
//! writes a little differently is no reason not to start.

use super::uri;
use crate::source::Encoding;
use gen_lsp_types::Uri;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// The editor.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that an editor can do")]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// It takes edits with the version of the text.
    pub(super) takes_document_changes: bool,
    /// It makes new files.
    pub(super) makes_files: bool,
    /// It can be told to show a place.
    pub(super) shows_documents: bool,
    /// It can be asked to tell of files that change.
    pub(super) watches_files: bool,
    /// Its workspace.
    pub(super) folders: Vec<PathBuf>,
    pub(super) wishes: Wishes,
    /// What of the wishes is not understood.
    pub(super) unknown: Vec<String>,
}

/// What the user wants: `initializationOptions`.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    /// How long to wait after a change before looking at it.
    pub(super) delay: Duration,
    /// Whether policies that are not open are looked at.
    pub(super) workspace: bool,
    /// Whether there are lines over policies and statements.
    pub(super) lenses: bool,
}

impl Client {
    pub(super) fn new(params: &Value) -> Self {
        let has = |pointer: &str| params.pointer(pointer).and_then(Value::as_bool) == Some(true);
        let lists = |pointer: &str, word: &str| {
            let list = params.pointer(pointer).and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|v| v.as_str() == Some(word)))
        };
        let encodings = "/capabilities/general/positionEncodings";
        let folders = params.get("workspaceFolders").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut folders: Vec<PathBuf> = folders.iter().filter_map(folder).collect();
        if folders.is_empty() {
            let root = params.get("rootUri").and_then(Value::as_str).and_then(|u| uri::path(&Uri::from(u)));
            folders
                .extend(root.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from)));
        }
        let (wishes, unknown) = Wishes::new(params.get("initializationOptions"));
        Self {
            encoding: if lists(encodings, "utf-8") { Encoding::Utf8 } else { Encoding::Utf16 },
            takes_document_changes: has("/capabilities/workspace/workspaceEdit/documentChanges"),
            makes_files: lists("/capabilities/workspace/workspaceEdit/resourceOperations", "create"),
            shows_documents: has("/capabilities/window/showDocument/support"),
            watches_files: has("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration"),
            folders,
            wishes,
            unknown,
        }
    }

    /// The name of the columns that were agreed on.
    pub(super) fn encoding_name(&self) -> &'static str {
        match self.encoding {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Scalars => "utf-32",
        }
    }
}

/// The path of a workspace folder.
pub(super) fn folder(value: &Value) -> Option<PathBuf> {
    uri::path(&Uri::from(value.get("uri")?.as_str()?))
}

impl Wishes {
    fn new(options: Option<&Value>) -> (Self, Vec<String>) {
        let mut out = Self { delay: Duration::from_millis(150), workspace: true, lenses: true };
        let mut unknown = Vec::new();
        for (name, value) in options.and_then(Value::as_object).into_iter().flatten() {
            match (name.as_str(), value.as_bool(), value.as_u64()) {
                ("delay", _, Some(milliseconds)) => {
                    out.delay = Duration::from_millis(milliseconds.min(10_000));
                }
                ("workspace", Some(yes), _) => out.workspace = yes,
                ("lenses", Some(yes), _) => out.lenses = yes,
                _ => unknown.push(name.clone()),
            }
        }
        (out, unknown)
    }
}
