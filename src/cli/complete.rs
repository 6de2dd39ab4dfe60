//! `rebake completions` and `rebake man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use super::args::CommandLine;
use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use crate::inputs::file;

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell for which to print the script
    shell: clap_complete::Shell,
}

/// Write the man pages to a directory
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Directory for the man pages
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(crate) fn completions(args: &CompletionsArgs, output: &Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "rebake", &mut script);
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub(crate) fn man(args: &ManArgs, output: &Output) -> Result<Exit, Failure> {
    let cannot =
        |error| Failure::file(&format!("cannot write the man pages into {}", args.directory.display()), &error);
    file::make_directory(&args.directory).map_err(cannot)?;
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    pages(&command, &mut |name, text| output.file(&args.directory.join(name), text))?;
    output.data("")?;
    Ok(Exit::Done)
}

/// Makes the page of a command, and those of its subcommands.
fn pages(command: &clap::Command, write: &mut dyn FnMut(&str, &str) -> Result<(), Failure>) -> Result<(), Failure> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below, write)?;
    }
    let man = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    man.render(&mut text).map_err(|error| Failure::file("cannot make a man page", &error))?;
    write(&man.get_filename(), &String::from_utf8_lossy(&text))
}
