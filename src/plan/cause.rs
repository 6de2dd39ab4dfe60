use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a service is affected, as published. Which keys are there depends on the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCause {
    /// The kind of cause.
    pub kind: CauseKind,
    /// `file`, `global`, `unmatched`, `degraded`: the path that changed, or that may have, quoted as git quotes it where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `file`, `global`, `unmatched`: what happened to the path: `added`, `modified`, `deleted` or `type-changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `file`, `global`, `degraded`: the pattern that matched; absent where another key, such as `dockerfile`, names the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `file`, `global`, `degraded`: where the pattern, or the other key's value, stands: `filters.yaml:3:9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `dependency`: the affected service it depends on; `needed`: the service that it is built for; `dependency-removed`:
    /// the one it no longer depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// `dependency`: the shortest chain, from `via` to a service with a cause of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// `definition`: the keys of filters.yaml that differ, sorted; none where it cannot be told which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// `no-record`: what there is not to compare with; `degraded`: what is not known, the `kind` of a doubt in the plan's
    /// `degraded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// What there is not to compare a service with, or what is not known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// It was never released.
    NeverReleased,
    /// It was never built in the environment.
    NeverBuilt,
    /// There is no commit to compare with.
    NoBase,
    /// Nothing tells which commits are new.
    UnknownRange,
    /// The configuration at base is not known, so that every definition counts as changed.
    ConfigAtBase,
    /// A path in the work tree cannot be read.
    WorkTree,
    /// Whether a pattern matches a path cannot be determined in time.
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
    /// A service it depends on is affected.
    Dependency,
    /// It no longer depends on a service that it depended on at base.
    DependencyRemoved,
    /// Its resolved definition differs from the one at base.
    Definition,
    /// The configuration at base has no such service.
    NewService,
    /// Somebody asked for it.
    Forced,
    /// A service that is built needs its image, which is nowhere.
    Needed,
    /// There is nothing to compare with; `reason` says which.
    NoRecord,
    /// A build of it has begun since the last one that was recorded: what it left is not known.
    Unrecorded,
    /// The base could not be reached.
    BaseUnreachable,
    /// Something is not known, so that it counts as changed; `reason` says what.
    Degraded,
    /// A path changed that no filter matches (`--unmatched all`); `path` is the first.
    Unmatched,
}

impl CauseKind {
    /// Returns the word for it in the plan's JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Global => "global",
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
    /// Returns a cause that needs no more words than its kind.
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
            reason: None,
        }
    }
}
