use crate::analysis::closure::PackageChange;

/// The difference between base and head in the packages that a service gets from a lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockfileChange {
    /// The path of the lockfile.
    pub file: String,
    /// Some of the packages that differ, in the order of their names.
    pub packages: Vec<PackageChange>,
    /// The number of other packages that differ.
    pub more: usize,
    /// The settings that differ and that apply to all packages. Each is a file beside the lockfile, such as `.npmrc`,
    /// or a key in a file, such as `package.json: overrides`.
    pub settings: Vec<String>,
    /// Why any change of the lockfile affects the service; `None` if only changes of its packages and settings do.
    pub whole: Option<String>,
}
