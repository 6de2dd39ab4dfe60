//! All that a commit holds: trees are read from the top until there are many side by side; what lies below these is read
//! in parallel.

use std::sync::Arc;

use gix::objs::tree::EntryKind;
use rayon::prelude::*;

use super::tree::{mode, object_id};
use super::{Error, Repository};
use crate::model::name::CommitId;
use crate::model::tree::{Listing, Region};

/// So many directories are read by one thread; fewer are read faster than threads are woken.
const FEW: usize = 128;

/// A directory that is still to be read.
struct Directory {
    /// With a slash at the end; empty for the root.
    path: Vec<u8>,
    tree: gix::ObjectId,
}

/// What was read, in no order: entries, and the directories that they lie beside.
#[derive(Default)]
struct Reading {
    entries: Listing,
    below: Vec<Directory>,
    buffer: Vec<u8>,
}

impl Repository {
    /// Returns all that the tree of a commit holds, in the order of bytes: equal to `git ls-tree -r -z`.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn entries(&self, commit: &CommitId) -> Result<Listing, Error> {
        self.entries_in(commit, &Region::whole())
    }

    /// Returns what the tree of a commit holds in a region, and what lies beside the way there, in the order of bytes.
    /// Other directories are not read.
    ///
    /// # Errors
    /// When the commit or one of the trees is missing.
    pub fn entries_in(&self, commit: &CommitId, region: &Region) -> Result<Listing, Error> {
        let mut top = Reading::default();
        let mut level = vec![Directory { path: Vec::new(), tree: self.tree_id(Some(commit))? }];
        while !level.is_empty() && level.len() <= FEW {
            for directory in level {
                self.read_directory(&directory, region, &mut top)?;
            }
            level = std::mem::take(&mut top.below);
        }
        let parts = self.list_all(&level, region)?;
        top.entries.sort_from(0);
        Ok(Listing::of_parts(parts, top.entries))
    }

    /// Reads a commit's directories level by level, as far as they are of interest. `visit` is given what lies side by
    /// side at one depth, and the directories of a region that are next, each with a slash at its end; it returns the
    /// region that is still of interest.
    ///
    /// # Errors
    /// When the commit or one of the trees is missing.
    pub fn by_level(
        &self,
        commit: &CommitId,
        region: Region,
        mut visit: impl FnMut(&Listing, &[&[u8]]) -> Region,
    ) -> Result<(), Error> {
        let mut region = region;
        let mut level = vec![Directory { path: Vec::new(), tree: self.tree_id(Some(commit))? }];
        while !level.is_empty() {
            let mut reading = Reading::default();
            for directory in &level {
                self.read_directory(directory, &region, &mut reading)?;
            }
            let next: Vec<&[u8]> = reading.below.iter().map(|directory| directory.path.as_slice()).collect();
            region = visit(&reading.entries, &next);
            level = reading.below;
            level.retain(|directory| region.reaches(&directory.path[..directory.path.len() - 1]));
        }
        Ok(())
    }

    /// Lists what lies below many directories, in order: one list for each few of them, since threads that return few
    /// large things wait less for memory.
    fn list_all(&self, directories: &[Directory], region: &Region) -> Result<Vec<Listing>, Error> {
        let (shared, git_options, place) = (self.gix.clone().into_sync(), &self.git_options, &self.place);
        let list = |directories: &[Directory]| {
            let (git_options, place) = (git_options.clone(), Arc::clone(place));
            let repository = Self { gix: shared.to_thread_local(), git_options, place };
            let mut reading = Reading::default();
            for directory in directories {
                let before = reading.entries.len();
                repository.read_directory(directory, region, &mut reading)?;
                let mut known = 0;
                loop {
                    // What was found last is read next, from its first: then the list is nearly in order.
                    reading.below[known..].reverse();
                    let Some(next) = reading.below.pop() else { break };
                    known = reading.below.len();
                    repository.read_directory(&next, region, &mut reading)?;
                }
                reading.entries.sort_from(before);
            }
            Ok(reading.entries)
        };
        directories.par_chunks(FEW).map(list).collect()
    }

    fn read_directory(&self, directory: &Directory, region: &Region, reading: &mut Reading) -> Result<(), Error> {
        let Reading { entries, below, buffer } = reading;
        self.with_trees(|trees| {
            for entry in trees.read(&directory.tree, buffer)? {
                let entry = entry?;
                match entry.mode.kind() {
                    EntryKind::Tree => {
                        let mut path = [directory.path.as_slice(), entry.filename].concat();
                        if region.reaches(&path) {
                            path.push(b'/');
                            below.push(Directory { path, tree: entry.oid.to_owned() });
                        }
                    }
                    kind => entries.push(mode(kind), object_id(entry.oid), [&directory.path, entry.filename]),
                }
            }
            Ok(())
        })
    }
}
