//! The outputs and the summary that `--ci` writes on GitHub Actions.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;

use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printing::Output;
use crate::output::emit::{self, JobOptions, ListFiles};
use crate::plan::Plan;

/// Appends the step's outputs, and the job's summary if the runner has a file for it. The outputs are made and checked
/// before anything is written.
pub(crate) fn write(plan: &Plan, options: &JobOptions, list_files: ListFiles, output: &Output) -> Result<(), Failure> {
    let file = env::read(env::Variable::Output).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "no-engine",
            format!("{} is not set, so outputs cannot be written", env::Variable::Output.name()),
        )
        .help("on engines other than GitHub Actions, choose a format with `--format`")
    })?;
    set(Path::new(&file), &emit::outputs(plan, options, list_files)?, output)?;
    match env::read(env::Variable::StepSummary) {
        Some(summary) => output.append(Path::new(&summary), &emit::markdown(plan)),
        None => Ok(()),
    }
}

/// Appends outputs of the step to the file that the runner reads.
pub(crate) fn set(file: &Path, outputs: &[emit::Output], output: &Output) -> Result<(), Failure> {
    let text = emit::github_output(outputs, &delimiter()).ok_or_else(|| {
        Failure::new(Exit::Bug, "bug", "a name from the repository contains the random delimiter of this run")
    })?;
    output.append(file, &text)
}

/// Returns a delimiter that the names of files cannot anticipate: 128 random bits, from the seeds that the standard
/// library's hash maps get from the system.
fn delimiter() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("rebake_{:016x}{:016x}", random(), random())
}
