//! The library in ten lines: what would rebuild here, and why.
//!
//! `cargo run --example plan` in any repository with a filters.yaml.

use rebake::output::emit::{Palette, Room, table};
use rebake::{Request, Workspace};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let planned = Workspace::open(".")?.plan(&Request::default())?;
    print!("{}", table(&planned.plan, Palette::Plain, Room::Unlimited));
    Ok(())
}
