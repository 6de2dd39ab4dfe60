//! Finds the changes between two trees. A pair of directories is compared only once, even if several comparisons need
//! it.

use std::cmp::Ordering;

use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryMode, EntryRef};
use indexmap::IndexMap;
use rayon::prelude::*;

use super::tree::mode;
use super::{GitError, Repository};
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::name::{CommitId, RepoPath};

/// Compares trees, and remembers the results for pairs of directories. Comparisons of one head with different bases
/// have nearly all pairs in common.
pub struct Differ<'repo> {
    repository: &'repo Repository,
    /// The differences in each pair of directories. New pairs are added at the end, and are compared in this order.
    pairs: IndexMap<Pair, Vec<Item>>,
    compared: usize,
}

/// The ids of a directory at base and at head. If the directory exists on one side only, the other id is that of the
/// empty tree.
type Pair = (gix::ObjectId, gix::ObjectId);

/// A name in a pair of directories, and the difference between its two entries.
struct Item {
    name: Vec<u8>,
    difference: Difference,
}

enum Difference {
    File(Status, Extent),
    /// A directory, by the position of its pair in [`Differ::pairs`].
    Directory(usize),
}

/// A name in a pair of directories. Its entries at base and at head differ.
struct Differing {
    name: Vec<u8>,
    /// The ids of the directories of that name, if they differ.
    directories: Option<Pair>,
    file: Option<(Status, Extent)>,
}

/// Fewer pairs than this are compared by one thread.
const FEW: usize = 64;

impl Repository {
    /// Returns the changes from the tree of `base` to the tree of `head`, as `git diff --name-status --no-renames -z`
    /// does. Without a base, every file is reported as added.
    ///
    /// This reads only the trees that differ. It reads no blob and no index.
    ///
    /// # Errors
    /// When a commit or a tree is missing. In a clone with `--filter=tree:0`, trees are missing.
    pub fn diff(&self, base: Option<&CommitId>, head: &CommitId) -> Result<ChangeSet, GitError> {
        self.differ().diff(base, head)
    }

    /// Returns the names that differ in each pair of directories. Many pairs are read in parallel, unless this handle
    /// has an object cache, since other threads could not use it.
    fn differing_of(&self, pairs: &[Pair]) -> Result<Vec<Vec<Differing>>, GitError> {
        if pairs.len() < FEW || self.gix.objects.has_object_cache() {
            return self.differing_in(pairs);
        }
        let handles = self.handles();
        let parts = pairs.par_chunks(FEW).map(|pairs| handles().differing_in(pairs));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn differing_in(&self, pairs: &[Pair]) -> Result<Vec<Vec<Differing>>, GitError> {
        let (mut base, mut head) = (Vec::new(), Vec::new());
        let of_pair = |(old, new): &Pair| {
            self.with_trees(|trees| {
                let (base, head) = (entries(trees.read(old, &mut base)?)?, entries(trees.read(new, &mut head)?)?);
                let mut differing = Vec::new();
                side_by_side(&base, &head, |old, new| {
                    let name = old.or(new).map(|entry| entry.filename.to_vec()).unwrap_or_default();
                    differing.push(Differing { name, directories: directories(old, new), file: file(old, new) });
                });
                Ok(differing)
            })
        };
        pairs.iter().map(of_pair).collect()
    }

    /// Returns a [`Differ`], for the comparison of many trees.
    #[must_use]
    pub fn differ(&self) -> Differ<'_> {
        Differ { repository: self, pairs: IndexMap::new(), compared: 0 }
    }
}

