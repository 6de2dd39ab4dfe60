use crate::model::name::{CommitId, TagName};

/// What `git describe` says of a service at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The service's release tag that the commit stands on or behind; none before the first release.
    pub tag: Option<TagName>,
    /// How many commits were made since, in git's count; without a tag, how many lead to the commit.
    pub distance: u32,
    /// The commit that is described.
    pub commit: CommitId,
    /// Whether the history at hand was enough to know tag and distance.
    pub trust: Trust,
    /// A tag that is nearer, in commits, and in which the service's scheme reads no version, though another scheme does
    /// or it is almost one. Where it stands the service has no version.
    pub unread: Option<TagName>,
}

/// Whether a description is what the whole history would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is.
    Exact,
    /// The walk came to the boundary of a shallow clone where it mattered: the distance may be too small, and
    /// another tag the right one.
    Shallow,
}
