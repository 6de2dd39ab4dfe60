//! Finds filters that match no file, and reads as few directories as possible for this.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::filter::{FilterId, Filters, Members, members};
use crate::inputs::git::{self, Repository};
use crate::model::change::{Change, ChangeSet, Status};
use crate::model::name::CommitId;
use crate::model::tree::{Listing, Region};

/// Returns those of the `wanted` filters that match no file of a commit with the work tree's changes on top.
///
/// Directories are read level by level. A directory is read only if a filter for which no file was found yet may match
/// a file in it, but does not match everything in it.
pub(super) fn without_files(
    repository: &Repository,
    filters: &Filters,
    wanted: impl IntoIterator<Item = FilterId>,
    head: Option<&CommitId>,
    on_top: &ChangeSet,
) -> Result<BTreeSet<FilterId>, git::GitError> {
    let mut search = Search::new(filters, wanted.into_iter().collect(), on_top);
    if let (Some(head), false) = (head, search.left.is_empty()) {
        repository.by_level(head, search.region(), |files, directories| {
            search.see_files(files);
            search.see_directories(directories);
            search.region()
        })?;
    }
    Ok(search.left)
}

struct Search<'a> {
    filters: &'a Filters,
    /// The filters for which no file was found yet.
    left: BTreeSet<FilterId>,
    /// For each directory, the filters that match everything in it.
    whole: BTreeMap<Vec<u8>, Vec<FilterId>>,
    /// The files that the work tree no longer has, sorted.
    gone: Vec<&'a [u8]>,
}

impl<'a> Search<'a> {
    fn new(filters: &'a Filters, left: BTreeSet<FilterId>, on_top: &'a ChangeSet) -> Self {
        let mut whole: BTreeMap<Vec<u8>, Vec<FilterId>> = BTreeMap::new();
        for filter in &left {
            for directory in &filters.cover(*filter).whole {
                whole.entry(directory.as_bytes().to_vec()).or_default().push(*filter);
            }
        }
        let (gone, there): (Vec<&Change>, Vec<&Change>) =
            on_top.as_slice().iter().partition(|change| change.status == Status::Deleted);
        let mut search =
            Self { filters, left, whole, gone: gone.into_iter().map(|change| change.path.as_bytes()).collect() };
        search.settle(&members(filters, there.len(), |at| (there[at].path.as_bytes(), there[at].extent)));
        search
    }

    /// Returns the region of the tree that may have files of the filters in `left`.
    fn region(&self) -> Region {
        Region::below(self.left.iter().flat_map(|filter| self.filters.get(*filter).directories()))
    }

    fn see_files(&mut self, files: &Listing) {
        let there: Vec<usize> = (0..files.len()).filter(|at| !self.is_gone(files.get(*at).path)).collect();
        let file = |at: usize| files.get(there[at]);
        self.settle(&members(self.filters, there.len(), |at| (file(at).path, file(at).extent())));
    }

    fn see_directories(&mut self, directories: &[&[u8]]) {
        for directory in directories {
            let first = self.gone.partition_point(|path| path < directory);
            if self.gone.get(first).is_some_and(|path| path.starts_with(directory)) {
                continue;
            }
            for filter in self.whole.get(&directory[..directory.len() - 1]).into_iter().flatten() {
                self.left.remove(filter);
            }
        }
    }

    fn settle(&mut self, found: &Members) {
        self.left.retain(|filter| found.of(*filter).is_empty());
    }

    fn is_gone(&self, path: &[u8]) -> bool {
        self.gone.binary_search(&path).is_ok()
    }
}
