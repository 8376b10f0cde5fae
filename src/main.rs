//! The program `ringfence`: see the library's [`ringfence::cli`].

use std::process::ExitCode;

/// A check makes and drops some hundred small pieces a file; the system's allocator took a third of its time. Without huge pages
/// (`no_thp`): the system clears each before it hands it out, which takes longer than a check of one file.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringfence::cli::main()
}
