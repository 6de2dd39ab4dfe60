use std::fmt;

use crate::model::name::CommitId;

/// The base that an event states: the commit to compare with.
///
/// The differences between engines end here: code that reads this need not know the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseHint {
    /// The event states no base: changes ahead of the default branch count. If there are none, or on the default branch
    /// itself, everything counts, since the run may be about that branch without saying so.
    None,
    /// The branch is new: changes ahead of the default branch count, and there may be none. On the default branch
    /// itself, everything counts.
    NewBranch,
    /// This commit, whose tree is compared as it is.
    Commit(CommitId, Landmark),
    /// A pull request. If head is the commit `merge`, it is compared with its first parent; else with the merge base of
    /// head and `base`, or the target branch if the event names no such commit.
    PullRequest {
        /// The commit in which the engine merged the pull request into its target, so that its first parent is the
        /// target's tip. Absent if the engine builds the pull request's own head, or merges the target into the pull
        /// request.
        merge: Option<CommitId>,
        /// A commit of the target branch. The branch in a clone may be older, which would hide what the pull request
        /// reverts, or newer, which makes no difference.
        base: Option<CommitId>,
        /// The target branch.
        branch: Option<String>,
    },
    /// The ref of the event was deleted: nothing is compared and nothing is affected.
    Gone,
    /// The event publishes nothing: nothing is compared and nothing is affected.
    Unpublished,
}

/// The role of a commit that an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Landmark {
    /// The branch's tip before the push, even after a forced push, since that is what was built last.
    Push,
    /// The head of the branch's pipeline before this one.
    Pipeline,
    /// The head of the branch's last build that succeeded.
    Success,
    /// The commit on which the merge queue or merge train builds this group.
    MergeQueue,
    /// The tip of the target branch on which the engine merged the merge request.
    Target,
    /// The target branch before a pull request was merged into it, according to the event. It may be older.
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
