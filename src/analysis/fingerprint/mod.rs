//! Fingerprints: a hash of everything that can change the result of a service's build.
//!
//! A directory that patterns take whole is one record: equal ids are equal contents, whatever lies below. The patterns
//! alone decide which directories these are, never the tree, so equal contents give equal fingerprints.
//!
//! Only tree entries are read, so a fingerprint exists at any revision, in a bare or blobless clone, without a
//! checkout. A change that affects a service changes its fingerprint, and no other change does.

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
