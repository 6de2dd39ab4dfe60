//! `--ci`: what the engine at hand reads (spec section 11).

mod folder;
mod github;

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{configuration, env};
use crate::emit::{self, ListFiles, Matrices};
use crate::plan::Plan;
use crate::trigger::Engine;
use folder::Folder;

/// Writes a plan for the engine of this run: on GitHub and its kin the step's outputs and summary; elsewhere the plan,
/// its variables and the engine's own documents into a folder. Nothing is written before everything has been made.
pub(crate) fn write(
    plan: &Plan,
    matrices: &Matrices,
    list_files: ListFiles,
    folder: &Path,
    output: &Output,
) -> Result<(), Failure> {
    let engine = match configuration::trigger()?.engine {
        None if env::read(env::OUTPUT).is_some() => Engine::GitHub,
        Some(engine) => engine,
        None => {
            return Err(Failure::new(Exit::Usage, "no-engine", "`--ci` finds no CI engine here")
                .help("choose a format with `--format` instead"));
        }
    };
    if matches!(engine, Engine::GitHub | Engine::Gitea | Engine::Forgejo) {
        return github::write(plan, matrices, list_files);
    }
    let folder = Folder::of(plan, folder, engine, matrices)?;
    let commands = if engine == Engine::Azure {
        let to_build = plan.to_build();
        emit::azure_variables(&to_build)? + &emit::azure(&to_build, matrices)?
    } else {
        String::new()
    };
    folder.write()?;
    output.data(&commands)
}
