//! The program `rebake`. All of its code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    rebake::main()
}
