//! Compares the checked-out commit with the commits that the event is about.

use super::choose::Choice;
use crate::inputs::git::{self, Lacking as _};
use crate::inputs::trigger::EventSubject;
use crate::model::name::CommitId;

/// How the checked-out commit relates to the commits of an event.
pub(super) enum Fit {
    /// The checked-out commit is one of the event's commits, or descends from one of them.
    Fits,
    /// The event is about no commit.
    NoSubject,
    /// The event is about this commit, and the checked-out commit is not known to descend from it.
    Elsewhere(CommitId),
}

impl Choice<'_> {
    /// Compares the checked-out commit with the commits of the event.
    pub(super) fn fit(&mut self) -> Result<Fit, git::GitError> {
        let trigger = self.trigger;
        let (head, commits) = match (self.tip.commit, &trigger.subject) {
            (_, EventSubject::None) => return Ok(Fit::NoSubject),
            (None, _) | (_, EventSubject::CheckedOut) => return Ok(Fit::Fits),
            (Some(head), EventSubject::Commits(commits)) => (head, commits),
        };
        if commits.contains(&head) {
            return Ok(Fit::Fits);
        }
        for commit in commits {
            if self.descends(&head, commit)? {
                return Ok(Fit::Fits);
            }
        }
        Ok(commits.first().map_or(Fit::Fits, |commit| Fit::Elsewhere(*commit)))
    }

    /// Whether a commit descends from another one; `false` if git cannot tell. Then the plan may have more services.
    fn descends(&mut self, head: &CommitId, from: &CommitId) -> Result<bool, git::GitError> {
        let repository = self.repository;
        // A complete clone contains all ancestors of its commits.
        if !repository.is_shallow() && !repository.contains(from) {
            return Ok(false);
        }
        match self.repository.with_fetching(|| repository.is_ancestor(from, head)) {
            Err(error) if error.missing().is_some() || error.is_doubt() => Ok(false),
            answer => answer,
        }
    }
}
