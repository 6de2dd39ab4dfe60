//! Prints the commands of builds without running them.

use std::fmt::Write as _;
use std::path::Path;

use super::needed_dependencies::Needed;
use super::promotions::Promotions;
use super::reports::Reports;
use super::{BuildArgs, build_plan};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printing::Output;
use crate::model::name::{Escaped, shell_word};
use crate::output::exec::{Build, NeededServices, expected_images};
use crate::plan::pipeline::Workspace;

/// Prints each service's commands in build order, quoted for a shell. A value that is known only after a dependency is
/// built, such as its digest, is described in words. The commands contain no secrets, only the names of variables and
/// files.
pub(super) fn print(
    needed: &Needed,
    args: &BuildArgs,
    workspace: &Workspace,
    output: &Output,
) -> Result<Exit, Failure> {
    let logs = workspace.repository.git_dir().join("rebake/builds/0");
    let jobs = build_plan::jobs(needed, &Promotions::default(), args, workspace, &logs, &Reports::default())?;
    let root = workspace.repository.work_dir().and_then(|root| root.canonicalize().ok()).unwrap_or_default();
    let needs = expected_images(&jobs);
    output.data(&jobs.iter().map(|job| script(job, &needs, &root)).collect::<String>())?;
    Ok(Exit::Done)
}

fn script(job: &Build, expected_images: &NeededServices, root: &Path) -> String {
    let service = job.service;
    let needs: Vec<String> = service.needs.iter().map(|need| Escaped::new(need).to_string()).collect();
    let after = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(", ")) };
    let mut text = format!("# {}{after}\n", Escaped::new(&service.service));
    let directory = job.directory.strip_prefix(root).unwrap_or(&job.directory).to_string_lossy();
    let directory = match &*directory {
        "" => ".".into(),
        // Otherwise `cd` reads it as an option.
        option if option.starts_with('-') => format!("./{option}").into(),
        _ => directory,
    };
    if let Some(exists) = &service.exists {
        let _ = writeln!(text, "# there already: {}", Escaped::new(&exists.reference));
        for tag in &exists.lacks {
            let _ = writeln!(text, "# gets the tag: {}", Escaped::new(tag));
        }
    }
    if let Some(reason) = &service.unnamed {
        let _ = writeln!(text, "# cannot be built: {}", Escaped::new(reason));
    }
    for step in job.work.steps() {
        let words: Vec<String> = step.preview(expected_images).iter().map(|word| shell_word(word)).collect();
        let _ = writeln!(text, "(cd {} && {})", shell_word(&directory), words.join(" "));
    }
    text
}
