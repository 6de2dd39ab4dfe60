use std::collections::BTreeMap;

use gix::bstr::BStr;

use super::tree::{mode, object_id};
use super::{Error, Repository};
use crate::change::{ChangeSet, Status};
use crate::name::RepoPath;
use crate::tree::{Listing, Mode, ObjectId};

impl Repository {
    /// Returns entries with the work tree's changes on top: what a tree would hold if they were committed. Contents are
    /// hashed as `git add` would, through line ends and clean filters; nothing is written.
    ///
    /// A submodule stands for the commit that is checked out in it; of its own uncommitted changes nothing is known
    /// here.
    ///
    /// # Errors
    /// When a file cannot be read, or a filter fails.
    pub fn with_work_tree(&self, entries: Listing, changes: &ChangeSet) -> Result<Listing, Error> {
        if changes.is_empty() {
            return Ok(entries);
        }
        let reading = |path: &RepoPath| Error::reading(format!("{path} in the work tree"));
        let repository = self.gix.clone().with_object_memory();
        let (mut filters, index) =
            repository.filter_pipeline(None).map_err(Error::reading("the attributes of the work tree"))?;
        let mut by_path: BTreeMap<&[u8], (Mode, ObjectId)> =
            entries.iter().map(|entry| (entry.path, (entry.mode, entry.id))).collect();
        for change in changes.as_slice() {
            let found = match change.status {
                Status::Deleted => None,
                Status::Added | Status::Modified | Status::TypeChanged => filters
                    .worktree_file_to_object(BStr::new(change.path.as_bytes()), &index)
                    .map_err(reading(&change.path))?,
            };
            match found {
                Some((id, kind, _)) => by_path.insert(change.path.as_bytes(), (mode(kind), object_id(&id))),
                None => by_path.remove(change.path.as_bytes()),
            };
        }
        let mut all = Listing::default();
        for (path, (mode, id)) in by_path {
            all.push(mode, id, [path, b""]);
        }
        Ok(all)
    }
}
