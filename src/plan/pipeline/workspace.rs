//! The entry point of the library: a repository, its configuration, and the event.

use std::path::Path;

use super::{ConfigFile, ConfigFileError, Error, Planned, Request, WorkspaceView, resolved_request};
use crate::config::Config;
use crate::inputs::git::{self, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::name::{Escaped, RepoDir, ServiceId};
use crate::model::recipe::Recipe;
use crate::plan::PlannedService;

/// A repository, its configuration, and the event for which plans are made.
pub struct Workspace {
    /// The repository.
    pub repository: Repository,
    /// The file that the configuration comes from.
    pub file: ConfigFile,
    /// The configuration.
    pub config: Config,
    /// The event.
    pub trigger: Trigger,
}

/// Why a workspace cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no repository, or the repository cannot be read.
    #[error(transparent)]
    Git(#[from] git::GitError),
    /// There is no configuration, or its file cannot be read.
    #[error(transparent)]
    ConfigFile(#[from] ConfigFileError),
    /// The configuration has errors.
    #[error(transparent)]
    Config(#[from] Diagnostics),
}

impl Workspace {
    /// Opens the repository that contains a directory, with the filters.yaml of its work tree. The event is that of a
    /// local run, and nothing is fetched. Warnings about the configuration are dropped; [`ConfigFile::check`] returns
    /// them.
    ///
    /// # Errors
    /// When there is no repository or no configuration, when one of the two cannot be read, or when the configuration
    /// has errors.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, OpenError> {
        let directory = directory.as_ref();
        let repository = Repository::discover(directory)?;
        let file = ConfigFile::find(&repository, None, directory, None)?;
        let (file, checked) = file.check(&repository, None)?;
        let (config, _) = checked?;
        let (config, _) = super::with_copied(&repository, config, None)?;
        Ok(Self { repository, file, config, trigger: Trigger::local() })
    }

    /// Returns references to its parts.
    #[must_use]
    pub fn view(&self) -> WorkspaceView<'_> {
        let Self { repository, file, config, trigger } = self;
        WorkspaceView { repository, file, config, trigger }
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// The errors of [`super::plan()`].
    pub fn plan(&self, request: &Request) -> Result<Planned, Error> {
        super::plan(&self.view(), request, &mut |_| {})
    }

    /// Returns services by name or path. A path that begins with `.` or `..` is relative to the directory that was
    /// opened.
    ///
    /// # Errors
    /// When a name is neither a service nor the path of one.
    pub fn services(&self, names: &[String]) -> Result<Vec<ServiceId>, Error> {
        Ok(resolved_request::services(&self.repository, &self.config, names)?)
    }

    /// Returns the recipe of a planned service, from the checked-out configuration.
    ///
    /// # Errors
    /// When the configuration does not have the service, or has it with another path.
    pub fn recipe(&self, service: &PlannedService) -> Result<&Recipe, Diagnostic> {
        let name = Escaped::new(&service.service);
        let Some(configured) = self.config.services.get(service.service.as_str()) else {
            return Err(Diagnostic::error(
                "unknown-service",
                format!("the plan has a service `{name}` that filters.yaml does not have"),
            )
            .help("make the plan again"));
        };
        if service.path.as_deref() != configured.path.as_ref().map(RepoDir::as_str) {
            return Err(Diagnostic::error(
                "other-path",
                format!("the plan has another path for `{name}` than filters.yaml"),
            )
            .help("make the plan again"));
        }
        Ok(&configured.recipe)
    }
}
