//! What to lint: the files that the arguments name, find in folders or match, and their bytes.
//!
//! Knows nothing of what stands in a file.

mod list;
mod long;

use super::{MAX_FILE_BYTES, PathPattern, is_stream};
use ignore::WalkBuilder;
use list::{FileList, Listing};
pub use long::{read_on, read_on_in};
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc;

/// One thing to lint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// What standard input holds, under the name that findings show.
    Stdin {
        /// The name.
        name: PathBuf,
    },
    /// A file.
    File(PathBuf, Found),
}

/// How a file came to be linted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// An argument names it.
    Named,
    /// It was met in a folder, or it matches a pattern.
    Walked,
}

/// How to read the arguments.
#[derive(Debug, Clone, Default)]
pub struct CollectOptions {
    /// The name for standard input; `<stdin>` when none is given.
    pub stdin_name: Option<PathBuf>,
}

/// What the arguments came to.
#[derive(Debug, Default)]
pub struct Collected {
    /// The name of standard input, when it is to be read.
    stdin: Option<PathBuf>,
    files: FileList,
    /// The arguments that are folders, as given.
    pub folders: Vec<PathBuf>,
    /// Folders that other programs fill, which were passed over.
    pub passed_over: Vec<PathBuf>,
    /// What could not be looked at. The rest was.
    pub errors: Vec<CollectError>,
}

/// Why an argument, or a folder below it, could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// There is no such file or folder.
    #[error("`{}` does not exist", .path.display())]
    NotFound {
        /// The argument.
        path: PathBuf,
    },
    /// The pattern is not one.
    #[error("`{pattern}` is not a valid pattern: {reason}")]
    BadPattern {
        /// The argument.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The pattern matches no file.
    #[error("`{pattern}` matches no file (hidden files and those in `.gitignore` do not count)")]
    NoMatch {
        /// The argument.
        pattern: String,
    },
    /// Neither file nor folder.
    #[error("`{}` is {what}, not a file (use `-` to lint standard input)", .path.display())]
    NotAFile {
        /// The argument.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The system does not let us look.
    #[error("`{}` cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

/// Why a file's bytes could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Neither file nor link to one.
    #[error("`{}` is {what}, not a file", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The system refuses.
    #[error("`{}` cannot be read: {reason}", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's words: part of the message, so no source of it.
        reason: io::Error,
    },
}

/// Finds the inputs that `args` name: files (whatever their name), folders (walked for `*.json`), glob patterns (with `*`, `?`, `[...]`
/// and `**`; only when no file has that name) and `-` for standard input. What `.gitignore` and `.ignore` files exclude, in a
/// git repository or not, and hidden files are left out of walks, and so are folders named `node_modules` and `cdk.out`; links are not followed.
#[must_use]
pub fn collect(args: &[PathBuf], options: &CollectOptions) -> Collected {
    collect_with(args, options, &mut { is_readable })
}

/// Whether a file has the name of one that can be read: JSON, JSON Lines, YAML with templates in it, or a file of Terraform's.
#[must_use]
pub fn is_readable(path: &Path) -> bool {
    const ENDINGS: [&str; 6] = ["json", "yaml", "yml", "template", "tf", "tofu"];
    let is_one =
        || path.extension().is_some_and(|e| ENDINGS.iter().any(|ending| e.eq_ignore_ascii_case(ending)));
    is_stream(path) || is_one()
}

/// As [`collect`], with the files of walked folders that are `wanted` in place of `*.json`.
#[must_use]
pub fn collect_with(
    args: &[PathBuf],
    options: &CollectOptions,
    wanted: &mut dyn FnMut(&Path) -> bool,
) -> Collected {
    let mut collector = Collector::default();
    for arg in args {
        if arg.as_os_str() == "-" {
            collector.stdin = true;
        } else {
            collector.argument(arg, wanted);
        }
    }
    let mut collected = collector.collected;
    if collector.stdin {
        collected.stdin = Some(options.stdin_name.clone().unwrap_or_else(|| "<stdin>".into()));
    }
    collected.files = collector.files.finish();
    collected
}

