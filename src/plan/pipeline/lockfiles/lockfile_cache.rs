use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::analysis::closure::Resolution;
use crate::inputs::lockfile::{Lockfile, LockfileError, LockfileFormat};
use crate::inputs::source::PackageJson;
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, resolved.clone());
        resolved
    }
}

/// Reads a lockfile. `manifests` are the package.json files that complete it, by directory.
pub(super) fn resolved(format: LockfileFormat, text: &str, manifests: &BTreeMap<String, PackageJson>) -> Resolved {
    Lockfile::read(format, text, manifests).map(|lockfile| Arc::new(Resolution::new(lockfile)))
}
