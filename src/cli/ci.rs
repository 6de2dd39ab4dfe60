//! `--ci`: writes a plan in the form that the CI engine of the run reads.

mod folder;
pub(crate) mod github_files;

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use super::{env, workspace};
use crate::inputs::trigger::Engine;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{Escaped, shell_word};
use crate::output::emit::{self, JobOptions, ListFiles};
use crate::plan::Plan;
use folder::Folder;

/// The name of the folder from which generated jobs read the plan.
const FOLDER: &str = ".rebake";

/// Returns the folder for the files of `--ci`, which jobs read from the root of the repository. `root` is that root, if
/// it is known. In the root itself, the path of the folder is relative: engines show it, and artifacts keep it.
pub(crate) fn folder(root: Option<&Path>) -> PathBuf {
    let root = root.and_then(|root| root.canonicalize().ok());
    let here = Path::new(".").canonicalize().ok();
    root.filter(|root| here.as_ref() != Some(root)).map_or_else(|| PathBuf::from(FOLDER), |root| root.join(FOLDER))
}

/// Writes a plan for the CI engine of the run: on GitHub, Gitea and Forgejo, the step's outputs and summary; elsewhere,
/// a folder with the plan, its variables and the engine's own files. All texts are made before the first one is
/// written.
pub(crate) fn write(
    plan: &Plan,
    options: &JobOptions,
    list_files: ListFiles,
    folder: &Path,
    output: &Output,
) -> Result<(), Failure> {
    let engine = match workspace::trigger()?.engine {
        None if env::read(env::Variable::Output).is_some() => Engine::GitHub,
        Some(engine) => engine,
        None => {
            return Err(Failure::new(Exit::Usage, "no-engine", "`--ci` needs a CI engine, and none was found")
                .help("choose a format with `--format` instead"));
        }
    };
    if matches!(engine, Engine::GitHub | Engine::Gitea | Engine::Forgejo) {
        return github_files::write(plan, options, list_files, output);
    }
    let files = Folder::of(plan, folder, engine, options)?;
    let commands = if engine == Engine::Azure {
        let to_build = plan.to_build();
        emit::azure_variables(&to_build)? + &emit::azure(&to_build, options)?
    } else {
        String::new()
    };
    files.write(output)?;
    if engine == Engine::Buildkite {
        output.say(&[upload(folder)]);
    }
    output.data(&commands)
}

/// Returns a note with the next command for a planning step on Buildkite, whose agent does not upload steps by itself.
fn upload(folder: &Path) -> Diagnostic {
    // The path of an artifact is the path that the agent gets.
    let (from, folder) = match folder.parent().filter(|root| root.is_absolute() && folder.ends_with(FOLDER)) {
        Some(root) => (format!("cd {} && ", shell_word(&root.to_string_lossy())), Path::new(FOLDER)),
        None => (String::new(), folder),
    };
    let (from, folder) = (Escaped::new(&from), Escaped::new(folder.to_string_lossy().as_ref()).to_string());
    Diagnostic::new(Severity::Note, "upload", format!("the steps are in {folder}/pipeline.yml"))
        .help(format!("the jobs read the plan from an artifact: `{from}buildkite-agent artifact upload \"{folder}/*\"`"))
        .help(format!(
            "`{from}buildkite-agent pipeline upload --no-interpolation {folder}/pipeline.yml`: without that flag the agent \
             fills in variables too early"
        ))
}
