//! Files of a configuration to blocks: HCL with `hcl-edit`, and its JSON form with our own parser. Where HCL cannot be read, the block
//! around is left out and the rest is read all the same.
//!
//! Knows the form of blocks, not what they are for.

use crate::source::deployed::text;
use crate::source::parse::parse;
use crate::source::span::Span;
use crate::source::syntax_error::{SyntaxError, SyntaxErrorKind};
use crate::source::tree::{Member, Node, Text, Value};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Body, Structure};
use std::borrow::Cow;
use std::ops::Range;

/// After this many mistakes the rest of a file is not read.
const MAX_ERRORS: usize = 20;

/// A file of a module.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) name: String,
    pub(super) text: String,
    /// Where its first byte stands among the bytes of all files that are read for one: each has a range of its own, so a place tells its
    /// file.
    pub(super) base: usize,
    /// Its blocks and attributes at top level.
    pub(super) root: Block,
    /// The errors, at their places in this file.
    pub(super) errors: Vec<SyntaxError>,
}

/// `kind "label" "label" { ... }`
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub(super) kind: Box<str>,
    pub(super) labels: Vec<Box<str>>,
    /// From the first byte to the last one of the last label.
    pub(super) header: Span,
    pub(super) span: Span,
    pub(super) attributes: Vec<Attribute>,
    blocks: Vec<Block>,
}

/// `key = value`
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) key: Text,
    pub(super) value: Source,
}

/// A value that is not evaluated.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Hcl(Expression),
    Json(Node),
}

impl Block {
    pub(super) fn label(&self, number: usize) -> &str {
        self.labels.get(number).map_or("", |label| &**label)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.key.value == key)
    }

    /// The blocks of a kind inside this one. In JSON a block is a member like any other.
    pub(super) fn blocks(&self, kind: &str) -> Vec<Cow<'_, Self>> {
        let written = self.blocks.iter().filter(|b| &*b.kind == kind).map(Cow::Borrowed);
        let json = self.attributes.iter().filter_map(|a| match &a.value {
            Source::Json(node) if &*a.key.value == kind => Some((a, node)),
            _ => None,
        });
        let json = json.flat_map(|(a, node)| {
            let mut out = Vec::new();
            json_blocks(kind, &a.key, node, inner_labels(kind), &[], &mut out);
            out.into_iter().map(Cow::Owned)
        });
        written.chain(json).collect()
    }

    /// All the blocks at top level.
    pub(super) fn children(&self) -> &[Block] {
        &self.blocks
    }
}

/// Reads a file of a module; `base` is where it begins among all files.
pub(super) fn read(name: &str, text: &str, base: usize) -> SourceFile {
    let (root, errors) = if is_json(name) {
        let mut parsed = parse(text.as_bytes());
        let mut root = Block::default();
        if let Some(document) = parsed.documents.first_mut() {
            shift(document, base);
            for member in document.object().unwrap_or_default() {
                top_level(member, &mut root);
            }
        }
        (root, parsed.errors)
    } else {
        let (body, errors) = body(text);
        let mut root = Block::default();
        if let Some(body) = body {
            fill(&mut root, body, base);
        }
        (root, errors)
    };
    SourceFile { name: name.to_owned(), text: text.to_owned(), base, root, errors }
}

/// Whether a name is that of a file of a module.
pub(in crate::source) fn is_configuration(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|ending| name.ends_with(ending))
}

fn is_json(name: &str) -> bool {
    name.get(name.len().saturating_sub(5)..).is_some_and(|ending| ending.eq_ignore_ascii_case(".json"))
}

