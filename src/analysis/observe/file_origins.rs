use std::collections::BTreeMap;

use crate::model::change::Extent;
use crate::model::tree::Listing;

/// What a file of the work tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// What is tracked at this position.
    Tracked(usize),
    /// What the build made.
    Made,
}

/// What the files of a work tree hold, while a build writes and moves them.
pub(super) struct FileOrigins<'a> {
    tracked: &'a Listing,
    /// The paths that the build has changed.
    changed: BTreeMap<Vec<u8>, Content>,
}

impl<'a> FileOrigins<'a> {
    pub(super) fn new(tracked: &'a Listing) -> Self {
        Self { tracked, changed: BTreeMap::new() }
    }

    /// Returns what the file at a path holds; none where that is neither tracked nor made by this build.
    pub(super) fn of(&self, path: &[u8]) -> Option<Content> {
        if let Some(content) = self.changed.get(path) {
            return Some(*content);
        }
        let position = self.tracked.position(path).or_else(|| self.submodule(path))?;
        Some(Content::Tracked(position))
    }

    /// Notes that the build has made what is at a path, or that there is nothing any more.
    pub(super) fn make(&mut self, path: Option<&[u8]>) {
        if let Some(path) = path {
            self.changed.insert(path.to_vec(), Content::Made);
        }
    }

    /// Notes that a file has one more path.
    pub(super) fn link(&mut self, from: Option<&[u8]>, to: Option<&[u8]>) {
        let content = from.and_then(|from| self.of(from)).unwrap_or(Content::Made);
        if let Some(to) = to {
            self.changed.insert(to.to_vec(), content);
        }
    }

    /// Notes that a file, or a directory with all in it, has another path. What lies outside of the work tree has none.
    pub(super) fn rename(&mut self, from: Option<&[u8]>, to: Option<&[u8]>, is_swapped: bool) {
        let moved = from.map(|from| self.below(from)).unwrap_or_default();
        let back = to.filter(|_| is_swapped).map(|to| self.below(to)).unwrap_or_default();
        for path in [from, to].into_iter().flatten() {
            self.make(Some(path));
        }
        let own = moved.iter().chain(&back).map(|(path, _)| path.clone()).collect::<Vec<_>>();
        for path in &own {
            self.make(Some(path));
        }
        for (files, (before, after)) in [(moved, (from, to)), (back, (to, from))] {
            let (Some(before), Some(after)) = (before, after) else { continue };
            for (path, content) in files {
                let rest = path.get(before.len()..).unwrap_or_default();
                self.changed.insert([after, rest].concat(), content);
            }
        }
    }

    /// Returns the known files at a path and below it.
    fn below(&self, path: &[u8]) -> Vec<(Vec<u8>, Content)> {
        let tracked = self.tracked.position(path).into_iter().chain(self.tracked.below(path));
        let tracked = tracked.map(|position| (self.tracked.get(position).path.to_vec(), Content::Tracked(position)));
        let mut files: BTreeMap<Vec<u8>, Content> = tracked.collect();
        let directory = [path, b"/"].concat();
        let changed = self.changed.range(path.to_vec()..).take_while(|(other, _)| other.starts_with(path));
        let changed = changed.filter(|(other, _)| other.as_slice() == path || other.starts_with(&directory));
        files.extend(changed.map(|(path, content)| (path.clone(), *content)));
        files.into_iter().collect()
    }

    /// Returns the position of the submodule that a path lies in.
    fn submodule(&self, path: &[u8]) -> Option<usize> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let found = slashes.filter_map(|end| self.tracked.position(&path[..end]));
        let is_whole = |position: &usize| self.tracked.get(*position).extent() == Extent::Below;
        found.into_iter().find(is_whole)
    }
}
