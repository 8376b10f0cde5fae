//! Writes made-up policies, no two alike, into a new folder, a file each; or each on a line of a file that ends in `.jsonl`:
//! `cargo run --release --example policies -- COUNT PLACE`.
#![allow(clippy::unwrap_used, reason = "a tool for measuring")]

#[path = "../benches/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, place] = arguments.as_slice() else { return ExitCode::from(2) };
    let Ok(count) = count.parse() else { return ExitCode::from(2) };
    let place = Path::new(place);
    if place.extension().is_some_and(|ending| ending == "jsonl") {
        support::write_lines(place, count).unwrap();
    } else {
        support::write_fleet(place, count).unwrap();
    }
    ExitCode::SUCCESS
}
