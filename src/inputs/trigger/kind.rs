use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Commits were pushed to a branch.
    Push,
    /// A tag was pushed, or a run was started for a tag.
    Tag,
    /// A pull or merge request was opened, updated, merged or closed.
    PullRequest,
    /// A merge queue tests a group of pull requests.
    MergeGroup,
    /// A person or a program started the run.
    Manual,
    /// A schedule started the run.
    Schedule,
    /// A release was created, edited or published.
    Release,
    /// A branch, a tag, a release or a merge queue's group was deleted, so there is nothing to build.
    Delete,
    /// No event can be read, since the run is on a developer's machine, or in an unknown CI engine.
    Local,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Push,
        Self::Tag,
        Self::PullRequest,
        Self::MergeGroup,
        Self::Manual,
        Self::Schedule,
        Self::Release,
        Self::Delete,
        Self::Local,
    ];

    /// Returns its name in filters.yaml and in the plan.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Tag => "tag",
            Self::PullRequest => "pull_request",
            Self::MergeGroup => "merge_group",
            Self::Manual => "manual",
            Self::Schedule => "schedule",
            Self::Release => "release",
            Self::Delete => "delete",
            Self::Local => "local",
        }
    }
}
