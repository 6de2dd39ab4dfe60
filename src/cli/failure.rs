//! Turns every error into a message and an exit code.

use std::fmt::Display;

use super::exit::Exit;
use crate::config::Config;
use crate::inputs::git;
use crate::inputs::trigger::TriggerError;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, Listed};
use crate::naming::version::VersionError;
use crate::output::emit::{EmitError, Field, UnknownField};
#[cfg(unix)]
use crate::output::exec::builder::BuilderError;
use crate::plan::pipeline::{self, ConfigFileError};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The messages.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// Returns a failure with one message.
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, diagnostics: vec![Diagnostic::error(code, message)] }
    }

    /// Adds a suggestion to the last message.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(last) = self.diagnostics.pop() {
            self.diagnostics.push(last.help(help));
        }
        self
    }

    fn helps(self, helps: impl IntoIterator<Item = impl Into<String>>) -> Self {
        helps.into_iter().fold(self, Self::help)
    }

    /// Returns the failure for a file that could not be read or written.
    pub(crate) fn file(what: &str, error: &std::io::Error) -> Self {
        Self::new(Exit::Usage, "file", format!("{what}: {error}"))
    }
}

impl From<git::GitError> for Failure {
    fn from(error: git::GitError) -> Self {
        Self::new(Exit::Git, "git", error.to_string()).helps(error.help())
    }
}

/// An example of a first filters.yaml.
const STARTER: &str = "\
write one; a first one is
  services:
    api:
      path: services/api   # the directory of what is built
    web:
      path: services/web
      depends_on: [api]    # rebuilt when api is";

impl From<ConfigFileError> for Failure {
    fn from(error: ConfigFileError) -> Self {
        let message = error.to_string();
        match error {
            ConfigFileError::NotFound { at: Some(_), .. } => Self::new(Exit::Usage, "no-config", message)
                .help("that commit does not have it: name a file for all commits with `-c FILE`"),
            ConfigFileError::NotFound { at: None, is_bare: true, .. } => Self::new(Exit::Usage, "no-config", message)
                .help("HEAD of this bare repository has none: name the commit or branch, such as `--head main`; `-c FILE` names a file elsewhere"),
            ConfigFileError::NotFound { at: None, near, .. } if !near.is_empty() => {
                Self::new(Exit::Usage, "no-config", message)
                    .help(format!("name it with `-c FILE`, if it is one of {}", listed(&near)))
                    .help(STARTER)
            }
            ConfigFileError::NotFound { .. } => Self::new(Exit::Usage, "no-config", message)
                .help(STARTER)
                .help("`rebake schema` prints its keys; `-c FILE` names a file elsewhere"),
            ConfigFileError::Unreadable { .. } => Self::new(Exit::Usage, "no-config", message),
            ConfigFileError::Git(error @ (git::GitError::LinkOutside { .. } | git::GitError::LinkLoop { .. })) => {
                Self::new(Exit::Usage, "no-config", message).helps(error.help())
            }
            ConfigFileError::Git(error) => error.into(),
        }
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        let message = error.to_string();
        let usage = |code| Self::new(Exit::Usage, code, message.clone());
        match error {
            pipeline::Error::Git(error) => error.into(),
            pipeline::Error::Remote(error) => error.into(),
            pipeline::Error::UnknownService(unknown) if unknown.is_revision => usage("unknown-service")
                .help("it is a revision, and services are named here: `--base`, `--head` and `--at` take revisions"),
            pipeline::Error::UnknownService(unknown) => match unknown.nearest {
                Some(nearest) => usage("unknown-service").help(format!("did you mean `{}`?", Escaped::new(&nearest))),
                None => usage("unknown-service")
                    .help(format!("the services are {}; each can also be named by its `path`", listed(&unknown.known))),
            },
            pipeline::Error::Library { instead, .. } if instead.is_empty() => {
                usage("library").help("give it another `builder` than `none` if it is built")
            }
            pipeline::Error::Library { instead, .. } => {
                let instead: Vec<String> = instead.iter().map(ToString::to_string).collect();
                usage("library").help(format!("release what is built from it: {}", listed(&instead)))
            }
            pipeline::Error::UnknownEnvironment { nearest, known, .. } => match nearest {
                Some(nearest) => {
                    usage("unknown-environment").help(format!("did you mean `{}`?", Escaped::new(&nearest)))
                }
                None => usage("unknown-environment").help(format!("the environments are {}", listed(&known))),
            },
            pipeline::Error::NoEnvironment { kind } => usage("no-environment").help(format!(
                "add `{}` to the `on` of one in filters.yaml, or choose one with `--environment NAME`",
                kind.word()
            )),
            pipeline::Error::NoDefaultBranch { .. } => usage("no-default-branch")
                .help("name it: `--default-branch NAME`")
                .help("or write `environments` with `branches` into filters.yaml, or choose one: `--environment NAME`"),
            pipeline::Error::WrongCheckout { commit, .. } => Self::new(Exit::Git, "other-commit", message)
                .help(format!("check out the tag's commit: `git checkout {commit}`"))
                .help("or, where the tag has moved, fetch it: `git fetch --tags --force origin`"),
            pipeline::Error::ConfigGone { .. } => {
                usage("no-config").help("restore it: in CI, services are not derived from other files in place of it")
            }
            pipeline::Error::Unmatched { moved, advice, .. } => usage("unmatched").helps(moved).help(advice),
            pipeline::Error::Dead { problems } | pipeline::Error::SameTag { problems } => {
                Self { exit: Exit::Usage, diagnostics: problems }
            }
            pipeline::Error::VersionOfMany { .. } => usage("version").help("name the service with `--only SERVICE`"),
            pipeline::Error::Unfetched { error, trouble } => {
                Self::from(*error).help(format!("{trouble}; {}", trouble.help()))
            }
            pipeline::Error::ManualVersion { scheme, .. } => {
                usage("version").help(format!("write a version of {scheme}, such as {}", scheme.example()))
            }
            pipeline::Error::Release(error) => usage("release").help(error.help()),
            pipeline::Error::History(error) => Self::new(Exit::Git, "git", message).help(error.help()),
            pipeline::Error::Version { error, .. } => {
                let shallow = matches!(error, VersionError::Shallow { .. });
                Self::new(if shallow { Exit::Git } else { Exit::Usage }, "version", message).help(error.help())
            }
        }
    }
}

