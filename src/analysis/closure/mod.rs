//! What the packages of a repository get by a lockfile: the closure of each.
//!
//! The closure of a package is all that it reaches in the lockfile: packages with version, source, integrity, patch and
//! peers, and which of them needs which. Packages of the workspace that it reaches are followed. Two closures are equal
//! exactly where their digests are.

mod closure_digest;
mod package_changes;
#[cfg(test)]
mod tests;

pub use closure_digest::{ClosureDigest, Resolution, WithDevelopment};
pub use package_changes::{ClosureComparison, PackageChange};
