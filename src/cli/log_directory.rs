//! The log directory of a run, in the git directory, where neither git nor a build context sees it. The logs of the
//! last runs are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::inputs::file;

/// How many runs' logs are kept.
const KEPT: u64 = 20;

/// The report that each run leaves beside its logs.
pub(crate) const REPORT: &str = "report.json";

/// Creates the log directory of a new run, and removes the log directories of old runs.
pub(crate) fn directory(named: Option<&Path>, git_dir: &Path) -> Result<PathBuf, Failure> {
    let (made, wanted) = match named {
        Some(named) => (file::make_directory(named).map(|()| named.to_owned()), named.to_owned()),
        None => (numbered(&builds(git_dir)), builds(git_dir)),
    };
    made.map_err(|error| {
        Failure::file(&format!("no directory for logs can be made in {}", wanted.display()), &error)
            .help("choose another with `--logs DIR`")
    })
}

/// Returns the paths of the reports of kept runs, the oldest first.
pub(crate) fn reports(git_dir: &Path) -> Vec<PathBuf> {
    let mut numbers = numbers(&builds(git_dir)).unwrap_or_default();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| builds(git_dir).join(number.to_string()).join(REPORT)).collect()
}

fn builds(git_dir: &Path) -> PathBuf {
    git_dir.join("rebake/builds")
}

fn numbers(builds: &Path) -> io::Result<Vec<u64>> {
    Ok(fs::read_dir(builds)?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// Creates the directory with the next free number. Runs that begin at the same time get different numbers.
fn numbered(builds: &Path) -> io::Result<PathBuf> {
    file::make_directory(builds)?;
    let there = numbers(builds)?;
    let mut number = there.iter().max().map_or(1, |last| last.saturating_add(1));
    for old in there.iter().filter(|old| old.saturating_add(KEPT) <= number) {
        // If a directory cannot be removed, a later run tries again.
        let _ = fs::remove_dir_all(builds.join(old.to_string()));
    }
    loop {
        let directory = builds.join(number.to_string());
        match fs::create_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number = number.saturating_add(1),
            made => return made.map(|()| directory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_its_own_and_the_last_are_kept() {
        let temp = tempfile::tempdir().unwrap();
        let builds = temp.path().join("rebake/builds");
        fs::create_dir_all(builds.join("not a number")).unwrap();
        for number in 1..=25 {
            assert_eq!(directory(None, temp.path()).unwrap(), builds.join(number.to_string()));
        }
        let left: Vec<PathBuf> = (6..=25).map(|number| builds.join(number.to_string()).join("report.json")).collect();
        assert_eq!(reports(temp.path()), left);
        assert!(builds.join("not a number").exists());
    }
}
