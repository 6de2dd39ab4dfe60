use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::LockfileCache;
use super::revision_files::{ReadLockfile, Revision, RevisionFiles, SharedSettings, below};
use crate::analysis::closure::{ClosureDigest, Resolution};
use crate::config::{Config, LockedClosure, Service};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::{Lockfile, LockfileFormat};
use crate::inputs::source::Ecosystem;
use crate::model::name::{RepoDir, ServiceId};
use crate::model::tree::{Mode, ObjectId, TreeEntry};

/// The lockfiles of services at a revision.
#[derive(Default)]
pub(super) struct Locked(pub(super) BTreeMap<ServiceId, Vec<LockedFile>>);

/// A lockfile of a service.
pub(super) struct LockedFile {
    pub(super) path: String,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    pub(super) means: Means,
    /// Whether the lockfile, or a file that is read with it, is uncommitted.
    pub(super) is_uncommitted: bool,
    /// Whether the lockfile does not have the service's package although it should: the service has a manifest of the
    /// same ecosystem, and no other lockfile of the ecosystem has the package.
    pub(super) is_lacking: bool,
}

/// How a lockfile affects a service.
#[derive(Clone)]
pub(super) enum Means {
    /// It affects the service through the packages that the service's package gets from it.
    Closure(Closure),
    /// It affects the service only as a file, if patterns match it, since it does not have the service's package.
    Plain,
    /// Any change of it affects the service, since the packages are not known.
    Doubt(WholeFile),
}

/// Why any change of a lockfile affects a service, and the settings that affect the service too.
#[derive(Clone)]
pub(super) struct WholeFile {
    pub(super) why: String,
    pub(super) settings: SharedSettings,
}

/// The packages that one package gets from a lockfile.
#[derive(Clone)]
pub(super) struct Closure {
    pub(super) resolution: Arc<Resolution>,
    pub(super) package: usize,
    pub(super) settings: SharedSettings,
}

impl Closure {
    /// Returns the digest of these packages.
    pub(super) fn digest(&self, of: &LockedClosure) -> ClosureDigest {
        self.resolution.digest(self.package, of.with)
    }
}

impl Means {
    /// Returns the settings that apply to all packages of the lockfile; `None` if the lockfile affects the service only
    /// as a file.
    pub(super) fn settings(&self) -> Option<&SharedSettings> {
        match self {
            Self::Closure(closure) => Some(&closure.settings),
            Self::Doubt(whole) => Some(&whole.settings),
            Self::Plain => None,
        }
    }

    /// Returns why any change of the lockfile affects the service; `None` if only some changes do.
    pub(super) fn doubt(&self) -> Option<&WholeFile> {
        match self {
            Self::Doubt(whole) => Some(whole),
            Self::Closure(_) | Self::Plain => None,
        }
    }
}

impl WholeFile {
    fn new(why: &impl ToString, settings: &SharedSettings) -> Self {
        Self { why: why.to_string(), settings: Arc::clone(settings) }
    }
}

impl Locked {
    /// Reads the lockfiles of services.
    ///
    /// # Errors
    /// When the commit, one of its trees or one of the files cannot be read.
    pub(super) fn read(
        repository: &Repository,
        cache: &LockfileCache,
        config: &Config,
        services: &[ServiceId],
        revision: Revision,
    ) -> Result<Self, GitError> {
        let of = |service: &ServiceId| &config.services[service.0];
        let services: Vec<ServiceId> =
            services.iter().copied().filter(|service| of(service).closure().is_some()).collect();
        let directories: BTreeSet<RepoDir> = services.iter().flat_map(|service| directories(of(service))).collect();
        if directories.is_empty() {
            return Ok(Self::default());
        }
        let files = RevisionFiles::list(repository, cache, &directories, revision)?;
        let known = files.lockfile_names();
        let mut read: BTreeMap<String, ReadLockfile> = BTreeMap::new();
        let mut locked = Self::default();
        for id in services {
            let service = of(&id);
            let Some(closure) = service.closure() else { continue };
            let mut found = Vec::new();
            // If lockfiles in several directories have the package, all of them count: it is not known which one is in
            // force.
            for directory in service.lockfile_directories() {
                let names = match &closure.file {
                    Some(file) => vec![file_name(file)],
                    None => known.get(&directory).cloned().unwrap_or_default(),
                };
                for name in names {
                    let path = directory.join(name);
                    let Some(entry) = files.entry(&path) else { continue };
                    let means = match LockfileFormat::of(name.as_bytes()) {
                        None => Some(Means::Doubt(WholeFile::new(&"no reader is known for its name", &Arc::default()))),
                        Some(format) => {
                            if !read.contains_key(&path) {
                                read.insert(path.clone(), files.read(&directory, &path, entry, format)?);
                            }
                            means(&files, service, closure, &directory, format, &read[&path])?
                        }
                    };
                    let is_uncommitted = read.get(&path).is_some_and(|read| read.is_uncommitted)
                        || revision.on_top.is_about(path.as_bytes());
                    found.push((path, entry, means, is_uncommitted));
                }
            }
            let is_found = found.iter().any(|(_, _, means, _)| means.is_some());
            let absent = |path: &String| match absent(service, closure).filter(|_| !is_found) {
                Some(why) => Means::Doubt(WholeFile {
                    why,
                    settings: read.get(path).map(|read| Arc::clone(&read.settings)).unwrap_or_default(),
                }),
                None => Means::Plain,
            };
            let ecosystem = |path: &str| LockfileFormat::of(file_name(path).as_bytes()).map(LockfileFormat::ecosystem);
            let known = found.iter().filter(|(_, _, means, _)| means.is_some());
            let known: Vec<Ecosystem> = known.filter_map(|(path, ..)| ecosystem(path)).collect();
            let is_lacking = |path: &str| {
                let of = ecosystem(path).filter(|ecosystem| !known.contains(ecosystem));
                of.is_some_and(|of| service.path.as_ref().is_some_and(|path| files.has_manifest(path, of)))
            };
            let file = |(path, entry, means, is_uncommitted): (String, TreeEntry, Option<Means>, bool)| {
                let is_lacking = means.is_none() && is_lacking(&path);
                let means = means.unwrap_or_else(|| absent(&path));
                LockedFile { path, mode: entry.mode, id: entry.id, means, is_uncommitted, is_lacking }
            };
            let mut found: Vec<LockedFile> = found.into_iter().map(file).collect();
            found.sort_by(|a, b| a.path.cmp(&b.path));
            locked.0.insert(id, found);
        }
        Ok(locked)
    }

