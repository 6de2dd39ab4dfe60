use super::describe;
use super::{Repository, Tag};
use crate::model::name::{CommitId, TagName};
use crate::model::shallow_clone::WHOLE_HISTORY;
use crate::naming::version::{Described, TagPattern};

/// Options of [`Repository::describe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DescribeOptions<'a> {
    /// The parents of a merge that are followed to find releases.
    pub parents: Parents,
    /// The rule for when git stops looking for tags.
    pub stop: StopRule,
    /// The tag that was pushed. If a service has several tags on its commit, this tag is used.
    pub pushed: Option<&'a TagName>,
}

/// The parents of a merge that are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parents {
    /// All parents.
    #[default]
    All,
    /// Only the first parent (`git describe --first-parent`). A release that was tagged on a merged branch is not
    /// found.
    First,
}

/// The rule for when git stops looking for tags. Of the tags that were found by then, the nearest wins.
///
/// The two rules differ only if a merge brings in a tag that the first-parent side does not have. That is more likely
/// in a monorepo, where each service has few tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopRule {
    /// git 2.48 and later: when git has found ten tagged commits, or all tagged commits if there are fewer.
    #[default]
    Git248,
    /// git up to 2.47: when git finds an eleventh tagged commit.
    Git247,
}

/// The description of each service, and the work that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptions {
    /// One description for each entry of `wanted` of [`Repository::describe`], in the order of the entries.
    pub services: Vec<Described>,
    /// The tags that look like tags of a service but have no version, such as `docs-v1` and `api@latest`, sorted by
    /// name. These tags are not used.
    pub ignored: Vec<TagName>,
    /// Counts of the work that was done.
    pub work: WalkCounts,
}

/// Counts of the work that [`Repository::describe`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WalkCounts {
    /// The number of commits that were walked. Each commit is walked once, for all services.
    pub commits: u32,
    /// The number of commits that were read from commit objects, since the commit-graph did not have them. Commits that
    /// were still in the queue at the end are included.
    pub objects: u32,
    /// The number of passes over the recorded walk. Each pass handles up to 256 tagged commits.
    pub passes: u32,
    /// The number of additional walks for single services. Such a walk is needed if the commit at which git stops is of
    /// the same second as other commits.
    pub replays: u32,
}

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The refs cannot be listed.
    #[error("the tags of this repository cannot be read")]
    Refs {
        /// The error of gix.
        #[source]
        source: gix::Error,
    },
    /// A commit of the history is not in this clone.
    #[error("commit {commit} is missing, although this clone is not shallow there")]
    Missing {
        /// The id of the commit.
        commit: CommitId,
    },
    /// A commit of the history cannot be read, or is not a commit.
    #[error("{commit} cannot be read as a commit")]
    Broken {
        /// The id of the commit.
        commit: CommitId,
        /// The error of gix, if there was one.
        #[source]
        source: Option<gix::Error>,
    },
    /// The commit-graph contradicts itself.
    #[error("the commit-graph of this repository is broken")]
    Graph {
        /// The error of gix.
        #[source]
        source: gix::Error,
    },
    /// The repository has a grafts file, which gives commits other parents. rebake does not read such a file.
    #[error("this repository has a grafts file, `.git/info/grafts`, which rebake does not read")]
    Grafts,
    /// The list of shallow commits cannot be read.
    #[error("the list of shallow commits cannot be read")]
    Shallow {
        /// The error of gix.
        #[source]
        source: gix::Error,
    },
    /// The commits since a release are not known, because the history of a shallow clone ends before the release.
    #[error("this clone is shallow: its history ends at commit {commit}, before the last release")]
    TooShallow {
        /// The commit whose parents were not fetched.
        commit: CommitId,
    },
    /// There are more commits than can be numbered.
    #[error("the history has more than two billion commits")]
    TooLong,
}

impl HistoryError {
    /// Returns advice on what to do about the error.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Refs { .. } => "`git for-each-ref refs/tags` shows how git reads them",
            Self::Missing { .. } | Self::Broken { .. } => {
                "`git fsck` tells what is wrong; `git fetch --refetch` fetches missing objects again"
            }
            Self::Graph { .. } => "write it again: `git commit-graph write --reachable`",
            Self::Grafts => "turn it into replace refs: `git replace --convert-graft-file`",
            Self::Shallow { .. } => "`git fetch --unshallow` fetches the whole history and removes the list",
            Self::TooShallow { .. } => WHOLE_HISTORY,
            Self::TooLong => "use a clone with less history",
        }
    }

    pub(super) fn refs(source: gix::Error) -> Self {
        Self::Refs { source }
    }
}

impl Repository {
    /// Describes a commit for every service at once. For each entry of `wanted`, this returns the tag and distance that
    /// `git describe --tags --match PATTERN… --exclude TAG… HEAD` returns. A tag is excluded if the scheme of its
    /// pattern cannot read its version. If a service has several releases on one commit, all but one are excluded: the
    /// tag that was pushed is kept, else the highest stable version, else the highest version.
    ///
    /// An entry has the patterns of one service. It has several patterns while the service migrates from one tag format
    /// to another. History is walked once for all services, and no further than needed. There are two intended
    /// differences to git. If the ref of a tag was renamed, the result has the name of the ref, not the name in the tag
    /// object. If a service has no tag, the result has the number of commits up to `head`; git fails in this case.
    ///
    /// # Errors
    /// When refs or commits cannot be read, or `head` is not a commit.
    pub fn describe(
        &self,
        head: &CommitId,
        wanted: &[Vec<TagPattern>],
        options: DescribeOptions<'_>,
    ) -> Result<Descriptions, HistoryError> {
        self.describe_by(&self.tags()?, head, wanted, options)
    }

    /// Returns the same as [`Repository::describe`], for tags that are already read.
    ///
    /// # Errors
    /// As for [`Repository::describe`].
    pub fn describe_by(
        &self,
        tags: &[Tag],
        head: &CommitId,
        wanted: &[Vec<TagPattern>],
        options: DescribeOptions<'_>,
    ) -> Result<Descriptions, HistoryError> {
        describe::describe(self, tags, head, wanted, options)
    }
}
