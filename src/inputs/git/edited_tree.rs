//! Trees that exist only in memory: the trees of commits, with changes applied. They are never written to the
//! repository.

use std::collections::BTreeMap;
use std::sync::Arc;

use gix::bstr::BString;
use gix::objs::tree::EntryKind;
use gix::objs::{Kind, WriteTo as _};

use super::tree::Trees;
use super::{GitError, Repository};
use crate::model::name::CommitId;
use crate::model::tree::Mode;

/// The root tree of a commit, or the root tree of a commit with changes applied.
#[derive(Debug, Clone)]
pub struct RootTree {
    pub(super) id: gix::ObjectId,
    /// The trees that exist only in memory, by id, in git's format.
    pub(super) unwritten: Arc<Unwritten>,
}

pub(super) type Unwritten = BTreeMap<gix::ObjectId, Vec<u8>>;

/// The new state of a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit {
    /// Nothing: the path is removed.
    Remove,
    /// An entry with this mode and id, such as a file or a link.
    Put(Mode, gix::ObjectId),
    /// A file with this content. If there is a file at the path already, its mode is kept; else the new file gets this
    /// mode.
    PutContent(Mode, gix::ObjectId),
}

/// The changes at and below one name in a directory.
#[derive(Default)]
struct Edits<'e> {
    own: Option<Edit>,
    /// The edits below the name, each with the rest of its path.
    below: Vec<(&'e [u8], Edit)>,
}

impl Repository {
    /// Returns the root tree of a commit. No directory is read yet.
    ///
    /// # Errors
    /// When the commit is missing.
    pub fn tree_of(&self, commit: &CommitId) -> Result<RootTree, GitError> {
        Ok(RootTree { id: self.tree_id(Some(commit))?, unwritten: Arc::default() })
    }

    /// Returns a tree with edits applied. Only directories that contain edited paths are read.
    pub(super) fn edited(&self, root: &RootTree, edits: &[(&[u8], Edit)]) -> Result<RootTree, GitError> {
        let mut unwritten = Unwritten::clone(&root.unwritten);
        let id = self.with_trees_and(&root.unwritten, |trees| {
            let edits = edits.iter().map(|(path, edit)| (path.strip_suffix(b"/").unwrap_or(path), *edit));
            edit(trees, Some(root.id), edits.filter(|(path, _)| !path.is_empty()).collect(), &mut unwritten)
        })?;
        let id = id.unwrap_or_else(|| self.gix.object_hash().empty_tree());
        Ok(RootTree { id, unwritten: Arc::new(unwritten) })
    }
}

/// Applies edits to a directory, and returns the new id of the directory; `None` if the directory is empty afterwards.
fn edit(
    trees: &Trees<'_>,
    tree: Option<gix::ObjectId>,
    edits: Vec<(&[u8], Edit)>,
    unwritten: &mut Unwritten,
) -> gix::Result<Option<gix::ObjectId>> {
    let mut entries: BTreeMap<BString, gix::objs::tree::Entry> = BTreeMap::new();
    let mut buffer = Vec::new();
    if let Some(tree) = tree {
        for entry in trees.read(&tree, &mut buffer)? {
            let entry: gix::objs::tree::Entry = entry?.into();
            entries.insert(entry.filename.clone(), entry);
        }
    }
    let mut by_name: BTreeMap<&[u8], Edits> = BTreeMap::new();
    for (path, edit) in edits {
        match path.iter().position(|byte| *byte == b'/') {
            Some(slash) => by_name.entry(&path[..slash]).or_default().below.push((&path[slash + 1..], edit)),
            None => by_name.entry(path).or_default().own = Some(edit),
        }
    }
    for (name, Edits { own, below }) in by_name {
        let before = entries.get(name).map(|entry| (entry.mode, entry.oid));
        let directory = before.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id);
        let after = match own {
            Some(Edit::Put(mode, id)) => Some((kind(mode), id)),
            Some(Edit::PutContent(mode, id)) => {
                let file = before.map(|(mode, _)| mode.kind()).filter(|kind| is_file(*kind));
                Some((file.unwrap_or_else(|| kind(mode)), id))
            }
            Some(Edit::Remove) | None => {
                let left = edit(trees, directory, below, unwritten)?.map(|id| (EntryKind::Tree, id));
                // A path below a file does not exist, so its removal changes nothing.
                let file = before.filter(|_| own.is_none() && directory.is_none());
                left.or(file.map(|(mode, id)| (mode.kind(), id)))
            }
        };
        match after {
            Some((kind, oid)) => {
                let filename = BString::from(name);
                entries.insert(filename.clone(), gix::objs::tree::Entry { mode: kind.into(), filename, oid });
            }
            None => _ = entries.remove(name),
        }
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let mut entries: Vec<_> = entries.into_values().collect();
    entries.sort();
    let mut bytes = Vec::new();
    gix::objs::Tree { entries }.write_to(&mut bytes).map_err(gix::Error::from_error)?;
    let id = gix::objs::compute_hash(trees.hash(), Kind::Tree, &bytes)?;
    unwritten.insert(id, bytes);
    Ok(Some(id))
}

fn is_file(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable)
}

fn kind(mode: Mode) -> EntryKind {
    match mode {
        Mode::File => EntryKind::Blob,
        Mode::Executable => EntryKind::BlobExecutable,
        Mode::SymbolicLink => EntryKind::Link,
        Mode::Submodule => EntryKind::Commit,
        Mode::Directory => EntryKind::Tree,
    }
}
