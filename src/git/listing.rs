//! All that a commit holds: its trees are read level by level, those of a level side by side, and then listed in order.

use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind;
use rayon::prelude::*;

use super::tree::{mode, object_id};
use super::{Error, Repository};
use crate::name::{CommitId, RepoPath};
use crate::tree::{Entry, Region};

/// So many trees are read by a thread at once; fewer are read faster than threads are woken.
const CHUNK: usize = 128;

/// A directory that is still to be read.
struct Directory {
    /// With a slash at the end; empty for the root.
    path: Vec<u8>,
    tree: gix::ObjectId,
}

/// Trees as git stores them, one behind another: threads that return few large things wait less for memory.
#[derive(Default)]
struct Raw {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Raw {
    fn trees(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.bytes[begin..*end])
    }
}

impl Repository {
    /// Returns all that the tree of a commit holds, in the order of bytes: equal to `git ls-tree -r -z`.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn entries(&self, commit: &CommitId) -> Result<Vec<Entry>, Error> {
        self.entries_in(commit, &Region::whole())
    }

    /// Returns what the tree of a commit holds in a region, and what lies beside the way there, in the order of bytes.
    /// Other directories are not read.
    ///
    /// # Errors
    /// When the commit or one of the trees is missing.
    pub fn entries_in(&self, commit: &CommitId, region: &Region) -> Result<Vec<Entry>, Error> {
        let mut directories = vec![Directory { path: Vec::new(), tree: self.tree_id(Some(commit))? }];
        let mut levels = Vec::new();
        while !directories.is_empty() {
            let level = self.read_level(&directories)?;
            let mut below = Vec::new();
            for (directory, tree) in directories.iter().zip(level.iter().flat_map(Raw::trees)) {
                self.directories_in(directory, tree, region, &mut below)?;
            }
            levels.push(level);
            directories = below;
        }
        self.in_order(&levels, region)
    }

    fn read_level(&self, directories: &[Directory]) -> Result<Vec<Raw>, Error> {
        if directories.len() <= CHUNK {
            return Ok(vec![self.read_trees(directories)?]);
        }
        let shared = self.gix.clone().into_sync();
        let own = || Self { gix: shared.to_thread_local() };
        directories.par_chunks(CHUNK).map_init(own, |repository, chunk| repository.read_trees(chunk)).collect()
    }

    fn read_trees(&self, directories: &[Directory]) -> Result<Raw, Error> {
        let (mut raw, mut buffer) = (Raw::default(), Vec::new());
        for directory in directories {
            self.with_trees(|trees| {
                raw.bytes.extend_from_slice(trees.bytes(&directory.tree, &mut buffer)?);
                Ok(())
            })?;
            raw.ends.push(raw.bytes.len());
        }
        Ok(raw)
    }

    /// Adds the directories that stand in a directory, as far as they reach into the region.
    fn directories_in(
        &self,
        directory: &Directory,
        tree: &[u8],
        region: &Region,
        below: &mut Vec<Directory>,
    ) -> Result<(), Error> {
        for entry in self.parsed(tree) {
            let entry = entry.map_err(Error::reading("the directories of a commit"))?;
            if entry.mode.is_tree() {
                let mut path = [directory.path.as_slice(), entry.filename].concat();
                if region.reaches(&path) {
                    path.push(b'/');
                    below.push(Directory { path, tree: entry.oid.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// Lists what the trees of all levels hold. Each directory's tree is the next one of its level.
    fn in_order(&self, levels: &[Vec<Raw>], region: &Region) -> Result<Vec<Entry>, Error> {
        let mut levels: Vec<_> = levels.iter().map(|level| level.iter().flat_map(Raw::trees)).collect();
        let mut next_of = |level: usize| levels.get_mut(level).and_then(Iterator::next).map(|tree| self.parsed(tree));
        let mut entries = Vec::new();
        let mut path = Vec::new();
        // The directories from the root to the one at hand, and how long their paths are.
        let mut open: Vec<(TreeRefIter<'_>, usize)> = next_of(0).map(|tree| (tree, 0)).into_iter().collect();
        while let Some((tree, length)) = open.last_mut() {
            path.truncate(*length);
            let Some(entry) = tree.next() else {
                open.pop();
                continue;
            };
            let entry = entry.map_err(Error::reading("the directories of a commit"))?;
            path.extend_from_slice(entry.filename);
            match entry.mode.kind() {
                EntryKind::Tree if region.reaches(&path) => {
                    path.push(b'/');
                    open.extend(next_of(open.len()).map(|tree| (tree, path.len())));
                }
                EntryKind::Tree => {}
                kind => {
                    let path = RepoPath::from_git(path.as_slice());
                    entries.push(Entry { mode: mode(kind), id: object_id(entry.oid), path });
                }
            }
        }
        Ok(entries)
    }

    fn parsed<'t>(&self, tree: &'t [u8]) -> TreeRefIter<'t> {
        TreeRefIter::from_bytes(tree, self.gix.object_hash())
    }
}
