use gix::bstr::ByteSlice as _;
use gix::index::entry::Mode as IndexMode;

use super::{GitError, Repository};
use crate::model::tree::{Listing, Mode, ObjectId};

/// The tracked files of a work tree.
#[derive(Debug, Clone, Default)]
pub struct TrackedFiles {
    /// The files, links and submodules, in the order of paths.
    pub listing: Listing,
}

impl Repository {
    /// Returns the entries of the index, as `git ls-files --cached` lists them. A path with a conflict is listed once.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn tracked_files(&self) -> Result<TrackedFiles, GitError> {
        let index = self.gix.index_or_empty().map_err(GitError::reading("the index"))?;
        let mut listing = Listing::default();
        let mut last = None;
        for entry in index.entries() {
            let path = entry.path(&index).as_bytes();
            let id = ObjectId::from_bytes(entry.id.as_bytes()).ok();
            if let Some(id) = id.filter(|_| last != Some(path)) {
                listing.push(mode(entry.mode), id, [path.strip_suffix(b"/").unwrap_or(path), b""]);
                last = Some(path);
            }
        }
        listing.sort_from(0);
        Ok(TrackedFiles { listing })
    }
}

fn mode(mode: IndexMode) -> Mode {
    match mode {
        IndexMode::SYMLINK => Mode::SymbolicLink,
        IndexMode::COMMIT => Mode::Submodule,
        // Only a sparse index has directories.
        IndexMode::DIR => Mode::Directory,
        IndexMode::FILE_EXECUTABLE => Mode::Executable,
        _ => Mode::File,
    }
}
