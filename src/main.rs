//! The program `rebake`; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    rebake::main()
}
