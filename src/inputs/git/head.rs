use std::fmt;

use gix::bstr::{BStr, BString};

use super::object::commit_id;
use super::{GitError, Repository};
use crate::model::name::{CommitId, Escaped};

/// The short name of a branch, local or remote-tracking: `main`, `origin/main`. `Display` escapes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(BString);

/// The checked-out branch or commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch that has no commit yet.
    Unborn {
        /// The branch, such as `main`.
        branch: RefName,
    },
    /// A branch.
    Branch {
        /// The branch, such as `main`.
        name: RefName,
        /// The newest commit of the branch.
        commit: CommitId,
    },
    /// A commit, without a branch. This is the state after `git checkout TAG`, and often in CI.
    Detached {
        /// The commit.
        commit: CommitId,
    },
}

/// The default branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultBranch {
    /// Its short name, such as `origin/main`.
    pub name: RefName,
    /// The newest commit of the branch.
    pub commit: CommitId,
}

impl RefName {
    fn short(full: &BStr) -> Self {
        let prefixes = ["refs/heads/", "refs/remotes/", "refs/"];
        let short = prefixes.iter().find_map(|prefix| full.strip_prefix(prefix.as_bytes()));
        Self(short.unwrap_or(full).into())
    }

    /// Returns the bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Escaped::new(self.as_bytes()), f)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Head {
    /// Returns the commit; `None` if the branch has none yet.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Unborn { .. } => None,
            Self::Branch { commit, .. } | Self::Detached { commit } => Some(commit),
        }
    }
}

impl Repository {
    /// Returns the checked-out branch or commit.
    ///
    /// # Errors
    /// When `HEAD` cannot be read, or names neither a branch nor a commit.
    pub fn head(&self) -> Result<Head, GitError> {
        let mut head = self.gix.head().map_err(GitError::reading("HEAD"))?;
        let branch = head.referent_name().map(|name| RefName::short(name.as_bstr()));
        match (branch, head.try_peel_to_id().map_err(GitError::reading("HEAD"))?) {
            (Some(branch), None) => Ok(Head::Unborn { branch }),
            (Some(name), Some(id)) => Ok(Head::Branch { name, commit: commit_id(&id) }),
            (None, Some(id)) => Ok(Head::Detached { commit: commit_id(&id) }),
            (None, None) => Err(GitError::reading("HEAD")("it names neither a branch nor a commit")),
        }
    }

    /// Returns the default branch. If `named` is a name, this is the branch `origin/NAME`, or `NAME` if there is no
    /// `origin/NAME`. If `named` is `None`, it is the branch to which `origin/HEAD` points, or the first that exists of
    /// `origin/main`, `origin/master`, `main` and `master`. `origin` stands for the remote that [`Repository::remote`]
    /// returns. `None` if there is no such branch, or if it cannot be read.
    #[must_use]
    pub fn default_branch(&self, named: Option<&str>) -> Option<DefaultBranch> {
        let remote = self.remote();
        let candidates = match named {
            Some(name) => vec![format!("refs/remotes/{remote}/{name}"), format!("refs/heads/{name}")],
            None => vec![
                format!("refs/remotes/{remote}/HEAD"),
                format!("refs/remotes/{remote}/main"),
                format!("refs/remotes/{remote}/master"),
                "refs/heads/main".to_owned(),
                "refs/heads/master".to_owned(),
            ],
        };
        candidates.iter().find_map(|name| self.branch(name))
    }

    /// Returns the name that the remote's default branch had when this clone was made, such as `main`; `None` if the
    /// clone has no record of it.
    #[must_use]
    pub fn remote_head(&self) -> Option<String> {
        self.head_of(&self.remote())
    }

    pub(super) fn head_of(&self, remote: &str) -> Option<String> {
        let reference = self.gix.try_find_reference(&format!("refs/remotes/{remote}/HEAD")).ok()??;
        let target = reference.target().try_name()?.as_bstr().to_string();
        target.strip_prefix(&format!("refs/remotes/{remote}/")).map(str::to_owned)
    }

    /// Whether there is a reference of this full name.
    pub(super) fn has_reference(&self, full_name: &str) -> bool {
        matches!(self.gix.try_find_reference(full_name), Ok(Some(found)) if found.name().as_bstr() == full_name)
    }

    fn branch(&self, full_name: &str) -> Option<DefaultBranch> {
        let mut reference = self.gix.try_find_reference(full_name).ok()??;
        // For a symbolic reference such as `origin/HEAD`, the name is the name of the branch to which it points.
        while let Some(next) = reference.follow() {
            reference = next.ok()?;
        }
        let name = RefName::short(reference.name().as_bstr());
        let commit = commit_id(&reference.peel_to_id().ok()?);
        self.contains(&commit).then_some(DefaultBranch { name, commit })
    }
}
