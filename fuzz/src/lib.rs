//! The fuzz targets, shared with `tests/fuzz/main.rs`.

#[path = "../../tests/fuzz/targets/mod.rs"]
pub mod targets;
