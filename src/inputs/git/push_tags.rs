//! Lists and pushes tags of a remote.

use std::collections::BTreeMap;

use gix::bstr::ByteSlice as _;

use super::Repository;
use super::program::ProgramError;
use super::remote::shown_remote;
use crate::model::name::{CommitId, TagName};

/// How many tags one push may send: GitHub raises no event for a push of more, so no workflow would see any of them.
pub const MOST_TAGS: usize = 3;

/// Why a command to a remote failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// Its tags cannot be listed.
    #[error("the tags of `{}` cannot be listed: {source}", shown_remote(remote))]
    List {
        /// The remote.
        remote: String,
        /// The error of git.
        source: ProgramError,
    },
    /// It did not accept tags.
    #[error("`{}` did not accept {}: {source}", shown_remote(remote), listed(tags))]
    Push {
        /// The remote.
        remote: String,
        /// The tags; all of them were accepted, or none.
        tags: Vec<TagName>,
        /// The error of git.
        source: ProgramError,
    },
    /// Its built refs cannot be listed.
    #[error("the built refs of `{}` cannot be read: {source}", shown_remote(remote))]
    Refs {
        /// The remote.
        remote: String,
        /// The error of git.
        source: ProgramError,
    },
    /// It did not accept the marks of builds.
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
    /// It did not accept built refs.
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
    /// When it cannot be reached.
    pub fn remote_tags(&self, remote: &str) -> Result<BTreeMap<TagName, CommitId>, RemoteError> {
        let list = self.git(["ls-remote", "--quiet", "--tags", "--", remote]).run(b"");
        let list = list.map_err(|source| RemoteError::List { remote: remote.to_owned(), source })?;
        Ok(read_tags(&list))
    }

    /// Pushes tags to a remote, which accepts all of them or none.
    ///
    /// # Errors
    /// When it refuses, or cannot be reached.
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
            // The line of the object that a tag object points to (`^{}`) follows that of the tag object.
            tags.insert(TagName::from_git(name.strip_suffix(b"^{}").unwrap_or(name)), id);
        }
    }
    tags
}

fn listed(tags: &[TagName]) -> String {
    tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
