use crate::model::name::{CommitId, TagName};

/// The result of `git describe` at a commit, with the release tags of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The service's last release tag before or at the commit; `None` before the first release.
    pub tag: Option<TagName>,
    /// The number of commits since the tag, as `git describe` counts them; without a tag, the number of all commits.
    pub distance: u32,
    /// The commit that is described.
    pub commit: CommitId,
    /// Whether tag and distance are certain.
    pub trust: Trust,
    /// A tag that is nearer than `tag`, but is no release: where the pattern has the version, the tag has a version of
    /// another scheme, or a text that is almost a version. If there is such a tag, the service has no version.
    pub unread: Option<TagName>,
}

/// Whether a description would be the same with the whole history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It would be the same.
    Exact,
    /// The walk reached the boundary of a shallow clone: the distance may be too small, and the tag may be wrong.
    Shallow,
}
