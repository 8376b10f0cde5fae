//! A module: the files of a folder that Terraform reads together, and what they name.
//!
//! Knows which blocks there are, not what their values come to.

use super::hcl::{self, Attribute, Block, SourceFile};
use super::memory::Memory;
use crate::source::around::Around;
use crate::source::span::Span;
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::Arc;

/// Reads the files of modules.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    around: &'a dyn Around,
    memory: &'a Memory,
    /// A file as it is to be read, in place of what is on the disk: its name and text.
    own: Option<(&'a str, &'a str)>,
    /// Where the files that were read begin and end among all.
    ranges: RefCell<Vec<Span>>,
}

/// The files of a folder.
pub(super) type Files = Vec<Arc<SourceFile>>;

impl<'a> Loader<'a> {
    pub(super) fn new(around: &'a dyn Around, memory: &'a Memory, own: Option<(&'a str, &'a str)>) -> Self {
        Self { around, memory, own, ranges: RefCell::default() }
    }

    /// The place of the file that a place is in.
    pub(super) fn file_of(&self, span: Span) -> Option<Span> {
        self.ranges.borrow().iter().copied().find(|range| range.covers(span))
    }

    /// Whether two places are in one file.
    pub(super) fn is_same_file(&self, one: Span, other: Span) -> bool {
        self.file_of(one).is_some_and(|file| file.covers(other))
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        String::from_utf8(self.around.read(path)?).ok()
    }

    /// The module in the folder of the file that is asked about.
    pub(super) fn own(&self) -> Files {
        let mut files = self.folder("");
        if let Some((name, text)) = self.own {
            files.retain(|file| file.name != name);
            files.insert(0, Arc::new(hcl::read(name, text, self.memory.place(text.len()))));
        }
        self.see(&files);
        files
    }

    /// The files of a folder; none if there is nothing in it that can have a policy.
    fn folder(&self, folder: &str) -> Files {
        let read = || {
            let names = self.around.names(folder);
            let names = names.iter().filter(|name| hcl::is_configuration(name) || is_settings(name));
            let texts: Vec<(&String, String)> =
                names.filter_map(|name| Some((name, self.text(&join(folder, name))?))).collect();
            if folder.is_empty() || texts.iter().any(|(_, text)| has_any(text, MARKS)) {
                let parsed = |(name, text): (&String, String)| {
                    Arc::new(hcl::read(name, &text, self.memory.place(text.len())))
                };
                texts.into_iter().map(parsed).collect()
            } else {
                Files::new()
            }
        };
        self.memory.folder(&self.around.path(folder), read)
    }

    fn see(&self, files: &Files) {
        let ranges = files.iter().map(|file| file.range());
        self.ranges.borrow_mut().extend(ranges);
    }
}

/// Whether a file can have a resource with a policy in it, or lead to one.
pub(super) fn may_matter(text: &str) -> bool {
    has_any(text, MARKS.get(2..).unwrap_or_default())
}

pub(super) fn has_any(text: &str, marks: &[&[u8]]) -> bool {
    marks.iter().any(|mark| memmem::find(text.as_bytes(), mark).is_some())
}

/// Words of which a file has at least one if there may be a policy in it. The first two say only that there may be one: whose, another
/// file of the folder tells.
pub(in crate::source) const MARKS: &[&[u8]] = &[
    b"tatement",
    b"file(",
    b"aws_vpc_endpoint",
    b"aws_s3_bucket",
    b"\"./",
    b"\"../",
    b"s3-bucket",
    b"vpc-endpoints",
    b"s3_endpoint",
];

/// Whether a name is that of a file with values for variables.
fn is_settings(name: &str) -> bool {
    name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
}

/// A folder's files, and the call that gives values to its variables.
#[derive(Debug)]
pub(super) struct Module<'m> {
    files: Files,
    index: Index,
    /// The folder, relative to that of the file that is asked about.
    pub(super) folder: String,
    /// What calls it: `None` when nobody does here.
    pub(super) call: Option<Call<'m>>,
    /// What its names begin with, so that they are not taken for those of another module.
    pub(super) prefix: String,
    /// The calls that lead to it.
    pub(super) depth: usize,
}

