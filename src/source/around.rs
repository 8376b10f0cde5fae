//! The files around a file, for languages in which those of a folder belong together, and one may name others.

use super::files;
use super::terraform::{Memory, join};
use std::fmt::Debug;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What stands around a file. Paths are relative to the file's own folder, with `/` between their parts.
pub trait Around: Debug + Sync {
    /// The names of the files in a folder, sorted; empty when there is none. `""` is the file's own.
    fn names(&self, folder: &str) -> Vec<String>;

    /// What is in a file; `None` when it cannot be had.
    fn read(&self, path: &str) -> Option<Vec<u8>>;

    /// A folder's path, the same from wherever it is named.
    fn path(&self, folder: &str) -> String {
        folder.to_owned()
    }

    /// Where what was read is kept for the next file. `None`: it is not.
    fn memory(&self) -> Option<&Memory> {
        None
    }
}

/// Nothing: the file stands alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Around for Alone {
    fn names(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

/// The folder that a file stands in, as it is on the disk.
#[derive(Debug, Clone)]
pub struct Folder<'m> {
    path: PathBuf,
    memory: Option<&'m Memory>,
}

impl<'m> Folder<'m> {
    /// The folder of the file at `path`.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.parent().unwrap_or_else(|| Path::new("")).to_owned(), memory: None }
    }

    /// With a memory for what is read. While that lives, files are taken to stay as they are.
    #[must_use]
    pub fn with(self, memory: &'m Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    fn find(&self, relative: &str) -> Option<PathBuf> {
        let path = Path::new(relative);
        let is_within = path.components().all(|c| !matches!(c, Component::RootDir | Component::Prefix(_)));
        let folder = if self.path.as_os_str().is_empty() { Path::new(".") } else { &self.path };
        is_within.then(|| folder.join(path))
    }
}

impl Around for Folder<'_> {
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = self.find(folder).and_then(|path| fs::read_dir(path).ok());
        let names =
            entries.into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        files::read(&self.find(path)?).ok()
    }

    fn path(&self, folder: &str) -> String {
        let own = self.path.to_string_lossy();
        let joined = join(&own, folder);
        if own.starts_with('/') { format!("/{joined}") } else { joined }
    }

    fn memory(&self) -> Option<&Memory> {
        self.memory
    }
}
