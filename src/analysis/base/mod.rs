//! Chooses the commit to compare with, and says why.
//!
//! Doubt is reported and makes the answer wider: when a base cannot be reached, every service is affected.

mod choose;
mod default_branch;
mod doubt;
mod ci_event;
mod checkout_fit;
mod local;
mod notes;
#[cfg(test)]
mod tests;

pub use choose::choose;
pub use default_branch::default_branch;
pub use doubt::Doubt;
pub use notes::Notes;

use crate::model::change::{ChangeSet, HeadState};
use crate::model::choice::Choice;
use crate::model::name::CommitId;

/// The comparison that the command line requests.
#[derive(Debug, Clone, Default)]
pub struct RangeRequest {
    /// The tip: a commit. When absent, `HEAD`, and outside of CI the work tree on top of it.
    pub head: Option<String>,
    /// What it is compared with.
    pub compare: Compare,
    /// The default branch, if the command line names it.
    pub default_branch: Option<String>,
}

/// What head is compared with.
#[derive(Debug, Clone, Default)]
pub enum Compare {
    /// The base of the event; outside of CI, the default branch.
    #[default]
    Auto,
    /// A revision.
    Revision(End),
    /// Nothing: every service is requested (`--all`).
    Everything,
    /// Each service with a base of its own (`--since`).
    Since(Since),
    /// Nothing: the changes come from outside (`--changed`).
    Given {
        /// The changes.
        changes: ChangeSet,
        /// The commit to compare the configuration with, if the command line names it.
        base: Option<End>,
    },
    /// Nothing: only services that are named are planned. The plan shows this text in place of a range.
    Nothing(String),
}

/// The end of a range from the command line.
#[derive(Debug, Clone)]
pub struct End {
    /// The revision as given.
    pub revision: String,
    /// The point from which changes count.
    pub from: From,
}

/// Where services have bases of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// At their newest release tags.
    Release,
    /// Since they were last built, by their built refs.
    Built,
    /// At the commits of their published images.
    Published,
}

impl Choice for Since {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Release, "release", "The service's newest release tag"),
        (Self::Built, "built", "The commit at which the service was last built (see `rebake record`)"),
        (Self::Published, "published", "The commit of the service's image in its registry (see --published-tag)"),
    ];
}

/// The point from which the changes of a range count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    /// The merge base of the two ends: git's three dots.
    #[default]
    MergeBase,
    /// The base itself: the two trees are compared as they are (`--direct`).
    Base,
}

/// A tip, and the commits that it is compared with.
#[derive(Debug, Clone)]
pub struct Range {
    /// The commit that is planned.
    pub tip: Tip,
    /// What it is compared with.
    pub comparison: Comparison,
}

/// The commit that is planned, with the changes on top of it.
#[derive(Debug, Clone)]
pub struct Tip {
    /// The commit; `None` in a repository without one.
    pub commit: Option<CommitId>,
    /// Whether the changes of the work tree count.
    pub state: HeadState,
    /// Changes on top of the commit's tree: the work tree's, or those given from outside.
    pub on_top: ChangeSet,
}

/// What a tip is compared with.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// How it was chosen, in words.
    pub source: String,
    /// The commits whose trees are compared with the tip's, where `None` is the empty tree. There are several when
    /// there are several merge bases, and none when nothing is compared.
    pub bases: Vec<Option<CommitId>>,
    /// The origin of the changes.
    pub changes: Changes,
    /// Why every service is affected, if every service is.
    pub everyone: Option<AllAffected>,
}

/// Where the changes of a range come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changes {
    /// From the trees of the bases and head, and the changes on top.
    #[default]
    Compared,
    /// From outside: the trees are not compared.
    Given,
}

/// Why every service is affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllAffected {
    /// It was requested.
    Forced,
    /// There is nothing to compare with: a first push to the default branch, a scheduled run.
    NoRecord,
    /// The service was never released.
    NeverReleased,
    /// The service was never built.
    NeverBuilt,
    /// The service has no published image that names its commit.
    NeverPublished,
    /// The base cannot be reached.
    BaseUnreachable,
    /// It is not known which commits are new.
    UnknownRange,
}

impl Tip {
    /// Returns the changes of the work tree that count; none if a commit alone is planned.
    #[must_use]
    pub fn work_tree(&self) -> ChangeSet {
        match self.state {
            HeadState::WorkTree => self.on_top.clone(),
            HeadState::Commit => ChangeSet::default(),
        }
    }
}

impl Comparison {
    /// Returns the comparison with nothing.
    #[must_use]
    pub fn nothing(source: impl Into<String>, everyone: Option<AllAffected>) -> Self {
        Self { source: source.into(), bases: Vec::new(), changes: Changes::Compared, everyone }
    }

    /// Returns the first base, for messages.
    #[must_use]
    pub fn base(&self) -> Option<CommitId> {
        self.bases.first().copied().flatten()
    }

    /// Returns the same comparison with every service affected, since the trees of its base cannot be reached.
    #[must_use]
    pub fn out_of_reach(self) -> Self {
        Self { bases: Vec::new(), everyone: Some(AllAffected::BaseUnreachable), ..self }
    }
}
