use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::analysis::closure::Resolution;
use crate::inputs::lockfile::LockfileError;
use crate::model::tree::ObjectId;

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

/// The lockfiles that were read, by their contents. A content that several revisions have is read once. A clone is
/// cheap, and shares the lockfiles.
#[derive(Debug, Clone, Default)]
pub struct LockfileCache(Arc<Mutex<BTreeMap<LockfileKey, Resolved>>>);

impl LockfileCache {
    /// Returns the result of reading a lockfile; `None` if it was not read yet.
    pub(super) fn get(&self, key: &LockfileKey) -> Option<Resolved> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps the result of reading a lockfile.
    pub(super) fn keep(&self, key: LockfileKey, resolved: Resolved) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, resolved);
    }
}
