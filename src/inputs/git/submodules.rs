//! Submodules of a commit.

use std::collections::{BTreeMap, BTreeSet};

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;

use super::{GitError, Repository};
use crate::model::change::{Change, ChangeSet, Extent};
use crate::model::name::{CommitId, RepoPath};

/// The submodules and subdirectories of a directory.
#[derive(Default)]
struct Directory {
    below: BTreeMap<Vec<u8>, gix::ObjectId>,
    submodules: BTreeSet<Vec<u8>>,
}

impl Repository {
    /// Returns the path of the submodule that a commit has at a path or above it; `None` if there is no submodule.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn submodule_at(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<RepoPath>, GitError> {
        let root = self.tree_id(Some(commit))?;
        let path = path.as_bytes();
        for end in path.find_iter("/").chain([path.len()]) {
            let above = RepoPath::from_git(&path[..end]);
            match self.entry_at(&root, &above)? {
                Some((EntryKind::Tree, _)) => {}
                Some((EntryKind::Commit, _)) => return Ok(Some(above)),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Returns the changes, with the extent [`Extent::Below`] for each change of a submodule of the commit. This is for
    /// lists of changed paths that the user provides, since such a list does not say which paths are submodules. Each
    /// directory is read once.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn with_submodules(&self, commit: &CommitId, changes: &ChangeSet) -> Result<ChangeSet, GitError> {
        let root = self.tree_id(Some(commit))?;
        let mut known: BTreeMap<Vec<u8>, Directory> = BTreeMap::new();
        let mut marked = Vec::with_capacity(changes.as_slice().len());
        for change in changes.as_slice() {
            let is_submodule = self.is_submodule(&root, change.path.as_bytes(), &mut known)?;
            let extent = if is_submodule { Extent::Below } else { change.extent };
            marked.push(Change { extent, ..change.clone() });
        }
        Ok(ChangeSet::new(marked))
    }

    fn is_submodule(
        &self,
        root: &gix::oid,
        path: &[u8],
        known: &mut BTreeMap<Vec<u8>, Directory>,
    ) -> Result<bool, GitError> {
        let mut tree = root.to_owned();
        let mut from = 0;
        loop {
            let directory = match known.get(&path[..from]) {
                Some(directory) => directory,
                None => known.entry(path[..from].to_vec()).or_insert(self.directory(&tree)?),
            };
            let Some(slash) = path[from..].find_byte(b'/') else {
                return Ok(directory.submodules.contains(&path[from..]));
            };
            let Some(below) = directory.below.get(&path[from..from + slash]) else { return Ok(false) };
            tree = *below;
            from += slash + 1;
        }
    }

    fn directory(&self, tree: &gix::oid) -> Result<Directory, GitError> {
        let mut buffer = Vec::new();
        self.with_trees(|trees| {
            let mut directory = Directory::default();
            for entry in trees.read(tree, &mut buffer)? {
                let entry = entry?;
                match entry.mode.kind() {
                    EntryKind::Tree => _ = directory.below.insert(entry.filename.to_vec(), entry.oid.to_owned()),
                    EntryKind::Commit => _ = directory.submodules.insert(entry.filename.to_vec()),
                    EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => {}
                }
            }
            Ok(directory)
        })
    }
}
