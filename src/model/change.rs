//! What changed between two states of a repository.

use std::sync::Arc;

use crate::model::name::RepoPath;

/// What happened to a path, in the letters of `git diff --name-status --no-renames`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// `A`: it was not there at base.
    Added,
    /// `M`: its content or its executable bit differs.
    Modified,
    /// `D`: it is not there at head.
    Deleted,
    /// `T`: a file became a symbolic link or a submodule, or the other way round. Filters see it as modified.
    TypeChanged,
    /// `X`: it cannot be read, so it counts as changed. Its real status may be any of the others.
    Unread,
}

/// How much of the tree a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Extent {
    /// Only itself: a file, a link.
    #[default]
    Path,
    /// Itself and everything below it, which is not listed: a submodule, a directory that cannot be read.
    Below,
}

/// A path and what happened to it. A rename is two changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// The path.
    pub path: RepoPath,
    /// What happened to it.
    pub status: Status,
    /// How much of the tree the path stands for, before or after the change.
    pub extent: Extent,
}

/// Changes sorted by path, at most one for each. Cheap to clone.
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
    /// Returns git's letter for it.
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

    /// Merges two successive changes of one path; `None` if a path that was added is gone again.
    #[must_use]
    pub fn then(self, later: Self) -> Option<Self> {
        match (self, later) {
            (_, Self::Unread) => Some(Self::Unread),
            (Self::Added, Self::Deleted) => None,
            (Self::Added, _) => Some(Self::Added),
            (_, Self::Deleted) => Some(Self::Deleted),
            // The path is deleted in a commit and exists again in the work tree. Its content may be the same, but only
            // its blob could show that. In doubt, the path counts as changed.
            (Self::Deleted, _) | (Self::Modified, Self::Added | Self::Modified) => Some(Self::Modified),
            (Self::TypeChanged, _) | (Self::Modified, Self::TypeChanged) => Some(Self::TypeChanged),
            (Self::Unread, _) => Some(Self::Unread),
        }
    }
}

impl Change {
    /// Returns the change of a path that stands only for itself.
    #[must_use]
    pub fn new(path: RepoPath, status: Status) -> Self {
        Self { path, status, extent: Extent::Path }
    }

    /// Whether the change is of this path or of something that contains it: a submodule, or a file that a directory has
    /// replaced.
    #[must_use]
    pub fn reaches(&self, path: &RepoPath) -> bool {
        let rest = path.as_bytes().strip_prefix(self.path.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// Whether git tracked the path before the change. A directory that cannot be read stands for untracked files.
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
    /// Sorts changes by path. Of two changes of one path, the later one is applied on top of the first.
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

    /// Returns these changes followed by `later` ones, as one set.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        if self.is_empty() {
            return later;
        }
        if later.is_empty() {
            return self;
        }
        // The sort of `new` is stable: of two changes of one path, this set's stands first.
        Self::new(self.both(later))
    }

    /// Returns the changes of either set. A path that is in both, with different statuses, counts as modified, or as
    /// unread if either status is.
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

    /// Whether the path itself changed. A change of a directory or a submodule that contains the path does not count.
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
