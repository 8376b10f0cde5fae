//! What fixes would change, as a unified diff. Characters that a terminal would act on are shown as in the text format.

use super::plain::plain;
use similar::TextDiff;
use std::io::{self, Write};

/// Lines of the file around a change.
const AROUND: usize = 3;

/// One file's changes; nothing when there are none.
pub(super) fn render_file(path: &str, old: &[u8], new: &[u8], out: &mut dyn Write) -> io::Result<()> {
    if old == new {
        return Ok(());
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let diff = TextDiff::from_lines(&*old, &*new);
    let path = plain(path);
    let text = diff.unified_diff().context_radius(AROUND).header(&path, &path).to_string();
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\r', '\n']);
        // A tab is part of the layout, and does no harm.
        let harmless: Vec<_> = body.split('\t').map(plain).collect();
        write!(out, "{}{}", harmless.join("\t"), line.get(body.len()..).unwrap_or_default())?;
    }
    Ok(())
}