    /// Returns the lockfiles of a service.
    pub(super) fn of(&self, service: ServiceId) -> &[LockedFile] {
        self.0.get(&service).map_or(&[], Vec::as_slice)
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Returns the directories where the lockfiles of a service and the manifest of its package may be.
pub(super) fn directories(service: &Service) -> Vec<RepoDir> {
    let mut directories = service.lockfile_directories();
    directories.extend(service.path.clone());
    let package = service.closure().and_then(|closure| closure.package.as_deref());
    directories.extend(package.and_then(|package| RepoDir::parse(package).ok()));
    directories
}

/// Returns how a lockfile affects a service; `None` if the lockfile does not have the service's package.
fn means(
    files: &RevisionFiles,
    service: &Service,
    closure: &LockedClosure,
    directory: &RepoDir,
    format: LockfileFormat,
    read: &ReadLockfile,
) -> Result<Option<Means>, GitError> {
    let resolution = match &read.resolved {
        Ok(resolution) => resolution,
        Err(error) => {
            let has_manifest = |path: &RepoDir| files.has_manifest(path, format.ecosystem());
            // Without a manifest there is no package, whatever the lockfile says.
            let has_none = closure.package.is_none() && !service.path.as_ref().is_some_and(has_manifest);
            return Ok((!has_none).then(|| Means::Doubt(WholeFile::new(error, &read.settings))));
        }
    };
    let lockfile = resolution.lockfile();
    let mut found = match (&closure.package, &service.path) {
        (Some(package), _) => named(files, lockfile, directory, format, package)?,
        (None, Some(path)) => in_directory(files, lockfile, directory, format, path)?,
        (None, None) => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    Ok(match found[..] {
        [] => None,
        [package] => Some(Means::Closure(Closure {
            resolution: Arc::clone(resolution),
            package,
            settings: Arc::clone(&read.settings),
        })),
        [first, ..] => {
            let name = closure.package.as_deref().unwrap_or(lockfile.packages()[first].called());
            Some(Means::Doubt(WholeFile::new(&format_args!("it has several packages `{name}`"), &read.settings)))
        }
    })
}

/// Returns the reason to report if no lockfile of a service has the service's package; `None` if no lockfile needs to
/// have the package.
fn absent(service: &Service, closure: &LockedClosure) -> Option<String> {
    match (&closure.package, &closure.file, &service.path) {
        (Some(package), ..) => Some(format!("it has no package `{package}`")),
        (None, Some(_), Some(path)) => Some(format!("it has no package in `{}`", path.as_str())),
        (None, Some(_), None) => Some("the service has no `path`, and no package is named".to_owned()),
        (None, None, _) => None,
    }
}

/// Returns the packages that a lockfile has for the directory `path`.
fn in_directory(
    files: &RevisionFiles,
    lockfile: &Lockfile,
    directory: &RepoDir,
    format: LockfileFormat,
    path: &RepoDir,
) -> Result<Vec<usize>, GitError> {
    if format == LockfileFormat::Cargo {
        let name = files.crate_name(path)?;
        return Ok(name.map(|name| lockfile.named(&name).to_vec()).unwrap_or_default());
    }
    Ok(lockfile.in_directory(&below(directory, path)).into_iter().collect())
}

/// Returns the packages that a lockfile has for a name or for a directory; `text` is the name or the directory's path.
fn named(
    files: &RevisionFiles,
    lockfile: &Lockfile,
    directory: &RepoDir,
    format: LockfileFormat,
    text: &str,
) -> Result<Vec<usize>, GitError> {
    let mut found = lockfile.named(text).to_vec();
    if let Ok(path) = RepoDir::parse(text) {
        found.extend(in_directory(files, lockfile, directory, format, &path)?);
    }
    if found.is_empty() && format == LockfileFormat::Pnpm {
        // A pnpm-lock.yaml has only directories; the names are in the manifests there.
        let manifests = files.manifests(directory)?;
        let manifests = manifests.by_directory.iter().filter(|(_, manifest)| manifest.name.as_deref() == Some(text));
        found.extend(manifests.filter_map(|(place, _)| lockfile.in_directory(place)));
    }
    Ok(found)
}
