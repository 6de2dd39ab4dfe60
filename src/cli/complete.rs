//! `rebake completions` and `rebake man`, and the completion candidates for a shell.

mod candidates;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_complete::engine::{ArgValueCompleter, PathCompleter};
use clap_complete::env::Shells;
use clap_complete::{ArgValueCandidates, CompleteEnv};

use super::args::CommandLine;
use super::env;
use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use crate::inputs::file;

/// Print a completion script for a shell. The script asks rebake for commands, flags, services, environments and
/// revisions
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
    let shells = Shells::builtins();
    let cannot = |error| Failure::file("cannot write the script", &error);
    if let Some(shell) = shells.completer(&args.shell.to_string()) {
        shell.write_registration(VARIABLE, "rebake", PROGRAM, PROGRAM, &mut script).map_err(cannot)?;
    }
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// The variable with which a shell's script asks for candidates.
const VARIABLE: &str = env::Variable::Complete.name();

const PROGRAM: &str = "rebake";

/// Prints completion candidates if a shell requests them. Returns whether a shell requested them.
pub(crate) fn answer() -> Result<bool, clap::Error> {
    CompleteEnv::with_factory(command).var(VARIABLE).bin(PROGRAM).try_complete(std::env::args_os(), None)
}

/// Returns the command line in which services, environments, revisions and files have candidates.
fn command() -> clap::Command {
    with_candidates(CommandLine::command())
}

fn with_candidates(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| {
        let named = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        match named.as_deref() {
            Some("SERVICE") => argument.add(ArgValueCandidates::new(candidates::services)),
            Some("ENVIRONMENT") => argument.add(ArgValueCandidates::new(candidates::environments)),
            Some("REV") => argument.add(ArgValueCandidates::new(candidates::revisions)),
            Some("DIR") => argument.add(ArgValueCompleter::new(PathCompleter::dir())),
            Some("FILE" | "REPORT" | "PATH") => argument.add(ArgValueCompleter::new(PathCompleter::any())),
            _ => argument,
        }
    });
    command.mut_subcommands(with_candidates)
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

/// Writes the man page of a command, and the man pages of its subcommands.
fn pages(command: &clap::Command, write: &mut dyn FnMut(&str, &str) -> Result<(), Failure>) -> Result<(), Failure> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below, write)?;
    }
    let man = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    man.render(&mut text).map_err(|error| Failure::file("cannot make a man page", &error))?;
    write(&man.get_filename(), &String::from_utf8_lossy(&text))
}
