use std::path::{Path, PathBuf};

use super::{BuilderError, shown};
use crate::model::name::RepoDir;
use crate::model::recipe::Recipe;
use crate::plan::PlannedService;

/// The directories and files of the work tree that the build of a service needs. A path that is outside of the work
/// tree is an error.
#[derive(Debug)]
pub(super) struct Locations {
    /// The root of the work tree, absolute and without symbolic links.
    root: PathBuf,
    /// The service's directory, absolute and without symbolic links.
    pub(super) directory: PathBuf,
}

impl Locations {
    pub(super) fn of(service: &PlannedService, root: &Path) -> Result<Self, BuilderError> {
        let root = real(service, "path", root)?;
        let directory = beneath(service, &root, service.path.as_deref().unwrap_or("."))?;
        Ok(Self { root, directory })
    }

    /// Whether a service that names no builder has a Dockerfile: filters.yaml names one, or there is one in the
    /// service's directory.
    pub(super) fn has_dockerfile(&self, service: &PlannedService, recipe: &Recipe) -> bool {
        // A service without a path does not get the Dockerfile at the root.
        recipe.dockerfile.is_some() || (service.path.is_some() && self.directory.join("Dockerfile").is_file())
    }

    /// Returns the path of the Dockerfile: the one in the recipe, or the first of `names` that is a file in the
    /// service's directory.
    ///
    /// # Errors
    /// When the Dockerfile does not exist, or is outside of the work tree.
    pub(super) fn file(
        &self,
        service: &PlannedService,
        recipe: &Recipe,
        names: &[&str],
    ) -> Result<PathBuf, BuilderError> {
        let is_there = |name: &&&str| self.directory.join(name).is_file();
        let usual = names.iter().find(is_there).or(names.last()).copied().unwrap_or("Dockerfile");
        // Symbolic links are not resolved, so the file keeps its name: beside it there may be a `NAME.dockerignore`.
        let file = match &recipe.dockerfile {
            Some(file) => self.root.join(file),
            None => self.directory.join(usual),
        };
        inside(service, "dockerfile", &self.root, &file)?;
        Ok(file)
    }

    /// Returns the root of the work tree, absolute and without symbolic links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of a file with all symbolic links in the path of its directory resolved. The file's own name is
    /// kept, even if the file is a symbolic link.
    pub(super) fn real_file(&self, service: &PlannedService, file: &Path) -> Result<PathBuf, BuilderError> {
        match (file.parent(), file.file_name()) {
            (Some(directory), Some(name)) => Ok(inside(service, "dockerfile", &self.root, directory)?.join(name)),
            _ => Ok(file.to_owned()),
        }
    }

    /// Returns the real path of a directory that a service names in `contexts`. `named` is relative to the service's
    /// directory, or with a leading `/`, to the root of the work tree.
    pub(super) fn named_directory(&self, service: &PlannedService, named: &str) -> Result<PathBuf, BuilderError> {
        let directory = match named.strip_prefix('/') {
            Some(beneath) => self.root.join(beneath.trim_start_matches('/')),
            None => self.directory.join(named),
        };
        inside(service, "contexts", &self.root, &directory)
    }

    /// Returns the real path of the directory that is the build context.
    pub(super) fn context(&self, service: &PlannedService, recipe: &Recipe) -> Result<PathBuf, BuilderError> {
        match &recipe.context {
            Some(context) => inside(service, "context", &self.root, &self.root.join(context)),
            None => Ok(self.directory.clone()),
        }
    }
}

fn beneath(service: &PlannedService, root: &Path, path: &str) -> Result<PathBuf, BuilderError> {
    let path = RepoDir::parse(path).map_err(|reason| BuilderError::Path { service: shown(service), reason })?;
    inside(service, "path", root, &root.join(path.as_str()))
}

/// Returns the real path of the file or directory that a key of a service names. A path outside of the work tree is an
/// error.
fn inside(service: &PlannedService, key: &'static str, root: &Path, named: &Path) -> Result<PathBuf, BuilderError> {
    let target = real(service, key, named)?;
    let outside = |target| BuilderError::Outside { service: shown(service), key, target };
    if target.starts_with(root) { Ok(target) } else { Err(outside(target)) }
}

fn real(service: &PlannedService, key: &'static str, path: &Path) -> Result<PathBuf, BuilderError> {
    let missing = |reason| BuilderError::Missing { service: shown(service), key, path: path.to_owned(), reason };
    path.canonicalize().map_err(missing)
}
