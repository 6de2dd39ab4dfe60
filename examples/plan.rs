//! The library in twenty lines: what would rebuild here, and why.
//!
//! `cargo run --example plan` in any repository with a filters.yaml.

use std::error::Error;
use std::path::Path;

use rebake::{inputs::git::Repository, inputs::trigger::Trigger, output::emit, plan::pipeline};

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(".");
    let repository = Repository::discover(here)?;
    let file = pipeline::ConfigFile::find(&repository, None, here, None)?;
    let (config, problems) = file.parse();
    let config =
        config.ok_or_else(|| problems.iter().map(|problem| problem.message.clone() + "\n").collect::<String>())?;
    let request = pipeline::Request::default();
    let planned = pipeline::plan(&repository, &file, &config, &Trigger::local(), &request, &mut |_| {})?;
    #[expect(clippy::print_stdout, reason = "an example shows its result")]
    {
        print!("{}", emit::table(&planned.plan, emit::Palette::Plain));
    }
    Ok(())
}
