//! Chooses the commit to compare with, and says why.
//!
//! If a fact is not known, the plan gets more services, and a doubt names the fact. For example, if a base cannot be
//! reached, every service is affected.

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
    /// The revision to plan, if the command line names it. Otherwise `HEAD` is planned, and outside of CI also the work
    /// tree on top of it.
    pub head: Option<String>,
    /// What the planned revision is compared with.
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
    /// A base for each service (`--since`).
    Since(Since),
    /// Nothing: the changes come from outside (`--changed`).
    Given {
        /// The changes.
        changes: ChangeSet,
        /// The commit to compare the configuration with, if the command line names it.
        base: Option<End>,
    },
    /// Nothing: only the services that the command line names are planned. The plan shows this text in place of a
    /// range.
    Nothing(String),
}

/// A revision from the command line to compare with.
#[derive(Debug, Clone)]
pub struct End {
    /// The revision as given.
    pub revision: String,
    /// The point from which changes count.
    pub from: From,
}

/// The commit that is the base of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// The commit of its newest release tag.
    Release,
    /// The commit at which it was last built, which its built ref records.
    Built,
    /// The commit of its published image.
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
    /// The merge base of the two ends, as with `A...B` in git.
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
    /// What the tip is compared with.
    pub comparison: Comparison,
}

/// The commit that is planned, with the changes on top of it.
#[derive(Debug, Clone)]
pub struct Tip {
    /// The commit; `None` in a repository without commits.
    pub commit: Option<CommitId>,
    /// Whether the changes of the work tree count.
    pub state: HeadState,
    /// Changes on top of the commit's tree: the changes of the work tree, or changes that are given from outside
    /// (`--changed`).
    pub on_top: ChangeSet,
}

/// What a tip is compared with.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// How the base was chosen, in words.
    pub source: String,
    /// The commits whose trees are compared with the tree of the tip; `None` is the empty tree. There are several when
    /// there are several merge bases, and none when nothing is compared.
    pub bases: Vec<Option<CommitId>>,
    /// The origin of the changes.
    pub changes: Changes,
    /// Why every service is affected; `None` if only some may be.
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
    /// All services were requested.
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

    /// Returns the first base, for messages; `None` if there is none or it is the empty tree.
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
