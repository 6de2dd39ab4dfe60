use std::cell::Cell;

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use gix::objs::{Find, FindExt as _, Kind, TreeRefIter};

use super::{Error, Repository};
use crate::name::{CommitId, RepoPath};
use crate::tree::{Mode, ObjectId};

/// A file as a commit has it. Its content is read only when asked for.
pub struct FileAt<'repo> {
    repository: &'repo Repository,
    commit: CommitId,
    path: RepoPath,
    id: gix::ObjectId,
}

impl FileAt<'_> {
    /// Returns the id of the content: equal ids are equal contents.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        object_id(&self.id)
    }

    /// Reads the content.
    ///
    /// # Errors
    /// When this clone does not hold it, as in a clone with `--filter=blob:none`.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        let object = self.repository.gix.try_find_object(self.id);
        match object.map_err(Error::reading(format!("{} at {}", self.path, self.commit)))? {
            Some(mut object) => Ok(std::mem::take(&mut object.data)),
            None => Err(Error::MissingBlob {
                commit: self.commit,
                path: self.path.clone(),
                id: self.id.to_string(),
                partial: self.repository.partial_clone().map(Box::new),
            }),
        }
    }
}

impl Repository {
    /// Returns the file that a commit has at a path; none when there is nothing, or no file (a symbolic link is
    /// not followed).
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn file_at(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<FileAt<'_>>, Error> {
        let entry = self.entry_at(&self.tree_id(Some(commit))?, path)?;
        Ok(entry
            .filter(|(kind, _)| matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable))
            .map(|(_, id)| FileAt { repository: self, commit: *commit, path: path.clone(), id }))
    }

    /// What a tree has at a path.
    pub(super) fn entry_at(
        &self,
        root: &gix::oid,
        path: &RepoPath,
    ) -> Result<Option<(EntryKind, gix::ObjectId)>, Error> {
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

    /// Reads trees, and knows which one was missing when that fails.
    pub(super) fn with_trees<T>(&self, read: impl FnOnce(&Trees<'_>) -> gix::Result<T>) -> Result<T, Error> {
        let trees = Trees { repository: &self.gix, missing: Cell::new(None) };
        read(&trees).map_err(|error| match trees.missing.get() {
            Some(id) => Error::MissingTree { id: id.to_string(), partial: self.partial_clone().map(Box::new) },
            None => Error::reading("the directories of a commit")(error),
        })
    }
}

/// The trees of a repository, and the first one that was asked for and is not there.
pub(super) struct Trees<'repo> {
    repository: &'repo gix::Repository,
    missing: Cell<Option<gix::ObjectId>>,
}

impl Trees<'_> {
    pub(super) fn read<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<TreeRefIter<'a>> {
        self.find_tree_iter(id, buffer)
    }
}

impl Find for Trees<'_> {
    fn try_find<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<gix::objs::Data<'a>>> {
        // Every repository has the empty tree, whether or not it was ever written.
        if id.is_empty_tree() {
            buffer.clear();
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
        EntryKind::Tree | EntryKind::Blob => Mode::File,
        EntryKind::BlobExecutable => Mode::Executable,
        EntryKind::Link => Mode::SymbolicLink,
        EntryKind::Commit => Mode::Submodule,
    }
}
