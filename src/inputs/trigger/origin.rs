/// Who may have written the code that a run builds, as far as the engine says.
///
/// Results of a run whose origin is not [`Own`](Self::Own) are only pushed if a flag allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The repository itself: a branch, a tag, or a pull request from one of its branches.
    Own,
    /// A fork, or a pull request that may be from a fork, since the engine does not say.
    Fork,
    /// Anyone, in a run with access to the repository's secrets: GitHub's `pull_request_target`, `issue_comment`, and
    /// `workflow_run` after a pull request.
    Privileged,
}
