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
    /// Of the commits since the release, those that affect the service's result: their change against their first
    /// parent is of the service's files, its lockfiles or its definition, or affects another service that it is built
    /// from. A merge that brings in such a change is counted, and so is each merged commit with such a change.
    Paths,
}

impl Choice for Count {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Commits, "commits", "All commits since the release"),
        (Self::Paths, "paths", "The commits that touch the service's files"),
    ];
}
