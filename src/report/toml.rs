//! Texts as TOML, harmless on a terminal: for what we write into a configuration.

use super::plain::substitute;

/// A string of TOML, without characters that a terminal would act on.
#[must_use]
pub fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if substitute(c).is_some() => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A pattern that matches one path, as a string of TOML.
#[must_use]
pub fn pattern(path: &str) -> String {
    string(&glob::Pattern::escape(path))
}
