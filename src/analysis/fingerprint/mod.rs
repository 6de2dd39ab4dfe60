//! Fingerprints: a hash of everything that can change the result of a service's build.
//!
//! If patterns match everything in a directory, the fingerprint has a single record (input) for the directory, with the
//! id of its tree: equal ids mean equal contents. Only the patterns decide which directories these are, never the tree,
//! so equal contents give equal fingerprints.
//!
//! Of source files, only the tree entries are read. So a fingerprint can be computed at any revision, without a
//! checkout, and in a bare or blobless clone. A change that affects a service changes its fingerprint, and no other
//! change does.

mod binding;
mod hash;
mod difference;
mod hash_input;
mod lock_input;
mod service;

pub use binding::Binding;
pub use difference::{DifferenceSign, InputDifference, differences};
pub use hash::Fingerprint;
pub use hash_input::HashInput;
pub use lock_input::{LockContent, LockInput, LockedName};
pub use service::{Content, Defined, Fingerprints};