/// Returns the diagnostic for a service that cannot be built, with the place in filters.yaml.
#[cfg(unix)]
pub(crate) fn not_buildable(error: &BuilderError, config: &Config) -> Diagnostic {
    let problem = located(Diagnostic::error("builder", error.to_string()), config, error.service(), error.key());
    error.help().into_iter().fold(problem, Diagnostic::help)
}

/// Adds to a problem its place in filters.yaml: the place of an item of a service's key, or else the place of the
/// service.
pub(crate) fn located(problem: Diagnostic, config: &Config, service: &str, (key, item): (&str, &str)) -> Diagnostic {
    match config.services.get(service) {
        Some(service) => problem.located(&config.source, &service.place(key, item), ""),
        None => problem,
    }
}

/// How many names a message lists.
const LISTED: usize = 20;

/// Returns a list of names, cut to a readable length.
fn listed(names: &[String]) -> impl Display {
    Listed::new(names.iter().map(|name| format!("`{}`", Escaped::new(name))), LISTED)
}

impl From<git::TagError> for Failure {
    fn from(error: git::TagError) -> Self {
        Self::new(Exit::Git, "tag", error.to_string()).help(error.help())
    }
}

impl From<git::RemoteError> for Failure {
    fn from(error: git::RemoteError) -> Self {
        Self::new(Exit::Git, "remote", error.to_string())
    }
}

impl From<TriggerError> for Failure {
    fn from(error: TriggerError) -> Self {
        Self::new(Exit::Usage, "trigger", error.to_string())
    }
}

impl From<EmitError> for Failure {
    fn from(error: EmitError) -> Self {
        let exit = match error {
            EmitError::Limit { .. } => Exit::Limit,
            EmitError::LineBreak { .. }
            | EmitError::OutputName { .. }
            | EmitError::Environment { .. }
            | EmitError::ServiceName { .. }
            | EmitError::SameLabel { .. }
            | EmitError::SameVariable { .. }
            | EmitError::DifferentSettings { .. }
            | EmitError::Setting { .. }
            | EmitError::SameImage { .. } => Exit::Usage,
        };
        Self::new(exit, "format", error.to_string()).help(error.help())
    }
}

impl From<UnknownField> for Failure {
    fn from(error: UnknownField) -> Self {
        let known: Vec<String> = Field::ALL.iter().map(|field| format!("`{}`", field.name())).collect();
        Self::new(Exit::Usage, "fields", error.to_string()).help(format!("the fields are {}", known.join(", ")))
    }
}
