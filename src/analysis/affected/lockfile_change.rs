use crate::analysis::closure::PackageChange;

/// The difference to base in the packages that a lockfile gives a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockfileChange {
    /// The path of the lockfile.
    pub file: String,
    /// Some of the packages that differ, in the order of their names.
    pub packages: Vec<PackageChange>,
    /// How many more there are.
    pub more: usize,
    /// Settings that differ and apply to all packages: files beside the lockfile, and their keys.
    pub settings: Vec<String>,
    /// Why the lockfile counts as a whole, so that any change of it matters; `None` if only its packages and settings
    /// count.
    pub whole: Option<String>,
}
