//! What asked for the plan: the CI engine's event, or somebody at a keyboard (spec section 9).
//!
//! Values in, [`Trigger`] out: this room reads neither the environment nor files.

mod github;
mod kind;

pub use kind::Kind;

use crate::name::CommitId;

/// What asked for the plan, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The kind of event.
    pub kind: Kind,
    /// The full ref that it is about, such as `refs/heads/main`, where it has one.
    pub reference: Option<String>,
    /// The commit that it is about, where it names one; the work tree may hold another.
    pub commit: Option<CommitId>,
    /// What it says of the commit to compare with.
    pub base: BaseHint,
    /// The repository's default branch, where the engine names it.
    pub default_branch: Option<String>,
    /// What was asked for by hand.
    pub inputs: Inputs,
}

/// What an event says of the commit to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseHint {
    /// Nothing.
    None,
    /// The tip of the branch before the push, or the commit that a merge queue builds on: its tree is compared as
    /// it is.
    Commit(CommitId),
    /// The branch is new: there was nothing before the push.
    NewBranch,
    /// A pull request. Its event's base goes stale as the target branch moves on; where head is the merge commit
    /// that the engine made, that commit's first parent is the truth.
    PullRequest {
        /// The tip of the target branch when the event was raised.
        base: Option<CommitId>,
        /// The target branch.
        branch: Option<String>,
    },
}

/// What somebody who started the run by hand filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// The services, by name or path.
    pub services: Vec<String>,
    /// The version that takes the place of the computed one.
    pub version: Option<String>,
}

/// An event that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// A variable that the engine always sets is missing.
    #[error("{variable} is not set, although {because} says that this is {engine}")]
    Missing {
        /// The engine.
        engine: &'static str,
        /// The variable that is missing.
        variable: &'static str,
        /// The variable that made the engine known.
        because: &'static str,
    },
    /// The event file is not JSON.
    #[error("the event file of {engine} is not JSON: {reason}")]
    NotJson {
        /// The engine.
        engine: &'static str,
        /// What the JSON parser says.
        reason: String,
    },
}

impl Trigger {
    /// Returns the trigger of a run outside of any CI engine.
    #[must_use]
    pub fn local() -> Self {
        Self {
            kind: Kind::Local,
            reference: None,
            commit: None,
            base: BaseHint::None,
            default_branch: None,
            inputs: Inputs::default(),
        }
    }

    /// Reads what a CI engine says, [`Trigger::local`] where there is none.
    ///
    /// `variable` gives the value of an environment variable, `event` the text of the file that `GITHUB_EVENT_PATH`
    /// names. A variable that is set but empty counts as unset.
    ///
    /// # Errors
    /// When an engine is there, but does not say what it always says.
    pub fn read(variable: impl Fn(&str) -> Option<String>, event: Option<&str>) -> Result<Self, TriggerError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        // Gitea and Forgejo set these too.
        if variable("GITHUB_ACTIONS").is_some() { github::read(variable, event) } else { Ok(Self::local()) }
    }

    /// Returns the branch that the event is about, where it is about one.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/heads/")
    }

    /// Returns the tag that the event is about, where it is about one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/tags/")
    }
}
