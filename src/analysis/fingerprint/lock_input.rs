use super::Defined;
use crate::analysis::closure::ClosureDigest;
use crate::model::tree::{Mode, ObjectId};

/// The part of a lockfile that affects a service, as an input of the service's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockInput {
    /// The path of the lockfile.
    pub path: String,
    /// The part of the lockfile that affects the service.
    pub content: LockContent,
    /// The digest of settings that apply to all packages, in the lockfile and beside it; `None` if the lockfile affects
    /// the service only as a file that its patterns match.
    pub settings: Option<ClosureDigest>,
    /// The packages, for display; empty if they were not requested.
    pub packages: Vec<LockedName>,
    /// Whether this content comes from the commit or only from the work tree.
    pub defined: Defined,
}

/// The part of a lockfile that affects a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockContent {
    /// The packages that the service's package gets from it.
    Closure(ClosureDigest),
    /// The whole file.
    File(Mode, ObjectId),
}

/// A package that a lockfile names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedName {
    /// Its name and version, for display.
    pub shown: String,
    /// Its name and identity, which distinguish it from other packages.
    pub key: String,
}

impl LockedName {
    /// Returns the name of a package.
    #[must_use]
    pub fn new(name: &str, version: &str, identity: &str) -> Self {
        Self { shown: format!("{name} {version}").trim_end().to_owned(), key: format!("{name} {identity}") }
    }
}
