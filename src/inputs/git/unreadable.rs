//! Paths of the work tree that git could not read and skipped. They are treated as changed.

use std::fmt;
use std::path::Path;

use super::status::in_work_tree;
use crate::model::change::{Change, Extent, Status};
use crate::model::name::{Escaped, RepoPath};

/// The paths of the work tree that git could not read, and git's messages about them. `Display` shows the first
/// messages, and how many more there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unsure {
    paths: Vec<(RepoPath, Extent)>,
    messages: Vec<String>,
}

/// The maximum number of messages that `Display` shows.
const SHOWN: usize = 3;

impl Unsure {
    /// Whether git could read everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Adds a path that could not be read, and the reason.
    pub(super) fn add(&mut self, path: &RepoPath, extent: Extent, why: impl fmt::Display) {
        self.messages.push(format!("{path}: {why}"));
        self.paths.push((path.clone(), extent));
    }

    /// Returns the unreadable paths as changes.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.paths.iter().map(|(path, extent)| Change { path: path.clone(), status: Status::Unread, extent: *extent })
    }
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = self.messages.len().saturating_sub(SHOWN);
        let shown = self.messages.iter().take(SHOWN).map(|line| Escaped::new(line).to_string()).collect::<Vec<_>>();
        write!(f, "{}", shown.join("; "))?;
        if more > 0 { write!(f, "; and {more} more") } else { Ok(()) }
    }
}

const DIRECTORY: &str = "warning: could not open directory '";

/// Returns the paths that `git status` could not read, from its messages.
///
/// Git warns of a directory that it cannot open, and names a file that it cannot read: `a/x: Permission denied`. Other
/// errors are about files that git has read anyway: a filter failed, an encoding is unknown.
pub(super) fn unread_paths(messages: &[u8], root: &Path) -> Unsure {
    let mut unsure = Unsure::default();
    for line in String::from_utf8_lossy(messages).lines().map(str::trim) {
        let directory = line.strip_prefix(DIRECTORY).and_then(|rest| rest.rsplit_once("': "));
        let file = || line.rsplit_once(": ").filter(|(path, _)| is_denied(root, path));
        if let Some((directory, reason)) = directory {
            unsure.add(&nearest_existing(root, directory), Extent::Below, reason);
        } else if let Some((path, reason)) = file() {
            unsure.add(&RepoPath::from_git(path), Extent::Path, reason);
        } else if let Some(error) = line.strip_prefix("error: ") {
            unsure.messages.push(error.to_owned());
        }
    }
    unsure
}

/// Whether the file system denies permission to find out if there is a file at a path.
fn is_denied(root: &Path, path: &str) -> bool {
    let found = in_work_tree(root, &RepoPath::from_git(path)).map(|path| path.symlink_metadata());
    found.is_some_and(|found| found.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied))
}

/// Returns a directory, or the nearest existing one above it. Git escapes some names in its messages, so the directory
/// may not exist under the name in the message.
fn nearest_existing(root: &Path, directory: &str) -> RepoPath {
    let mut directory = directory.trim_end_matches('/');
    let is_there = |path: &str| {
        in_work_tree(root, &RepoPath::from_git(path)).is_some_and(|path| path.symlink_metadata().is_ok())
            || is_denied(root, path)
    };
    while !directory.is_empty() && !is_there(directory) {
        directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
    }
    RepoPath::from_git(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_read_and_told_in_part() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/data")).unwrap();
        let messages = "warning: could not open directory 'a/data/': Permission denied\n\
                    warning: could not open directory 'a/x?y/': Permission denied\n\
                    error: failed to encode 'a/f' from UTF-16 to UTF-8\n\nx: y: No such file\n";
        let unsure = unread_paths(messages.as_bytes(), dir.path());
        let paths: Vec<String> = unsure.changes().map(|change| change.path.to_string()).collect();
        assert_eq!(paths, ["a/data", "a"], "what has another name there, and what is above it");
        assert!(unsure.changes().all(|change| change.extent == Extent::Below));
        let shown = unsure.to_string();
        assert_eq!(
            shown,
            "a/data: Permission denied; a: Permission denied; failed to encode 'a/f' from UTF-16 to UTF-8"
        );
        let many = "warning: could not open directory 'a/data/': Permission denied\n".repeat(5);
        assert!(unread_paths(many.as_bytes(), dir.path()).to_string().ends_with("; and 2 more"));
        assert!(!unsure.is_empty() && unread_paths(b"\n", dir.path()).is_empty());
    }
}
