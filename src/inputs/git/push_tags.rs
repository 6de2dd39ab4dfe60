//! Lists and pushes tags of a remote.

use std::collections::BTreeMap;

use gix::bstr::ByteSlice as _;

use super::Repository;
use super::program::ProgramError;
use super::remote::shown_remote;
use crate::model::name::{CommitId, TagName};

/// The maximum number of tags in one push. If a push has more tags, GitHub creates no event for it, so no workflow runs
/// for any of the tags.
pub const MOST_TAGS: usize = 3;

/// The reason why a git command to a remote failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The tags of the remote cannot be listed.
    #[error("the tags of `{}` cannot be listed: {source}", shown_remote(remote))]
    List {
        /// The remote.
        remote: String,
        /// The error of git.
        source: ProgramError,
    },
    /// The remote did not accept tags.
    #[error("`{}` did not accept {}: {source}", shown_remote(remote), listed(tags))]
    Push {
        /// The remote.
        remote: String,
        /// The tags of the push. The remote accepts all of them or none.
        tags: Vec<TagName>,
        /// The error of git.
        source: ProgramError,
    },
    /// The built refs of the remote cannot be listed.
    #[error("the built refs of `{}` cannot be read: {source}", shown_remote(remote))]
    Refs {
        /// The remote.
        remote: String,
        /// The error of git.
        source: ProgramError,
    },
    /// The remote did not accept the marks of builds.
    #[error(
        "`{}` did not accept `refs/rebake/begun/*`, the marks of builds that have begun: {source}",
        shown_remote(remote)
    )]
    Marks {
        /// The remote.
        remote: String,
        /// The error of git.
        source: ProgramError,
    },
    /// The remote did not accept built refs.
    #[error("`{}` did not accept the built refs: {source}", shown_remote(remote))]
    Swap {
        /// The remote.
        remote: String,
        /// The error of git.
        source: ProgramError,
    },
}

impl Repository {
    /// Returns the tags of a remote, with the objects that they point to.
    ///
    /// # Errors
    /// When the remote cannot be reached.
    pub fn remote_tags(&self, remote: &str) -> Result<BTreeMap<TagName, CommitId>, RemoteError> {
        let list = self.git(["ls-remote", "--quiet", "--tags", "--", remote]).run(b"");
        let list = list.map_err(|source| RemoteError::List { remote: remote.to_owned(), source })?;
        Ok(read_tags(&list))
    }

    /// Pushes tags to a remote, which accepts all of them or none.
    ///
    /// # Errors
    /// When the remote refuses the push, or cannot be reached.
    pub fn push_tags(&self, remote: &str, tags: &[TagName]) -> Result<(), RemoteError> {
        let mut push = self.git(["push", "--quiet", "--atomic", "--", remote]);
        for tag in tags {
            let name = String::from_utf8_lossy(tag.as_bytes());
            push = push.arg(format!("refs/tags/{name}:refs/tags/{name}"));
        }
        let failed = |source| RemoteError::Push { remote: remote.to_owned(), tags: tags.to_vec(), source };
        push.run(b"").map(drop).map_err(failed)
    }
}

/// Parses the output of `git ls-remote --tags`. A tag object is replaced by the object that it points to.
pub(super) fn read_tags(list: &[u8]) -> BTreeMap<TagName, CommitId> {
    let mut tags = BTreeMap::new();
    for line in list.split(|byte| *byte == b'\n') {
        let Some((id, name)) = line.split_once_str("\trefs/tags/") else { continue };
        if let Some(id) = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok()) {
            // After the line of a tag object comes the line of the object that it points to (`^{}`), whose id replaces
            // the first.
            tags.insert(TagName::from_git(name.strip_suffix(b"^{}").unwrap_or(name)), id);
        }
    }
    tags
}

fn listed(tags: &[TagName]) -> String {
    tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