impl Collected {
    /// Files that were found in another way, and what could not be looked at.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = (PathBuf, Found)>, errors: Vec<CollectError>) -> Self {
        let mut listing = Listing::default();
        for (path, found) in files {
            listing.add(&path, found);
        }
        Self { files: listing.finish(), errors, ..Self::default() }
    }

    /// How many inputs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.stdin.is_some()) + self.files.len()
    }

    /// True when there is no input.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of the inputs, counted from 0: standard input first, then the files by the bytes of their paths; none twice.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Input> {
        match &self.stdin {
            Some(name) if number == 0 => Some(Input::Stdin { name: name.clone() }),
            stdin => {
                let (path, found) = self.files.get(number - usize::from(stdin.is_some()))?;
                Some(Input::File(path, found))
            }
        }
    }
}

/// Folders that other programs fill: what is in them is checked where it is made, or when they are named.
const MADE: [&str; 2] = ["node_modules", "cdk.out"];

#[derive(Default)]
struct Collector {
    files: Listing,
    stdin: bool,
    collected: Collected,
}

impl Collector {
    fn argument(&mut self, arg: &Path, wanted: &mut dyn FnMut(&Path) -> bool) {
        let pattern = arg.to_str().filter(|text| text.contains(['*', '?', '[']));
        match (fs::metadata(arg), pattern) {
            (Ok(metadata), _) if metadata.is_dir() => {
                self.collected.folders.push(arg.to_owned());
                self.walk(arg, None, wanted);
            }
            (Ok(metadata), _) if metadata.is_file() => self.files.add(arg, Found::Named),
            (Ok(metadata), _) => {
                let what = kind_in_words(metadata.file_type());
                self.collected.errors.push(CollectError::NotAFile { path: arg.to_owned(), what });
            }
            (Err(_), Some(pattern)) => self.pattern(pattern),
            (Err(error), None) => self.collected.errors.push(match error.kind() {
                io::ErrorKind::NotFound => CollectError::NotFound { path: arg.to_owned() },
                _ => CollectError::Unreadable { path: arg.to_owned(), reason: error.to_string() },
            }),
        }
    }

    /// Adds the files below `folder` that `wanted` accepts, and returns how many these are.
    fn walk(&mut self, folder: &Path, depth: Option<usize>, wanted: &mut dyn FnMut(&Path) -> bool) -> usize {
        let mut count = 0;
        let (send, passed_over) = mpsc::channel();
        let is_looked_at = move |entry: &ignore::DirEntry| {
            let is_made = entry.depth() > 0 && MADE.iter().any(|made| entry.file_name() == OsStr::new(made));
            if is_made {
                let _ = send.send(entry.path().to_owned());
            }
            !is_made
        };
        let walk =
            WalkBuilder::new(folder).require_git(false).max_depth(depth).filter_entry(is_looked_at).build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    if entry.file_type().is_some_and(|t| t.is_file()) && wanted(entry.path()) {
                        self.files.add(entry.path(), Found::Walked);
                        count += 1;
                    }
                }
                Err(error) => self.unreadable(folder, &error),
            }
        }
        let mut passed_over: Vec<PathBuf> = passed_over.try_iter().collect();
        passed_over.sort();
        self.collected.passed_over.append(&mut passed_over);
        count
    }

    fn unreadable(&mut self, folder: &Path, error: &ignore::Error) {
        let (path, reason) = match error {
            ignore::Error::WithPath { path, err } => (path.as_path(), err.to_string()),
            ignore::Error::WithDepth { err, .. } => return self.unreadable(folder, err),
            other => (folder, other.to_string()),
        };
        self.collected.errors.push(CollectError::Unreadable { path: path.to_owned(), reason });
    }

    /// The files that match: the walked ones are compared with the pattern, which, unlike the glob crate's own walk, is safe from loops
    /// of links.
    fn pattern(&mut self, text: &str) {
        let cleaned = without_dots(Path::new(text));
        let compiled = match PathPattern::new(text) {
            Ok(compiled) => compiled,
            Err(error) => {
                let reason = error.msg.to_owned();
                return self
                    .collected
                    .errors
                    .push(CollectError::BadPattern { pattern: text.to_owned(), reason });
            }
        };
        let has_wildcard = |c: &Component<'_>| c.as_os_str().to_string_lossy().contains(['*', '?', '[']);
        let folder: PathBuf = cleaned.components().take_while(|c| !has_wildcard(c)).collect();
        let below = cleaned.components().skip_while(|c| !has_wildcard(c)).count();
        let depth = (!text.contains("**")).then_some(below);
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let count = match fs::metadata(&folder) {
            Ok(_) => self.walk(&folder, depth, &mut |path| compiled.matches(path)),
            Err(_) => 0,
        };
        if count == 0 {
            self.collected.errors.push(CollectError::NoMatch { pattern: text.to_owned() });
        }
    }
}

