//! Chooses the commit to compare with, and says why.
//!
//! What is not known widens the answer and is reported, and never narrows it: a base that cannot be reached makes every
//! service affected.

mod choose;
mod default_branch;
mod doubt;
mod ci_event;
mod checkout_fit;
mod local;
mod notes;

pub use choose::choose;
pub use default_branch::default_branch;
pub use doubt::Doubt;
pub use notes::Notes;

use crate::model::change::{ChangeSet, HeadState};
use crate::model::choice::Choice;
use crate::model::name::CommitId;

/// What the command line asks to compare.
#[derive(Debug, Clone, Default)]
pub struct RangeRequest {
    /// The commit that changes lead to; `HEAD`, and outside of CI the work tree on top of it, when absent.
    pub head: Option<String>,
    /// What it is compared with.
    pub compare: Compare,
    /// The default branch, if the command line names it.
    pub default_branch: Option<String>,
}

/// What head is compared with.
#[derive(Debug, Clone, Default)]
pub enum Compare {
    /// What the event says; outside of CI the default branch.
    #[default]
    Auto,
    /// A revision.
    Revision(End),
    /// Nothing: every service is asked for (`--all`).
    Everything,
    /// Each service with a base of its own (`--since`).
    Since(Since),
    /// Nothing: the changes come from outside (`--changed`).
    Given {
        /// The changes.
        changes: ChangeSet,
        /// What the configuration is compared with, if the command line names it.
        base: Option<End>,
    },
    /// Nothing: only what is asked for by name, and in these words.
    Nothing(String),
}

/// The end of a range from the command line.
#[derive(Debug, Clone)]
pub struct End {
    /// The revision as given.
    pub revision: String,
    /// From where changes count.
    pub from: From,
}

/// Where services have bases of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// At their newest release tags.
    Release,
    /// At their records: where they were last built.
    Built,
}

impl Choice for Since {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Release, "release", "The service's newest release tag"),
        (Self::Built, "built", "The commit at which the service was last built (see `rebake record`)"),
    ];
}

/// From where the changes of a range count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    /// The merge base of the two ends: git's three dots.
    #[default]
    MergeBase,
    /// The base itself: the two trees as they are (`--direct`).
    Base,
}

/// What is compared.
#[derive(Debug, Clone)]
pub struct Range {
    /// What changes lead to.
    pub tip: Tip,
    /// What it is compared with.
    pub comparison: Comparison,
}

/// The commit that changes lead to, with what stands on top of it.
#[derive(Debug, Clone)]
pub struct Tip {
    /// The commit; none in a repository without one.
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
    /// The commits whose trees the tip's is compared with, `None` being the empty tree; several where there are several
    /// merge bases, none where nothing is compared.
    pub bases: Vec<Option<CommitId>>,
    /// Where changes come from.
    pub changes: Changes,
    /// Why every service is affected, where it is.
    pub everyone: Option<AllAffected>,
}

/// Where the changes of a range come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changes {
    /// From the trees of the bases and head, and what stands on top.
    #[default]
    Compared,
    /// From outside: the trees are not compared.
    Given,
}

/// Why every service is affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllAffected {
    /// It was asked for.
    Forced,
    /// There is nothing to compare with: a first push to the default branch, a run by a clock.
    NoRecord,
    /// The service was never released.
    NeverReleased,
    /// The service was never built.
    NeverBuilt,
    /// The base cannot be reached.
    BaseUnreachable,
    /// Nothing tells which commits are new.
    UnknownRange,
}

impl Tip {
    /// Returns the changes of the work tree that count; none at a commit as it stands.
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

    /// Returns the same comparison with every service affected, since the trees of its base are out of reach.
    #[must_use]
    pub fn out_of_reach(self) -> Self {
        Self { bases: Vec::new(), everyone: Some(AllAffected::BaseUnreachable), ..self }
    }
}
