use super::Defined;
use crate::analysis::closure::ClosureDigest;
use crate::model::tree::{Mode, ObjectId};

/// The part of a lockfile that affects a service, as an input of the service's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockInput {
    /// The path of the lockfile.
    pub path: String,
    /// The part of it that counts.
    pub content: LockContent,
    /// The digest of settings that apply to all packages, in the lockfile and beside it; `None` if the lockfile counts
    /// as a file.
    pub settings: Option<ClosureDigest>,
    /// The packages, for display; empty if they were not requested.
    pub packages: Vec<LockedName>,
    /// Whether a commit has it.
    pub defined: Defined,
}

/// The part of a lockfile that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockContent {
    /// The packages that it gives a package.
    Closure(ClosureDigest),
    /// All of it.
    File(Mode, ObjectId),
}

/// A package that a lockfile names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedName {
    /// Its name and version, as people read them.
    pub shown: String,
    /// What distinguishes it from others.
    pub key: String,
}

impl LockedName {
    /// Returns the name of a package.
    #[must_use]
    pub fn new(name: &str, version: &str, identity: &str) -> Self {
        Self { shown: format!("{name} {version}").trim_end().to_owned(), key: format!("{name} {identity}") }
    }
}
