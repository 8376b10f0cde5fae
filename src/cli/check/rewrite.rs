//! Writing a fixed file in place: all of it or nothing, with its permissions, through symbolic links.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes `new` to the file that held `old`. The error is a sentence with the path in it.
pub(super) fn rewrite(path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot write `{}`: {error}", path.display());
    let io = |error: io::Error| failed(&error);
    let real = fs::canonicalize(path).map_err(io)?;
    let metadata = fs::metadata(&real).map_err(io)?;
    if !metadata.is_file() {
        return Err(failed(&"it is no regular file"));
    }
    // A file that may not be written to is not replaced either, though its folder would allow it.
    OpenOptions::new().write(true).open(&real).map_err(io)?;
    if fs::read(&real).map_err(io)? != old {
        return Err(failed(&"it has changed meanwhile"));
    }
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".ringfence-").tempfile_in(folder).map_err(io)?;
    file.write_all(new).map_err(io)?;
    file.as_file().set_permissions(metadata.permissions()).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(&real).map_err(|error| failed(&error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        fs::write(&path, "theirs").unwrap();
        let error = rewrite(&path, b"old", b"new").unwrap_err();
        assert!(error.ends_with("it has changed meanwhile"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        rewrite(&path, b"theirs", b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
