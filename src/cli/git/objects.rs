//! Files as git has stored them, read on demand from one `git cat-file` for all of them.

use super::{command, unavailable};
use crate::cli::failure::Failure;
use crate::source::{MAX_FILE_BYTES, files};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

/// Stored files, by the paths under which they are shown.
#[derive(Debug)]
pub(in crate::cli) struct Objects {
    ids: BTreeMap<PathBuf, String>,
    reader: Mutex<Reader>,
}

/// `git cat-file --batch`: an id in, a line about it and the object out.
#[derive(Debug)]
struct Reader {
    child: Child,
    ask: Option<ChildStdin>,
    answer: BufReader<ChildStdout>,
}

impl Objects {
    /// Files with their ids.
    pub(in crate::cli) fn new(ids: BTreeMap<PathBuf, String>) -> Result<Self, Failure> {
        let mut command = command();
        command
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| unavailable(&e))?;
        let (ask, answer) = (child.stdin.take(), child.stdout.take());
        let answer = answer.ok_or_else(|| Failure::new("git gives no output"))?;
        let reader = Reader { child, ask, answer: BufReader::new(answer) };
        Ok(Self { ids, reader: Mutex::new(reader) })
    }

    /// The bytes of a file, at most one more than [`MAX_FILE_BYTES`], in place of what the buffer held; as many as [`files::read_on`]
    /// takes when these are of a document that `is_long`.
    pub(in crate::cli) fn read_into(
        &self,
        path: &Path,
        bytes: &mut Vec<u8>,
        is_long: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), String> {
        let id = self.ids.get(path).ok_or_else(|| format!("`{}` is not stored in git", path.display()))?;
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader
            .read_into(id, bytes, is_long)
            .map_err(|reason| format!("`{}` cannot be read from git: {reason}", path.display()))
    }
}

impl Reader {
    fn read_into(
        &mut self,
        id: &str,
        bytes: &mut Vec<u8>,
        is_long: &mut dyn FnMut(&[u8]) -> bool,
    ) -> io::Result<()> {
        if let Some(ask) = &mut self.ask {
            writeln!(ask, "{id}")?;
            ask.flush()?;
        }
        let mut line = String::new();
        self.answer.read_line(&mut line)?;
        // `ID blob SIZE`, or `ID missing`.
        let size = line.trim_end().split_once(" blob ").and_then(|(_, size)| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| io::Error::other("it is not there (a partial clone?)"))?;
        bytes.clear();
        let mut object = (&mut self.answer).take(size);
        (&mut object).take(MAX_FILE_BYTES as u64 + 1).read_to_end(bytes)?;
        if is_long(bytes) {
            files::read_on(&mut object, bytes)?;
        }
        io::copy(&mut object, &mut io::sink())?;
        let is_whole = object.limit() == 0;
        // The line end after it.
        if !is_whole || self.answer.read(&mut [0])? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl Drop for Reader {
    /// Without more to do it ends by itself.
    fn drop(&mut self) {
        self.ask = None;
        let _ = self.child.wait();
    }
}
