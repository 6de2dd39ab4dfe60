use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::LockfileCache;
use super::lockfile_cache::Resolved;
use crate::analysis::closure::{ClosureDigest, Resolution};
use crate::config::{Config, LockedClosure, Service};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::{Lockfile, LockfileError, LockfileFormat, MAX_LOCKFILE, SETTINGS_FILES, shared_settings};
use crate::inputs::source::{CargoToml, Ecosystem, PackageJson};
use crate::model::change::ChangeSet;
use crate::model::diagnostic::SourceFile;
use crate::model::name::{CommitId, RepoDir, RepoPath, ServiceId};
use crate::model::tree::{Listing, Mode, ObjectId, Outline, Region, TreeEntry};

/// A commit, with the changes of the work tree on top.
#[derive(Clone, Copy)]
pub(in crate::plan::pipeline) struct Revision<'a> {
    pub(in crate::plan::pipeline) commit: &'a CommitId,
    pub(in crate::plan::pipeline) on_top: &'a ChangeSet,
}

/// The lockfiles of services at a revision.
#[derive(Default)]
pub(super) struct Locked(pub(super) BTreeMap<ServiceId, Vec<LockedFile>>);

/// A lockfile of a service.
pub(super) struct LockedFile {
    pub(super) path: String,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    pub(super) means: Means,
    /// Whether something of it is in the work tree alone.
    pub(super) is_uncommitted: bool,
}

/// What a lockfile means to a service.
#[derive(Clone)]
pub(super) enum Means {
    /// What its package gets.
    Closure(Closure),
    /// What the patterns say: a nearer one counts, or it has no such package.
    Plain,
    /// It counts as a whole, since what the package gets is not known.
    Doubt(String),
}

/// What a package gets.
#[derive(Clone)]
pub(super) struct Closure {
    pub(super) resolution: Arc<Resolution>,
    pub(super) package: usize,
    /// What counts for all packages: of the lockfile, and of the files beside it.
    pub(super) settings: Arc<BTreeMap<String, String>>,
}

impl Closure {
    /// Returns the digest of all that matters.
    pub(super) fn digest(&self, of: &LockedClosure) -> ClosureDigest {
        let settings = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        self.resolution.digest(self.package, of.with).with(settings)
    }
}

/// A lockfile, and what counts for all packages that it locks.
#[derive(Clone)]
struct Read {
    resolved: Resolved,
    settings: Arc<BTreeMap<String, String>>,
    is_uncommitted: bool,
}

