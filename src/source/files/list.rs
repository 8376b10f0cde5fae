//! Lists of files, kept small for runs over very many: each folder's path once, each file by its name in it.

use super::{Found, without_dots};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Files in the order of their paths' bytes.
#[derive(Debug, Default)]
pub(super) struct FileList {
    folders: Vec<Box<Path>>,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: Box<OsStr>,
    /// Index of its folder.
    folder: u32,
    found: Found,
}

/// A list under way, in the order in which the files are met.
#[derive(Debug, Default)]
pub(super) struct Listing {
    list: FileList,
    numbers: FxHashMap<Box<Path>, u32>,
    /// The folder of the last file, as given, and its number.
    last: Option<(PathBuf, u32)>,
}

impl Listing {
    /// Adds a file, perhaps for a second time.
    pub(super) fn add(&mut self, path: &Path, found: Found) {
        let (folder, name) = match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => (folder, name),
            _ => (Path::new(""), path.as_os_str()),
        };
        let folder = match &self.last {
            Some((last, number)) if last.as_os_str() == folder.as_os_str() => *number,
            _ => {
                let number = self.number(&without_dots(folder));
                self.last = Some((folder.to_owned(), number));
                number
            }
        };
        self.list.files.push(File { name: name.into(), folder, found });
    }

    fn number(&mut self, folder: &Path) -> u32 {
        if let Some(number) = self.numbers.get(folder) {
            return *number;
        }
        let number = u32::try_from(self.list.folders.len()).unwrap_or(u32::MAX);
        self.list.folders.push(folder.into());
        self.numbers.insert(folder.into(), number);
        number
    }

    /// The files in order, each once: of two spellings of a path the first stays, and a name given by hand beats one
    /// that was met.
    pub(super) fn finish(self) -> FileList {
        let mut list = self.list;
        list.merge_spellings();
        let folders = &list.folders;
        list.files.sort_by(|a, b| compare(folders, a, b));
        list.files.dedup_by(|again, first| {
            let is_same = again.folder == first.folder && again.name == first.name;
            if is_same {
                first.found = first.found.min(again.found);
            }
            is_same
        });
        list.files.shrink_to_fit();
        list
    }
}

impl FileList {
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<(PathBuf, Found)> {
        let file = self.files.get(number)?;
        Some((self.folders.get(file.folder as usize)?.join(&*file.name), file.found))
    }

    /// Files of a folder that was given both as a relative and as an absolute path.
    fn merge_spellings(&mut self) {
        if self.folders.iter().all(|f| f.is_absolute()) || !self.folders.iter().any(|f| f.is_absolute()) {
            return;
        }
        let mut first: FxHashMap<PathBuf, usize> = FxHashMap::default();
        let mut folder = |(number, path): (usize, &Path)| {
            let absolute =
                std::path::absolute(if path.as_os_str().is_empty() { Path::new(".") } else { path });
            *first.entry(absolute.unwrap_or_else(|_| path.to_path_buf())).or_insert(number)
        };
        let folders: Vec<usize> =
            self.folders.iter().map(|path| &**path).enumerate().map(&mut folder).collect();
        let mut places: FxHashMap<(usize, Box<OsStr>), usize> = FxHashMap::default();
        let mut kept: Vec<File> = Vec::with_capacity(self.files.len());
        for file in self.files.drain(..) {
            let folder = folders.get(file.folder as usize).copied().unwrap_or_default();
            match places.entry((folder, file.name.clone())) {
                Entry::Occupied(place) => {
                    if let Some(first) = kept.get_mut(*place.get()) {
                        first.found = first.found.min(file.found);
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push(file);
                }
            }
        }
        self.files = kept;
    }
}

/// The order of the two whole paths' bytes.
fn compare(folders: &[Box<Path>], a: &File, b: &File) -> Ordering {
    if a.folder == b.folder {
        return a.name.as_encoded_bytes().cmp(b.name.as_encoded_bytes());
    }
    let folder = |file: &File| folders.get(file.folder as usize).map_or(Path::new(""), |f| f);
    bytes(folder(a), &a.name).cmp(bytes(folder(b), &b.name))
}

fn bytes<'p>(folder: &'p Path, name: &'p OsStr) -> impl Iterator<Item = u8> + 'p {
    let folder = folder.as_os_str().as_encoded_bytes();
    let joined = folder.is_empty() || folder.ends_with(std::path::MAIN_SEPARATOR_STR.as_bytes());
    let between = if joined { "" } else { std::path::MAIN_SEPARATOR_STR };
    [folder, between.as_bytes(), name.as_encoded_bytes()].into_iter().flatten().copied()
}
