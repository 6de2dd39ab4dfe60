//! Reads objects by their ids, and reports missing ones.

use gix::objs::Kind;

use super::{GitError, Repository, RevisionError, RevisionFault};
use crate::model::name::CommitId;
use crate::model::tree::ObjectFormat;
use crate::naming::version;

impl Repository {
    /// Returns the hash function of this repository's object ids.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        if self.gix.object_hash().len_in_bytes() == 20 { ObjectFormat::Sha1 } else { ObjectFormat::Sha256 }
    }

    /// Whether this clone has the commit.
    #[must_use]
    pub fn contains(&self, commit: &CommitId) -> bool {
        self.commit(commit).is_ok()
    }

    /// Returns the committer's date of a commit, in seconds since 1970 (UTC).
    ///
    /// # Errors
    /// When the clone does not have the commit, or the date of the commit cannot be read.
    pub fn commit_time(&self, commit: &CommitId) -> Result<i64, GitError> {
        let time = self.commit(commit)?.time().map_err(GitError::reading(format!("the date of commit {commit}")))?;
        Ok(time.seconds)
    }

    /// Returns the id, the message and the number of parents of a commit. The next version of a service depends on
    /// them.
    ///
    /// # Errors
    /// When the clone does not have the commit, or the commit cannot be read.
    pub fn commit_message(&self, commit: &CommitId) -> Result<version::Commit, GitError> {
        let found = self.commit(commit)?;
        let reading = GitError::reading(format!("the message of commit {commit}"));
        let message = String::from_utf8_lossy(found.message_raw().map_err(reading)?).into_owned();
        Ok(version::Commit { id: *commit, message, parents: found.parent_ids().count() })
    }

    pub(super) fn commit(&self, commit: &CommitId) -> Result<gix::Commit<'_>, GitError> {
        let missing = || GitError::MissingCommit { commit: *commit, shallow: self.is_shallow() };
        // An id of the other object format is no object of this repository.
        let id = gix::ObjectId::try_from(commit.as_bytes()).map_err(|_| missing())?;
        if id.kind() != self.gix.object_hash() {
            return Err(missing());
        }
        let object = self.gix.try_find_object(id).map_err(GitError::reading(format!("commit {commit}")))?;
        let object = object.ok_or_else(missing)?;
        match object.kind {
            Kind::Commit => Ok(object.into_commit()),
            kind => {
                let fault = RevisionFault::NotACommit { kind: kind.to_string() };
                Err(GitError::Revision(RevisionError { revision: commit.to_string(), fault }))
            }
        }
    }

    /// Returns the id of a commit's root tree; if there is no commit, the id of the empty tree. The tree itself may be
    /// missing.
    pub(super) fn tree_id(&self, commit: Option<&CommitId>) -> Result<gix::ObjectId, GitError> {
        let Some(commit) = commit else { return Ok(self.gix.object_hash().empty_tree()) };
        let tree = self.commit(commit)?.tree_id().map_err(GitError::reading(format!("commit {commit}")))?;
        Ok(tree.detach())
    }
}

/// Converts the id of a commit from gix's type.
pub(super) fn commit_id(id: &gix::oid) -> CommitId {
    CommitId::from_bytes(id.as_bytes()).expect("git has two object formats, of 20 and of 32 bytes")
}
