//! The entries of a commit's tree: files, links and submodules, by path and content.

mod listing;
mod outline;

pub use listing::Listing;
pub use outline::Outline;

use std::fmt;

use crate::model::change::Extent;
use crate::model::name::{CommitId, CommitIdError, RepoPath};

/// One file, link or submodule of a commit, or, in lists that contain directories, one directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// The kind of entry.
    pub mode: Mode,
    /// The id of its content: entries with equal ids have equal contents.
    pub id: ObjectId,
    /// Its path: the bytes of a [`RepoPath`].
    pub path: &'a [u8],
}

impl TreeEntry<'_> {
    /// Returns whether the entry's path stands for itself alone, or also for everything below it.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.mode.extent()
    }
}

/// The kind of a [`TreeEntry`]. The numbers are git's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Mode {
    /// A file.
    File = 0o100_644,
    /// A file that may be run.
    Executable = 0o100_755,
    /// A symbolic link; its content is the path that it points to.
    SymbolicLink = 0o120_000,
    /// A commit of another repository (a gitlink).
    Submodule = 0o160_000,
    /// A directory; its content is everything in it.
    Directory = 0o040_000,
}

/// The id of an entry's content: a file's text, a link's target, a submodule's commit, or everything in a directory.
///
/// `Display` is the full lower-case hex form, 40 or 64 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(CommitId);

/// The hash function of a repository's object ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// SHA-1: 20 bytes.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
}

impl ObjectFormat {
    /// Returns git's name for this format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }
}

impl Mode {
    /// Returns git's number for this mode.
    #[must_use]
    pub fn bits(self) -> u32 {
        self as u32
    }

    /// Whether both modes are of the same kind. Executable and other files are of the same kind.
    #[must_use]
    pub fn is_same_type(self, other: Self) -> bool {
        let is_file = |mode| matches!(mode, Self::File | Self::Executable);
        self == other || is_file(self) && is_file(other)
    }

    /// Returns whether a path of this mode stands for itself alone, or also for everything below it.
    #[must_use]
    pub fn extent(self) -> Extent {
        match self {
            Self::File | Self::Executable | Self::SymbolicLink => Extent::Path,
            Self::Submodule | Self::Directory => Extent::Below,
        }
    }
}

/// Six octal digits, as in `git ls-tree`.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06o}", self.bits())
    }
}

impl ObjectId {
    /// Returns the id with these raw bytes.
    ///
    /// # Errors
    /// When there are neither 20 nor 32 bytes.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, CommitIdError> {
        CommitId::from_bytes(raw).map(Self)
    }

    /// Returns the id of a submodule's commit.
    #[must_use]
    pub fn of_commit(commit: CommitId) -> Self {
        Self(commit)
    }

    /// Returns the raw bytes, 20 or 32 of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A part of a tree: everything below some directories. The rest need not be read.
///
/// The directories are sorted, and end with a slash, except for the root, which is empty. None lies below another, so
/// the directory that contains a path is the last directory that is not sorted after the path.
#[derive(Debug, Clone, Default)]
pub struct Region(Vec<Vec<u8>>);

impl Region {
    /// Returns the whole tree.
    #[must_use]
    pub fn whole() -> Self {
        Self::below([""])
    }

    /// Returns the region of these directories and everything below them. An empty text is the root.
    pub fn below<D: AsRef<[u8]>>(directories: impl IntoIterator<Item = D>) -> Self {
        let mut directories: Vec<_> = directories.into_iter().map(|directory| closed(directory.as_ref())).collect();
        directories.sort_unstable();
        directories.dedup_by(|next, kept| next.starts_with(kept));
        Self(directories)
    }

    /// Whether the region contains `path`. If the path stands for everything below it, it is enough that the region
    /// contains something below the path.
    #[must_use]
    pub fn holds(&self, path: &RepoPath, extent: Extent) -> bool {
        self.holds_directory(path.as_bytes()) || extent == Extent::Below && self.reaches(path.as_bytes())
    }

    /// Whether a path lies below one of the region's directories.
    #[must_use]
    pub fn is_above(&self, path: &[u8]) -> bool {
        !path.is_empty() && self.split(path).0.is_some_and(|before| path.starts_with(before))
    }

    /// Whether a directory is one of the region's directories or lies below one of them.
    #[must_use]
    pub fn holds_directory(&self, directory: &[u8]) -> bool {
        let closed = closed(directory);
        self.split(&closed).0.is_some_and(|before| closed.starts_with(before))
    }

    /// Whether the region contains a directory or something below it.
    #[must_use]
    pub fn reaches(&self, directory: &[u8]) -> bool {
        let directory = closed(directory);
        let (before, behind) = self.split(&directory);
        before.is_some_and(|before| directory.starts_with(before))
            || behind.is_some_and(|behind| behind.starts_with(&directory))
    }

    /// Returns two directories of the region: the last one that is sorted at or before this directory, and the first
    /// one that is sorted after it.
    fn split(&self, directory: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
        let (before, behind) = self.0.split_at(self.0.partition_point(|other| other.as_slice() <= directory));
        (before.last().map(Vec::as_slice), behind.first().map(Vec::as_slice))
    }
}

/// Returns a path with a slash at the end, so that a directory is sorted directly before the paths below it. The root
/// stays empty.
fn closed(path: &[u8]) -> Vec<u8> {
    if path.is_empty() { Vec::new() } else { [path, b"/"].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_entered_through_what_lies_above_it() {
        let region = Region::below(["c", "a/b/x", "a/b", "c", "a/b-c"]);
        let reached: Vec<&str> = ["a", "a/b", "a/b/x", "a/c", "a/bc", "c", "c/d", "c-d", "b"]
            .into_iter()
            .filter(|directory| region.reaches(directory.as_bytes()))
            .collect();
        assert_eq!(reached, ["a", "a/b", "a/b/x", "c", "c/d"]);
        let holds = |path: &str, extent| region.holds(&RepoPath::from_git(path), extent);
        let is_in = |path: &str| holds(path, Extent::Path);
        assert!(is_in("a/b") && is_in("a/b/x/y") && !is_in("a/x") && !is_in("a"));
        assert!(holds("a", Extent::Below) && holds("a/b/y", Extent::Below) && !holds("a/x", Extent::Below));
        assert!(Region::whole().reaches(b"x") && Region::whole().holds(&RepoPath::from_git("x"), Extent::Path));
        assert!(!Region::default().reaches(b"x"));
        assert!(region.is_above(b"a/b/x") && !region.is_above(b"a/b") && !region.is_above(b"a/bc"));
        assert!(Region::whole().is_above(b"x") && !Region::whole().is_above(b""));
        assert!(
            region.holds_directory(b"a/b") && !region.holds_directory(b"a") && Region::whole().holds_directory(b"")
        );
    }
}
