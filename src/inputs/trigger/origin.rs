/// Who may have written the code that a run sees, as far as the engine says.
///
/// Results of a run that is not [`Own`](Self::Own) are not pushed unless a flag asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The repository's own: a branch, a tag, or a pull request from one of its branches.
    Own,
    /// A fork's, or a pull request's of which the engine does not say that it is not.
    Fork,
    /// Anybody's, in a run that holds the repository's secrets: GitHub's `pull_request_target`, `issue_comment`, and
    /// `workflow_run` behind a pull request.
    Privileged,
}
