use super::describe;
use super::{Repository, Tag};
use crate::model::name::{CommitId, TagName};
use crate::model::shallow_clone::WHOLE_HISTORY;
use crate::naming::version::{Described, TagPattern};

/// Options of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DescribeOptions<'a> {
    /// Which parents of a merge are followed to find releases.
    pub parents: Parents,
    /// When git stops looking for nearer tags.
    pub stop: StopRule,
    /// The tag that was pushed. Of several tags on its commit, it is the one that counts.
    pub pushed: Option<&'a TagName>,
}

/// Which parents of a merge are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parents {
    /// All of them.
    #[default]
    All,
    /// Only the first (`git describe --first-parent`): a release that was tagged on a merged branch does not count.
    First,
}

/// When git stops looking for tags. Of the tags found by then, the nearest wins.
///
/// The two rules differ only if a merge brings in a tag that the first-parent side does not have. That is more likely
/// in a monorepo, where each service has few tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopRule {
    /// git 2.48 and later: when it has found ten tagged commits, or all there are.
    #[default]
    Git248,
    /// git up to 2.47: when it meets an eleventh.
    Git247,
}

/// The description of each service, and the work that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptions {
    /// One for each entry of `wanted`, in its order.
    pub services: Vec<Described>,
    /// The tags that look like those of a service and name no version, such as `docs-v1` and `api@latest`, sorted. They
    /// do not count.
    pub ignored: Vec<TagName>,
    /// The work that was done, counted.
    pub work: WalkCounts,
}

/// Work that was done, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WalkCounts {
    /// Commits taken from history. Each is taken once, for all services.
    pub commits: u32,
    /// How many of these commits, and of those that waited at the end, had to be read as objects, since there was no
    /// commit-graph.
    pub objects: u32,
    /// Passes over the recorded history, each for up to 256 tagged commits at once.
    pub passes: u32,
    /// Services that needed a walk of their own, because of commits of the same second where git stops.
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
        /// Its id.
        commit: CommitId,
    },
    /// A commit of the history cannot be read, or is not a commit.
    #[error("{commit} cannot be read as a commit")]
    Broken {
        /// Its id.
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
    /// A grafts file gives commits other parents; it is not read.
    #[error("this repository has a grafts file, `.git/info/grafts`, which rebake does not read")]
    Grafts,
    /// The list of shallow commits cannot be read.
    #[error("the list of shallow commits cannot be read")]
    Shallow {
        /// The error of gix.
        #[source]
        source: gix::Error,
    },
    /// The commits since a release are not known, because history ends before it.
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
    /// Returns what to do about it.
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
    /// Describes a commit for every service at once: returns, for each entry of `wanted`, the tag and distance of `git
    /// describe --tags --match PATTERN… --exclude TAG… HEAD`. The excluded tags are those whose version the scheme of
    /// their pattern cannot read, and all but one of several releases of a service on one commit: the one that was
    /// pushed counts, else the highest stable one, else the highest.
    ///
    /// An entry lists the patterns of one service, several while it migrates from one tag format to another. History is
    /// walked once, and no further than the service that needs most of it. There are two intended differences to git: a
    /// renamed tag object has the name of its ref, and for a service without a tag the number of commits up to `head`
    /// is returned instead of an error.
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
