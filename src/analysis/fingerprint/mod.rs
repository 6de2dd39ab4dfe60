//! Fingerprints: a hash of everything that can change the result of a service's build.
//!
//! It is made of tree entries alone, so it can be told at any revision, in a bare or blobless clone, without a
//! checkout. A change that affects a service gives it another fingerprint, and what does not affect it does not.

mod digest;
mod difference;
mod record;
mod service;

pub use difference::{Difference, Sign, differences};
pub use digest::Fingerprint;
pub use record::Record;
pub use service::{Content, Defined, Fingerprints};
