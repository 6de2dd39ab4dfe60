//! Finds out whether a commit or one of its ancestors has at least one of several files.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;

use super::{GitError, Repository};
use crate::model::name::{CommitId, RepoPath};

/// Whether a commit or one of its ancestors has one of the files of [`EarlierFiles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HadFile {
    /// The commit or one of its ancestors has one of the files.
    Yes,
    /// Neither the commit nor one of its ancestors has any of the files.
    No,
    /// No such commit in this clone has one of the files, but some ancestors or their trees are not in this clone.
    Unknown,
}

/// A search for files in history. It keeps its results, so searches from several commits share them.
pub struct EarlierFiles {
    repository: Repository,
    of: Vec<RepoPath>,
    /// Commits that have none of the files, and whose ancestors have none of them either.
    without: BTreeSet<ObjectId>,
    /// For each root tree that was searched, by its id, whether it has one of the files.
    trees: BTreeMap<ObjectId, bool>,
}

impl EarlierFiles {
    /// Creates a search for these files.
    #[must_use]
    pub fn new(repository: &Repository, of: Vec<RepoPath>) -> Self {
        Self { repository: repository.with_object_cache(), of, without: BTreeSet::new(), trees: BTreeMap::new() }
    }

    /// Whether a commit itself has one of the files.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn is_in(&mut self, commit: &CommitId) -> Result<bool, GitError> {
        let tree = self.repository.tree_id(Some(commit))?;
        self.is_in_tree(tree)
    }

    /// Whether a commit or one of its ancestors has one of the files.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn search(&mut self, commit: &CommitId) -> Result<HadFile, GitError> {
        let boundary = self.repository.shallow_boundary()?;
        let mut waiting = vec![self.repository.commit(commit)?.id];
        let (mut seen, mut had) = (BTreeSet::new(), HadFile::No);
        while let Some(id) = waiting.pop() {
            if self.without.contains(&id) || !seen.insert(id) {
                continue;
            }
            let Some((tree, parents)) = self.read(id)? else {
                had = HadFile::Unknown;
                continue;
            };
            match self.is_in_tree(tree) {
                Ok(true) => return Ok(HadFile::Yes),
                Ok(false) => {}
                Err(GitError::MissingTree { .. }) => had = HadFile::Unknown,
                Err(error) => return Err(error),
            }
            if boundary.contains(&id) {
                had = HadFile::Unknown;
            } else {
                waiting.extend(parents);
            }
        }
        if had == HadFile::No {
            self.without.append(&mut seen);
        }
        Ok(had)
    }

    /// Returns the tree and the parents of a commit; `None` if this clone lacks the commit.
    fn read(&self, id: ObjectId) -> Result<Option<(ObjectId, Vec<ObjectId>)>, GitError> {
        let reading = || GitError::reading(format!("commit {id}"));
        let Some(object) = self.repository.gix.try_find_object(id).map_err(reading())? else { return Ok(None) };
        let commit = object.try_into_commit().map_err(reading())?;
        let tree = commit.tree_id().map_err(reading())?.detach();
        Ok(Some((tree, commit.parent_ids().map(gix::Id::detach).collect())))
    }

    /// Whether a tree has an entry at one of the paths, without following links.
    fn is_in_tree(&mut self, tree: ObjectId) -> Result<bool, GitError> {
        if let Some(known) = self.trees.get(&tree) {
            return Ok(*known);
        }
        let mut found = false;
        for path in &self.of {
            found = found || self.repository.entry_at(&tree, path)?.is_some();
        }
        self.trees.insert(tree, found);
        Ok(found)
    }
}
