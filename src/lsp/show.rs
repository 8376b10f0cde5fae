//! Answers of `crate::assist` as an editor takes them.

use super::worker::Looked;
use crate::assist::complete::{self, Sort};
use crate::assist::symbols::{self, Symbol};
use crate::assist::{hover as said, lens};
use gen_lsp_types as lsp;

fn markdown(value: String) -> lsp::MarkupContent {
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value }
}

pub(super) fn hover(looked: &Looked<'_>, position: lsp::Position) -> Option<lsp::Hover> {
    let hover = said::hover(&looked.view(), looked.places.offset(position))?;
    let contents = lsp::Contents::MarkupContent(markdown(hover.text));
    Some(lsp::Hover { contents, range: Some(looked.places.range(hover.span)) })
}

pub(super) fn completions(looked: &Looked<'_>, position: lsp::Position) -> Vec<lsp::CompletionItem> {
    let found = complete::complete(&looked.view(), looked.places.offset(position));
    let item = |completion: complete::Completion| {
        let range = looked.places.range(completion.span);
        lsp::CompletionItem {
            kind: Some(match completion.sort {
                Sort::Element => lsp::CompletionItemKind::Property,
                Sort::Action => lsp::CompletionItemKind::Function,
                Sort::Operator => lsp::CompletionItemKind::Operator,
                Sort::Key => lsp::CompletionItemKind::Field,
                Sort::Word => lsp::CompletionItemKind::EnumMember,
                Sort::Id => lsp::CompletionItemKind::Value,
            }),
            detail: (!completion.detail.is_empty()).then(|| completion.detail.clone()),
            sort_text: Some(format!("{}{}", completion.rank, completion.label)),
            text_edit: Some(lsp::CompletionItemTextEdit::TextEdit(lsp::TextEdit {
                range,
                new_text: completion.text,
            })),
            additional_text_edits: completion.colon.map(|place| {
                vec![lsp::TextEdit { range: looked.places.range(place), new_text: ": ".to_owned() }]
            }),
            data: Some(sort_name(completion.sort).into()),
            label: completion.label,
            ..lsp::CompletionItem::default()
        }
    };
    found.into_iter().map(item).collect()
}

/// The item with all that is known of it.
pub(super) fn resolved(mut item: lsp::CompletionItem) -> lsp::CompletionItem {
    let sorts = [Sort::Element, Sort::Action, Sort::Operator, Sort::Key, Sort::Word, Sort::Id];
    let name = item.data.as_ref().and_then(|data| data.as_str());
    let sort = sorts.into_iter().find(|sort| Some(sort_name(*sort)) == name);
    let text = sort.and_then(|sort| complete::documentation(sort, &item.label));
    item.documentation = text.map(|text| lsp::Documentation::MarkupContent(markdown(text)));
    item
}

fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Element => "element",
        Sort::Action => "action",
        Sort::Operator => "operator",
        Sort::Key => "key",
        Sort::Word => "word",
        Sort::Id => "id",
    }
}

pub(super) fn symbols(looked: &Looked<'_>) -> Vec<lsp::DocumentSymbol> {
    symbols::symbols(&looked.view())
        .iter()
        .map(|found| symbol(looked, found, lsp::SymbolKind::Namespace))
        .collect()
}

fn symbol(looked: &Looked<'_>, found: &Symbol, kind: lsp::SymbolKind) -> lsp::DocumentSymbol {
    let children =
        found.children.iter().map(|child| symbol(looked, child, lsp::SymbolKind::Object)).collect();
    #[expect(deprecated, reason = "the type has a member that nobody fills any more")]
    lsp::DocumentSymbol {
        name: found.name.clone(),
        detail: (!found.detail.is_empty()).then(|| found.detail.clone()),
        kind,
        tags: None,
        deprecated: None,
        range: looked.places.range(found.span),
        selection_range: looked.places.range(found.selection),
        children: Some(children),
    }
}

pub(super) fn lenses(looked: &Looked<'_>) -> Vec<lsp::CodeLens> {
    if !looked.client.wishes.lenses {
        return Vec::new();
    }
    let found = lens::lenses(&looked.view(), looked.session, &looked.report());
    let lens = |lens: lens::Lens| lsp::CodeLens {
        range: looked.places.range(lens.span),
        // Without a command, it is a line to read.
        command: Some(lsp::Command { title: lens.text, ..lsp::Command::default() }),
        data: None,
    };
    found.into_iter().map(lens).collect()
}