/// The files at a revision in the directories where lockfiles are looked for.
struct Files<'a> {
    repository: &'a Repository,
    cache: &'a LockfileCache,
    revision: Revision<'a>,
    entries: Listing,
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
        let directories: BTreeSet<RepoDir> =
            services.iter().flat_map(|service| of(service).lockfile_directories()).collect();
        if directories.is_empty() {
            return Ok(Self::default());
        }
        let files = Files::list(repository, cache, &directories, revision)?;
        let mut read: BTreeMap<String, Read> = BTreeMap::new();
        let mut locked = Self::default();
        for id in services {
            let service = of(&id);
            let Some(closure) = service.closure() else { continue };
            let mut found = Vec::new();
            // The ecosystems for which a nearer directory has one.
            let mut settled = BTreeSet::new();
            for directory in service.lockfile_directories() {
                let mut here = BTreeSet::new();
                for name in service.lockfile_names() {
                    let path = directory.join(name);
                    let Some(entry) = files.entry(&path) else { continue };
                    let means = match LockfileFormat::of(name.as_bytes()) {
                        None => Means::Doubt("no reader is known for its name".to_owned()),
                        Some(format) if settled.contains(&format.ecosystem()) => Means::Plain,
                        Some(format) => {
                            here.insert(format.ecosystem());
                            if !read.contains_key(&path) {
                                read.insert(path.clone(), files.read(&directory, &path, entry, format)?);
                            }
                            files.means(service, closure, &directory, format, &read[&path])?
                        }
                    };
                    let is_uncommitted = read.get(&path).is_some_and(|read| read.is_uncommitted)
                        || revision.on_top.is_about(path.as_bytes());
                    found.push(LockedFile { path, mode: entry.mode, id: entry.id, means, is_uncommitted });
                }
                settled.extend(here);
            }
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

impl<'a> Files<'a> {
    fn list(
        repository: &'a Repository,
        cache: &'a LockfileCache,
        directories: &BTreeSet<RepoDir>,
        revision: Revision<'a>,
    ) -> Result<Self, GitError> {
        let inside = |path: &[u8]| {
            let path = String::from_utf8_lossy(path);
            let directory = RepoDir::of_file(path.strip_suffix('/').unwrap_or(&path));
            directories.contains(&directory) || directory.as_str().ends_with(".cargo")
        };
        let near = revision.on_top.as_slice().iter().filter(|change| inside(change.path.as_bytes()));
        let on_top = ChangeSet::new(near.cloned().collect());
        let root = repository.with_work_tree(repository.tree_of(revision.commit)?, &on_top)?.root;
        let path =
            |directory: &RepoDir| if directory.is_root() { String::new() } else { directory.as_str().to_owned() };
        let both = directories.iter().flat_map(|directory| [path(directory), directory.join(".cargo")]);
        let survey = repository.survey(&root, &Outline::new(Region::default(), [], both.collect::<Vec<String>>()))?;
        Ok(Self { repository, cache, revision, entries: survey.entries })
    }

    fn entry(&self, path: &str) -> Option<TreeEntry<'_>> {
        self.entries.position(path.as_bytes()).map(|at| self.entries.get(at))
    }

    /// Returns the contents of files, in their order. What a partial clone lacks is fetched in one go.
    fn contents(&self, files: &[(String, ObjectId)]) -> Result<Vec<Vec<u8>>, GitError> {
        let is_edited = |path: &str| self.revision.on_top.is_about(path.as_bytes());
        let committed = files.iter().filter(|(path, _)| !is_edited(path));
        let committed: Vec<(RepoPath, ObjectId)> =
            committed.map(|(path, id)| (RepoPath::from_git(path.as_str()), *id)).collect();
        let mut read = self.repository.contents(self.revision.commit, &committed)?.into_iter();
        let content = |(path, _): &(String, ObjectId)| {
            if !is_edited(path) {
                return Ok(read.next().unwrap_or_default());
            }
            let file = self.repository.work_tree_file(&RepoPath::from_git(path.as_str()), MAX_LOCKFILE + 1)?;
            Ok(file.map(|file| file.bytes).unwrap_or_default())
        };
        files.iter().map(content).collect()
    }

    /// Reads a lockfile, and the settings beside it.
    fn read(
        &self,
        directory: &RepoDir,
        path: &str,
        entry: TreeEntry<'_>,
        format: LockfileFormat,
    ) -> Result<Read, GitError> {
        let beside = SETTINGS_FILES.iter().filter(|(_, ecosystem)| *ecosystem == format.ecosystem());
        let beside = beside.filter_map(|(name, _)| {
            let path = directory.join(name);
            let entry = self.entry(&path).filter(|entry| is_file(entry.mode))?;
            Some((*name, (path, entry.id)))
        });
        let (names, mut wanted): (Vec<&str>, Vec<(String, ObjectId)>) = beside.unzip();
        let known = self.cache.get(path, entry.id).filter(|_| format != LockfileFormat::Yarn);
        let is_link = !is_file(entry.mode);
        if known.is_none() && !is_link {
            wanted.push((path.to_owned(), entry.id));
        }
        let is_uncommitted = wanted.iter().any(|(path, _)| self.revision.on_top.is_about(path.as_bytes()));
        let mut contents = self.contents(&wanted)?;
        let resolved = match known {
            Some(known) => known,
            None if is_link => Err(LockfileError::Malformed("it is a symbolic link".to_owned())),
            None => {
                let resolved = self.resolve(directory, format, contents.pop().unwrap_or_default())?;
                self.cache.keep(path, entry.id, resolved.clone());
                resolved
            }
        };
        let mut settings: BTreeMap<String, String> = BTreeMap::new();
        for ((name, (_, id)), content) in names.iter().zip(&wanted).zip(&contents) {
            let id = CommitId::from_bytes(id.as_bytes()).map(|id| id.to_string()).unwrap_or_default();
            settings.extend(shared_settings(format, name, content, &id));
        }
        if let Ok(resolution) = &resolved {
            let file = path.rsplit('/').next().unwrap_or_default();
            let own = resolution.lockfile().settings().iter();
            settings.extend(own.map(|(key, value)| (format!("{file}: {key}"), value.clone())));
        }
        Ok(Read { resolved, settings: Arc::new(settings), is_uncommitted })
    }

    fn resolve(&self, directory: &RepoDir, format: LockfileFormat, content: Vec<u8>) -> Result<Resolved, GitError> {
        let Ok(text) = String::from_utf8(content) else {
            return Ok(Err(LockfileError::Malformed("it is no text".to_owned())));
        };
        let is_classic = format == LockfileFormat::Yarn && Lockfile::asks_manifests(&text);
        let manifests = if is_classic { self.manifests(directory)? } else { BTreeMap::new() };
        Ok(Lockfile::read(format, &text, &manifests).map(|lockfile| Arc::new(Resolution::new(lockfile))))
    }

    /// Reads the package.json of all packages below a directory, by their directories from there.
    fn manifests(&self, directory: &RepoDir) -> Result<BTreeMap<String, PackageJson>, GitError> {
        let Revision { commit, on_top } = self.revision;
        let region = if directory.is_root() { Region::whole() } else { Region::below([directory.as_str()]) };
        let listing = self.repository.entries_in(commit, region)?;
        let paths = listing.iter().filter(|entry| is_file(entry.mode)).map(|entry| (entry.path.to_vec(), entry.id));
        let own = on_top
            .as_slice()
            .iter()
            .filter_map(|change| Some((change.path.as_bytes().to_vec(), ObjectId::from_bytes(&[0; 20]).ok()?)));
        let is_manifest = |(path, _): &(String, ObjectId)| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name == "package.json" && directory.holds_file(path) && !path.split('/').any(|part| part == "node_modules")
        };
        let text = |(path, id): (Vec<u8>, ObjectId)| Some((String::from_utf8(path).ok()?, id));
        let wanted: BTreeMap<String, ObjectId> = paths.chain(own).filter_map(text).filter(is_manifest).collect();
        let wanted: Vec<(String, ObjectId)> = wanted.into_iter().collect();
        let mut manifests = BTreeMap::new();
        for ((path, _), content) in wanted.iter().zip(self.contents(&wanted)?) {
            let Ok(text) = String::from_utf8(content) else { continue };
            if let Ok(manifest) = PackageJson::read(&SourceFile::new(path.as_str(), text)) {
                manifests.insert(below(directory, &RepoDir::of_file(path)), manifest);
            }
        }
        Ok(manifests)
    }

    fn means(
        &self,
        service: &Service,
        closure: &LockedClosure,
        directory: &RepoDir,
        format: LockfileFormat,
        read: &Read,
    ) -> Result<Means, GitError> {
        let resolution = match &read.resolved {
            Ok(resolution) => resolution,
            // Without a manifest there is no package, whatever the lockfile says.
            Err(_) if closure.package.is_none() && !self.has_manifest(service, format) => return Ok(Means::Plain),
            Err(error) => return Ok(Means::Doubt(error.to_string())),
        };
        let lockfile = resolution.lockfile();
        let found = match (&closure.package, &service.path) {
            (Some(package), _) => {
                let place = RepoDir::parse(package).ok().map(|package| below(directory, &package));
                lockfile.named(package).or_else(|| lockfile.in_directory(&place?))
            }
            (None, Some(path)) if format == LockfileFormat::Cargo => {
                self.crate_name(path)?.and_then(|name| lockfile.named(&name))
            }
            (None, Some(path)) => lockfile.in_directory(&below(directory, path)),
            (None, None) => None,
        };
        Ok(match found {
            Some(package) => Means::Closure(Closure {
                resolution: Arc::clone(resolution),
                package,
                settings: Arc::clone(&read.settings),
            }),
            None => Means::Plain,
        })
    }

    /// Whether a service's path has a manifest of the ecosystem of a lockfile.
    fn has_manifest(&self, service: &Service, format: LockfileFormat) -> bool {
        let Some(path) = &service.path else { return false };
        let names: &[&str] = match format.ecosystem() {
            Ecosystem::Cargo => &["Cargo.toml"],
            Ecosystem::Python => &["pyproject.toml"],
            Ecosystem::Npm => &["package.json", "package.yaml", "package.json5"],
            Ecosystem::Docker | Ecosystem::Go => &[],
        };
        names.iter().any(|name| self.entry(&path.join(name)).is_some())
    }

    /// Returns the name of the crate in a directory, if there is one.
    fn crate_name(&self, directory: &RepoDir) -> Result<Option<String>, GitError> {
        let path = directory.join("Cargo.toml");
        let Some(entry) = self.entry(&path).filter(|entry| is_file(entry.mode)) else { return Ok(None) };
        let content = self.contents(&[(path.clone(), entry.id)])?.pop().unwrap_or_default();
        let Ok(text) = String::from_utf8(content) else { return Ok(None) };
        let manifest = CargoToml::read(&SourceFile::new(path, text)).ok();
        Ok(manifest.and_then(|manifest| manifest.name).map(|name| name.value))
    }
}

/// Returns a directory relative to another one that holds it; what lies elsewhere as no lockfile names it.
fn below(directory: &RepoDir, path: &RepoDir) -> String {
    if directory == path {
        ".".to_owned()
    } else if directory.is_root() {
        path.as_str().to_owned()
    } else {
        let rest = path.as_str().strip_prefix(directory.as_str()).and_then(|rest| rest.strip_prefix('/'));
        rest.unwrap_or_default().to_owned()
    }
}

fn is_file(mode: Mode) -> bool {
    matches!(mode, Mode::File | Mode::Executable)
}
