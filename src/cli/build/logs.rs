//! Where the logs of a run are: a directory of its own in the git directory, which neither git nor a build context
//! sees; those of the last runs are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// How many runs' logs are kept.
const KEPT: u64 = 20;

/// Makes the directory of a new run's logs, and removes those of runs long ago.
pub(super) fn directory(named: Option<&Path>, git_dir: &Path) -> Result<PathBuf, Failure> {
    let (made, wanted) = match named {
        Some(named) => (fs::create_dir_all(named).map(|()| named.to_owned()), named.to_owned()),
        None => (numbered(&git_dir.join("rebake/builds")), git_dir.join("rebake/builds")),
    };
    made.map_err(|error| {
        Failure::file(&format!("no directory for logs can be made in {}", wanted.display()), &error)
            .help("choose another with `--logs DIR`")
    })
}

/// Makes the directory whose name is the next number. A run that begins at the same time gets another.
fn numbered(builds: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(builds)?;
    let entries = fs::read_dir(builds)?.flatten();
    let there: Vec<u64> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let mut number = there.iter().max().map_or(1, |last| last.saturating_add(1));
    for old in there.iter().filter(|old| old.saturating_add(KEPT) <= number) {
        // What cannot be removed is tried again next time.
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
        let mut left: Vec<u64> = fs::read_dir(&builds)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .collect();
        left.sort_unstable();
        assert_eq!(left, (6..=25).collect::<Vec<u64>>());
        assert!(builds.join("not a number").exists());
    }
}