impl<'repo> Differ<'repo> {
    /// Returns the repository whose trees are compared.
    #[must_use]
    pub fn repository(&self) -> &'repo Repository {
        self.repository
    }

    /// Returns the same changes as [`Repository::diff`].
    ///
    /// # Errors
    /// As for [`Repository::diff`].
    pub fn diff(&mut self, base: Option<&CommitId>, head: &CommitId) -> Result<ChangeSet, GitError> {
        let roots = (self.repository.tree_id(base)?, self.repository.tree_id(Some(head))?);
        if roots.0 == roots.1 {
            return Ok(ChangeSet::default());
        }
        let root = self.position(roots);
        if let Err(error) = self.compare() {
            *self = self.repository.differ();
            return Err(error);
        }
        Ok(ChangeSet::new(self.changes(root)))
    }

    fn position(&mut self, pair: Pair) -> usize {
        let entry = self.pairs.entry(pair);
        let position = entry.index();
        entry.or_default();
        position
    }

    /// Compares all pairs that were not compared yet. If this finds subdirectories that differ, it compares them too.
    fn compare(&mut self) -> Result<(), GitError> {
        while self.compared < self.pairs.len() {
            let waiting: Vec<Pair> = self.pairs.keys().skip(self.compared).copied().collect();
            for differing in self.repository.differing_of(&waiting)? {
                let mut items = Vec::new();
                for Differing { name, directories, file } in differing {
                    if let Some(pair) = directories {
                        let difference = Difference::Directory(self.position(pair));
                        items.push(Item { name: name.clone(), difference });
                    }
                    let file = file.map(|(status, extent)| Difference::File(status, extent));
                    items.extend(file.map(|difference| Item { name, difference }));
                }
                self.pairs[self.compared] = items;
                self.compared += 1;
            }
        }
        Ok(())
    }

    /// Returns the changes in and below a pair of directories. `root` is the position of the pair.
    fn changes(&self, root: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut path = Vec::new();
        // The directories from the root to the current one: the remaining items of each, and the length of its path.
        let mut open = vec![(self.pairs[root].iter(), 0)];
        while let Some((items, length)) = open.last_mut() {
            path.truncate(*length);
            let Some(Item { name, difference }) = items.next() else {
                open.pop();
                continue;
            };
            path.extend_from_slice(name);
            match difference {
                Difference::File(status, extent) => {
                    let path = RepoPath::from_git(path.as_slice());
                    changes.push(Change { path, status: *status, extent: *extent });
                }
                Difference::Directory(pair) => {
                    path.push(b'/');
                    open.push((self.pairs[*pair].iter(), path.len()));
                }
            }
        }
        changes
    }
}

/// Returns the entries of a directory, sorted by name. (A tree object sorts a directory as if its name ended with a
/// slash.)
fn entries(tree: TreeRefIter<'_>) -> gix::Result<Vec<EntryRef<'_>>> {
    let mut entries = tree.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.filename);
    Ok(entries)
}

/// Calls `differing` for each name whose entries in the two directories differ, in the order of names.
fn side_by_side<'a>(
    base: &[EntryRef<'a>],
    head: &[EntryRef<'a>],
    mut differing: impl FnMut(Option<&EntryRef<'a>>, Option<&EntryRef<'a>>),
) {
    let (mut base, mut head) = (base.iter().peekable(), head.iter().peekable());
    loop {
        let order = match (base.peek(), head.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.filename.cmp(new.filename),
        };
        let old = if order.is_le() { base.next() } else { None };
        let new = if order.is_ge() { head.next() } else { None };
        if old != new {
            differing(old, new);
        }
    }
}

/// Returns the ids of the two directories with a name. `old` and `new` are the entries with this name at base and at
/// head. `None` if neither entry is a directory, or the directories are equal.
fn directories(old: Option<&EntryRef>, new: Option<&EntryRef>) -> Option<Pair> {
    let directory =
        |entry: Option<&EntryRef>| entry.filter(|entry| entry.mode.is_tree()).map(|entry| entry.oid.to_owned());
    let pair = match (directory(old), directory(new)) {
        (None, None) => return None,
        (Some(old), None) => (old, gix::ObjectId::empty_tree(old.kind())),
        (None, Some(new)) => (gix::ObjectId::empty_tree(new.kind()), new),
        (Some(old), Some(new)) => (old, new),
    };
    (pair.0 != pair.1).then_some(pair)
}

/// Returns how the file with a name changed, and the extent of the change. `old` and `new` are the entries with this
/// name at base and at head; directories among them are ignored. `None` if the file did not change.
fn file(old: Option<&EntryRef>, new: Option<&EntryRef>) -> Option<(Status, Extent)> {
    let file = |entry: Option<&EntryRef>| {
        entry.filter(|entry| !entry.mode.is_tree()).map(|entry| (entry.mode, entry.oid.to_owned()))
    };
    let status = match (file(old), file(new)) {
        (None, None) => None,
        (Some(_), None) => Some(Status::Deleted),
        (None, Some(_)) => Some(Status::Added),
        (Some((old_mode, id)), Some((new_mode, new_id))) => modified(old_mode, new_mode, id != new_id),
    };
    let files = [old, new].into_iter().flatten().filter(|entry| !entry.mode.is_tree());
    let extent = files.map(|entry| mode(entry.mode.kind()).extent()).max();
    Some((status?, extent.unwrap_or_default()))
}

/// Returns how an entry that exists at base and at head changed. `content` says whether the content differs. `None` if
/// the entry did not change, or if only the digits of the mode differ: old versions of git wrote 100664 instead of
/// 100644 for a file.
fn modified(base: EntryMode, head: EntryMode, content: bool) -> Option<Status> {
    if mode(base.kind()).is_same_type(mode(head.kind())) {
        (content || base.kind() != head.kind()).then_some(Status::Modified)
    } else {
        Some(Status::TypeChanged)
    }
}