/// The path without its `.` components.
fn without_dots(path: &Path) -> PathBuf {
    path.components().filter(|c| !matches!(c, Component::CurDir)).collect()
}

/// A file's bytes, at most one more than [`MAX_FILE_BYTES`]: enough to see that it is too long. Never waits on a pipe.
///
/// # Errors
///
/// When the path is no file, or the system does not let us read it.
pub fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    read_into(path, Found::Named, &mut bytes)?;
    Ok(bytes)
}

/// [`read`] into a buffer that was used before: its content is replaced. Of a path that was met while walking it is known that it
/// was a file then.
///
/// # Errors
///
/// As [`read`].
pub fn read_into(path: &Path, found: Found, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
    let io = |reason| ReadError::Io { path: path.to_owned(), reason };
    let (mut file, length) = open(path, found)?;
    let limit = MAX_FILE_BYTES as u64 + 1;
    let length = usize::try_from(length.min(limit)).unwrap_or(MAX_FILE_BYTES);
    bytes.clear();
    // One byte more than there is: when that stays free, the end was seen. (A file of no length may still hold something.)
    bytes.resize(length + 1, 0);
    let read = loop {
        match file.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other.map_err(io)?,
        }
    };
    bytes.truncate(read);
    if read == 0 || read != length {
        let more = limit.saturating_sub(read as u64);
        file.take(more).read_to_end(bytes).map_err(io)?;
    }
    bytes.truncate(MAX_FILE_BYTES + 1);
    Ok(())
}

/// Opens a file, and tells its length. Never waits on a pipe.
///
/// # Errors
///
/// As [`read`].
pub fn open(path: &Path, found: Found) -> Result<(fs::File, u64), ReadError> {
    let io = |reason| ReadError::Io { path: path.to_owned(), reason };
    let regular = |metadata: &fs::Metadata| {
        let what = || kind_in_words(metadata.file_type());
        if metadata.is_file() {
            Ok(())
        } else {
            Err(ReadError::NotAFile { path: path.to_owned(), what: what() })
        }
    };
    // Opening a device can have effects; and what was a file just now can be a pipe when it is opened.
    if found == Found::Named {
        regular(&fs::metadata(path).map_err(io)?)?;
    }
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.read(true).open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    regular(&metadata)?;
    Ok((file, metadata.len()))
}

/// What a reader gives (standard input), at most one byte more than [`MAX_FILE_BYTES`].
///
/// # Errors
///
/// When the reader fails.
pub fn read_limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether bytes are no text: a zero among the first ones, and not because of UTF-16. A file like that is not worth a finding unless it
/// was named.
#[must_use]
pub fn is_binary(bytes: &[u8]) -> bool {
    let head = bytes.get(..1024).unwrap_or(bytes);
    head.contains(&0) && super::parse::utf16(bytes).is_none()
}

fn kind_in_words(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a pipe";
        }
        if file_type.is_socket() {
            return "a socket";
        }
        if file_type.is_block_device() || file_type.is_char_device() {
            return "a device";
        }
    }
    if file_type.is_dir() { "a folder" } else { "something else" }
}

#[cfg(test)]
mod tests;
