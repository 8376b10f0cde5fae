//! A module: the files of a folder that Terraform reads together, and what they name.
//!
//! Knows which blocks there are, not what their values come to.

use super::hcl::{self, Attribute, Block, SourceFile};
use crate::source::MAX_FILE_BYTES;
use crate::source::around::Around;
use crate::source::span::Span;
use crate::source::tree::Node;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Not more than this many bytes are read for one file.
const MAX_BYTES: usize = 32 * MAX_FILE_BYTES;

/// Reads the files around the one that is asked about.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    around: &'a dyn Around,
    /// How long the file is that is asked about.
    own: usize,
    /// Where the next file begins among all.
    next: Cell<usize>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(around: &'a dyn Around, own: usize) -> Self {
        Self { around, own, next: Cell::new(own + 1) }
    }

    /// Whether a place is one of the file that is asked about.
    pub(super) fn is_here(&self, span: Span) -> bool {
        span.end as usize <= self.own
    }

    /// The text of a file, and where it begins among all.
    pub(super) fn read(&self, path: &str) -> Option<(String, usize)> {
        if self.next.get() > MAX_BYTES {
            return None;
        }
        let text = String::from_utf8(self.around.read(path)?).ok()?;
        let base = self.next.get();
        self.next.set(base + text.len() + 1);
        Some((text, base))
    }

    fn file(&self, folder: &str, name: &str) -> Option<SourceFile> {
        let (text, base) = self.read(&join(folder, name))?;
        Some(hcl::read(name, &text, base))
    }
}

/// A folder's files, and the values that a call gives to its variables.
#[derive(Debug)]
pub(super) struct Module {
    files: Vec<SourceFile>,
    /// The folder, relative to that of the file that is asked about.
    pub(super) folder: String,
    /// What a call gives: by the names of the variables. `None`: nobody calls it here.
    pub(super) given: Option<BTreeMap<String, Node>>,
    /// What its names begin with, so that they are not taken for those of another module.
    pub(super) prefix: String,
    /// The calls that lead to it, itself among them.
    pub(super) depth: usize,
    /// The place of the call.
    pub(super) call: Option<Span>,
}

impl Module {
    /// The module of the file that is asked about.
    pub(super) fn own(name: &str, text: &str, loader: &Loader<'_>) -> Self {
        let mut files = vec![hcl::read(name, text, 0)];
        files.extend(others("", name, loader));
        Self { files, folder: String::new(), given: None, prefix: String::new(), depth: 0, call: None }
    }

    /// A module in another folder.
    pub(super) fn called(&self, folder: &str, name: &str, call: Span, loader: &Loader<'_>) -> Self {
        let folder = join(&self.folder, folder);
        Self {
            files: others(&folder, "", loader),
            folder,
            given: Some(BTreeMap::new()),
            prefix: format!("{}module.{name}.", self.prefix),
            depth: self.depth + 1,
            call: Some(call),
        }
    }

    /// The errors of the file that is asked about.
    pub(super) fn take_errors(&mut self) -> Vec<crate::source::SyntaxError> {
        self.files.first_mut().map(|file| std::mem::take(&mut file.errors)).unwrap_or_default()
    }

    /// The blocks at top level, each with its file.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&SourceFile, &Block)> {
        self.files.iter().flat_map(|file| file.root.children().iter().map(move |block| (file, block)))
    }

    /// The block of a kind with these labels.
    pub(super) fn block(&self, kind: &str, labels: &[&str]) -> Option<(&SourceFile, &Block)> {
        self.blocks().find(|(_, block)| {
            &*block.kind == kind && labels.iter().enumerate().all(|(n, label)| block.label(n) == *label)
        })
    }

    /// The value of a local.
    pub(super) fn local(&self, name: &str) -> Option<(&SourceFile, &Attribute)> {
        let locals = self.blocks().filter(|(_, block)| &*block.kind == "locals");
        locals.filter_map(|(file, block)| Some((file, block.get(name)?))).next()
    }

    /// What a file of settings says of a variable. The last one counts.
    pub(super) fn setting(&self, name: &str) -> Option<(&SourceFile, &Attribute)> {
        self.files.iter().rev().find_map(|file| Some((file, file.root.get(name)?)))
    }
}

fn others(folder: &str, own: &str, loader: &Loader<'_>) -> Vec<SourceFile> {
    let names = loader.around.names(folder);
    let is_read = |name: &&String| {
        **name != own && (hcl::is_configuration(name) || name.as_str() == "terraform.tfvars" || name.ends_with(".auto.tfvars"))
    };
    names.iter().filter(is_read).filter_map(|name| loader.file(folder, name)).collect()
}

/// A path below a folder, with `.` and `..` worked out as far as they can be.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}
