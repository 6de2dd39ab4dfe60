use std::collections::BTreeSet;

use super::object::commit_id;
use super::{GitError, Repository};
use crate::model::name::CommitId;

impl Repository {
    /// Returns the commits of `wanted` that are `head` or an ancestor of `head`. One walk searches for all of them, and
    /// ends when all are found. In a shallow clone, commits beyond the boundary are not found.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn reachable(&self, head: &CommitId, mut wanted: BTreeSet<CommitId>) -> Result<BTreeSet<CommitId>, GitError> {
        let reading = || GitError::reading("the history of commits");
        let mut found = BTreeSet::new();
        let start = self.commit(head)?.id;
        for commit in self.gix.rev_walk([start]).all().map_err(reading())? {
            if wanted.is_empty() {
                break;
            }
            let commit = commit_id(&commit.map_err(reading())?.id);
            if wanted.remove(&commit) {
                found.insert(commit);
            }
        }
        Ok(found)
    }
}
