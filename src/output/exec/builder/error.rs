use std::io;
use std::path::PathBuf;

use crate::model::name::RepoDirError;

/// Why a service cannot be built on this machine. Names in the error are escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuilderError {
    /// It has neither a builder nor files that determine one.
    #[error("`{0}` cannot be built: it has neither `run` nor `builder` nor a Dockerfile")]
    NoRecipe(String),
    /// A command or a task builds it, and a bake file only has images.
    #[error("`{0}` is not built from a Dockerfile, and bake builds nothing else")]
    NotByDocker(String),
    /// It has a command in `before`, which bake cannot run.
    #[error("`{0}` has a command in `before`, and bake runs none")]
    Before(String),
    /// Its `run` is an empty list.
    #[error("`{0}`: `run` names no program")]
    EmptyCommand(String),
    /// Its path is not in the work tree.
    #[error("`{service}`: {reason}")]
    Path {
        /// The service.
        service: String,
        /// What is wrong with the path.
        reason: RepoDirError,
    },
    /// A file or directory that the build needs does not exist, or cannot be read.
    #[error("`{service}`: {}: {reason}", .path.display())]
    Missing {
        /// The service.
        service: String,
        /// The key in filters.yaml that names the file or directory.
        key: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        reason: io::Error,
    },
    /// A file or directory that the build needs is outside of the work tree, because of a symbolic link or `..`.
    #[error("`{service}` would be built from {}, outside of the work tree", .target.display())]
    Outside {
        /// The service.
        service: String,
        /// The key in filters.yaml that names the file or directory.
        key: &'static str,
        /// The file or directory, with symbolic links resolved.
        target: PathBuf,
    },
    /// A path is not UTF-8, so it cannot be an argument of the builder.
    #[error("`{service}`: the path {} is not UTF-8", .path.display())]
    NotUtf8 {
        /// The service.
        service: String,
        /// The path.
        path: PathBuf,
    },
    /// The builder of the service makes images, but the service has no name for its image.
    #[error("`{service}` is built by {builder}, and has no name for its image")]
    NoImage {
        /// The service.
        service: String,
        /// The builder.
        builder: &'static str,
    },
    /// The image would be pushed, but its name is for this machine only.
    #[error("`{service}` would be pushed as `{image}`, which is a name for this machine only")]
    LocalImage {
        /// The service.
        service: String,
        /// The name of the image.
        image: String,
    },
    /// The key of a label is empty or contains `=`, so a builder would set another label.
    #[error("`{service}`: `{key}` cannot be the key of a label")]
    Label {
        /// The service.
        service: String,
        /// The key.
        key: String,
    },
    /// A build argument or a context contains an unknown value, such as the version in a shallow clone.
    #[error("`{service}`: the value of `{argument}` is not known to the plan")]
    Argument {
        /// The service.
        service: String,
        /// The key in filters.yaml.
        key: &'static str,
        /// The argument's name.
        argument: String,
    },
    /// The builder does not support a setting.
    #[error("`{service}`: {builder} does not know `{value}` in `{key}`")]
    Unknown {
        /// The service.
        service: String,
        /// The builder.
        builder: &'static str,
        /// The key in filters.yaml.
        key: &'static str,
        /// The value of the key.
        value: String,
    },
}

impl BuilderError {
    /// Returns the service.
    #[must_use]
    pub fn service(&self) -> &str {
        match self {
            Self::NoRecipe(service)
            | Self::NotByDocker(service)
            | Self::Before(service)
            | Self::EmptyCommand(service)
            | Self::Path { service, .. }
            | Self::Missing { service, .. }
            | Self::Outside { service, .. }
            | Self::NotUtf8 { service, .. }
            | Self::NoImage { service, .. }
            | Self::LocalImage { service, .. }
            | Self::Label { service, .. }
            | Self::Argument { service, .. }
            | Self::Unknown { service, .. } => service,
        }
    }

    /// Returns the key of the service whose value is wrong, and the wrong item of that value. Both are empty if the
    /// problem is not in a single key; the item is empty if the whole value is wrong.
    #[must_use]
    pub fn key(&self) -> (&'static str, &str) {
        match self {
            Self::NoRecipe(_) | Self::NotByDocker(_) | Self::NoImage { .. } | Self::NotUtf8 { .. } => ("", ""),
            Self::LocalImage { .. } => ("image", ""),
            Self::Before(_) => ("before", ""),
            Self::EmptyCommand(_) => ("run", ""),
            Self::Path { .. } => ("path", ""),
            Self::Missing { key, .. } | Self::Outside { key, .. } => (key, ""),
            Self::Label { key, .. } => ("labels", key),
            Self::Argument { key, argument, .. } => (key, argument),
            Self::Unknown { key, value, .. } => (key, value),
        }
    }

    /// Returns what the user can do about the error, if anything.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoRecipe(_) => Some(
                "give it a command with `run`, or a `builder`, or a Dockerfile in its path; with `--discover`, what compose files and Dockerfiles declare is built instead",
            ),
            Self::NotByDocker(_) | Self::Before(_) => {
                Some("leave it out with `--only`, or build it with `rebake build`")
            }
            Self::EmptyCommand(_) => Some("write the program and its arguments, or a text for a shell"),
            Self::NoImage { .. } => {
                Some("name it, for all services at once: `defaults: {image: \"ghcr.io/acme/{{name}}\"}`")
            }
            Self::LocalImage { .. } => Some(
                "name it in its registry, such as `image: \"ghcr.io/acme/{{name}}\"` in filters.yaml, which `rebake init --write` begins; or leave it on this machine: `--no-push`",
            ),
            Self::Argument { .. } => Some("give it a `path`, and make the plan in a whole clone"),
            Self::Unknown { key: "flags", .. } => Some("build it with `rebake build`, which passes all flags on"),
            Self::Unknown { key: "attest", .. } => Some("only the builder `docker` makes attestations"),
            Self::Unknown { .. } => Some(
                "only `docker` supports all of BuildKit's caches; the others cache in a registry: `type=registry,ref=REPOSITORY`",
            ),
            Self::Path { .. }
            | Self::Missing { .. }
            | Self::Outside { .. }
            | Self::NotUtf8 { .. }
            | Self::Label { .. } => None,
        }
    }
}
