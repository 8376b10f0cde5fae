//! The action that accepts a finding: an entry of `[[ignore]]` at the end of the configuration, whose reason is left for the user
//! to write. An entry without one is no valid configuration, so that it cannot be forgotten.

use super::diagnostic::diagnostic;
use super::document::Places;
use super::uri;
use super::worker::Looked;
use crate::assist::Shown;
use crate::config::{FILE_NAME, absolute};
use crate::finding::Finding;
use crate::policy::Statement;
use crate::report::toml::{pattern, string};
use crate::source::{Node, files};
use gen_lsp_types as lsp;
use std::path::Path;

/// The command that shows where the reason is to be written: the address of the configuration and a range.
pub(super) const SHOW: &str = "ringfence.showReason";

/// The action for a finding; `None` when the editor cannot make the file, or when it is not for accepting: a text that is no JSON.
pub(super) fn action(looked: &Looked<'_>, finding: &Finding) -> Option<lsp::CodeAction> {
    let policy = finding.policy?;
    let config = &looked.project.config;
    let file = absolute(&looked.document.path);
    let (path, root) = if let Some(path) = config.path() {
        (absolute(Path::new(path)), config.root().to_owned())
    } else {
        let root = looked.client.folders.iter().map(|f| absolute(f)).filter(|f| file.starts_with(f));
        let root =
            root.max_by_key(|f| f.components().count()).or_else(|| file.parent().map(Path::to_owned))?;
        (root.join(FILE_NAME), root)
    };
    if config.path().is_none() && !looked.client.makes_files {
        return None;
    }
    let inside = file.strip_prefix(&root).ok()?;
    let inside = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let text = match config.path() {
        Some(_) => files::read(&path).ok()?,
        None => Vec::new(),
    };
    let gap = match text.as_slice() {
        [] => "",
        [.., b'\n'] => "\n",
        _ => "\n\n",
    };
    let mut entry =
        format!("{gap}[[ignore]]\nrule = {}\npath = {}\n", string(&finding.rule), pattern(&inside));
    let view = looked.view();
    let shown = view.policies.get(policy)?;
    let holds = |s: &&Statement| s.span.start <= finding.span.start && finding.span.end <= s.span.end;
    entry.extend(shown.policy.statements.iter().find(holds).map(|statement| part(statement, shown)));
    entry.push_str("reason = \"");
    let places = Places::new(&text, looked.client.encoding);
    let end = places.position(text.len());
    let lines = u32::try_from(entry.matches('\n').count()).ok()?;
    let reason = lsp::Position {
        line: end.line + lines,
        // The line is ASCII.
        character: u32::try_from("reason = \"".len()).ok()?,
    };
    entry.push_str("\"\n");
    let uri = uri::of(&path);
    let insert = lsp::TextEdit { range: lsp::Range { start: end, end }, new_text: entry };
    let shown = lsp::Range { start: reason, end: reason };
    let show = lsp::Command {
        title: "Write the reason".to_owned(),
        command: SHOW.to_owned(),
        arguments: Some(vec![uri.0.clone().into(), serde_json::to_value(shown).ok()?]),
        ..lsp::Command::default()
    };
    Some(lsp::CodeAction {
        title: format!("Ignore `{}` here, with a reason in {FILE_NAME}", finding.rule),
        kind: Some("quickfix".into()),
        diagnostics: Some(vec![diagnostic(finding, looked.document, &looked.places)]),
        edit: Some(edit(looked, uri, config.path().is_none(), insert)),
        command: looked.client.shows_documents.then_some(show),
        ..lsp::CodeAction::default()
    })
}

/// Which part of the policy: by `Sid` when that names one statement.
fn part(statement: &Statement, shown: &Shown) -> String {
    let sid = |s: &Statement| s.sid.as_ref().map(|sid| sid.value.to_string()).filter(|sid| !sid.is_empty());
    let is_same = |other: &&Statement| sid(other) == sid(statement);
    match sid(statement) {
        Some(name) if shown.policy.statements.iter().filter(is_same).count() == 1 => {
            format!("sid = {}\n", string(&name))
        }
        _ => {
            let list = shown.node.get("Statement");
            let (head, list) = if list.is_some() { ("/Statement", list) } else { ("", Some(&shown.node)) };
            let index =
                list.and_then(Node::array).map(|_| format!("/{}", statement.index)).unwrap_or_default();
            format!("pointer = \"{head}{index}\"\n")
        }
    }
}

fn edit(looked: &Looked<'_>, uri: lsp::Uri, is_new: bool, insert: lsp::TextEdit) -> lsp::WorkspaceEdit {
    if !looked.client.takes_document_changes {
        return lsp::WorkspaceEdit {
            changes: Some([(uri, vec![insert])].into()),
            ..lsp::WorkspaceEdit::default()
        };
    }
    let make = is_new.then(|| {
        let options = lsp::CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) };
        let file = lsp::CreateFile::new(uri.clone(), Some(options), None);
        lsp::DocumentChange::CreateFile(file)
    });
    let text_document = lsp::OptionalVersionedTextDocumentIdentifier {
        version: None,
        text_document_identifier: lsp::TextDocumentIdentifier { uri },
    };
    let change = lsp::TextDocumentEdit { text_document, edits: vec![lsp::Edit::TextEdit(insert)] };
    let changes = make.into_iter().chain([lsp::DocumentChange::TextDocumentEdit(change)]);
    lsp::WorkspaceEdit { document_changes: Some(changes.collect()), ..lsp::WorkspaceEdit::default() }
}
