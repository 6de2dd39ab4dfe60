use std::fmt;

use crate::model::name::CommitId;

/// The base that an event states: the commit to compare with.
///
/// Code that uses the base need not know the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseHint {
    /// The event states no base, so the comparison is with the merge base of head and the default branch. If no commit
    /// is ahead of the default branch, everything is affected, since the event may be about that branch without saying
    /// so. Everything is also affected if the event says that it is about the default branch.
    None,
    /// The branch is new, so the comparison is with the merge base of head and the default branch. If no commit is
    /// ahead of the default branch, nothing is affected. If the new branch is the default branch itself, everything is
    /// affected.
    NewBranch,
    /// This commit. Its tree is compared as it is, without a merge base.
    Commit(CommitId, Landmark),
    /// The base of a pull request. If head is the commit `merge`, the base is head's first parent. Otherwise it is the
    /// merge base of head and `base`, or, if `base` is `None`, of head and the target branch.
    PullRequest {
        /// The merge commit that the engine made of the pull request and its target. Its first parent is the tip of the
        /// target branch. `None` if the engine builds the pull request's own head, or merges the target into the pull
        /// request.
        merge: Option<CommitId>,
        /// A commit of the target branch. It takes precedence over `branch`: in a clone the branch may be older, which
        /// would hide changes that the pull request reverts.
        base: Option<CommitId>,
        /// The name of the target branch.
        branch: Option<String>,
    },
    /// The ref of the event was deleted: nothing is compared and nothing is affected.
    Gone,
    /// The event is about a release that it does not publish: nothing is compared and nothing is affected.
    Unpublished,
}

/// The role of the commit in [`BaseHint::Commit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Landmark {
    /// The tip of the branch before the push. It is used even after a forced push, since it was built last.
    Push,
    /// The commit of the branch's previous pipeline.
    Pipeline,
    /// The commit of the branch's last successful build.
    Success,
    /// The commit on which the merge queue or merge train builds this group.
    MergeQueue,
    /// The tip of the target branch into which the engine merged the merge request.
    Target,
    /// The tip of the target branch before a pull request was merged into it, as the event names it. The named commit
    /// may be older than that tip.
    BeforeMerge,
}

impl fmt::Display for Landmark {
    /// Writes words that fit after "since".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Push => "the push before this one",
            Self::Pipeline => "the pipeline before this one",
            Self::Success => "the last build that succeeded",
            Self::MergeQueue => "the commit that the merge queue builds on",
            Self::Target => "the tip of the target branch",
            Self::BeforeMerge => "the target branch before the merge",
        })
    }
}
