//! Paths as an editor writes them: `file:` addresses. By hand, since the crates that read addresses bring tables of Unicode names
//! for hosts, and these have none.

use gen_lsp_types::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::path::{Path, PathBuf};

/// What a path keeps as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a file on disk; `None` for what is not on disk (`untitled:`), or on another machine.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("file://")).and(uri.0.get(7..))?;
    let path = match rest.find('/') {
        Some(0) => rest,
        Some(end) if rest.get(..end)?.eq_ignore_ascii_case("localhost") => rest.get(end..)?,
        _ => return None,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8().ok()?;
    // `/c:/folder/file`
    let drive = path
        .get(1..3)
        .filter(|drive| drive.ends_with(':') && drive.as_bytes().iter().any(u8::is_ascii_alphabetic));
    match drive.filter(|_| cfg!(windows)) {
        Some(_) => Some(path.get(1..)?.replace('/', "\\").into()),
        None => Some(path.into_owned().into()),
    }
}

/// The address of a file on disk.
pub(super) fn of(path: &Path) -> Uri {
    let path = path.to_string_lossy().replace('\\', if cfg!(windows) { "/" } else { "\\" });
    let slash = if path.starts_with('/') { "" } else { "/" };
    Uri(format!("file://{slash}{}", utf8_percent_encode(&path, KEPT)))
}

/// The name that findings show for what is not on disk, and by which its kind may be told: the end of its address.
pub(super) fn name(uri: &Uri) -> String {
    let end = uri.0.rsplit(['/', ':']).next().unwrap_or_default();
    percent_decode_str(end).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back() {
        for text in ["/a/b.json", "/with space/é\u{1F600}.json", "/a%20b/c#d?e.json", "/[x]/(y)/z&w=1.json"]
        {
            assert_eq!(path(&of(Path::new(text))).unwrap(), Path::new(text), "{text}");
        }
        assert_eq!(of(Path::new("/a b/c.json")).0, "file:///a%20b/c.json");
    }

    #[test]
    fn what_is_not_on_disk_has_a_name() {
        let untitled = Uri("untitled:Bucket%20Policy.json".to_owned());
        assert_eq!((path(&untitled), name(&untitled).as_str()), (None, "Bucket Policy.json"));
        assert_eq!(path(&Uri("file://server/share/a.json".to_owned())), None);
        assert_eq!(path(&Uri("FILE://localhost/a.json".to_owned())).unwrap(), Path::new("/a.json"));
        assert_eq!(path(&Uri("é".to_owned())), None);
    }
}
