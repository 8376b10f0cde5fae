//! What a finding is about, in a few bytes that stay the same when the file around it changes: for baselines, and for
//! services that follow a finding from one run to the next.
//!
//! A fingerprint is made of the rule, the policy's kind, the verdict, what the policy decides on the witness, and the content
//! concerned: for a decision, the statements that made it; else the element and the names of the members that lead to it. It
//! knows nothing of lines, white space, the order of members, lists and statements, brackets around a single value, or a
//! statement's `Sid`. A finding about a policy as a whole has no content: each change would be a new one. The path is not in it:
//! whoever keeps fingerprints keeps them by file.
//!
//! The hash is a cryptographic one, because a baseline hides findings: nobody shall write a policy with a given fingerprint.

use super::{Finding, Verdict};
use crate::policy::{Policy, Statement};
use crate::source::{Node, Span, Text, Value, node_at};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Rises when the same finding gets another fingerprint.
const VERSION: &str = "ringfence 1";

/// Shown as 32 hexadecimal digits, a colon and a number that tells equal findings of one file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    hash: [u8; 16],
    /// From 1, in the order of the file; in a part of a stream, from the number of its first line.
    ordinal: usize,
}

impl Fingerprint {
    /// Of a finding about one policy; `root` is the policy's node.
    #[must_use]
    pub fn in_policy(finding: &Finding, root: &Node, policy: &Policy) -> Self {
        let mut content = Content::default();
        if finding.witness.is_some() || finding.verdict == Verdict::Undecided {
            content.statements(finding, root, policy);
        } else {
            content.element(root, finding.span, policy);
        }
        Self::of(finding, &content.0)
    }

    /// Of a finding about the file's text, which `bytes` are.
    #[must_use]
    pub fn in_file(finding: &Finding, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes.get(finding.span.range()).unwrap_or_default());
        Self::of(finding, &text.split_whitespace().collect::<String>())
    }

    fn of(finding: &Finding, content: &str) -> Self {
        let kind = finding.kind.map_or("", |kind| kind.as_str());
        let verdict = match finding.verdict {
            Verdict::Violated => "violated",
            Verdict::Undecided => "undecided",
        };
        let decision = finding.witness.as_ref().map_or("", |witness| witness.decision.as_str());
        let digest = digest(&[VERSION, &finding.rule, kind, verdict, decision, content]);
        Self { hash: digest, ordinal: 1 }
    }

    /// The same together with the file's path, for reports in which nothing else tells files apart.
    #[must_use]
    pub fn with_path(&self, path: &str) -> String {
        hex(&digest(&[VERSION, path, &self.to_string()]))
    }
}

/// Gives equal findings of one file their numbers: those after `before`.
pub fn number(findings: &mut [Finding], before: usize) {
    let mut seen: BTreeMap<[u8; 16], usize> = BTreeMap::new();
    for fingerprint in findings.iter_mut().filter_map(|finding| finding.fingerprint.as_mut()) {
        let count = seen.entry(fingerprint.hash).or_insert(before);
        *count += 1;
        fingerprint.ordinal = *count;
    }
}

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts give the same bytes.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut out = [0; 16];
    out.iter_mut().zip(hasher.finalize()).for_each(|(out, byte)| *out = byte);
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", hex(&self.hash), self.ordinal)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Content in one form for all ways to write it.
#[derive(Default)]
struct Content(String);

impl Content {
    /// The statements that hold the finding's places.
    fn statements(&mut self, finding: &Finding, root: &Node, policy: &Policy) {
        let spans = std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span));
        let mut indices: Vec<usize> = spans.filter_map(|span| Some(statement(policy, span)?.index)).collect();
        indices.sort_unstable();
        indices.dedup();
        let statements = indices.iter().filter_map(|index| policy.statements.get(*index));
        let mut texts: Vec<String> = statements.map(|s| canonical(node_at(root, s.span).0, true)).collect();
        texts.sort_unstable();
        self.0 = texts.concat();
    }

    /// The smallest element around the place, and how to get there.
    fn element(&mut self, root: &Node, span: Span, policy: &Policy) {
        let (node, keys, is_key) = node_at(root, span);
        for key in keys {
            text(key, &mut self.0);
        }
        let is_statement = statement(policy, node.span).is_some_and(|s| s.span == node.span);
        if !is_key && (is_statement || node.span != root.span) {
            self.0.push_str(&canonical(node, is_statement));
        }
    }
}

/// The statement that holds a place.
fn statement(policy: &Policy, span: Span) -> Option<&Statement> {
    let after = policy.statements.partition_point(|s| s.span.end <= span.start);
    policy.statements.get(after).filter(|s| s.span.covers(span))
}

/// A node in one form for all ways to write it; a statement without its `Sid`.
fn canonical(node: &Node, is_statement: bool) -> String {
    let mut out = String::new();
    match &node.value {
        Value::Null => out.push('n'),
        Value::Bool(true) => out.push('t'),
        Value::Bool(false) => out.push('f'),
        Value::Number(number) => out.push_str(number),
        Value::String(string) => text(string, &mut out),
        Value::Array(elements) => match elements.as_slice() {
            [one] => return canonical(one, is_statement),
            many => {
                let mut parts: Vec<String> = many.iter().map(|e| canonical(e, false)).collect();
                parts.sort_unstable();
                out = format!("[{}]", parts.join(","));
            }
        },
        Value::Object(members) => {
            let kept = members.iter().filter(|m| !(is_statement && &*m.key.value == "Sid"));
            let mut parts: Vec<(&str, String)> = kept
                .map(|m| {
                    let mut part = String::new();
                    text(&m.key, &mut part);
                    part.push_str(&canonical(&m.value, false));
                    (&*m.key.value, part)
                })
                .collect();
            // Of equal keys the last one counts, so their order stays.
            parts.sort_by_key(|(key, _)| *key);
            let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
            out = format!("{{{}}}", parts.join(","));
        }
    }
    out
}

/// A text with its length, so that no other text reads the same; symbols by their names.
fn text(text: &Text, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\"{}:{}", text.value.len(), text.value);
    for hole in &text.holes {
        let _ = write!(out, "${}:{}:{}", hole.at, hole.symbol.name.len(), hole.symbol.name);
    }
    out.push('"');
}
