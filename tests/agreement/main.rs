//! The engine against the slow and obvious: what it says of all requests, and what `evaluate` says of random ones.
//!
//! `RINGFENCE_PAIRS` sets the number of pairs (default: enough for every run of the test suite), `RINGFENCE_SEED` the seed,
//! `RINGFENCE_FIRST` the first pair's number.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::print_stderr,
    reason = "tests"
)]

mod changes;
mod random;
mod search;

/// A number that the environment may set.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}
