use gix::diff::tree::recorder::Change::{Addition, Deletion, Modification};
use gix::objs::tree::EntryMode;

use super::status::file_kind;
use super::{Error, Repository};
use crate::change::{Change, ChangeSet, Status};
use crate::name::{CommitId, RepoPath};

impl Repository {
    /// Returns what changed from the tree of `base` to that of `head`, equal to
    /// `git diff --name-status --no-renames -z`. No base is the empty tree: everything is added.
    ///
    /// Reads the trees that differ and nothing else: no blob, no index.
    ///
    /// # Errors
    /// When a commit is missing, or a tree, as in a clone with `--filter=tree:0`.
    pub fn diff(&self, base: Option<&CommitId>, head: &CommitId) -> Result<ChangeSet, Error> {
        let (base, head) = (self.tree_id(base)?, self.tree_id(Some(head))?);
        let mut recorder = gix::diff::tree::Recorder::default();
        self.with_trees(|trees| {
            let (mut base_tree, mut head_tree) = (Vec::new(), Vec::new());
            gix::diff::tree(
                trees.read(&base, &mut base_tree)?,
                trees.read(&head, &mut head_tree)?,
                gix::diff::tree::State::default(),
                trees,
                &mut recorder,
            )
            .map_err(gix::Error::from_error)
        })?;
        Ok(ChangeSet::new(recorder.records.into_iter().filter_map(change).collect()))
    }
}

/// One record as git words it; none for a directory, whose files have records of their own.
fn change(record: gix::diff::tree::recorder::Change) -> Option<Change> {
    let (path, status) = match record {
        Addition { entry_mode, path, .. } if !entry_mode.is_tree() => (path, Status::Added),
        Deletion { entry_mode, path, .. } if !entry_mode.is_tree() => (path, Status::Deleted),
        Modification { previous_entry_mode, entry_mode, previous_oid, oid, path } if !entry_mode.is_tree() => {
            (path, modified(previous_entry_mode, entry_mode, previous_oid != oid)?)
        }
        _ => return None,
    };
    Some(Change { path: RepoPath::from_git(path), status })
}

/// How an entry changed in place; none when only the spelling of its mode did: old versions of git wrote other
/// permissions (100664) that no longer mean anything.
fn modified(base: EntryMode, head: EntryMode, content: bool) -> Option<Status> {
    if file_kind(base.kind()) == file_kind(head.kind()) {
        (content || base.kind() != head.kind()).then_some(Status::Modified)
    } else {
        Some(Status::TypeChanged)
    }
}
