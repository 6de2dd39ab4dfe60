use super::describe;
use super::{Repository, Tag};
use crate::model::name::{CommitId, TagName};
use crate::model::shallow_clone::WHOLE_HISTORY;
use crate::naming::version::{Described, TagPattern};

/// How to describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DescribeOptions<'a> {
    /// Which parents of a merge lead to releases.
    pub parents: Parents,
    /// When git would stop looking for better tags.
    pub stop: StopRule,
    /// The tag that was pushed: of several on its commit it is the one that counts.
    pub pushed: Option<&'a TagName>,
}

/// Which parents of a merge are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parents {
    /// All of them.
    #[default]
    All,
    /// The first alone (`git describe --first-parent`): a release tagged on a merged branch does not count.
    First,
}

/// When a git looks no further for tags. Of those it has found by then, the nearest wins.
///
/// The two differ only where a merge brings in a tag that the first-parent side does not have; a monorepo has few
/// tags a service, so it meets this more often than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopRule {
    /// git 2.48 and later: once it has found ten tagged commits, or all there are.
    #[default]
    Git248,
    /// git up to 2.47: once it meets an eleventh.
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
    /// What was done for it, counted.
    pub work: WalkCounts,
}

/// Work that was done, counted and not timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WalkCounts {
    /// Commits taken from history, each once, however many services there are.
    pub commits: u32,
    /// Of these and the commits waiting behind them, how many had to be read as objects, for want of a commit-graph.
    pub objects: u32,
    /// Passes over the recorded history, each for as many as 256 tagged commits at once.
    pub passes: u32,
    /// Services that had to be walked alone, because of commits of the same second where git stops.
    pub replays: u32,
}

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The refs cannot be listed.
    #[error("the tags of this repository cannot be read")]
    Refs {
        /// What gix says.
        #[source]
        source: gix::Error,
    },
    /// A commit that history leads to is not there.
    #[error("commit {commit} is missing, and nothing says that this clone is shallow there")]
    Missing {
        /// Its id.
        commit: CommitId,
    },
    /// A commit that history leads to cannot be read, or is none.
    #[error("{commit} cannot be read as a commit")]
    Broken {
        /// Its id.
        commit: CommitId,
        /// What gix says, if it said anything.
        #[source]
        source: Option<gix::Error>,
    },
    /// The commit-graph contradicts itself.
    #[error("the commit-graph of this repository is broken")]
    Graph {
        /// What gix says.
        #[source]
        source: gix::Error,
    },
    /// History has other parents than its commits say, by a means that is not read.
    #[error("this repository has a grafts file, `.git/info/grafts`, which rebake does not read")]
    Grafts,
    /// The list of shallow commits cannot be read.
    #[error("the list of shallow commits cannot be read")]
    Shallow {
        /// What gix says.
        #[source]
        source: gix::Error,
    },
    /// The commits since a release cannot be told, because history ends before it.
    #[error("this clone is shallow: its history ends at commit {commit}, before the last release")]
    TooShallow {
        /// The commit whose parents were not fetched.
        commit: CommitId,
    },
    /// More commits than can be numbered.
    #[error("the history has more than two thousand million commits")]
    TooLong,
}

impl HistoryError {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Refs { .. } => "`git for-each-ref refs/tags` shows what git makes of them",
            Self::Missing { .. } | Self::Broken { .. } => {
                "`git fsck` tells what is wrong; `git fetch --refetch` brings missing objects back"
            }
            Self::Graph { .. } => "write it again: `git commit-graph write --reachable`",
            Self::Grafts => "turn it into replace refs: `git replace --convert-graft-file`",
            Self::Shallow { .. } => "`git fetch --unshallow` brings the whole history, and the list goes away",
            Self::TooShallow { .. } => WHOLE_HISTORY,
            Self::TooLong => "describe a clone with less history",
        }
    }

    pub(super) fn refs(source: gix::Error) -> Self {
        Self::Refs { source }
    }
}

impl Repository {
    /// Describes a commit for every service at once: for each entry of `wanted` what
    /// `git describe --tags --match PATTERN… --exclude TAG… HEAD` says, tag and distance, byte for byte. Left out are the
    /// tags that are no releases, because the scheme of their pattern reads no version in them, and all but one of
    /// several releases of a service on one commit: the one that was pushed stays, else the highest stable one, else the
    /// highest.
    ///
    /// An entry lists the patterns of one service, several while it migrates from one tag format to another. History
    /// is walked once, and no further than the service that needs most of it. Differences to git, both on purpose: a
    /// renamed tag object is known by its ref, and a service without a tag gets the number of commits that lead to
    /// the commit instead of an error.
    ///
    /// # Errors
    /// When refs or commits cannot be read, or `head` is no commit.
    pub fn describe(
        &self,
        head: &CommitId,
        wanted: &[Vec<TagPattern>],
        options: DescribeOptions<'_>,
    ) -> Result<Descriptions, HistoryError> {
        self.describe_by(&self.tags()?, head, wanted, options)
    }

    /// The same as [`Repository::describe`], with tags that were read before.
    ///
    /// # Errors
    /// As [`Repository::describe`].
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
