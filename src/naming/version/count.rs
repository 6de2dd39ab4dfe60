use crate::model::choice::Choice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the number in a version counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// All commits since the release: what `git describe` counts.
    #[default]
    Commits,
    /// Of the commits since the release, those that change the service's files: their change against their first parent
    /// matches the service's filters. A merge that brings in such a change is counted, and so is each merged commit
    /// with such a change.
    Paths,
}

impl Choice for Count {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Commits, "commits", "All commits since the release"),
        (Self::Paths, "paths", "The commits that touch the service's files"),
    ];
}
