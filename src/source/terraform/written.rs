//! Where the files of a module write the resource that a plan or a state tells of.

use super::eval::words;
use super::memory::Memory;
use super::module::{Call, Loader, Module, join};
use crate::source::around::Around;

/// How deep calls are followed: deeper than where expressions are worked out, since here only names are looked up.
const DEEPEST: usize = 16;

/// The file and the line that write the resource with this address, if the files of its module are there: `network/main.tf`, 12. Of one
/// that a module from elsewhere makes, those of the call.
#[must_use]
pub fn written(address: &str, around: &dyn Around) -> Option<(String, usize)> {
    let fresh = Memory::new();
    let memory = around.memory().filter(|memory| memory.has_room()).unwrap_or(&fresh);
    let loader = Loader::new(around, memory, None);
    find(&Module::own(loader.own()), &without_keys(address), &loader)
}

fn find(module: &Module<'_>, address: &str, loader: &Loader<'_>) -> Option<(String, usize)> {
    let (file, block) = if let Some(rest) = address.strip_prefix("module.") {
        let (name, rest) = rest.split_once('.')?;
        let (file, block) = module.block("module", &[name])?;
        let source = words(file, block.get("source")?);
        let source = source.trim_matches('"');
        if source.starts_with('.') && module.depth < DEEPEST {
            return find(&Module::called(Call { module, file, block }, source, loader), rest, loader);
        }
        (file, block)
    } else {
        let (kind, name) = address.split_once('.')?;
        module.block("resource", &[kind, name])?
    };
    let start = block.header.range().start.checked_sub(file.range().range().start)?;
    let line = file.text.get(..start)?.matches('\n').count() + 1;
    Some((join(&module.folder, &file.name), line))
}

/// The address without the keys of instances, in which there may be dots: `module.a["b.c"].x.y[0]` as `module.a.x.y`.
pub(super) fn without_keys(address: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut in_quotes) = (0_u32, false);
    for c in address.chars() {
        match c {
            '"' => in_quotes = !in_quotes,
            '[' if !in_quotes => depth += 1,
            ']' if !in_quotes => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}
