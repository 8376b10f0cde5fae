//! Writing a file all or not at all: beside its place, and into it when it is complete. What is no plain file (a device, a pipe) is
//! written as it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::{Builder, TempPath};

/// What is still to be put in its place, and where; `None`: what is written is there already.
#[derive(Debug)]
pub(super) struct Placing(Option<(TempPath, PathBuf)>);

impl Placing {
    /// A file to write to, for a place.
    ///
    /// # Errors
    ///
    /// When the place cannot be written to.
    pub(super) fn begin(path: &Path) -> io::Result<(File, Self)> {
        let beside = |place: &Path| {
            let folder = place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut builder = Builder::new();
            builder.prefix(".ringfence-");
            // As any new file: what the user lets others do is taken from it.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            builder.tempfile_in(folder)
        };
        let found = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (file, temporary) = beside(path)?.into_parts();
                return Ok((file, Self(Some((temporary, path.to_owned())))));
            }
            found => found?,
        };
        // Whether it may be written to; a folder may not.
        let direct = OpenOptions::new().write(true).open(path)?;
        if !found.is_file() {
            return Ok((direct, Self(None)));
        }
        let place = fs::canonicalize(path)?;
        // A file that may be written to may stand in a folder that may not.
        let Ok(temporary) = beside(&place) else {
            direct.set_len(0)?;
            return Ok((direct, Self(None)));
        };
        temporary.as_file().set_permissions(found.permissions())?;
        let (file, temporary) = temporary.into_parts();
        Ok((file, Self(Some((temporary, place)))))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    ///
    /// When it cannot be put there.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.0 {
            Some((temporary, place)) => temporary.persist(place).map_err(|error| error.error),
            None => Ok(()),
        }
    }
}

/// Writes a whole file.
///
/// # Errors
///
/// When the place cannot be written to.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (mut file, placing) = Placing::begin(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    placing.finish()
}
