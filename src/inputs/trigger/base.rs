use std::fmt;

use crate::model::name::CommitId;

/// What an event says of the commit to compare with.
///
/// The differences between engines end here: code that turns this into a base needs to know no engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseHint {
    /// Nothing: what is ahead of the default branch counts. Where nothing is, and on the default branch itself,
    /// everything: the run may be about that branch without saying so.
    None,
    /// The branch is new: what is ahead of the default branch counts, and that may be nothing. On the default branch
    /// itself everything.
    NewBranch,
    /// The tree of this commit is compared as it is.
    Commit(CommitId, Landmark),
    /// A pull request: where head is the commit `merge`, its first parent; else the merge base of head with `base`, or
    /// with the target branch where the event names no such commit.
    PullRequest {
        /// The commit in which the engine merged the pull request into its target, so that its first parent is the
        /// target's tip. Absent where the engine builds the pull request's own head, or merges the other way round.
        merge: Option<CommitId>,
        /// A commit of the target branch. What a clone calls that branch may be older, which would hide changes, or newer,
        /// which makes no difference.
        base: Option<CommitId>,
        /// The target branch.
        branch: Option<String>,
    },
    /// What the event is about is gone: nothing is compared and nothing is affected.
    Gone,
    /// The event publishes nothing: nothing is compared and nothing is affected.
    Unpublished,
}

/// The role of a commit that an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Landmark {
    /// The branch's tip before the push. Right after a forced push too: that is what was built last.
    Push,
    /// The head of the branch's pipeline before this one.
    Pipeline,
    /// The head of the branch's last build that succeeded.
    Success,
    /// The commit that the merge queue or merge train puts this group upon.
    MergeQueue,
    /// The tip of the target branch, upon which the engine put a merge request to try it.
    Target,
    /// The target branch before a pull request was merged into it, as the event has it: it may be older.
    BeforeMerge,
}

impl fmt::Display for Landmark {
    /// Words that fit behind "since".
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
