//! The program `ringfence`: see the library's [`ringfence::cli`].

use std::process::ExitCode;

/// A check makes and drops some thousand small pieces a file; the system's allocator took a third of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringfence::cli::main()
}