/// The body of a file, or what is left of it without the blocks that cannot be read.
fn body(text: &str) -> (Option<Body>, Vec<SyntaxError>) {
    let mut errors = Vec::new();
    let mut rest = text.to_owned();
    if rest.starts_with('\u{feff}') {
        blank(&mut rest, 0..3);
    }
    hide_false_ends(&mut rest);
    let mut renamed = 0;
    loop {
        let error = match parse_body(&rest) {
            Ok(body) => return (Some(body), errors),
            Err(error) => error,
        };
        let mut at = error.location().offset().min(text.len().saturating_sub(1));
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let end = text.get(at..).and_then(|t| t.chars().next()).map_or(at, |c| at + c.len_utf8());
        let reason = error.message().replace(['\n', '\r'], " ");
        if reason.contains("redefined object key") && rename(&mut rest, at, &mut renamed) {
            continue;
        }
        // What Terraform takes, and this parser does not.
        let is_limit = reason.contains("redefined object key") || reason.contains("nested levels");
        errors.push(if is_limit {
            let message = format!("this HCL is more than can be read: {reason}");
            SyntaxError::new(SyntaxErrorKind::NotRead, Span::new(at, end), message)
        } else {
            let message = format!("this could not be read as HCL: {reason}");
            SyntaxError::new(SyntaxErrorKind::Hcl, Span::new(at, end), message)
                .help("`terraform validate` shows such mistakes too")
        });
        let block = around(&rest, at);
        if errors.len() >= MAX_ERRORS || rest.get(block.clone()).is_none_or(|block| block.trim().is_empty()) {
            let message = "because of these mistakes, this file was not read";
            errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, Span::new(at, end), message));
            return (None, errors);
        }
        blank(&mut rest, block);
    }
}

/// Keys that are renamed in a file.
const MAX_RENAMED: usize = 30;

/// Gives another first letter to a key that stands in its object already, which the parser that is used does not take. Terraform does,
/// and the last one counts: names are taken from the file. False: there is no letter to change.
fn rename(text: &mut String, at: usize, renamed: &mut usize) -> bool {
    let place = at + usize::from(text.as_bytes().get(at) == Some(&b'"'));
    let Some(letter) = text.as_bytes().get(place).filter(|b| b.is_ascii_alphabetic()).copied() else {
        return false;
    };
    *renamed += 1;
    let next = if letter == b'z' {
        b'A'
    } else if letter == b'Z' {
        b'a'
    } else {
        letter + 1
    };
    text.replace_range(place..=place, &char::from(next).to_string());
    *renamed <= MAX_RENAMED
}

/// Lines of heredocs that begin with the marker and go on (`EOF"`) end nothing for Terraform, and a heredoc for the parser that is
/// used. Their first letter becomes a dash, with which no marker begins: the tree is the same, and texts are taken from the file.
fn hide_false_ends(text: &mut String) {
    let mut marker: Option<String> = None;
    let (mut start, mut hidden, mut pending) = (0, Vec::new(), Vec::new());
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        match &marker {
            Some(end) if words == end => {
                marker = None;
                hidden.append(&mut pending);
            }
            Some(end) if words.starts_with(end.as_str()) => {
                pending.push(start + line.len() - line.trim_start().len());
            }
            Some(_) => {}
            None => {
                let begun = words.rsplit_once("<<").map(|(_, rest)| rest.strip_prefix('-').unwrap_or(rest));
                let is_word = |word: &&str| {
                    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                };
                marker = begun.filter(is_word).map(str::to_owned);
            }
        }
        start += line.len();
    }
    for at in hidden {
        text.replace_range(at..=at, "-");
    }
}

/// Words that blocks at top level begin with.
const BLOCKS: [&str; 13] = [
    "resource",
    "data",
    "module",
    "locals",
    "variable",
    "output",
    "provider",
    "terraform",
    "moved",
    "import",
    "removed",
    "check",
    "ephemeral",
];

/// The lines of the block around a place: from one that begins with such a word to before the next such one.
fn around(text: &str, at: usize) -> Range<usize> {
    let (mut start, mut end, mut offset) = (0, text.len(), 0);
    for line in text.split_inclusive('\n') {
        let word = line.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        // Not a line of a text that begins so, such as `import json`.
        let is_header = line.get(word.len()..).is_some_and(|rest| rest.trim_start().starts_with(['"', '{']));
        if BLOCKS.contains(&word) && is_header {
            if offset <= at {
                start = offset;
            } else {
                end = offset;
                break;
            }
        }
        offset += line.len();
    }
    start..end
}

