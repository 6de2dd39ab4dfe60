//! The closure of each package of a repository: all packages that it gets from a lockfile.
//!
//! The closure of a package consists of the packages that it needs in the lockfile, directly or through others. It
//! covers their versions, sources, integrity, patches and peers, and which package needs which. If a package needs
//! another package of the workspace, its closure includes the closure of that package. Two closures are equal exactly
//! if their digests are equal.

mod closure_digest;
mod package_changes;
#[cfg(test)]
mod tests;

pub use closure_digest::{ClosureDigest, Resolution, WithDevelopment};
pub use package_changes::{ClosureComparison, PackageChange};
