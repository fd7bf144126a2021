//! The `headgate` binary: hands the command line to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    headgate::cli::main()
}
