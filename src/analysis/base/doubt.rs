use std::fmt;

use crate::inputs::git::{self, Lacking as _, Missing, RemoteBranch};
use crate::model::name::RepoPath;

/// A fact that is not known. Because of it, the plan has more services than necessary, or pushes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The kind of doubt, as a stable word such as `base-unreachable`.
    pub kind: &'static str,
    /// What is not known, and what was done about it; a sentence without a full stop.
    pub message: String,
    /// How to avoid the doubt next time.
    pub help: Option<String>,
    /// What to fetch so that the doubt disappears; `None` if a fetch does not help.
    pub cure: Option<Missing>,
}

impl Doubt {
    /// Returns the doubt about a base that git cannot reach, with git's reason.
    #[must_use]
    pub(crate) fn base_unreachable(error: &git::GitError) -> Self {
        Self {
            kind: "base-unreachable",
            message: format!("{error}; so every service counts as affected"),
            help: error.help().into_iter().next(),
            cure: error.missing(),
        }
    }

    /// Returns the doubt about parts of the work tree that could not be read, if there are any.
    #[must_use]
    pub fn of_work_tree(unsure: &git::Unsure) -> Option<Self> {
        (!unsure.is_empty()).then(|| Self {
            kind: "work-tree",
            message: format!("git cannot read all of the work tree ({unsure}); what it cannot read counts as changed"),
            help: Some("see what `git status` warns of, or leave it out with .gitignore".to_owned()),
            cure: None,
        })
    }

    /// Returns the doubt about whether a pattern matches a path.
    #[must_use]
    pub fn of_match(pattern: impl fmt::Display, path: &RepoPath) -> Self {
        Self {
            kind: "pattern",
            message: format!(
                "whether `{pattern}` matches {path} cannot be determined in time; so it counts as matched"
            ),
            help: Some("write a pattern with fewer groups that repeat".to_owned()),
            cure: None,
        }
    }

    /// Returns the doubt that a run has no base; `reason` says why.
    pub(crate) fn no_base(reason: &str, help: &str) -> Self {
        Self::of_kind("base-unreachable", reason, help)
    }

    /// Returns the doubt that it is not known which commits this run is about; `reason` says why.
    pub(super) fn no_event(reason: &str, help: &str) -> Self {
        Self::of_kind("unknown-range", reason, help)
    }

    fn of_kind(kind: &'static str, reason: &str, help: &str) -> Self {
        Self {
            kind,
            message: format!("{reason}; so every service counts as affected"),
            help: Some(help.to_owned()),
            cure: None,
        }
    }

    /// Returns the doubt with a branch of the remote as its cure.
    pub(super) fn cured_by_branch(self, branch: Option<RemoteBranch>) -> Self {
        Self { cure: branch.map(Missing::Branch), ..self }
    }
}