/// Where the named things of a module stand: of two with one name, the first.
#[derive(Debug, Default)]
struct Index {
    /// By kind and labels: file and block.
    blocks: FxHashMap<String, (usize, usize)>,
    /// By name: file, block and attribute.
    locals: FxHashMap<Box<str>, (usize, usize, usize)>,
}

impl Index {
    fn of(files: &Files) -> Self {
        let mut out = Self::default();
        for (f, file) in files.iter().enumerate() {
            for (b, block) in file.root.children().iter().enumerate() {
                if &*block.kind == "locals" {
                    for (a, attribute) in block.attributes.iter().enumerate() {
                        out.locals.entry(attribute.key.value.clone()).or_insert((f, b, a));
                    }
                } else {
                    let key = key(&block.kind, block.labels.iter().map(|label| &**label));
                    out.blocks.entry(key).or_insert((f, b));
                }
            }
        }
        out
    }
}

fn key<'k>(kind: &'k str, labels: impl Iterator<Item = &'k str>) -> String {
    std::iter::once(kind).chain(labels).collect::<Vec<_>>().join("\0")
}

/// A `module` block, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'m> {
    pub(super) module: &'m Module<'m>,
    pub(super) file: &'m SourceFile,
    pub(super) block: &'m Block,
}

impl<'m> Module<'m> {
    pub(super) fn own(files: Files) -> Self {
        let index = Index::of(&files);
        Self { files, index, folder: String::new(), call: None, prefix: String::new(), depth: 0 }
    }

    /// The module in another folder that a block calls.
    pub(super) fn called(call: Call<'m>, folder: &str, loader: &Loader<'_>) -> Self {
        let folder = join(&call.module.folder, folder);
        let files = loader.folder(&folder);
        loader.see(&files);
        Self {
            index: Index::of(&files),
            files,
            folder,
            call: Some(call),
            prefix: format!("{}module.{}.", call.module.prefix, call.block.label(0)),
            depth: call.module.depth + 1,
        }
    }

    /// Whether a place is in one of its files.
    pub(super) fn has(&self, span: Span) -> bool {
        self.files.iter().any(|file| file.range().covers(span))
    }

    /// The same module, when nobody calls it.
    pub(super) fn alone(&self) -> Module<'static> {
        Module { folder: self.folder.clone(), depth: self.depth, ..Module::own(self.files.clone()) }
    }

    /// The blocks at top level, each with its file.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&SourceFile, &Block)> {
        self.files.iter().flat_map(|file| file.root.children().iter().map(move |block| (&**file, block)))
    }

    /// The block of a kind with these labels.
    pub(super) fn block(&self, kind: &str, labels: &[&str]) -> Option<(&SourceFile, &Block)> {
        let (file, block) = self.index.blocks.get(&key(kind, labels.iter().copied()))?;
        let file = self.files.get(*file)?;
        Some((file, file.root.children().get(*block)?))
    }

    /// The value of a local.
    pub(super) fn local(&self, name: &str) -> Option<(&SourceFile, &Attribute)> {
        let (file, block, attribute) = self.index.locals.get(name)?;
        let file = self.files.get(*file)?;
        Some((file, file.root.children().get(*block)?.attributes.get(*attribute)?))
    }

    /// What a file of settings says of a variable. The last one counts.
    pub(super) fn setting(&self, name: &str) -> Option<(&SourceFile, &Attribute)> {
        let mut settings = self.files.iter().rev().filter(|file| is_settings(&file.name));
        settings.find_map(|file| Some((&**file, file.root.get(name)?)))
    }
}

/// A path below a folder, with `.` and `..` worked out as far as they can be.
pub(in crate::source) fn join(folder: &str, path: &str) -> String {
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
