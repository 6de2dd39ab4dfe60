use std::collections::{BTreeMap, BTreeSet};

use super::DeclaredAt;
use crate::model::name::RepoDir;

/// A build of an image, declared in a file of the repository.
#[derive(Debug, Clone)]
pub struct DeclaredBuild {
    /// Its name in the file: the service of a compose file, the target of a bake file, the job of a workflow.
    pub name: String,
    /// The place of its declaration.
    pub at: DeclaredAt,
    /// Its build context.
    pub context: BuildContext,
    /// Its Dockerfile.
    pub dockerfile: DockerfileOf,
    /// The stage that is built.
    pub target: BuildTarget,
    /// Its build arguments. A value is `None` if it is not known before the build.
    pub arguments: BTreeMap<String, Option<String>>,
    /// The values that its other build arguments have unless the environment of the build sets them: from `.env`, or
    /// defaults in the file.
    pub likely: BTreeMap<String, String>,
    /// Its named contexts, by name.
    pub contexts: BTreeMap<String, NamedContext>,
    /// The paths of the files that have values of variables in its settings, such as `.env`. A change of such a file may
    /// change the build.
    pub variables: BTreeSet<String>,
    /// The references of the image. They may contain variables, such as `acme/api:${TAG}`.
    pub images: Vec<String>,
}

/// The context of a build, from which the build gets its files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildContext {
    /// A directory of the repository.
    Directory(RepoDir),
    /// Something outside of the repository.
    Elsewhere,
    /// The value of a context that is not known before the build, as written. If the build inherits its context from a
    /// declaration that was not found, this is a name: in a bake file, the name of the build's own target; in a compose
    /// file, the name of the extended service.
    Unknown(String),
}

/// The Dockerfile of a build, by its path or its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DockerfileOf {
    /// A file of the repository.
    File(String),
    /// A text in the file that declares the build.
    Inline(String),
    /// The path or the context, as written, of a Dockerfile that is not known before the build or is not in the
    /// repository. The text is empty if the context is outside of the repository.
    Unknown(String),
}

/// The stage that a build ends with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildTarget {
    /// The last stage of the Dockerfile.
    Last,
    /// The stage with this name.
    Stage(String),
    /// A stage that is not known before the build.
    Unknown,
}

/// The value of a named context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedContext {
    /// A directory of the repository.
    Directory(RepoDir),
    /// The result of another build, which has this name in the same file.
    Build(String),
    /// An image, by its reference.
    Image(String),
    /// Something outside of the repository.
    Elsewhere,
    /// A value that is not known before the build, as written.
    Unknown(String),
}

/// A text in which variables are filled in, if all of them are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Filled {
    /// The text with its variables filled in.
    Known(String),
    /// The text as written, since a variable is not known.
    Unknown(String),
}

impl Filled {
    /// Returns the text, if it is known.
    pub(super) fn known(self) -> Option<String> {
        if let Self::Known(text) = self { Some(text) } else { None }
    }
}

impl BuildContext {
    /// Returns the context that a text names. A path is relative to the directory `base`.
    pub(super) fn of(base: &RepoDir, text: Filled) -> Self {
        match text {
            Filled::Unknown(text) => Self::Unknown(text),
            Filled::Known(text) if is_elsewhere(&text) => Self::Elsewhere,
            // A directory outside of the repository holds none of its files.
            Filled::Known(text) => directory(base, &text).map_or(Self::Elsewhere, Self::Directory),
        }
    }

    /// Returns the Dockerfile at the path `text`, relative to this context. Without a path, it is the context's
    /// `Dockerfile`.
    pub(super) fn dockerfile(&self, text: Option<Filled>) -> DockerfileOf {
        match self {
            Self::Directory(directory) => DockerfileOf::within(directory, text),
            Self::Elsewhere => DockerfileOf::Unknown(String::new()),
            Self::Unknown(context) => DockerfileOf::Unknown(context.clone()),
        }
    }
}

impl DockerfileOf {
    /// Returns the Dockerfile at the path `text`, relative to a directory. Without a path, it is the directory's
    /// `Dockerfile`.
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
    /// Returns the stage that a text names. Without a text or with an empty one, it is the last stage.
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
    /// Returns the context that a text names. A path is relative to the directory `base`. `build` is the prefix with
    /// which the text names another build of the same file, such as `target:`.
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

/// Whether a context is an address, standard input (`-`) or a path from the home directory (`~`), and not a path of the
/// repository.
fn is_elsewhere(text: &str) -> bool {
    text == "-" || text.contains("://") || text.starts_with("git@") || text.starts_with('~')
}

/// Returns the directory of the repository at a path relative to `base`; `None` if the path is absolute, or outside of
/// the repository.
fn directory(base: &RepoDir, text: &str) -> Option<RepoDir> {
    if is_absolute(text) { None } else { base.resolve(text).ok() }
}

/// Whether a path is absolute. [`RepoDir::resolve`] would read such a path as one from the root of the repository.
fn is_absolute(text: &str) -> bool {
    text.starts_with('/')
}
