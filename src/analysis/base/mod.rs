//! Chooses the commit to compare with, and says why.
//!
//! What is not known widens the answer and is reported, and never narrows it: a base that cannot be reached makes every
//! service affected.

mod choose;
mod default_branch;
mod doubt;
mod event;
mod fit;
mod local;

pub use choose::choose;
pub use default_branch::default_branch;
pub use doubt::Doubt;

use crate::model::change::{ChangeSet, Range};
use crate::model::choice::Choice;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::CommitId;

/// What the command line asks to compare.
#[derive(Debug, Clone, Default)]
pub struct Request {
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
pub struct Chosen {
    /// The two ends, for messages: the first of `bases`, and head.
    pub range: Range,
    /// How they were chosen, in words.
    pub source: String,
    /// The commits whose trees head's is compared with, `None` being the empty tree; several where there are
    /// several merge bases, none where nothing is compared.
    pub bases: Vec<Option<CommitId>>,
    /// Changes on top of those between the trees: the work tree's, or those given from outside.
    pub on_top: ChangeSet,
    /// Where changes come from.
    pub changes: Changes,
    /// Why every service is affected, where it is.
    pub everyone: Option<Everyone>,
    /// The doubts that widened it.
    pub doubts: Vec<Doubt>,
    /// Other notes about it.
    pub notes: Vec<Diagnostic>,
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
pub enum Everyone {
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
