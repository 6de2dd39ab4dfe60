//! Refuses to write a report over a file that the same run reads.

use std::path::{Path, PathBuf};

use super::BuildArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::flags::GeneralArgs;
use crate::model::name::Escaped;
use crate::plan::pipeline::Workspace;

/// Returns an error if a report would overwrite the configuration, a file that the run reads, or another report.
/// `--report` may overwrite the report that `--rerun` reads.
pub(super) fn check(general: &GeneralArgs, args: &BuildArgs, workspace: &Workspace) -> Result<(), Failure> {
    let shown = &args.shown;
    let written = [("--report", &shown.report), ("--junit", &shown.junit), ("--timings", &shown.timings)];
    let written: Vec<(&str, &Path)> =
        written.into_iter().filter_map(|(flag, file)| Some((flag, file.as_deref()?))).collect();
    let mut read: Vec<(String, PathBuf)> =
        configuration(general, workspace).into_iter().map(|file| ("the configuration".to_owned(), file)).collect();
    let named = |flag: &str, file: &PathBuf| (format!("what `{flag}` reads"), file.clone());
    read.extend(args.plan.iter().map(|file| named("--plan", file)));
    read.extend(args.needs.iter().map(|file| named("--needs", file)));
    read.extend(args.planning.range.changed.iter().map(|file| named("--changed", file)));
    for (at, (flag, file)) in written.iter().enumerate() {
        let shown = Escaped::new(file.as_os_str().as_encoded_bytes());
        let of_rerun = args.rerun.iter().filter(|_| *flag != "--report").map(|file| named("--rerun", file));
        if let Some((what, _)) = read.iter().cloned().chain(of_rerun).find(|(_, other)| is_same(file, other)) {
            return Err(refused(format!("`{flag} {shown}` would overwrite {what}")));
        }
        if let Some((other, _)) = written[..at].iter().find(|(_, other)| is_same(file, other)) {
            return Err(refused(format!("`{other}` and `{flag}` both write `{shown}`")));
        }
    }
    Ok(())
}

fn refused(message: String) -> Failure {
    Failure::new(Exit::Usage, "overwrites", message).help("name another file")
}

/// Returns the files that contain the configuration: links, and the files that the links lead to.
fn configuration(general: &GeneralArgs, workspace: &Workspace) -> Vec<PathBuf> {
    let file = &workspace.file;
    match (&file.in_repository, workspace.repository.work_dir()) {
        (Some(place), Some(root)) => place.paths.iter().map(|path| root.join(path.to_string())).collect(),
        (None, _) if !file.is_derived() => vec![general.directory().join(&file.name)],
        _ => Vec::new(),
    }
}

/// Whether two paths lead to the same file, which may not exist yet; `false` for a special file, such as a terminal,
/// which may be written several times.
fn is_same(a: &Path, b: &Path) -> bool {
    let is_special = |path: &Path| path.metadata().is_ok_and(|found| !found.is_file());
    !is_special(a) && resolved(a).is_some_and(|a| Some(a) == resolved(b))
}

fn resolved(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.canonicalize().ok().or_else(|| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?)))
}
