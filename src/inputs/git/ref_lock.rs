//! The lock files of references. To change a reference, git and rebake create a lock file beside the file that they
//! write, and remove it at the end.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Repository;

impl Repository {
    /// Returns the lock file that prevents writing these references, which are given by their full names. If there is
    /// such a file, another process is writing references, or was killed while writing them.
    pub(super) fn lock_of<'a>(&self, references: impl IntoIterator<Item = &'a [u8]>) -> Option<PathBuf> {
        let own = references.into_iter().filter_map(|name| {
            let mut lock = OsString::from(gix::path::from_byte_slice(name).ok()?);
            lock.push(".lock");
            Some(PathBuf::from(lock))
        });
        let shared = ["packed-refs.lock", "reftable/tables.list.lock"].map(PathBuf::from);
        own.chain(shared).map(|lock| self.place.common_dir.join(lock)).find(|lock| lock.exists())
    }
}
