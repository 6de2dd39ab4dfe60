use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::analysis::closure::Resolution;
use crate::inputs::lockfile::LockfileError;
use crate::model::tree::ObjectId;

/// A lockfile that was read, or why it was not.
pub(super) type Resolved = Result<Arc<Resolution>, LockfileError>;

/// The lockfiles that were read, by their contents: one content is read once, whatever the number of revisions that have
/// it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LockfileCache(Arc<Mutex<BTreeMap<(String, ObjectId), Resolved>>>);

impl LockfileCache {
    /// Returns the lockfile with this content at a path, if it was read.
    pub(super) fn get(&self, path: &str, id: ObjectId) -> Option<Resolved> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(path.to_owned(), id)).cloned()
    }

    /// Keeps a lockfile.
    pub(super) fn keep(&self, path: &str, id: ObjectId, resolved: Resolved) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((path.to_owned(), id), resolved);
    }
}
