use std::path::{Path, PathBuf};

use super::{BuilderError, shown};
use crate::model::name::RepoDir;
use crate::model::recipe::Recipe;
use crate::plan::PlannedService;

/// The directories and files of the work tree that a service is built from. Nothing outside of the work tree is
/// allowed.
#[derive(Debug)]
pub(super) struct Locations {
    /// The root of the work tree, absolute and without symbolic links.
    root: PathBuf,
    /// The service's directory, in the same form.
    pub(super) directory: PathBuf,
}

impl Locations {
    pub(super) fn of(service: &PlannedService, root: &Path) -> Result<Self, BuilderError> {
        let root = real(service, root)?;
        let directory = beneath(service, &root, service.path.as_deref().unwrap_or("."))?;
        Ok(Self { root, directory })
    }

    /// Whether a service without a builder is built from a Dockerfile.
    pub(super) fn has_dockerfile(&self, service: &PlannedService, recipe: &Recipe) -> bool {
        // A service without a path has not the Dockerfile of the root either.
        recipe.dockerfile.is_some() || (service.path.is_some() && self.directory.join("Dockerfile").is_file())
    }

    /// Returns the Dockerfile: the one that the recipe names, or the first of these names that exists.
    pub(super) fn file(
        &self,
        service: &PlannedService,
        recipe: &Recipe,
        names: &[&str],
    ) -> Result<PathBuf, BuilderError> {
        let is_there = |name: &&&str| self.directory.join(name).is_file();
        let usual = names.iter().find(is_there).or(names.last()).copied().unwrap_or("Dockerfile");
        // It keeps its own name: beside it there may be a `NAME.dockerignore`.
        let file = match &recipe.dockerfile {
            Some(file) => self.root.join(file),
            None => self.directory.join(usual),
        };
        inside(service, &self.root, real(service, &file)?)?;
        Ok(file)
    }

    /// Returns the root of the work tree, absolute and without symbolic links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a file with symbolic links in its directory resolved. The name of the file itself is kept.
    pub(super) fn real_file(&self, service: &PlannedService, file: &Path) -> Result<PathBuf, BuilderError> {
        match (file.parent(), file.file_name()) {
            (Some(directory), Some(name)) => Ok(inside(service, &self.root, real(service, directory)?)?.join(name)),
            _ => Ok(file.to_owned()),
        }
    }

    /// Returns a directory that a service names, relative to its own path, or with a leading `/` to the root of the
    /// work tree.
    pub(super) fn named_directory(&self, service: &PlannedService, named: &str) -> Result<PathBuf, BuilderError> {
        let directory = match named.strip_prefix('/') {
            Some(beneath) => self.root.join(beneath.trim_start_matches('/')),
            None => self.directory.join(named),
        };
        inside(service, &self.root, real(service, &directory)?)
    }

    /// Returns the build context.
    pub(super) fn context(&self, service: &PlannedService, recipe: &Recipe) -> Result<PathBuf, BuilderError> {
        match &recipe.context {
            Some(context) => inside(service, &self.root, real(service, &self.root.join(context))?),
            None => Ok(self.directory.clone()),
        }
    }
}

fn beneath(service: &PlannedService, root: &Path, path: &str) -> Result<PathBuf, BuilderError> {
    let path = RepoDir::parse(path).map_err(|reason| BuilderError::Path { service: shown(service), reason })?;
    inside(service, root, real(service, &root.join(path.as_str()))?)
}

fn inside(service: &PlannedService, root: &Path, target: PathBuf) -> Result<PathBuf, BuilderError> {
    if target.starts_with(root) { Ok(target) } else { Err(BuilderError::Outside { service: shown(service), target }) }
}

fn real(service: &PlannedService, path: &Path) -> Result<PathBuf, BuilderError> {
    let missing = |reason| BuilderError::Missing { service: shown(service), path: path.to_owned(), reason };
    path.canonicalize().map_err(missing)
}
