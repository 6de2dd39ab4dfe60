use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a service is affected, as published. The kind decides which keys are present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedCause {
    /// The kind of cause.
    pub kind: CauseKind,
    /// `file`, `global`, `unmatched`, `degraded`, `lockfile`: the path that changed, or may have changed, quoted as git quotes it
    /// if it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `file`, `global`, `unmatched`: what happened to the path: `added`, `modified`, `deleted` or `type-changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `file`, `global`, `degraded`: the pattern that matched; absent if another key, such as `dockerfile`, names the
    /// path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `file`, `global`, `degraded`: the place of the pattern, or of the other key's value: `filters.yaml:3:9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `dependency`: the affected service that it depends on; `needed`: the service for which it is built;
    /// `dependency-removed`: the service that it no longer depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// `dependency`: the shortest chain, from `via` to a service with a cause of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// `definition`: the keys of filters.yaml that differ, sorted; empty if it is not known which. `lockfile`: the
    /// settings that differ and apply to all packages, such as `package.json: overrides`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// `lockfile`: some of the packages that differ, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PlannedPackage>,
    /// `lockfile`: how many packages differ besides these; absent for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// `lockfile`: why any change of the file counts; absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    /// `no-record`: what is missing for a comparison; `degraded`: what is not known, as in `kind` of an entry of the
    /// plan's `degraded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// A package that a service gets in another version than at base, or in another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedPackage {
    /// Its name.
    pub name: String,
    /// Its version at base, several with commas between them; absent if it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its version now, in the same form; absent if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The direct dependency that leads to it; absent if it is a direct dependency itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// What is missing for a comparison, or what is not known about a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// It was never released.
    NeverReleased,
    /// It was never built in the environment.
    NeverBuilt,
    /// It has no published image that names its commit.
    NeverPublished,
    /// There is no commit to compare with.
    NoBase,
    /// It is not known which commits are new.
    UnknownRange,
    /// The configuration at base is not known, so every definition counts as changed.
    ConfigAtBase,
    /// A path in the work tree cannot be read.
    WorkTree,
    /// It is not known whether a pattern matches a path, since matching took too long.
    Pattern,
}

/// The kinds of cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CauseKind {
    /// A change that its filter matches.
    File,
    /// A change that the `global` filter matches.
    Global,
    /// The packages that a lockfile gives it differ.
    Lockfile,
    /// A service that it depends on is affected.
    Dependency,
    /// It no longer depends on a service on which it depended at base.
    DependencyRemoved,
    /// Its resolved definition differs from the one at base.
    Definition,
    /// The configuration at base has no such service.
    NewService,
    /// It was asked for.
    Forced,
    /// A service that is built needs its image, which does not exist.
    Needed,
    /// There is nothing to compare with; `reason` says what is missing.
    NoRecord,
    /// A build of it has begun since the last one that was recorded, and its result is not known.
    Unrecorded,
    /// The base could not be reached.
    BaseUnreachable,
    /// Something is not known, so it counts as changed; `reason` says what.
    Degraded,
    /// A path changed that no filter matches (`--unmatched all`); `path` is the first.
    Unmatched,
}

impl CauseKind {
    /// Returns its word in the plan's JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Global => "global",
            Self::Lockfile => "lockfile",
            Self::Dependency => "dependency",
            Self::DependencyRemoved => "dependency-removed",
            Self::Definition => "definition",
            Self::NewService => "new-service",
            Self::Forced => "forced",
            Self::Needed => "needed",
            Self::NoRecord => "no-record",
            Self::Unrecorded => "unrecorded",
            Self::BaseUnreachable => "base-unreachable",
            Self::Degraded => "degraded",
            Self::Unmatched => "unmatched",
        }
    }
}

impl PlannedCause {
    /// Returns a cause without details.
    #[must_use]
    pub fn of_kind(kind: CauseKind) -> Self {
        Self {
            kind,
            path: None,
            status: None,
            pattern: None,
            at: None,
            via: None,
            chain: Vec::new(),
            keys: Vec::new(),
            packages: Vec::new(),
            more: None,
            whole: None,
            reason: None,
        }
    }
}
