//! What can be done about findings: their fixes, all safe fixes at once, and an entry of `[[ignore]]`.

use super::diagnostic::diagnostic;
use super::document::Places;
use super::ignore;
use super::worker::Looked;
use crate::finding::{Finding, Fix, Safety};
use crate::fix;
use crate::lint::FileReport;
use gen_lsp_types as lsp;
use serde::Deserialize;
use similar::{DiffOp, TextDiff};
use std::collections::HashMap;

/// The kind of the action that makes all safe fixes.
const FIX_ALL: &str = "source.fixAll.ringfence";
const QUICK_FIX: &str = "quickfix";

/// The kinds of actions there are.
pub(super) const KINDS: [&str; 2] = [QUICK_FIX, FIX_ALL];

/// What of a question for actions concerns us: not the diagnostics, which may be another server's and of any form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    pub(super) text_document: lsp::TextDocumentIdentifier,
    pub(super) range: lsp::Range,
    #[serde(default)]
    pub(super) context: Kinds,
}

/// The kinds of actions that are wanted; all when it does not say.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Kinds {
    pub(super) only: Option<Vec<lsp::CodeActionKind>>,
}

/// The actions for a range of the text. The report has the fixes.
pub(super) fn actions(
    looked: &Looked<'_>,
    report: &FileReport,
    range: lsp::Range,
    only: Option<&[lsp::CodeActionKind]>,
) -> Vec<lsp::CodeAction> {
    let is_wanted = |kind: &str| {
        only.is_none_or(|only| {
            only.iter().map(name).any(|wanted| {
                kind == wanted || kind.strip_prefix(&*wanted).is_some_and(|rest| rest.starts_with('.'))
            })
        })
    };
    let mut out = Vec::new();
    let span = looked.places.span(range);
    let touches = |f: &&Finding| f.span.start <= span.end && span.start <= f.span.end;
    if is_wanted(QUICK_FIX) {
        let here: Vec<&Finding> = report.findings.iter().filter(touches).collect();
        let mut fixes: Vec<(&Fix, Vec<&Finding>)> = Vec::new();
        for finding in &here {
            let Some(fix) = &finding.fix else { continue };
            // One fix can settle several findings.
            match fixes.iter_mut().find(|(other, _)| other.edits == fix.edits) {
                Some((_, settled)) => settled.push(finding),
                None => fixes.push((fix, vec![finding])),
            }
        }
        out.extend(fixes.iter().map(|(fix, settled)| settle(looked, settled, fix)));
        for finding in &here {
            out.extend(ignore::action(looked, finding));
        }
    }
    if is_wanted(FIX_ALL)
        && report.findings.iter().any(|f| f.fix.as_ref().is_some_and(|f| f.safety == Safety::Safe))
    {
        let fixed = fix::apply(looked.session, &looked.file, looked.settings, report.clone(), Safety::Safe);
        out.push(lsp::CodeAction {
            title: "Make all safe fixes of Ringfence".to_owned(),
            kind: Some(FIX_ALL.into()),
            edit: Some(edit(looked, difference(looked, &fixed.bytes))),
            ..lsp::CodeAction::default()
        });
    }
    out
}

fn name(kind: &lsp::CodeActionKind) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn settle(looked: &Looked<'_>, settled: &[&Finding], fix: &Fix) -> lsp::CodeAction {
    let mut chars = fix.title.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    let caution = fix.caution.as_ref().filter(|_| fix.safety == Safety::Unsafe);
    let caution = caution.map(|why| format!(" (look at it: {why})")).unwrap_or_default();
    let edits = fix
        .edits
        .iter()
        .map(|edit| lsp::TextEdit { range: looked.places.range(edit.span), new_text: edit.text.clone() });
    lsp::CodeAction {
        title: crate::report::plain::plain(&format!("{first}{}{caution}", chars.as_str())).into_owned(),
        kind: Some(QUICK_FIX.into()),
        diagnostics: Some(settled.iter().map(|f| diagnostic(f, looked.document, &looked.places)).collect()),
        is_preferred: Some(fix.safety == Safety::Safe),
        edit: Some(edit(looked, edits.collect())),
        ..lsp::CodeAction::default()
    }
}

/// Edits of the text, for the very text that was looked at when the editor can tell.
fn edit(looked: &Looked<'_>, edits: Vec<lsp::TextEdit>) -> lsp::WorkspaceEdit {
    let uri = looked.document.uri.clone();
    if !looked.client.takes_document_changes {
        return lsp::WorkspaceEdit {
            changes: Some(HashMap::from([(uri, edits)])),
            ..lsp::WorkspaceEdit::default()
        };
    }
    let text_document = lsp::OptionalVersionedTextDocumentIdentifier {
        version: looked.document.version,
        text_document_identifier: lsp::TextDocumentIdentifier { uri },
    };
    let edits = edits.into_iter().map(lsp::Edit::TextEdit).collect();
    let change = lsp::TextDocumentEdit { text_document, edits };
    lsp::WorkspaceEdit {
        document_changes: Some(vec![lsp::DocumentChange::TextDocumentEdit(change)]),
        ..lsp::WorkspaceEdit::default()
    }
}

/// The lines that differ, so that the rest of the text, and what the editor remembers of it, stays.
fn difference(looked: &Looked<'_>, after: &[u8]) -> Vec<lsp::TextEdit> {
    let (before, after) = (String::from_utf8_lossy(&looked.document.text), String::from_utf8_lossy(after));
    let places = Places::new(before.as_bytes(), looked.client.encoding);
    let diff = TextDiff::from_lines(&*before, &*after);
    let (old, new) = (diff.old_slices(), diff.new_slices());
    let offset = |line: usize| old.iter().take(line).map(|l| l.len()).sum::<usize>();
    let edit = |op: &DiffOp| {
        if matches!(op, DiffOp::Equal { .. }) {
            return None;
        }
        let (from, to) = (op.old_range(), op.new_range());
        let range =
            lsp::Range { start: places.position(offset(from.start)), end: places.position(offset(from.end)) };
        Some(lsp::TextEdit { range, new_text: new.get(to).unwrap_or_default().concat() })
    };
    diff.ops().iter().filter_map(edit).collect()
}
