//! What the packages of services get by lockfiles: at a commit, and how that changed since a base.
//!
//! Lockfiles are read only for services with `lockfile`: for what changed, where a lockfile or a setting beside one did;
//! and for fingerprints, at head.

mod fingerprint_inputs;
mod local_sources;
mod locked;
mod lockfile_cache;
mod lockfile_changes;
mod missing_lockfiles;
mod revision_files;

pub(super) use fingerprint_inputs::fingerprint_inputs;
pub use local_sources::with_local_sources;
pub use lockfile_cache::LockfileCache;
pub(super) use lockfile_changes::LockfileChanges;
pub(super) use missing_lockfiles::missing_lockfiles;
pub(super) use revision_files::Revision;
