use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of a service. Every service of a run has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// It was built.
    Succeeded,
    /// Its image existed already with all of its tags, so the service was not built.
    Exists,
    /// Its image existed already, so the service was not built. The image got tags that it lacked.
    Promoted,
    /// A run of a later commit has built the service, so this run did not build it.
    Superseded,
    /// Its build ended with an error, or could not be started.
    Failed,
    /// Its build exceeded its time limit.
    TimedOut,
    /// A service that it needs, directly or not, failed or timed out.
    Blocked,
    /// Its build was stopped, by a signal or because another build failed.
    Cancelled,
    /// The run ended before its build was started.
    NotStarted,
}

impl Outcome {
    /// All outcomes, in the order of a summary.
    pub const ALL: [Self; 9] = [
        Self::Succeeded,
        Self::Exists,
        Self::Promoted,
        Self::Superseded,
        Self::Failed,
        Self::TimedOut,
        Self::Blocked,
        Self::Cancelled,
        Self::NotStarted,
    ];

    /// Returns its word in the report's JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Exists => "exists",
            Self::Promoted => "promoted",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
            Self::NotStarted => "not-started",
        }
    }

    /// Whether nothing remains to be done for the service.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.has_result() || self == Self::Superseded
    }

    /// Whether the service's result at this commit exists.
    #[must_use]
    pub fn has_result(self) -> bool {
        matches!(self, Self::Succeeded | Self::Exists | Self::Promoted)
    }

    /// Whether the service's own build failed.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// How a build that was started ended. Each ending is an [`Outcome`] too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It succeeded.
    Succeeded,
    /// An image with the same fingerprint existed.
    Exists,
    /// An image with the same fingerprint existed, and got tags that it lacked.
    Promoted,
    /// A run of a later commit has built the service.
    Superseded,
    /// It failed.
    Failed(Failure),
    /// It was stopped.
    Cancelled,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It ended with an error, or could not be started.
    Error,
    /// It exceeded its time limit.
    Timeout,
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Succeeded => Self::Succeeded,
            Ending::Exists => Self::Exists,
            Ending::Promoted => Self::Promoted,
            Ending::Superseded => Self::Superseded,
            Ending::Failed(Failure::Error) => Self::Failed,
            Ending::Failed(Failure::Timeout) => Self::TimedOut,
            Ending::Cancelled => Self::Cancelled,
        }
    }
}
