//! The packages that services get from lockfiles: those at a commit, and the differences since a base.
//!
//! Lockfiles are read only for services with the key `lockfile`. They are read at base and head to find causes, if a
//! lockfile or a settings file beside one changed, and at head for fingerprints.

mod fingerprint_inputs;
mod local_sources;
mod locked;
mod lockfile_cache;
mod lockfile_changes;
mod lockfile_coverage;
mod missing_lockfiles;
mod read_ahead;
mod revision_files;

pub(super) use fingerprint_inputs::fingerprint_inputs;
pub use local_sources::with_local_sources;
pub use lockfile_cache::LockfileCache;
pub(super) use lockfile_changes::LockfileChanges;
pub use lockfile_coverage::{LockfileCoverage, lockfile_coverage};
pub(super) use missing_lockfiles::missing_lockfiles;
pub(super) use read_ahead::read_ahead;
pub(super) use revision_files::Revision;
