use crate::analysis::closure::PackageChange;

/// How what a service gets by a lockfile differs from base.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockfileChange {
    /// The path of the lockfile.
    pub file: String,
    /// Some of the packages that differ, in the order of their names.
    pub packages: Vec<PackageChange>,
    /// How many more there are.
    pub more: usize,
    /// What differs and counts for all packages: files beside the lockfile, and their keys.
    pub settings: Vec<String>,
    /// Why the lockfile counts as a whole, if it does.
    pub whole: Option<String>,
}
