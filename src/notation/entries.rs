//! More entries for a list: on its line as long as there is room, else a line for each.

use super::Notation;
use super::style::{Change, Style, WIDTH, bytes, insertion};
use crate::source::{Node, Span};

impl Style<'_> {
    /// More entries for the string or list `node`, as the changes that add them. `None` where that cannot be written.
    #[must_use]
    pub fn entries(&self, node: &Node, entries: &[String]) -> Option<Vec<Change>> {
        if self.notation == Notation::Yaml {
            return self.yaml_entries(node, entries);
        }
        let new: Vec<String> = entries.iter().map(|entry| self.string(entry)).collect();
        let list = node.array();
        if let Some([]) = list {
            return Some(vec![insertion(node.span.start + 1, new.join(self.comma))]);
        }
        let start = node.span.start as usize;
        let line = self.text.get(..start)?;
        let column = line.iter().rev().take_while(|b| **b != b'\n').count();
        let more: usize = new.iter().map(|m| m.chars().count() + self.comma.len()).sum();
        let is_full = column + node.span.len() + more + 3 > WIDTH;
        let is_flat = !bytes(self.text, node).contains(&b'\n');
        let breaks = self.breaks.filter(|_| is_flat && (is_full || self.tall_lists && list.is_none()));
        if let Some(newline) = breaks
            && let Some(gaps) = self.gaps(node)
        {
            return Some(self.in_lines(node, gaps, &new, newline));
        }
        let separator = list.map_or_else(|| self.comma.to_owned(), |list| self.separator(list));
        let rest: String = new.iter().map(|entry| format!("{separator}{entry}")).collect();
        Some(match list.and_then(<[_]>::last) {
            Some(entry) => vec![insertion(entry.span.end, rest)],
            None => {
                vec![insertion(node.span.start, "[".to_owned()), insertion(node.span.end, format!("{rest}]"))]
            }
        })
    }

    /// The entries that there are, with these gaps around them, and the new ones, each on a line of its own.
    fn in_lines(&self, node: &Node, gaps: Vec<Span>, new: &[String], newline: &str) -> Vec<Change> {
        let outer = self.indentation(node.span.start as usize);
        let inner = format!("{newline}{outer}{}", self.unit(outer));
        let rest: String = new.iter().map(|entry| format!(",{inner}{entry}")).collect();
        let end = format!("{rest}{}{newline}{outer}", if self.notation.is_hcl() { "," } else { "" });
        if node.array().is_none() {
            let open = (self.unaligned(node.span.start), format!("[{inner}"));
            let open = if open.0.is_empty() { open } else { (open.0, format!(" = {}", open.1)) };
            return vec![open, insertion(node.span.end, end + "]")];
        }
        let count = gaps.len();
        let written = gaps.into_iter().enumerate().map(|(number, gap)| match number {
            0 => (gap, inner.clone()),
            _ if number + 1 == count => (gap, end.clone()),
            _ => (gap, format!(",{inner}")),
        });
        written.collect()
    }

    /// What stands before, between and behind the entries of a list; none for a lone string. `None` when there is more than commas.
    fn gaps(&self, node: &Node) -> Option<Vec<Span>> {
        let Some(list) = node.array() else { return Some(Vec::new()) };
        let ends = list.iter().map(|entry| entry.span.start).chain([node.span.end.checked_sub(1)?]);
        let starts = std::iter::once(node.span.start + 1).chain(list.iter().map(|entry| entry.span.end));
        let gaps: Vec<Span> = starts.zip(ends).map(|(start, end)| Span { start, end }).collect();
        let is_bare = |gap: &Span| {
            let words = self.text.get(gap.range()).map(<[u8]>::trim_ascii);
            words.is_some_and(|words| matches!(words, b"" | b","))
        };
        gaps.iter().all(is_bare).then_some(gaps)
    }

    /// The equals sign before a value that begins here, with blanks that align it with other lines, which a value of several lines is
    /// not; else nothing.
    fn unaligned(&self, start: u32) -> Span {
        let nothing = Span { start, end: start };
        let Some(head) = self.text.get(..start as usize).and_then(|head| head.strip_suffix(b" = ")) else {
            return nothing;
        };
        let blanks = head.iter().rev().take_while(|b| **b == b' ').count();
        let is_line = head.get(..head.len() - blanks).is_some_and(|key| key.last() == Some(&b'\n'));
        if !self.notation.is_hcl() || blanks == 0 || is_line {
            return nothing;
        }
        Span { start: u32::try_from(head.len() - blanks).unwrap_or(start), end: start }
    }
}
