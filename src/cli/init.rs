//! `rebake init`.

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::flags::GeneralArgs;
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::config::{draft, lacking};
use crate::inputs::git::Repository;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::plan::pipeline::{Discovery, DiscoveryScope};

const EXAMPLES: &str = "\
Examples:
  rebake init                 print a filters.yaml of what the repository's own files declare
  rebake init --write         write it
  rebake init --check         in CI: end with 1 when filters.yaml lacks a service or a dependency";

/// The file that `--write` creates.
const FILE: &str = "filters.yaml";

/// Print a filters.yaml with the services and dependencies that the repository's own files declare
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitArgs {
    /// Write filters.yaml at the root of the repository, if there is none yet
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// List the services and dependencies that the repository's own files declare and that filters.yaml lacks; exit
    /// with 1 if there are any
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(general: &GeneralArgs, args: &InitArgs, output: &Output) -> Result<Exit, Failure> {
    let repository = workspace::repository(general)?;
    let discovery = Discovery::read(&repository, None, || DiscoveryScope::Everything)?;
    output.say(&discovery.found().problems);
    if args.check {
        return check(general, &discovery, output);
    }
    if discovery.found().services.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing-found", "no file of the repository declares a service")
            .help("it reads what `--discover` reads: Dockerfiles and who builds them, package.json, Cargo.toml, go.mod, pyproject.toml")
            .help("write a filters.yaml by hand; `rebake schema` prints what it may hold"));
    }
    let text = draft(discovery.found());
    if args.write { write(&repository, &text, output) } else { output.data(&text).map(|()| Exit::Done) }
}

fn write(repository: &Repository, text: &str, output: &Output) -> Result<Exit, Failure> {
    let root = repository.work_dir().ok_or_else(|| {
        Failure::new(Exit::Git, "bare", "the repository has no work tree to write to").help("run it in a clone of it")
    })?;
    let path = root.join(FILE);
    if path.is_symlink() {
        let message = format!("{FILE} is a symbolic link, and stays as it is");
        return Err(Failure::new(Exit::Usage, "exists", message)
            .help("write to what it leads to: `rebake init` prints what would be written"));
    }
    match std::fs::read_to_string(&path) {
        Ok(there) if there == text => Ok(Exit::Done),
        Ok(_) => Err(Failure::new(Exit::Usage, "exists", format!("there is a {FILE} already, and it stays as it is"))
            .help("`rebake init --check` tells what it lacks; `rebake init` prints what would be written")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            output.file(&path, text)?;
            let message = format!("{FILE} is written; read it, and commit it");
            output.say(&[Diagnostic::new(Severity::Note, "written", message)]);
            Ok(Exit::Done)
        }
        Err(error) => Err(Failure::file(FILE, &error)),
    }
}

/// Compares the configuration with what the repository's own files declare.
fn check(general: &GeneralArgs, discovery: &Discovery, output: &Output) -> Result<Exit, Failure> {
    let workspace = workspace::open(general, None, None, WithoutConfig::Refuse, output)?;
    let problems = lacking(&workspace.config, discovery.found());
    output.say(&problems);
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Found })
}
