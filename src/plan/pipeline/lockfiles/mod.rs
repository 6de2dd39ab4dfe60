//! The packages that lockfiles give services: at a commit, and what changed since a base.
//!
//! Lockfiles are read only for services with `lockfile`: to find causes, if a lockfile or a setting beside one changed;
//! and for fingerprints, at head.

mod fingerprint_inputs;
mod local_sources;
mod locked;
mod lockfile_cache;
mod lockfile_changes;
mod lockfile_coverage;
mod missing_lockfiles;
mod revision_files;

pub(super) use fingerprint_inputs::fingerprint_inputs;
pub use local_sources::with_local_sources;
pub use lockfile_cache::LockfileCache;
pub(super) use lockfile_changes::LockfileChanges;
pub use lockfile_coverage::{LockfileCoverage, lockfile_coverage};
pub(super) use missing_lockfiles::missing_lockfiles;
pub(super) use revision_files::Revision;
