use crate::model::name::{CommitId, TagName};

/// The `git describe` of a service at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The service's last release tag before or at the commit; `None` before the first release.
    pub tag: Option<TagName>,
    /// How many commits were made since, as git counts; without a tag, how many commits there are.
    pub distance: u32,
    /// The commit that is described.
    pub commit: CommitId,
    /// Whether tag and distance are certain.
    pub trust: Trust,
    /// A nearer tag with a version that the service's scheme cannot read, although another scheme can or it is almost a
    /// version. With such a tag the service has no version.
    pub unread: Option<TagName>,
}

/// Whether a description would be the same with the whole history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It would be the same.
    Exact,
    /// The walk reached the boundary of a shallow clone: the distance may be too small, and the tag may be the wrong
    /// one.
    Shallow,
}
