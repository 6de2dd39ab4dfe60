//! The closure of each package of a repository: all packages that a lockfile gives it.
//!
//! The closure of a package is all that it reaches in the lockfile: packages with version, source, integrity, patch and
//! peers, and which of them needs which. If it reaches another package of the workspace, it includes everything that
//! that package reaches. Two closures are equal exactly if their digests are.

mod closure_digest;
mod package_changes;
#[cfg(test)]
mod tests;

pub use closure_digest::{ClosureDigest, Resolution, WithDevelopment};
pub use package_changes::{ClosureComparison, PackageChange};
