//! What changed between two states of a repository: `base`, the older one, and `head`, the newer one.

use std::sync::Arc;

use crate::model::name::RepoPath;

/// What happened to a path. The letters are those of `git diff --name-status --no-renames`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// `A`: the path did not exist at `base`.
    Added,
    /// `M`: the content or the executable bit of the file differs.
    Modified,
    /// `D`: the path does not exist at `head`.
    Deleted,
    /// `T`: a file became a symbolic link or a submodule, or the other way round. Filters treat the path as modified.
    TypeChanged,
    /// `X`: the path cannot be read, so it is treated as changed. Its real status may be any other.
    Unread,
}

/// Whether a path stands for itself alone, or also for everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Extent {
    /// Only the path itself: a file or a link.
    #[default]
    Path,
    /// The path of a submodule, or of a directory that cannot be read, and everything below this path. The files below
    /// it are not listed separately.
    Below,
}

/// A path and what happened to it. A rename is two changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// The path.
    pub path: RepoPath,
    /// What happened to the path.
    pub status: Status,
    /// Whether the change is about the path alone, or also about everything below it.
    pub extent: Extent,
}

/// A set of changes, sorted by path, with at most one change for each path. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeSet(Arc<Vec<Change>>);

/// Whether head is a commit alone, or a commit with the work tree's changes on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadState {
    /// The commit.
    Commit,
    /// The commit with staged, unstaged and untracked (not ignored) changes.
    WorkTree,
}

impl Status {
    /// Returns git's letter for this status.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Modified => 'M',
            Self::Deleted => 'D',
            Self::TypeChanged => 'T',
            Self::Unread => 'X',
        }
    }

    /// Combines this status with the status of a later change of the same path; `None` if the path was added and then
    /// deleted.
    #[must_use]
    pub fn then(self, later: Self) -> Option<Self> {
        match (self, later) {
            (_, Self::Unread) => Some(Self::Unread),
            (Self::Added, Self::Deleted) => None,
            (Self::Added, _) => Some(Self::Added),
            (_, Self::Deleted) => Some(Self::Deleted),
            // The path is deleted in a commit and exists again in the work tree. Its content may be unchanged, but only
            // a comparison of contents could show this. So the path counts as changed.
            (Self::Deleted, _) | (Self::Modified, Self::Added | Self::Modified) => Some(Self::Modified),
            (Self::TypeChanged, _) | (Self::Modified, Self::TypeChanged) => Some(Self::TypeChanged),
            (Self::Unread, _) => Some(Self::Unread),
        }
    }
}

impl Change {
    /// Returns the change of a single path, with nothing below it.
    #[must_use]
    pub fn new(path: RepoPath, status: Status) -> Self {
        Self { path, status, extent: Extent::Path }
    }

    /// Whether the changed path is `path`, or lies above `path`. A changed path lies above other paths if it is a
    /// submodule, if it is a directory that cannot be read, or if a directory has replaced the file at the changed
    /// path.
    #[must_use]
    pub fn reaches(&self, path: &RepoPath) -> bool {
        let rest = path.as_bytes().strip_prefix(self.path.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// Whether git tracked the path before the change. This is false for a directory that cannot be read: its files are
    /// untracked.
    #[must_use]
    pub fn is_of_tracked(&self) -> bool {
        match self.status {
            Status::Added => false,
            Status::Modified | Status::Deleted | Status::TypeChanged => true,
            Status::Unread => self.extent == Extent::Path,
        }
    }
}

impl ChangeSet {
    /// Creates a set. Two changes of the same path are combined, in the order in which they are given
    /// ([`Status::then`]).
    #[must_use]
    pub fn new(mut changes: Vec<Change>) -> Self {
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        let mut merged: Vec<Change> = Vec::with_capacity(changes.len());
        for change in changes {
            match merged.last_mut().filter(|last| last.path == change.path) {
                None => merged.push(change),
                Some(last) => match last.status.then(change.status) {
                    Some(status) => {
                        last.status = status;
                        last.extent = last.extent.max(change.extent);
                    }
                    None => {
                        merged.pop();
                    }
                },
            }
        }
        Self(Arc::new(merged))
    }

    /// Combines these changes with later changes, path by path ([`Status::then`]).
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        if self.is_empty() {
            return later;
        }
        if later.is_empty() {
            return self;
        }
        // The sort of `new` is stable: of two changes of one path, the change of this set comes first.
        Self::new(self.both(later))
    }

    /// Returns the changes of either set. A path that is in both with different statuses becomes modified, or unread if
    /// one of its statuses is unread.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        let mut changes = self.both(other);
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes.dedup_by(|second, first| {
            let same = second.path == first.path;
            if same && second.status != first.status {
                let is_unread = [first.status, second.status].contains(&Status::Unread);
                first.status = if is_unread { Status::Unread } else { Status::Modified };
            }
            if same {
                first.extent = first.extent.max(second.extent);
            }
            same
        });
        Self(Arc::new(changes))
    }

    fn both(self, other: Self) -> Vec<Change> {
        let mut changes = Arc::unwrap_or_clone(self.0);
        changes.extend(Arc::unwrap_or_clone(other.0));
        changes
    }

    /// Returns the changes, sorted by path.
    #[must_use]
    pub fn as_slice(&self) -> &[Change] {
        &self.0
    }

    /// Whether the path itself changed. This is false if only a directory or a submodule that contains the path
    /// changed.
    #[must_use]
    pub fn is_about(&self, path: &[u8]) -> bool {
        self.0.binary_search_by(|change| change.path.as_bytes().cmp(path)).is_ok()
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(changes: &[(&str, Status)]) -> ChangeSet {
        let change = |(path, status): &(&str, Status)| Change::new(RepoPath::from_git(*path), *status);
        ChangeSet::new(changes.iter().map(change).collect())
    }

    #[test]
    fn a_change_reaches_what_lies_below_its_path() {
        let change = Change::new(RepoPath::from_git("a/b"), Status::Modified);
        let reached = |path: &str| change.reaches(&RepoPath::from_git(path));
        assert!(reached("a/b") && reached("a/b/c"));
        assert!(!reached("a") && !reached("a/bc") && !reached("b/a/b"));
    }

    #[test]
    fn changes_of_one_path_add_up() {
        use Status::{Added, Deleted, Modified, TypeChanged};
        for (first, second, both) in [
            (Added, Modified, Some(Added)),
            (Added, Deleted, None),
            (Modified, Deleted, Some(Deleted)),
            (Deleted, Added, Some(Modified)),
            (Modified, TypeChanged, Some(TypeChanged)),
        ] {
            let sum = set(&[("p", first)]).then(set(&[("p", second)]));
            assert_eq!(sum, both.map_or_else(ChangeSet::default, |both| set(&[("p", both)])));
        }
    }

    #[test]
    fn the_order_is_that_of_bytes() {
        let sorted = set(&[("a/b", Status::Added), ("a.b", Status::Added), ("a", Status::Added)]);
        let paths: Vec<_> = sorted.as_slice().iter().map(|change| change.path.as_bytes()).collect();
        assert_eq!(paths, [&b"a"[..], b"a.b", b"a/b"]);
    }
}
