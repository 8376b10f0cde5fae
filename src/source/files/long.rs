//! Long documents: what lies behind the usual limit is read only where there are the marks of a document that is read however long
//! it is. Others can be anything, and in a walk there may be many.

use super::{Found, ReadError, open};
use crate::source::{MAX_DOCUMENT_BYTES, MAX_FILE_BYTES};
use memchr::memmem;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Keys of which each such document has at least one.
const MARKS: [&[u8]; 6] = [
    b"\"planned_values\"",
    b"\"terraform_version\"",
    b"\"VpcEndpoints\"",
    b"\"configurationItems\"",
    b"\"baseConfigurationItems\"",
    b"\"QueryInfo\"",
];
/// No mark is longer.
const LONGEST: usize = 32;
/// How much is looked at at a time.
const STEP: usize = 64 * 1024;

/// Reads on in a file of which `bytes` are the first, up to a byte more than [`MAX_FILE_BYTES`]. They stay as they are when it is not
/// one of these documents, or is longer than [`MAX_DOCUMENT_BYTES`].
///
/// # Errors
///
/// As [`super::read`].
pub fn read_on_in(path: &Path, found: Found, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
    let (mut file, length) = open(path, found)?;
    if length > MAX_DOCUMENT_BYTES as u64 {
        return Ok(());
    }
    let read = || {
        if !is_marked(bytes) && !is_marked_behind(&mut file, bytes.len().saturating_sub(LONGEST))? {
            return Ok(());
        }
        file.seek(SeekFrom::Start(bytes.len() as u64))?;
        // All at once: growing would take the place twice.
        bytes.reserve_exact(usize::try_from(length).unwrap_or_default().saturating_sub(bytes.len()) + 1);
        read_on(file, bytes)
    };
    read().map_err(|reason| ReadError::Io { path: path.to_owned(), reason })
}

/// The same for what gives its bytes only once.
///
/// # Errors
///
/// When the reader fails.
pub fn read_on(reader: impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let more = MAX_DOCUMENT_BYTES + 1 - bytes.len().min(MAX_DOCUMENT_BYTES);
    reader.take(more as u64).read_to_end(bytes)?;
    if bytes.len() > MAX_DOCUMENT_BYTES || !is_marked(bytes) {
        bytes.truncate(MAX_FILE_BYTES + 1);
        bytes.shrink_to_fit();
    }
    Ok(())
}

fn is_marked(bytes: &[u8]) -> bool {
    MARKS.iter().any(|mark| memmem::find(bytes, mark).is_some())
}

/// Whether a mark stands in a file from a place on.
fn is_marked_behind(file: &mut (impl Read + Seek), from: usize) -> io::Result<bool> {
    file.seek(SeekFrom::Start(from as u64))?;
    let mut reader = file.take(MAX_DOCUMENT_BYTES as u64);
    let mut window = Vec::with_capacity(STEP + LONGEST);
    loop {
        // A mark may stand across the end of what was seen.
        window.drain(..window.len().saturating_sub(LONGEST));
        if reader.by_ref().take(STEP as u64).read_to_end(&mut window)? == 0 {
            return Ok(false);
        }
        if is_marked(&window) {
            return Ok(true);
        }
    }
}
