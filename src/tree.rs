//! What a commit holds: its files, links and submodules, by path and content.

use std::fmt;

use crate::name::{CommitId, CommitIdError, RepoPath};

/// One thing that a commit holds. Directories are not listed: they are where their files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub mode: Mode,
    /// Its content: equal ids are equal contents.
    pub id: ObjectId,
    /// Where it is.
    pub path: RepoPath,
}

/// What an [`Entry`] is. The numbers are git's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Mode {
    /// A file.
    File = 0o100_644,
    /// A file that may be run.
    Executable = 0o100_755,
    /// A symbolic link; its content is what it points to.
    SymbolicLink = 0o120_000,
    /// A commit of another repository (a gitlink).
    Submodule = 0o160_000,
}

/// The id of a content: of a file, of a link's target, or of a submodule's commit.
///
/// `Display` is the full lower-case hex form, 40 or 64 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(CommitId);

impl Mode {
    /// Returns git's number for it.
    #[must_use]
    pub fn bits(self) -> u32 {
        self as u32
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
    /// When there are neither 20 nor 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, CommitIdError> {
        CommitId::from_bytes(raw).map(Self)
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
