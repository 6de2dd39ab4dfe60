use super::UnknownService;
use crate::inputs::git::{self, FetchError, HistoryError, Lacking, Missing};
use crate::inputs::trigger::Kind;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped, ServiceName};
use crate::naming::release;
use crate::naming::version::{Scheme, VersionError};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository cannot be read, or git fails.
    #[error(transparent)]
    Git(#[from] git::GitError),
    /// A command to a remote failed.
    #[error(transparent)]
    Remote(#[from] git::RemoteError),
    /// A named service does not exist.
    #[error(transparent)]
    UnknownService(#[from] UnknownService),
    /// Releases were requested for a library, which has none.
    #[error("`{name}` is a library, so it has no releases: nothing builds it")]
    Library {
        /// The name of the library.
        name: ServiceName,
        /// The services that are built from it.
        instead: Vec<ServiceName>,
    },
    /// A named environment does not exist.
    #[error("there is no environment `{}`", Escaped::new(name))]
    UnknownEnvironment {
        /// The given name.
        name: String,
        /// The environment that was most likely meant; `None` if no name is similar.
        nearest: Option<String>,
        /// All environments.
        known: Vec<String>,
    },
    /// No environment is for events of this kind.
    #[error("no environment is for `{}`", kind.word())]
    NoEnvironment {
        /// The kind.
        kind: Kind,
    },
    /// The choice of the environment depends on whether a branch is the default branch. The default branch is not
    /// known.
    #[error(
        "no environment can be chosen for the branch `{}`: it is not known which branch is the default one",
        Escaped::new(branch)
    )]
    NoDefaultBranch {
        /// The branch that was pushed to.
        branch: String,
    },
    /// A release tag points to another commit than the one that is checked out.
    #[error("the tag `{}` is at {}, and {head} is checked out, so nothing can be released from it", Escaped::new(tag), commit.short(7))]
    WrongCheckout {
        /// The tag.
        tag: String,
        /// Its commit.
        commit: CommitId,
        /// The checked-out commit, shortened.
        head: String,
    },
    /// Base has a configuration, but head has none.
    #[error("base {} has a configuration, and head has none", base.short(7))]
    ConfigGone {
        /// The base.
        base: CommitId,
    },
    /// Changed paths match nothing, and `--unmatched error` is given.
    #[error("{message}")]
    Unmatched {
        /// The message about the paths.
        message: String,
        /// Suggestions about directories that seem to have moved.
        moved: Vec<String>,
        /// The advice about the other paths.
        advice: &'static str,
    },
    /// Patterns of services match no tracked file, and the policy (`--dead`) makes this an error.
    #[error("the patterns of {} match no tracked file", if problems.len() == 1 { "a service" } else { "some services" })]
    Dead {
        /// A problem for each such service, at least one.
        problems: Vec<Diagnostic>,
    },
    /// A version was given, but the plan has several services.
    #[error("a version can be given for one service only, and the plan has {services}")]
    VersionOfMany {
        /// How many services the plan has.
        services: usize,
    },
    /// History cannot be read.
    #[error(transparent)]
    History(#[from] git::HistoryError),
    /// The version of a service is not known.
    #[error("the version of `{service}` cannot be determined: {error}")]
    Version {
        /// The service.
        service: ServiceName,
        /// The reason.
        error: VersionError,
    },
    /// This clone lacks an object or history, and it could not be fetched.
    #[error("{error}")]
    Unfetched {
        /// The error that the fetch would have avoided.
        error: Box<Error>,
        /// Why the fetch failed.
        trouble: FetchError,
    },
    /// There is no next release.
    #[error(transparent)]
    Release(#[from] release::ReleaseError),
    /// The given version is invalid.
    #[error("`{}` is not a version of `{service}`, whose scheme is {scheme}", Escaped::new(version))]
    ManualVersion {
        /// The service.
        service: ServiceName,
        /// The given version.
        version: String,
        /// The service's scheme.
        scheme: Scheme,
    },
    /// Two services give an image the same tag.
    #[error("some services would push the same image")]
    SameTag {
        /// A problem for each pair of such services, at least one.
        problems: Vec<Diagnostic>,
    },
}

impl Lacking for Error {
    fn missing(&self) -> Option<Missing> {
        match self {
            Self::Git(error) => error.missing(),
            Self::Version { error: VersionError::Shallow { commit }, .. }
            | Self::History(HistoryError::TooShallow { commit }) => Some(Missing::History(vec![*commit])),
            Self::Remote(_)
            | Self::UnknownService(_)
            | Self::Library { .. }
            | Self::UnknownEnvironment { .. }
            | Self::NoDefaultBranch { .. }
            | Self::WrongCheckout { .. }
            | Self::NoEnvironment { .. }
            | Self::Unmatched { .. }
            | Self::Dead { .. }
            | Self::Release(_)
            | Self::VersionOfMany { .. }
            | Self::History(_)
            | Self::Version { .. }
            | Self::Unfetched { .. }
            | Self::ManualVersion { .. }
            | Self::ConfigGone { .. }
            | Self::SameTag { .. } => None,
        }
    }
}
