//! A finding in words, for formats that have one text for all there is to say: each part on a line of its own, harmless to
//! print; and its file's path as services that compare it with a repository want it.

use super::plain::plain;
use super::text::request_lines;
use crate::finding::{Finding, Witness};
use std::borrow::Cow;

/// What was found, why, the request that shows it, and what to write instead.
#[must_use]
pub fn lines(finding: &Finding) -> Vec<String> {
    told(finding, |witness| vec![format!("request: {}", request(witness))])
}

/// The same, with a line for each part of the request: for where there is room.
#[must_use]
pub fn spread(finding: &Finding) -> Vec<String> {
    told(finding, |witness| {
        let parts = request_lines(&witness.request);
        let part = |(name, value): &(&str, String)| format!("  {name:<10} {value}");
        let decision = format!("  {:<10} {}", "decision", witness.decision.as_str());
        std::iter::once("request:".to_owned()).chain(parts.iter().map(part)).chain([decision]).collect()
    })
}

fn told(finding: &Finding, request: impl Fn(&Witness) -> Vec<String>) -> Vec<String> {
    let mut out = vec![plain(&finding.message).into_owned()];
    if !finding.span_message.is_empty() {
        out.push(format!("here: {}", plain(&finding.span_message)));
    }
    out.extend(finding.resource.iter().map(|resource| format!("policy of: {}", plain(resource))));
    out.extend(finding.witness.iter().flat_map(request));
    out.extend(finding.notes.iter().map(|note| format!("note: {}", plain(note))));
    out.extend(finding.help.iter().map(|help| format!("help: {}", plain(help))));
    out
}

/// A request on one line.
fn request(witness: &Witness) -> String {
    let lines = request_lines(&witness.request);
    // The names of the further keys of the context are empty.
    let parts = lines.iter().map(|(name, value)| format!("{name} {value}").trim_start().to_owned());
    format!("{}; decision {}", parts.collect::<Vec<_>>().join(", "), witness.decision.as_str())
}

/// The path with `/` between its parts and without `./` before them.
pub(super) fn path(path: &str) -> Cow<'_, str> {
    let path = if cfg!(windows) { path.replace('\\', "/").into() } else { Cow::Borrowed(path) };
    match path.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned().into(),
        _ => path,
    }
}
