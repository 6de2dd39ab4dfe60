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
use crate::model::name::{Escaped, shell_lines, shell_word};
use crate::output::exec::{Build, NeededServices, expected_images};
use crate::plan::pipeline::Workspace;

/// Prints each service's commands in build order, as a script for a shell at the root of the work tree. The commands
/// get the directory and the variables that a build gives them. The script contains no secrets, only the names of
/// variables and files. If a secret had to be masked, the script ends before its first command.
pub(super) fn print(
    needed: &Needed,
    args: &BuildArgs,
    workspace: &Workspace,
    output: &Output,
) -> Result<Exit, Failure> {
    // The runs of builds are numbered from 1.
    let logs = args.shown.logs.clone().unwrap_or_else(|| workspace.repository.git_dir().join("rebake/builds/0"));
    let jobs = build_plan::jobs(needed, &Promotions::default(), args, workspace, &logs, &Reports::default())?;
    let root = workspace.repository.work_dir().and_then(|root| root.canonicalize().ok()).unwrap_or_default();
    let images = expected_images(&jobs);
    let mut text: String = jobs.iter().map(|job| script(job, &images, &root)).collect();
    // A shell would read the `***` that replaces a secret as a pattern for the names of files.
    if output.mask().text(&text) != text {
        text.insert_str(0, MASKED);
    }
    output.data(&text)?;
    Ok(Exit::Done)
}

/// What stands before commands in which secrets are masked.
const MASKED: &str = "echo 'rebake: secrets are masked in these commands, so none is run' >&2\nexit 1\n\n";

/// Returns the commands of a build in a subshell, after a comment with the name of its service. A build without commands
/// is only comments.
fn script(job: &Build, expected_images: &NeededServices, root: &Path) -> String {
    let service = job.service;
    let needs: Vec<String> = service.needs.iter().map(|need| Escaped::new(need).to_string()).collect();
    let after = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(", ")) };
    let mut text = format!("# {}{after}\n", Escaped::new(&service.service));
    if let Some(exists) = &service.exists {
        let _ = writeln!(text, "# there already: {}", Escaped::new(&exists.reference));
        for tag in &exists.lacks {
            let _ = writeln!(text, "# gets the tag: {}", Escaped::new(tag));
        }
    }
    if let Some(reason) = &service.unnamed {
        let _ = writeln!(text, "# cannot be built: {}", Escaped::new(reason));
    }
    let steps = job.work.steps();
    if steps.is_empty() {
        return text;
    }
    let needs = job.needs(expected_images);
    let mut commands = vec![room(job)];
    let variables = job.variables(&needs);
    commands.extend(variables.iter().map(|(name, value)| format!("export {name}={}", shell_lines(value))));
    // Without the `./`, `cd` could read the directory as an option, or search for it in `$CDPATH`.
    let directory = Path::new(".").join(job.directory.strip_prefix(root).unwrap_or(&job.directory));
    commands.push(format!("cd {}", shell_word(&directory.to_string_lossy())));
    for step in steps {
        let words: Vec<String> = step.preview(&needs).iter().map(|word| shell_lines(word)).collect();
        commands.push(words.join(" "));
    }
    // A command that reads its input gets none in a build either, and must not get the rest of the script.
    let _ = writeln!(text, "(\n  {}\n) </dev/null", commands.join(" &&\n  "));
    text
}

/// Returns the command that makes the directory for the results of a build, and removes the digest of an earlier one.
fn room(job: &Build) -> String {
    let word = |path: &Path| shell_word(&path.to_string_lossy());
    let room = format!("mkdir -p {}", word(&job.scratch));
    match job.digest.file() {
        Some(file) => format!("{room} && rm -f {}", word(&job.scratch.join(file))),
        None => room,
    }
}
