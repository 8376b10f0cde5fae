//! Every seed of the fuzz targets, and every input on which one of them once failed, without a fuzzer: `testdata/fuzz/`
//! holds them, one folder a target. `scripts/fuzz.sh` looks for more.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_debug_implementations,
    reason = "tests"
)]

mod targets;

use std::path::Path;

#[test]
fn every_seed_holds() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz");
    for (name, target) in targets::ALL {
        let mut paths: Vec<_> =
            std::fs::read_dir(seeds.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() >= 5, "{name} has no seeds");
        for path in paths {
            let bytes = std::fs::read(&path).unwrap();
            let result = std::panic::catch_unwind(|| target(&bytes));
            assert!(result.is_ok(), "{} fails: `scripts/fuzz.sh` says how to look at it", path.display());
        }
    }
}
