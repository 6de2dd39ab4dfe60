use std::cell::Cell;

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use gix::objs::{Find, FindExt as _, Kind, TreeRefIter};

use super::edited_tree::Unwritten;
use super::{GitError, Repository};
use crate::model::name::{CommitId, RepoPath};
use crate::model::tree::{Mode, ObjectId};

/// A file of a commit. Its content is read on demand.
pub struct FileAt<'repo> {
    repository: &'repo Repository,
    commit: CommitId,
    /// The symbolic links that were followed to the file, and last the path of the file itself.
    paths: Vec<RepoPath>,
    id: gix::ObjectId,
}

impl<'repo> FileAt<'repo> {
    pub(super) fn new(
        repository: &'repo Repository,
        commit: CommitId,
        links: Vec<RepoPath>,
        path: RepoPath,
        id: gix::ObjectId,
    ) -> Self {
        Self { repository, commit, paths: [links, vec![path]].concat(), id }
    }

    /// Returns the id of the content. Contents with equal ids are equal.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        object_id(&self.id)
    }

    /// Returns the paths on which the content depends: the symbolic links that were followed, and last the path of the
    /// file itself.
    #[must_use]
    pub fn paths(&self) -> &[RepoPath] {
        &self.paths
    }

    fn path(&self) -> &RepoPath {
        &self.paths[self.paths.len() - 1]
    }

    /// Reads the content.
    ///
    /// # Errors
    /// When the content is not in this clone, which happens with `--filter=blob:none`.
    pub fn read(&self) -> Result<Vec<u8>, GitError> {
        self.repository.content(&self.commit, self.path(), self.id)
    }

    /// Returns how many bytes the content has.
    ///
    /// # Errors
    /// As for [`FileAt::read`].
    pub fn size(&self) -> Result<u64, GitError> {
        let reading = GitError::reading(format!("{} at {}", self.path(), self.commit));
        let header = self.repository.gix.try_find_header(self.id).map_err(reading)?;
        header
            .map(|header| header.size())
            .ok_or_else(|| self.repository.missing_blob(&self.commit, self.path(), self.id))
    }
}

impl Repository {
    /// Returns the content of a file or a symbolic link of a commit.
    pub(super) fn content(&self, commit: &CommitId, path: &RepoPath, id: gix::ObjectId) -> Result<Vec<u8>, GitError> {
        let object = self.gix.try_find_object(id).map_err(GitError::reading(format!("{path} at {commit}")))?;
        let mut object = object.ok_or_else(|| self.missing_blob(commit, path, id))?;
        Ok(std::mem::take(&mut object.data))
    }

    fn missing_blob(&self, commit: &CommitId, path: &RepoPath, id: gix::ObjectId) -> GitError {
        GitError::MissingBlob {
            commit: *commit,
            path: path.clone(),
            id: id.to_string(),
            partial: self.partial_clone().map(Box::new),
        }
    }

    /// Returns the names of the directories in a directory of a commit. The result is empty if there is no directory at
    /// the path `directory`. The root is the empty path.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn subdirectories(&self, commit: &CommitId, directory: &str) -> Result<Vec<Vec<u8>>, GitError> {
        let root = self.tree_id(Some(commit))?;
        let tree = match directory {
            "" => Some((EntryKind::Tree, root)),
            path => self.entry_at(&root, &RepoPath::from_git(path))?,
        };
        let Some((EntryKind::Tree, tree)) = tree else { return Ok(Vec::new()) };
        let mut buffer = Vec::new();
        self.with_trees(|trees| {
            let mut names = Vec::new();
            for entry in trees.read(&tree, &mut buffer)? {
                let entry = entry?;
                if entry.mode.is_tree() {
                    names.push(entry.filename.to_vec());
                }
            }
            Ok(names)
        })
    }

    /// Returns the entry of a tree at a path; `None` if there is no entry.
    pub(super) fn entry_at(
        &self,
        root: &gix::oid,
        path: &RepoPath,
    ) -> Result<Option<(EntryKind, gix::ObjectId)>, GitError> {
        let mut found = (EntryKind::Tree, root.to_owned());
        let mut buffer = Vec::new();
        for name in path.as_bytes().split_str("/") {
            if found.0 != EntryKind::Tree {
                return Ok(None);
            }
            let entry = self.with_trees(|trees| {
                for entry in trees.read(&found.1, &mut buffer)? {
                    let entry = entry?;
                    if entry.filename == name {
                        return Ok(Some((entry.mode.kind(), entry.oid.to_owned())));
                    }
                }
                Ok(None)
            })?;
            match entry {
                Some(entry) => found = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// Calls `read`, which reads trees of the repository. If a tree is missing, the error has the id of that tree.
    pub(super) fn with_trees<T>(&self, read: impl FnOnce(&Trees<'_>) -> gix::Result<T>) -> Result<T, GitError> {
        self.with_trees_and(&Unwritten::new(), read)
    }

    /// Calls `read`, which reads trees of the repository and the trees in memory of `unwritten`.
    pub(super) fn with_trees_and<T>(
        &self,
        unwritten: &Unwritten,
        read: impl FnOnce(&Trees<'_>) -> gix::Result<T>,
    ) -> Result<T, GitError> {
        let trees = Trees { repository: &self.gix, unwritten, missing: Cell::new(None) };
        read(&trees).map_err(|error| match trees.missing.get() {
            Some(id) => GitError::MissingTree { id: id.to_string(), partial: self.partial_clone().map(Box::new) },
            None => GitError::reading("the directories of a commit")(error),
        })
    }
}

/// The trees of a repository and the trees in memory. If a requested tree is missing, this remembers the first such
/// tree.
pub(super) struct Trees<'repo> {
    repository: &'repo gix::Repository,
    unwritten: &'repo Unwritten,
    missing: Cell<Option<gix::ObjectId>>,
}

impl Trees<'_> {
    pub(super) fn read<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<TreeRefIter<'a>> {
        self.find_tree_iter(id, buffer)
    }

    pub(super) fn hash(&self) -> gix::hash::Kind {
        self.repository.object_hash()
    }
}

impl Find for Trees<'_> {
    fn try_find<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<gix::objs::Data<'a>>> {
        // Every repository has the empty tree, whether or not it was ever written.
        if id.is_empty_tree() {
            buffer.clear();
            return Ok(Some(gix::objs::Data::new(buffer, Kind::Tree, id.kind())));
        }
        if let Some(tree) = self.unwritten.get(id) {
            buffer.clear();
            buffer.extend_from_slice(tree);
            return Ok(Some(gix::objs::Data::new(buffer, Kind::Tree, id.kind())));
        }
        let found = self.repository.objects.try_find(id, buffer)?;
        if found.is_none() && self.missing.get().is_none() {
            self.missing.set(Some(id.to_owned()));
        }
        Ok(found)
    }
}

pub(super) fn object_id(id: &gix::oid) -> ObjectId {
    ObjectId::from_bytes(id.as_bytes()).expect("git has two object formats, of 20 and of 32 bytes")
}

pub(super) fn mode(kind: EntryKind) -> Mode {
    match kind {
        EntryKind::Tree => Mode::Directory,
        EntryKind::Blob => Mode::File,
        EntryKind::BlobExecutable => Mode::Executable,
        EntryKind::Link => Mode::SymbolicLink,
        EntryKind::Commit => Mode::Submodule,
    }
}