/// Puts blanks in the place of all but line ends, byte for byte.
fn blank(text: &mut String, range: Range<usize>) {
    let blanks: String = text
        .get(range.clone())
        .unwrap_or_default()
        .bytes()
        .map(|b| if b == b'\n' || b == b'\r' { char::from(b) } else { ' ' })
        .collect();
    text.replace_range(range, &blanks);
}

fn fill(block: &mut Block, body: Body, base: usize) {
    let place =
        |range: Option<Range<usize>>| range.map_or(block.header, |r| Span::new(base + r.start, base + r.end));
    let (mut attributes, mut blocks) = (Vec::new(), Vec::new());
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let key = text(attribute.key.as_str(), place(attribute.key.span()));
                attributes.push(Attribute { key, value: Source::Hcl(attribute.value) });
            }
            Structure::Block(inner) => {
                let ident = place(inner.ident.span());
                let header = inner
                    .labels
                    .last()
                    .and_then(hcl_edit::Span::span)
                    .map_or(ident, |l| ident.to(place(Some(l))));
                let mut out = Block {
                    kind: inner.ident.as_str().into(),
                    labels: inner.labels.iter().map(|l| l.as_str().into()).collect(),
                    header,
                    span: place(inner.span()),
                    ..Block::default()
                };
                fill(&mut out, inner.body, base);
                blocks.push(out);
            }
        }
    }
    block.attributes.append(&mut attributes);
    block.blocks.append(&mut blocks);
}

/// How many labels a block at top level has.
const LABELS: [(&str, usize); 7] = [
    ("resource", 2),
    ("data", 2),
    ("module", 1),
    ("variable", 1),
    ("output", 1),
    ("provider", 1),
    ("locals", 0),
];

fn top_level(member: &Member, root: &mut Block) {
    let kind = &*member.key.value;
    match LABELS.iter().find(|(name, _)| *name == kind) {
        Some((_, labels)) => json_blocks(kind, &member.key, &member.value, *labels, &[], &mut root.blocks),
        None => root
            .attributes
            .push(Attribute { key: member.key.clone(), value: Source::Json(member.value.clone()) }),
    }
}

fn inner_labels(kind: &str) -> usize {
    usize::from(kind == "dynamic")
}

fn json_blocks(kind: &str, key: &Text, node: &Node, labels: usize, known: &[Box<str>], out: &mut Vec<Block>) {
    for node in node.one_or_many() {
        let members = node.object().unwrap_or_default();
        if labels > 0 {
            for member in members {
                let known: Vec<Box<str>> = known.iter().cloned().chain([member.key.value.clone()]).collect();
                json_blocks(kind, &member.key, &member.value, labels - 1, &known, out);
            }
            continue;
        }
        let attribute = |m: &Member| Attribute { key: m.key.clone(), value: Source::Json(m.value.clone()) };
        out.push(Block {
            kind: kind.into(),
            labels: known.to_vec(),
            header: key.span,
            span: node.span,
            attributes: members.iter().map(attribute).collect(),
            blocks: Vec::new(),
        });
    }
}

/// Moves a tree from a file's own places to those among all files.
fn shift(node: &mut Node, base: usize) {
    let by = u32::try_from(base).unwrap_or(u32::MAX);
    moved(node, &|place| place.saturating_add(by));
}

/// Moves a tree from the places among all files to those of a file that begins at `base`.
pub(super) fn unshift(node: &mut Node, base: usize) {
    let by = u32::try_from(base).unwrap_or(u32::MAX);
    moved(node, &|place| place.saturating_sub(by));
}

fn moved(node: &mut Node, to: &dyn Fn(u32) -> u32) {
    let span = |span: &mut Span| *span = Span { start: to(span.start), end: to(span.end) };
    let text = |text: &mut Text| {
        if text.map.is_empty() {
            text.map = Box::new([(0, text.span.start + 1)]);
        }
        text.map.iter_mut().for_each(|(_, file)| *file = to(*file));
        span(&mut text.span);
    };
    span(&mut node.span);
    match &mut node.value {
        Value::String(inner) => text(inner),
        Value::Array(items) => items.iter_mut().for_each(|item| moved(item, to)),
        Value::Object(members) => {
            for member in members {
                text(&mut member.key);
                moved(&mut member.value, to);
            }
        }
        _ => {}
    }
}
