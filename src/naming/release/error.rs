use crate::model::name::{CommitId, Escaped, ServiceName, TagName, TagNameError};
use crate::naming::version::{BumpError, Scheme, Version};

/// Why there is no next release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// A version was given for several services or none.
    #[error("a version can be given for one service only, and {lines} are asked for")]
    VersionOfMany {
        /// The number of requested release lines.
        lines: usize,
    },
    /// The given text is not a version of the service's scheme.
    #[error("`{}` is not a version of `{service}`, whose scheme is {scheme}", Escaped::new(text))]
    NoVersion {
        /// The service.
        service: ServiceName,
        /// The given text.
        text: String,
        /// The service's scheme.
        scheme: Scheme,
    },
    /// A calendar version cannot be raised by a bump.
    #[error("the next calendar version of `{service}` does not follow from its commits")]
    NoNext {
        /// The service.
        service: ServiceName,
    },
    /// The given version has build metadata.
    #[error("{version} has build metadata, which does not order versions")]
    Build {
        /// The version.
        version: Version,
    },
    /// The given version is not higher than the current version.
    #[error("{next} of `{service}` would not be higher than {current}, its current version")]
    NotHigher {
        /// The service.
        service: ServiceName,
        /// Its current version.
        current: Version,
        /// The requested version.
        next: Version,
    },
    /// The version has a tag on another commit.
    #[error("the tag {tag} already exists, at commit {}", .commit.short(7))]
    Taken {
        /// The tag.
        tag: TagName,
        /// Its commit.
        commit: CommitId,
    },
    /// The tag already exists, and is not a release of this service.
    #[error("the tag {tag} already exists, and is not a release of `{service}`")]
    Other {
        /// The tag.
        tag: TagName,
        /// The service.
        service: ServiceName,
    },
    /// The current version cannot be raised.
    #[error("`{service}` has no next version: {error}")]
    Bump {
        /// The service.
        service: ServiceName,
        /// The reason.
        error: BumpError,
    },
    /// Git refuses the tag.
    #[error("{version} of `{service}` cannot be tagged: {error}")]
    Refused {
        /// The service.
        service: ServiceName,
        /// The version.
        version: Version,
        /// The reason.
        error: TagNameError,
    },
    /// Git cannot store the tag beside an existing tag.
    #[error("git cannot store the tag {tag} beside {obstacle}: one would be a directory of the other")]
    InTheWay {
        /// The tag to create.
        tag: TagName,
        /// The existing tag.
        obstacle: TagName,
    },
}

impl ReleaseError {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::VersionOfMany { .. } => "name the one service: `rebake release SERVICE --version X`",
            Self::NoVersion { scheme: Scheme::Semver, .. } => "write MAJOR.MINOR.PATCH, such as 1.2.3 or 1.3.0-rc.1",
            Self::NoVersion { scheme: Scheme::Calver, .. } => "write two to four dotted numbers, such as 2026.04.1",
            Self::NoNext { .. } => "name it: `rebake release SERVICE --version 2026.04.1`",
            Self::Build { .. } => "leave out what follows the `+`",
            Self::NotHigher { .. } => "choose a higher one, or let `--bump` find it",
            Self::Taken { .. } => "choose another version; a published release does not move",
            Self::Other { .. } | Self::InTheWay { .. } => "delete that tag, or give the service another `tag` format",
            Self::Bump { .. } => "choose another `--pre`, or name the version with `--version`",
            Self::Refused { .. } => "give the service a `tag:` of its own in filters.yaml",
        }
    }
}
