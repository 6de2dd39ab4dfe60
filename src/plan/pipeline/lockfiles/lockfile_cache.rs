use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::analysis::closure::Resolution;
use crate::inputs::lockfile::{Lockfile, LockfileError, LockfileFormat};
use crate::inputs::source::PackageJson;
use crate::model::name::{CommitId, RepoDir};
use crate::model::tree::{Listing, ObjectId};

/// A lockfile that was read, or the reason why it could not be read.
pub(super) type Resolved = Result<Arc<Resolution>, LockfileError>;

/// The path and id of a lockfile, and of other files that determine its packages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LockfileKey {
    pub(super) path: String,
    pub(super) id: ObjectId,
    /// The package.json files that complete a yarn.lock.
    pub(super) manifests: Vec<(String, ObjectId)>,
}

/// A commit, and directories of it.
pub(super) type ListingKey = (CommitId, BTreeSet<RepoDir>);

/// The lockfiles that were read, by their contents, and the directories that were listed. A content that several
/// revisions have is read once. A clone is cheap, and shares the lockfiles and the listings.
#[derive(Debug, Clone, Default)]
pub struct LockfileCache {
    lockfiles: Arc<Mutex<BTreeMap<LockfileKey, Resolved>>>,
    listings: Arc<Mutex<BTreeMap<ListingKey, Arc<Listing>>>>,
}

impl LockfileCache {
    /// Returns the result of reading a lockfile; `None` if it was not read yet.
    pub(super) fn get(&self, key: &LockfileKey) -> Option<Resolved> {
        locked(&self.lockfiles).get(key).cloned()
    }

    /// Reads a lockfile, and keeps the result. `manifests` are the package.json files that complete the lockfile, by
    /// directory.
    pub(super) fn read(
        &self,
        key: LockfileKey,
        format: LockfileFormat,
        text: &str,
        manifests: &BTreeMap<String, PackageJson>,
    ) -> Resolved {
        let resolved = resolved(format, text, manifests);
        locked(&self.lockfiles).insert(key, resolved.clone());
        resolved
    }

    /// Returns the files in these directories; `None` if they were not listed yet.
    pub(super) fn listing(&self, key: &ListingKey) -> Option<Arc<Listing>> {
        locked(&self.listings).get(key).cloned()
    }

    /// Keeps the files in these directories.
    pub(super) fn keep_listing(&self, key: ListingKey, listing: Arc<Listing>) {
        locked(&self.listings).insert(key, listing);
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a lockfile. `manifests` are the package.json files that complete it, by directory.
pub(super) fn resolved(format: LockfileFormat, text: &str, manifests: &BTreeMap<String, PackageJson>) -> Resolved {
    Lockfile::read(format, text, manifests).map(|lockfile| Arc::new(Resolution::new(lockfile)))
}
