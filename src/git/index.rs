use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stat};
use gix::index::{File, State};
use gix::validate::path::component::Options;

use super::{Error, Repository};

impl Repository {
    /// Returns the index as a status has to see it, when that differs from the one on disk: in a sparse checkout.
    ///
    /// - A sparse index (`git sparse-checkout set --sparse-index`) has one entry for a whole directory that is not
    ///   checked out. gix cannot compare those, so they give way to the files below them.
    /// - A file that is marked as not checked out and is there all the same is compared like any other, as by git.
    /// - What is left of such files is assumed unchanged: gix would not look for untracked files beside ones that
    ///   are marked, and git does.
    pub(super) fn index_without_sparseness(&self) -> Result<Option<File>, Error> {
        let on_disk = self.gix.index_or_empty().map_err(Error::reading("the index"))?;
        let is_marked = |entry: &gix::index::Entry| entry.flags.contains(Flags::SKIP_WORKTREE);
        if !on_disk.is_sparse() && !on_disk.entries().iter().any(is_marked) {
            return Ok(None);
        }
        let mut absent = Absent::new(self);
        let mut whole = State::new(on_disk.object_hash());
        // A file that changed after the index was written is known by this time.
        whole.set_timestamp(on_disk.timestamp());
        for entry in on_disk.entries() {
            let path = entry.path(&on_disk);
            if entry.mode == Mode::DIR {
                let files = State::from_tree(&entry.id, &self.gix.objects, Options::default())
                    .map_err(Error::reading("a directory of the sparse index"))?;
                for file in files.entries() {
                    let path = BString::from([path.as_bytes(), file.path(&files)].concat());
                    let flags = absent.flags(path.as_bstr());
                    whole.dangerously_push_entry(Stat::default(), file.id, flags, file.mode, path.as_bstr());
                }
            } else {
                let marked = if is_marked(entry) { absent.flags(path) } else { Flags::empty() };
                let flags = entry.flags.difference(Flags::SKIP_WORKTREE) | marked;
                whole.dangerously_push_entry(entry.stat, entry.id, flags, entry.mode, path);
            }
        }
        whole.sort_entries();
        Ok(Some(File::from_state(whole, on_disk.path())))
    }
}

/// Looks whether files that are marked as not checked out are there, a missing directory only once.
struct Absent<'repo> {
    /// The root of the work tree; none when the marks are to be believed, which is so outside of a sparse checkout.
    root: Option<&'repo std::path::Path>,
    missing_dir: Option<BString>,
}

impl<'repo> Absent<'repo> {
    fn new(repository: &'repo Repository) -> Self {
        let sparse = repository.gix.config_snapshot().boolean("core.sparseCheckout").unwrap_or(false);
        Self { root: repository.work_dir().filter(|_| sparse), missing_dir: None }
    }

    /// The flags of the entry of such a file.
    fn flags(&mut self, path: &BStr) -> Flags {
        if self.is_there(path) { Flags::empty() } else { Flags::ASSUME_VALID }
    }

    fn is_there(&mut self, path: &BStr) -> bool {
        let Some(root) = self.root else { return false };
        if self.missing_dir.as_ref().is_some_and(|dir| path.starts_with(dir)) {
            return false;
        }
        let exists = |path: &[u8]| {
            gix::path::from_bstr(BStr::new(path)).is_ok_and(|path| root.join(path).symlink_metadata().is_ok())
        };
        let mut dirs = path.find_iter("/").map(|slash| &path[..=slash]);
        self.missing_dir = dirs.find(|dir| !exists(dir)).map(BString::from);
        self.missing_dir.is_none() && exists(path)
    }
}
