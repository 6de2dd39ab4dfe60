use gix::bstr::{BStr, ByteSlice as _};
use gix::index::entry::Flags;

use super::{GitError, Repository};
use crate::model::name::RepoPath;

impl Repository {
    /// Whether a tracked path is not checked out: a sparse checkout excludes the path, nothing was checked out yet, or
    /// there is no work tree.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn is_left_out(&self, path: &RepoPath) -> Result<bool, GitError> {
        if self.work_dir().is_none() || !self.gix.index_path().exists() {
            return Ok(true);
        }
        self.is_marked(path, Flags::SKIP_WORKTREE)
    }

    /// Whether git treats a tracked path as unchanged without reading the file. Git does so if the index marks the path
    /// as not checked out (`--skip-worktree`) or as unchanging (`--assume-unchanged`).
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn is_taken_for_unchanged(&self, path: &RepoPath) -> Result<bool, GitError> {
        self.is_marked(path, Flags::SKIP_WORKTREE | Flags::ASSUME_VALID)
    }

    /// Whether the index has any of these marks at a path or at a directory above it.
    fn is_marked(&self, path: &RepoPath, marks: Flags) -> Result<bool, GitError> {
        let index = self.gix.index_or_empty().map_err(GitError::reading("the index"))?;
        let marked = |path: &[u8]| {
            let entry = index.entry_by_path(BStr::new(path));
            entry.is_some_and(|entry| entry.flags.intersects(marks))
        };
        // A sparse index has one entry for a whole directory. The path of such an entry ends with a slash.
        let bytes = path.as_bytes();
        Ok(marked(bytes) || bytes.find_iter("/").any(|slash| marked(&bytes[..=slash])))
    }
}
