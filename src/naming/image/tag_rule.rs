use regex::Regex;

use super::scheme::Scheme;
use super::tag_expression::{Expression, Global, VersionPart};

/// One line of `tags`.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Which of the lines it is, from 0.
    pub(super) line: usize,
    pub(super) enable: Enable,
    /// Rules with a higher one come first.
    pub(super) priority: i64,
    /// Its own prefix, in place of the flavor's.
    pub(super) prefix: Option<Expression<Global>>,
    /// Its own suffix, in place of the flavor's.
    pub(super) suffix: Option<Expression<Global>>,
    pub(super) source: Source,
}

/// When a rule takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enable {
    Always,
    Never,
    OnDefaultBranch,
    OffDefaultBranch,
}

/// Where a rule has its tag from: its `type`, and what belongs to that.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Schedule {
        pattern: Expression<Global>,
    },
    Version {
        scheme: Scheme,
        pattern: Expression<VersionPart>,
        value: Option<Expression<Global>>,
        within: Option<Regex>,
    },
    Match {
        pattern: Regex,
        group: usize,
        value: Option<Expression<Global>>,
    },
    Edge {
        branch: Option<String>,
    },
    RefBranch,
    RefTag,
    RefPullRequest,
    Raw {
        value: Expression<Global>,
    },
    Sha(ShaFormat),
}

/// How much of a commit's id a tag has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShaFormat {
    Short,
    Long,
}

impl Source {
    /// Whether its tags are those of releases: versions, and what is found in the tag of a release.
    pub(super) fn is_of_releases(&self) -> bool {
        matches!(self, Self::Version { .. } | Self::Match { value: None, .. })
    }

    /// Whether this is about releases, so that `latest=auto` moves `latest`.
    pub(super) fn is_about_releases(&self) -> bool {
        match self {
            Self::Version { .. } | Self::Match { .. } | Self::RefTag => true,
            Self::Schedule { .. }
            | Self::Edge { .. }
            | Self::RefBranch
            | Self::RefPullRequest
            | Self::Raw { .. }
            | Self::Sha(_) => false,
        }
    }
}
