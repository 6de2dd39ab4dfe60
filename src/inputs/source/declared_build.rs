use std::collections::BTreeMap;

use super::DeclaredAt;
use crate::model::name::RepoDir;

/// A build of an image that a file of the repository declares.
#[derive(Debug, Clone)]
pub struct DeclaredBuild {
    /// Its name in the file: the service of a compose file, the target of a bake file, the job of a workflow.
    pub name: String,
    /// The place that declares it.
    pub at: DeclaredAt,
    /// Its build context.
    pub context: BuildContext,
    /// Its Dockerfile.
    pub dockerfile: DockerfileOf,
    /// The stage that is built.
    pub target: BuildTarget,
    /// Its arguments; `None` for one whose value is not known here.
    pub arguments: BTreeMap<String, Option<String>>,
    /// The contexts that have a name.
    pub contexts: BTreeMap<String, NamedContext>,
    /// The references of the image as written, with variables.
    pub images: Vec<String>,
}

/// Where a build's files come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildContext {
    /// A directory of the repository.
    Directory(RepoDir),
    /// Something outside of the repository.
    Elsewhere,
    /// A value that is known only when it is built, as written.
    Unknown(String),
}

/// Where a build's Dockerfile is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DockerfileOf {
    /// A file of the repository.
    File(String),
    /// Inline, in the file that declares the build: this text.
    Inline(String),
    /// A value that is known only when it is built, as written.
    Unknown(String),
}

/// Which stage a build ends with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildTarget {
    /// The last one.
    Last,
    /// The one of that name.
    Stage(String),
    /// A stage that is known only when it is built.
    Unknown,
}

/// The value of a named context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedContext {
    /// A directory of the repository.
    Directory(RepoDir),
    /// The result of another build of the same file, by name.
    Build(String),
    /// An image, by its reference.
    Image(String),
    /// Something outside of the repository.
    Elsewhere,
    /// A value that is known only when it is built, as written.
    Unknown(String),
}

/// A text in which the known variables are filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Filled {
    /// The whole text.
    Known(String),
    /// The text as written.
    Unknown(String),
}

impl Filled {
    /// Returns the text, if it is known.
    pub(super) fn known(self) -> Option<String> {
        if let Self::Known(text) = self { Some(text) } else { None }
    }
}

impl BuildContext {
    /// Returns the context that a text names, relative to a directory.
    pub(super) fn of(base: &RepoDir, text: Filled) -> Self {
        match text {
            Filled::Unknown(text) => Self::Unknown(text),
            Filled::Known(text) if is_elsewhere(&text) => Self::Elsewhere,
            // A directory outside of the repository holds none of its files.
            Filled::Known(text) => directory(base, &text).map_or(Self::Elsewhere, Self::Directory),
        }
    }

    /// Returns the file that a text names, relative to this context; without a text, its `Dockerfile`.
    pub(super) fn dockerfile(&self, text: Option<Filled>) -> DockerfileOf {
        match self {
            Self::Directory(directory) => DockerfileOf::within(directory, text),
            Self::Elsewhere => DockerfileOf::Unknown(String::new()),
            Self::Unknown(context) => DockerfileOf::Unknown(context.clone()),
        }
    }
}

impl DockerfileOf {
    /// Returns the file that a text names, relative to a directory; without a text, its `Dockerfile`.
    pub(super) fn within(directory: &RepoDir, text: Option<Filled>) -> Self {
        match text {
            None => Self::File(directory.join("Dockerfile")),
            Some(Filled::Unknown(text)) => Self::Unknown(text),
            Some(Filled::Known(text)) if is_absolute(&text) => Self::Unknown(text),
            Some(Filled::Known(text)) => directory.resolve_file(&text).map_or_else(|_| Self::Unknown(text), Self::File),
        }
    }
}

impl BuildTarget {
    /// Returns the stage that a text names.
    pub(super) fn of(text: Option<Filled>) -> Self {
        match text {
            None => Self::Last,
            Some(Filled::Known(name)) if name.is_empty() => Self::Last,
            Some(Filled::Known(name)) => Self::Stage(name),
            Some(Filled::Unknown(_)) => Self::Unknown,
        }
    }
}

impl NamedContext {
    /// Returns the named context with a text as its value, relative to a directory. `build` is the prefix with which
    /// the file names its own builds.
    pub(super) fn of(base: &RepoDir, text: Filled, build: &str) -> Self {
        let known = match text {
            Filled::Unknown(text) => return Self::Unknown(text),
            Filled::Known(text) => text,
        };
        if let Some(name) = known.strip_prefix(build) {
            Self::Build(name.to_owned())
        } else if let Some(image) = known.strip_prefix("docker-image://") {
            Self::Image(image.to_owned())
        } else if is_elsewhere(&known) {
            Self::Elsewhere
        } else {
            directory(base, &known).map_or(Self::Elsewhere, Self::Directory)
        }
    }
}

/// Whether a context is not a directory of this machine, but an address or standard input.
fn is_elsewhere(text: &str) -> bool {
    text == "-" || text.contains("://") || text.starts_with("git@") || text.starts_with('~')
}

/// Returns the directory of the repository that a path on this machine names.
fn directory(base: &RepoDir, text: &str) -> Option<RepoDir> {
    if is_absolute(text) { None } else { base.resolve(text).ok() }
}

/// Whether a path begins at the root of the machine. [`RepoDir::resolve`] would read that as the root of the
/// repository.
fn is_absolute(text: &str) -> bool {
    text.starts_with('/')
}
