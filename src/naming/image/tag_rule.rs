use regex::Regex;

use super::scheme::Scheme;
use super::tag_expression::{Expression, Global, VersionPart};

/// One line of `tags`.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// The number of its line, from 0.
    pub(super) line: usize,
    pub(super) enable: Enable,
    /// Rules with a higher priority come first.
    pub(super) priority: i64,
    /// The rule's own prefix, which replaces the flavor's prefix; `None` if the rule has none.
    pub(super) prefix: Option<Expression<Global>>,
    /// The rule's own suffix, which replaces the flavor's suffix; `None` if the rule has none.
    pub(super) suffix: Option<Expression<Global>>,
    pub(super) source: Source,
}

/// Whether a rule is enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enable {
    Always,
    Never,
    OnDefaultBranch,
    OffDefaultBranch,
}

/// The `type` of a rule, with its attributes: where the tag comes from.
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

/// How many digits of a commit's id a tag has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShaFormat {
    Short,
    Long,
}

impl Source {
    /// Whether tags of this type belong to releases: tags from versions, and tags from matches in the tag of a release.
    pub(super) fn is_of_releases(&self) -> bool {
        matches!(self, Self::Version { .. } | Self::Match { value: None, .. })
    }

    /// Whether a rule of this type makes `latest=auto` give the tag `latest`.
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
