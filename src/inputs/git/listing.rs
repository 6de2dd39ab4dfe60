//! Lists the entries of a commit's tree. Trees are read level by level from the root, until a level has many trees.
//! These trees and the trees below them are then read in parallel.

use std::sync::Arc;

use rayon::prelude::*;

use super::edited_tree::{RootTree, Unwritten};
use super::tree::{mode, object_id};
use super::{GitError, Repository};
use crate::model::name::CommitId;
use crate::model::tree::{Listing, Mode, Outline, Region};

/// The number of directories that a thread reads at once. Reading fewer takes less time than waking a thread.
const FEW: usize = 128;

/// A directory that is still to be read.
struct Directory {
    /// The path, with a slash at the end; empty for the root.
    path: Vec<u8>,
    tree: gix::ObjectId,
}

/// The entries of a tree that an [`Outline`] selects.
#[derive(Debug, Default)]
pub struct Survey {
    /// The files, links and submodules that the outline selects, in byte order of their paths. Other entries of the
    /// directories that were read can be among them.
    pub entries: Listing,
    /// The directories whose ids the outline selects, in byte order of their paths.
    pub directories: Listing,
    /// How many directories were read.
    pub read: usize,
}

/// The entries that were read, and the subdirectories that are still to be read, both in no particular order.
#[derive(Default)]
struct Reading {
    found: Survey,
    below: Vec<Directory>,
    buffer: Vec<u8>,
}

impl Repository {
    /// Returns all entries of a commit's tree, in byte order of their paths, as `git ls-tree -r -z` does.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn entries(&self, commit: &CommitId) -> Result<Listing, GitError> {
        self.entries_in(commit, Region::whole())
    }

    /// Returns the entries of a commit's tree that lie in a region, in byte order of their paths. Other entries of the
    /// directories that were read can be among them. Directories that are not needed for the region are not read.
    ///
    /// # Errors
    /// When the commit or one of the trees is missing.
    pub fn entries_in(&self, commit: &CommitId, region: Region) -> Result<Listing, GitError> {
        self.survey(&self.tree_of(commit)?, &Outline::listed(region)).map(|survey| survey.entries)
    }

    /// Returns the entries of a tree that an outline selects. Directories that the outline does not need are not read.
    ///
    /// # Errors
    /// When one of the trees is missing.
    pub fn survey(&self, root: &RootTree, outline: &Outline) -> Result<Survey, GitError> {
        let mut top = Reading::default();
        if outline.includes_id(b"") {
            top.found.directories.push(Mode::Directory, object_id(&root.id), [b"", b""]);
        }
        let mut level = Vec::new();
        if outline.enters(b"") {
            level.push(Directory { path: Vec::new(), tree: root.id });
        }
        while !level.is_empty() && level.len() <= FEW {
            for directory in level {
                self.read_directory(&directory, &root.unwritten, outline, &mut top)?;
            }
            level = std::mem::take(&mut top.below);
        }
        let Survey { mut entries, mut directories, mut read } = top.found;
        let mut parts = Vec::new();
        for part in self.survey_all(&level, &root.unwritten, outline)? {
            parts.push(part.entries);
            directories.append(part.directories);
            read += part.read;
        }
        entries.sort_from(0);
        directories.sort_from(0);
        Ok(Survey { entries: Listing::of_parts(parts, entries), directories, read })
    }

    /// Reads a commit's directories level by level. For each level, this calls `visit` with the entries of the level,
    /// and with the paths of the region's directories on the next level. These paths end with a slash. `visit` returns
    /// the region that is read on the next levels.
    ///
    /// # Errors
    /// When the commit or one of the trees is missing.
    pub fn by_level(
        &self,
        commit: &CommitId,
        region: Region,
        mut visit: impl FnMut(&Listing, &[&[u8]]) -> Region,
    ) -> Result<(), GitError> {
        let mut region = region;
        let unwritten = Unwritten::new();
        let mut level = vec![Directory { path: Vec::new(), tree: self.tree_id(Some(commit))? }];
        while !level.is_empty() {
            let mut reading = Reading::default();
            let outline = Outline::listed(region);
            for directory in &level {
                self.read_directory(directory, &unwritten, &outline, &mut reading)?;
            }
            let next: Vec<&[u8]> = reading.below.iter().map(|directory| directory.path.as_slice()).collect();
            region = visit(&reading.found.entries, &next);
            level = reading.below;
            level.retain(|directory| region.reaches(&directory.path[..directory.path.len() - 1]));
        }
        Ok(())
    }

    /// Returns a function that makes a handle of this repository for a thread.
    pub fn handles(&self) -> impl Fn() -> Self + Send + Sync {
        let (shared, git_options, place) = (self.gix.clone().into_sync(), &self.git_options, &self.place);
        move || Self { gix: shared.to_thread_local(), git_options: git_options.clone(), place: Arc::clone(place) }
    }

    /// Reads the trees below many directories, in order. Each result covers several directories, since threads wait
    /// less for memory if they return few large values.
    fn survey_all(
        &self,
        directories: &[Directory],
        unwritten: &Unwritten,
        outline: &Outline,
    ) -> Result<Vec<Survey>, GitError> {
        if directories.is_empty() {
            return Ok(Vec::new());
        }
        let handles = self.handles();
        let survey = |directories: &[Directory]| {
            let repository = handles();
            let mut reading = Reading::default();
            for directory in directories {
                let before = reading.found.entries.len();
                repository.read_directory(directory, unwritten, outline, &mut reading)?;
                let mut known = 0;
                loop {
                    // The directories that were found last are read next, in their order, so the list is nearly sorted.
                    reading.below[known..].reverse();
                    let Some(next) = reading.below.pop() else { break };
                    known = reading.below.len();
                    repository.read_directory(&next, unwritten, outline, &mut reading)?;
                }
                reading.found.entries.sort_from(before);
            }
            Ok(reading.found)
        };
        directories.par_chunks(FEW).map(survey).collect()
    }

    fn read_directory(
        &self,
        directory: &Directory,
        unwritten: &Unwritten,
        outline: &Outline,
        reading: &mut Reading,
    ) -> Result<(), GitError> {
        let Reading { found, below, buffer } = reading;
        found.read += 1;
        self.with_trees_and(unwritten, |trees| {
            for entry in trees.read(&directory.tree, buffer)? {
                let entry = entry?;
                let id = || object_id(entry.oid);
                match mode(entry.mode.kind()) {
                    Mode::Directory => {
                        let mut path = [directory.path.as_slice(), entry.filename].concat();
                        if outline.includes_id(&path) {
                            found.directories.push(Mode::Directory, id(), [&path, b""]);
                        }
                        if outline.enters(&path) {
                            path.push(b'/');
                            below.push(Directory { path, tree: entry.oid.to_owned() });
                        }
                    }
                    mode => found.entries.push(mode, id(), [&directory.path, entry.filename]),
                }
            }
            Ok(())
        })
    }
}
