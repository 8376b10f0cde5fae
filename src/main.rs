//! The program `ringfence`: see the library's [`ringfence::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ringfence::cli::main()
}
