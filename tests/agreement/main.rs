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

use fastrand::Rng;

/// A number that the environment may set.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Runs `one` on pairs that `RINGFENCE_PAIRS`, `RINGFENCE_SEED` and `RINGFENCE_FIRST` tell, so many unless told; returns how many.
fn each_pair(default: u64, mut one: impl FnMut(&mut Rng)) -> u64 {
    let (pairs, seed) = (number("RINGFENCE_PAIRS", default), number("RINGFENCE_SEED", 1));
    let first = number("RINGFENCE_FIRST", 0);
    for pair in first..first + pairs {
        let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(pair));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(&mut rng)));
        assert!(result.is_ok(), "pair {pair} of seed {seed}");
    }
    pairs
}
