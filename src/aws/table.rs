//! Reading the data files: tab-separated lines, `#` lines are comments.
//!
//! A line that cannot be read is left out and noted in [`Table::problems`]: the tests fail on it, a running
//! program goes on with the rest. Knows no file's meaning.

use super::probe::probe;

/// The rows of one data file and what was wrong with the lines that are missing from them.
#[derive(Debug)]
pub(super) struct Table<T> {
    pub(super) rows: Vec<T>,
    /// One line each: file, line number, what is wrong. Empty for sound data.
    pub(super) problems: Vec<String>,
}

impl<T> Table<T> {
    /// Reads `text`, handing each line's `N` fields and the row's index to `row`.
    pub(super) fn parse<const N: usize>(
        file: &str,
        text: &'static str,
        mut row: impl FnMut([&'static str; N], usize) -> Result<T, String>,
    ) -> Self {
        let mut table = Self { rows: Vec::with_capacity(192), problems: Vec::new() };
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut columns = split(line, b'\t');
            let fields: [Option<&'static str>; N] = std::array::from_fn(|_| columns.next());
            let surplus = columns.next().is_some();
            let result = if surplus || fields.iter().any(Option::is_none) {
                Err(format!("not {N} fields"))
            } else {
                row(fields.map(Option::unwrap_or_default), table.rows.len())
            };
            match result {
                Ok(row) => table.rows.push(row),
                Err(problem) => table.problems.push(format!("{file}:{}: {problem}", number + 1)),
            }
        }
        table
    }
}

/// The members of a list field: separated by commas, `-` when there are none.
pub(super) fn list(field: &'static str) -> impl Iterator<Item = &'static str> {
    split(field, b',').filter(|item| *item != "-")
}

/// The parts between the separators, an ASCII character. As `str::split`, which for parts as short as these takes
/// several times as long: the tables are read in every run.
fn split(text: &'static str, separator: u8) -> impl Iterator<Item = &'static str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == separator);
        rest = end.and_then(|end| text.get(end + 1..));
        end.map_or(Some(text), |end| text.get(..end))
    })
}

/// The order of names in the sorted files: ASCII letters compared without their case.
pub(super) fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    for (a, b) in a.bytes().zip(b.bytes()) {
        let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
        if a != b {
            return a.cmp(&b);
        }
    }
    a.len().cmp(&b.len())
}

/// The rows of a file that `build.rs` makes data of, and a hash table to find them by name: the rows' numbers plus one, and
/// 0 for an empty place.
#[derive(Debug)]
pub(super) struct Lookup<T: 'static> {
    pub(super) rows: &'static [T],
    pub(super) places: &'static [u16],
}

impl<T> Lookup<T> {
    /// The row whose name is `name`, in any letter case.
    pub(super) fn find(&self, name: &str, name_of: impl Fn(&T) -> &str) -> Option<&'static T> {
        for at in probe(self.places.len(), name) {
            let number = usize::from(*self.places.get(at)?);
            let row = self.rows.get(number.checked_sub(1)?)?;
            if name_of(row).eq_ignore_ascii_case(name) {
                return Some(row);
            }
        }
        None
    }
}

/// The candidate nearest to `name` by edit distance, letters compared without case; the first of equals;
/// none farther than a quarter of the name's length, or than four edits.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let limit = (name.chars().count() / 4).min(4);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
