use serde::Serialize;

use super::{Idle, PlannedRelease, ReleaseChange, ReleaseOutcome, ReleasePlan, ReleaseReason, TaggedRelease};
use crate::model::name::{ServiceName, TagName, quoted};
use crate::model::safe_json;
use crate::naming::version::Weight;

/// The next releases as `rebake release --format json` publishes them (schema 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Published {
    /// The version of this format: 1.
    pub schema: u32,
    /// The lines to release, dependencies first.
    pub releases: Vec<Released>,
    /// The other lines: nothing requires a release, or they are already released at head.
    pub unreleased: Vec<Unreleased>,
}

/// A release that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Released {
    /// The services; several if they share a tag format.
    pub services: Vec<String>,
    /// The version of the highest release at head or at an ancestor of head; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The tag of the release after which commits are considered; absent if all commits are considered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The version.
    pub version: String,
    /// Its tag.
    pub tag: String,
    /// The reason: `commits`, `first`, `asked`, `given` or `dependency`.
    pub why: &'static str,
    /// The bump that the commits or the command line require: `major`, `minor` or `patch`; absent for other reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bump: Option<String>,
    /// The dependency that causes the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// The tag of the highest stable release, on any branch, that is not lower than the version, or else of the highest
    /// such pre-release; absent if all are lower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_below: Option<String>,
    /// The tag on another branch that already has the version that would have been the next. This version was skipped.
    /// Absent if no version was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// The commits after `since` that change files of the services, the newest first.
    pub commits: Vec<PublishedCommit>,
}

/// A line that is not released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unreleased {
    /// The services.
    pub services: Vec<String>,
    /// The version of the highest release at head or at an ancestor of head; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The tag of the release after which commits are considered; absent if all commits are considered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The reason: `no-commits`, `nothing-asked`, `no-next` or `released`.
    pub why: &'static str,
    /// The tag of the release at head; absent unless `why` is `released`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The commits after `since` that change files of the services, the newest first.
    pub commits: Vec<PublishedCommit>,
}

/// A commit, and the bump that it requires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PublishedCommit {
    /// Its id.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// Its kind: `breaking`, `feature`, `fix`, `unlabelled`, `housekeeping`, `merge`, `reverts` or `reverted`.
    pub kind: &'static str,
    /// The bump that it requires: `major`, `minor` or `patch`; absent if it requires none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bump: Option<String>,
}

impl Published {
    /// Returns the JSON text, with a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        safe_json::document(self)
    }
}

impl From<&ReleasePlan> for Published {
    fn from(plan: &ReleasePlan) -> Self {
        let mut published = Self { schema: 1, releases: Vec::new(), unreleased: Vec::new() };
        for line in &plan.lines {
            let idle = |why, tag: Option<&TagName>| unreleased(line, why, tag);
            match &line.outcome {
                ReleaseOutcome::Due { version, tag, why, taken } => {
                    let taken = taken.as_ref().map(|release| name(&release.tag));
                    published.releases.push(Released { taken, ..released(line, version.to_string(), tag, why) });
                }
                ReleaseOutcome::Already { release } => published.unreleased.push(idle("released", Some(&release.tag))),
                ReleaseOutcome::Idle(Idle::NoCommits) => published.unreleased.push(idle("no-commits", None)),
                ReleaseOutcome::Idle(Idle::NothingAsked) => published.unreleased.push(idle("nothing-asked", None)),
                ReleaseOutcome::Idle(Idle::NoNext) => published.unreleased.push(idle("no-next", None)),
            }
        }
        published
    }
}

fn released(line: &PlannedRelease, version: String, tag: &TagName, why: &ReleaseReason) -> Released {
    let (word, bump, via) = match why {
        ReleaseReason::Commits(bump) => ("commits", Some(bump), None),
        ReleaseReason::First => ("first", None, None),
        ReleaseReason::Asked(bump) => ("asked", Some(bump), None),
        ReleaseReason::Given => ("given", None, None),
        ReleaseReason::Dependency(via) => ("dependency", None, Some(via)),
    };
    Released {
        services: names(line),
        current: current(line),
        since: since(line),
        version,
        tag: name(tag),
        why: word,
        bump: bump.map(ToString::to_string),
        via: via.map(ToString::to_string),
        not_below: line.not_below.as_ref().map(|release| name(&release.tag)),
        taken: None,
        commits: line.changes.iter().map(commit).collect(),
    }
}

fn unreleased(line: &PlannedRelease, why: &'static str, tag: Option<&TagName>) -> Unreleased {
    Unreleased {
        services: names(line),
        current: current(line),
        since: since(line),
        why,
        tag: tag.map(name),
        commits: line.changes.iter().map(commit).collect(),
    }
}

fn names(line: &PlannedRelease) -> Vec<String> {
    line.services.iter().map(ServiceName::to_string).collect()
}

fn current(line: &PlannedRelease) -> Option<String> {
    line.current.as_ref().map(|release| release.version.to_string())
}

fn since(line: &PlannedRelease) -> Option<String> {
    line.since.as_ref().map(|TaggedRelease { tag, .. }| name(tag))
}

fn name(tag: &TagName) -> String {
    quoted(tag.as_bytes()).into_owned()
}

fn commit(change: &ReleaseChange) -> PublishedCommit {
    PublishedCommit {
        commit: change.commit.id.to_string(),
        subject: change.commit.message.lines().next().unwrap_or_default().to_owned(),
        kind: match change.reason.weight {
            Weight::Breaking => "breaking",
            Weight::Feature => "feature",
            Weight::Fix => "fix",
            Weight::Unlabelled => "unlabelled",
            Weight::Housekeeping => "housekeeping",
            Weight::Merge => "merge",
            Weight::Reverts => "reverts",
            Weight::Reverted => "reverted",
        },
        bump: change.reason.bump.map(|bump| bump.to_string()),
    }
}
