use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::analysis::closure::Resolution;
use crate::inputs::lockfile::LockfileError;
use crate::model::tree::ObjectId;

/// A lockfile that was read, or why it was not.
pub(super) type Resolved = Result<Arc<Resolution>, LockfileError>;

/// The files that determine a lockfile's packages, by their paths and ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LockfileKey {
    pub(super) path: String,
    pub(super) id: ObjectId,
    /// The package.json files that complete a yarn.lock.
    pub(super) manifests: Vec<(String, ObjectId)>,
}

/// The lockfiles that were read, by their contents: one content is read once, whatever the number of revisions that
/// have it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LockfileCache(Arc<Mutex<BTreeMap<LockfileKey, Resolved>>>);

impl LockfileCache {
    /// Returns a lockfile, if it was read.
    pub(super) fn get(&self, key: &LockfileKey) -> Option<Resolved> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a lockfile.
    pub(super) fn keep(&self, key: LockfileKey, resolved: Resolved) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, resolved);
    }
}
