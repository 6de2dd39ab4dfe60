use gix::bstr::{BStr, BString};
use gix::diff::index::Change as Staged;
use gix::index::entry::Mode;
use gix::objs::tree::EntryKind;
use gix::status::index_worktree::iter::Summary;
use gix::status::tree_index::TrackRenames;
use gix::status::{Item, Submodule, UntrackedFiles, index_worktree};

use super::{Error, Repository};
use crate::change::{Change, ChangeSet, Status};
use crate::name::RepoPath;

impl Repository {
    /// Returns what the work tree has against `HEAD` (against nothing when there is no commit yet): staged,
    /// unstaged and untracked changes, without ignored files; one for each path.
    ///
    /// A path is listed where `git status --no-renames --untracked-files=all` lists it, except one that neither
    /// `HEAD` nor the work tree has. Like git, a submodule with changes of its own is modified. A path that is
    /// staged and then changed back is modified: saying more would need its content.
    ///
    /// # Errors
    /// When the repository is bare, or the index or a tree cannot be read.
    pub fn work_tree_changes(&self) -> Result<ChangeSet, Error> {
        if self.work_dir().is_none() {
            return Err(Error::NoWorkTree);
        }
        let reading = || Error::reading("the state of the work tree");
        let mut status = self
            .gix
            .status(gix::progress::Discard)
            .map_err(reading())?
            .untracked_files(UntrackedFiles::Files)
            .index_worktree_rewrites(None)
            .index_worktree_submodules(Submodule::AsConfigured { check_dirty: true })
            .tree_index_track_renames(TrackRenames::Disabled);
        if let Some(index) = self.index_without_sparseness()? {
            status = status.index(index.into());
        }
        let mut found = Found::default();
        for item in status.into_iter(None::<BString>).map_err(reading())? {
            found.take(item.map_err(reading())?, |path| self.kind_in_work_tree(path, None));
        }
        let Found { staged, unstaged, mut unclear } = found;
        // gix lists a file in the place of a submodule as if it were new.
        let index = self.gix.index_or_empty().map_err(Error::reading("the index"))?;
        let known = |change: &&Change| index.entry_by_path(change.path.as_bytes().into()).is_some();
        let added = unstaged.iter().filter(|change| change.status == Status::Added);
        unclear.extend(added.filter(known).map(|change| change.path.clone()));
        self.with_facts(ChangeSet::new(staged).then(ChangeSet::new(unstaged)), unclear)
    }

    /// Looks at the unclear paths, and puts what is so in the place of what was said of them.
    fn with_facts(&self, said: ChangeSet, mut unclear: Vec<RepoPath>) -> Result<ChangeSet, Error> {
        if unclear.is_empty() {
            return Ok(said);
        }
        unclear.sort();
        unclear.dedup();
        let clear = said.as_slice().iter().filter(|change| unclear.binary_search(&change.path).is_err());
        let mut changes: Vec<Change> = clear.cloned().collect();
        let head = self.tree_id(self.head()?.commit())?;
        for path in unclear {
            let before = self.entry_at(&head, &path)?.map(|(kind, _)| kind).filter(|kind| *kind != EntryKind::Tree);
            let status = match (before, self.kind_in_work_tree(&path, before)) {
                (None, None) => continue,
                (None, Some(_)) => Status::Added,
                (Some(_), None) => Status::Deleted,
                (Some(before), Some(after)) if file_kind(before) == after => Status::Modified,
                (Some(_), Some(_)) => Status::TypeChanged,
            };
            changes.push(Change::new(path, status));
        }
        Ok(ChangeSet::new(changes))
    }

    /// What is at a path; a directory is a submodule if one was there `before`, else nothing.
    fn kind_in_work_tree(&self, path: &RepoPath, before: Option<EntryKind>) -> Option<EntryKind> {
        let native = gix::path::from_bstr(BStr::new(path.as_bytes())).ok()?;
        let found = self.work_dir()?.join(native).symlink_metadata().ok()?.file_type();
        match before {
            _ if found.is_symlink() => Some(EntryKind::Link),
            _ if found.is_file() => Some(EntryKind::Blob),
            Some(EntryKind::Commit) => Some(EntryKind::Commit),
            _ => None,
        }
    }
}

/// What the two halves of a status say, each at most once for a path.
#[derive(Default)]
struct Found {
    /// `HEAD` to index.
    staged: Vec<Change>,
    /// Index to work tree.
    unstaged: Vec<Change>,
    /// Paths of which the index has nothing to compare with: conflicts, and `git add --intent-to-add`.
    unclear: Vec<RepoPath>,
}

impl Found {
    fn take(&mut self, item: Item, kind_in_work_tree: impl FnOnce(&RepoPath) -> Option<EntryKind>) {
        match item {
            Item::TreeIndex(change) => {
                let path = RepoPath::from_git(change.location().to_vec());
                let status = match change {
                    Staged::Addition { .. } => Status::Added,
                    Staged::Deletion { .. } => Status::Deleted,
                    Staged::Modification { previous_entry_mode, entry_mode, .. }
                        if kind(previous_entry_mode) != kind(entry_mode) =>
                    {
                        Status::TypeChanged
                    }
                    Staged::Modification { .. } | Staged::Rewrite { .. } => Status::Modified,
                };
                self.staged.push(Change::new(path, status));
            }
            Item::IndexWorktree(item) => {
                let path = RepoPath::from_git(item.rela_path().to_vec());
                let status = match item.summary() {
                    // gix takes a link in the place of an executable file for one with other content.
                    Some(Summary::Modified)
                        if is_executable(&item) && kind_in_work_tree(&path) == Some(EntryKind::Link) =>
                    {
                        Status::TypeChanged
                    }
                    Some(Summary::Added) => Status::Added,
                    Some(Summary::Removed) => Status::Deleted,
                    Some(Summary::Modified | Summary::Renamed | Summary::Copied) => Status::Modified,
                    Some(Summary::TypeChange) => Status::TypeChanged,
                    Some(Summary::Conflict | Summary::IntentToAdd) => return self.unclear.push(path),
                    None => return,
                };
                self.unstaged.push(Change::new(path, status));
            }
        }
    }
}

fn is_executable(item: &index_worktree::Item) -> bool {
    matches!(item, index_worktree::Item::Modification { entry, .. } if entry.mode == Mode::FILE_EXECUTABLE)
}

/// A file stays one when it becomes executable.
pub(super) fn file_kind(kind: EntryKind) -> EntryKind {
    if kind == EntryKind::BlobExecutable { EntryKind::Blob } else { kind }
}

fn kind(mode: Mode) -> Option<EntryKind> {
    mode.to_tree_entry_mode().map(|mode| file_kind(mode.kind()))
}
