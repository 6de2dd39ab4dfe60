//! The directories of a tree, and the parts of a directory that do not belong to other packages or modules.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Area;
use crate::inputs::source::SourceTree;
use crate::model::name::RepoDir;

/// The directories of a tree that contain files, at any depth.
pub(super) struct Directories {
    below: BTreeMap<RepoDir, BTreeSet<RepoDir>>,
    /// Directories with a subdirectory whose name cannot be written in a configuration.
    unnamed: BTreeSet<RepoDir>,
}

impl Directories {
    pub(super) fn of(tree: &SourceTree) -> Self {
        let mut found = Self { below: BTreeMap::new(), unnamed: BTreeSet::new() };
        let mut last: &[u8] = b"";
        for entry in tree.listing().iter() {
            let Some(slash) = entry.path.iter().rposition(|byte| *byte == b'/') else { continue };
            let directory = &entry.path[..slash];
            if directory != last {
                found.add(directory);
                last = directory;
            }
        }
        found
    }

    fn add(&mut self, path: &[u8]) {
        let mut above = RepoDir::root();
        for part in path.split(|byte| *byte == b'/') {
            let directory = std::str::from_utf8(part).ok().and_then(|part| RepoDir::parse(&above.join(part)).ok());
            let Some(directory) = directory else {
                self.unnamed.insert(above);
                return;
            };
            self.below.entry(above).or_default().insert(directory.clone());
            above = directory;
        }
    }

    /// Whether the directory exists.
    pub(super) fn has(&self, directory: &RepoDir) -> bool {
        self.below.get(&RepoDir::of_file(directory.as_str())).is_some_and(|below| below.contains(directory))
    }

    /// Returns the areas of a directory, without the directories below it for which `is_others` holds.
    pub(super) fn less(&self, directory: &RepoDir, is_others: &impl Fn(&RepoDir) -> bool) -> Vec<Area> {
        let mut areas = Vec::new();
        self.add_less(directory, is_others, &mut areas);
        areas
    }

    /// Adds the areas of a directory to `areas`, and returns whether one area contains the whole directory.
    fn add_less(&self, directory: &RepoDir, is_others: &impl Fn(&RepoDir) -> bool, areas: &mut Vec<Area>) -> bool {
        let before = areas.len();
        let mut is_whole = true;
        for below in self.below.get(directory).into_iter().flatten() {
            is_whole &= !is_others(below) && self.add_less(below, is_others, areas);
        }
        let is_whole = is_whole || self.unnamed.contains(directory);
        if is_whole {
            areas.truncate(before);
            areas.push(Area::Below(directory.clone()));
        } else {
            areas.push(Area::Directly(directory.clone()));
        }
        is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_whole_or_in_parts() {
        let files = ["a/x.go", "a/b/c/x", "a/b/d/x", "a/e/x", "a/f/g/h/x", "i"];
        let tree = SourceTree::of_texts(&files.map(|path| (path, "")));
        let directories = Directories::of(&tree);
        let dir = |path: &str| RepoDir::parse(path).unwrap();
        let less = |others: &[&str]| directories.less(&dir("a"), &|directory| others.contains(&directory.as_str()));
        let below = |path: &str| Area::Below(dir(path));
        let directly = |path: &str| Area::Directly(dir(path));
        assert_eq!(less(&[]), [below("a")]);
        assert_eq!(less(&["a/e"]), [below("a/b"), below("a/f"), directly("a")]);
        assert_eq!(less(&["a/b/c", "a/f"]), [below("a/b/d"), directly("a/b"), below("a/e"), directly("a")]);
        assert!(directories.has(&dir("a/f/g")) && !directories.has(&dir("a/x.go")) && !directories.has(&dir("i")));
    }
}
