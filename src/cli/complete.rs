//! `rebake completions` and `rebake man`.

use clap::CommandFactory as _;

use super::args::{Args, Completions, Man};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;

pub(crate) fn completions(args: &Completions, output: &Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "rebake", &mut script);
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub(crate) fn man(args: &Man, output: &Output) -> Result<Exit, Failure> {
    let unwritable =
        |error| Failure::file(&format!("cannot write the man pages into {}", args.directory.display()), &error);
    std::fs::create_dir_all(&args.directory).map_err(unwritable)?;
    clap_mangen::generate_to(Args::command(), &args.directory).map_err(unwritable)?;
    output.data("")?;
    Ok(Exit::Done)
}
