use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cause that affects a service, as published. The kind decides which keys are present; the description of a key
/// begins with the kinds that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedCause {
    /// The kind of cause.
    pub kind: CauseKind,
    /// `file`, `global`, `unmatched`, `degraded`, `lockfile`: the path that changed or may have changed. A path that is
    /// not UTF-8 is quoted as git quotes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `file`, `global`, `unmatched`: what happened to the path: `added`, `modified`, `deleted` or `type-changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `file`, `global`, `degraded`: the pattern that matched; absent if another key, such as `dockerfile`, names the
    /// path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `file`, `global`, `degraded`: a position in the configuration, as file, line and column: `filters.yaml:3:9`. It
    /// is the position of `pattern`. If `pattern` is absent, it is the position of the value that names the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `dependency`: the affected service that this one depends on; `needed`: the service for which this one is built;
    /// `dependency-removed`: the service that this one no longer depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// `dependency`: the shortest chain, from `via` to a service with a cause of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// `definition`: the keys of filters.yaml that differ, sorted; empty if it is not known which ones. `lockfile`: the
    /// settings that apply to all packages and differ, such as `package.json: overrides`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// `lockfile`: some of the packages that differ, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PlannedPackage>,
    /// `lockfile`: how many packages differ besides those in `packages`; absent if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// `lockfile`: the reason why any change of the lockfile affects the service; absent if only the service's packages
    /// matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    /// `no-record`: what is missing for a comparison. `degraded`: what is not known. The list `degraded` of the plan
    /// says more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// A package that differs between base and head for a service: the service gets it only at one of the two, in another
/// version, or from another source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedPackage {
    /// Its name.
    pub name: String,
    /// Its version at base, or its versions, separated by commas; absent if the service did not get the package at
    /// base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its version at head, in the same form; absent if the service does not get the package at head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The direct dependency through which the service gets it; absent if it is a direct dependency itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// What is missing for a comparison, or what is not known about a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The service was never released.
    NeverReleased,
    /// The service was never built in the environment.
    NeverBuilt,
    /// The service has no published image that names its commit.
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
    /// A path changed that the service's filter matches, or that another key of the service, such as `dockerfile`,
    /// names.
    File,
    /// A path changed that the `global` filter matches.
    Global,
    /// The packages that the service gets from a lockfile differ.
    Lockfile,
    /// A service that this one depends on is affected.
    Dependency,
    /// The service no longer depends on a service on which it depended at base.
    DependencyRemoved,
    /// The resolved definition of the service differs from the one at base.
    Definition,
    /// The configuration at base has no such service.
    NewService,
    /// The service was requested, such as with `--force`.
    Forced,
    /// Another service that is built needs the image of this service, and that image does not exist.
    Needed,
    /// There is nothing to compare with; `reason` says what is missing.
    NoRecord,
    /// A build of the service has begun since the last recorded build, and the result of that build is not known.
    Unrecorded,
    /// The base could not be reached.
    BaseUnreachable,
    /// A fact is not known, so the service counts as changed; `reason` says which fact.
    Degraded,
    /// A path changed that no filter matches (`--unmatched all`); `path` is the first such path.
    Unmatched,
}

impl CauseKind {
    /// Returns the word for the kind in the plan's JSON, such as `new-service`.
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
    /// Returns a cause with only its kind.
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
