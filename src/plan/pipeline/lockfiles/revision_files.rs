use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::LockfileCache;
use super::lockfile_cache::Resolved;
use crate::analysis::closure::Resolution;
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::{Lockfile, LockfileError, LockfileFormat, MAX_LOCKFILE, SETTINGS_FILES, shared_settings};
use crate::inputs::source::{CargoToml, Ecosystem, PackageJson};
use crate::model::change::ChangeSet;
use crate::model::diagnostic::SourceFile;
use crate::model::name::{CommitId, RepoDir, RepoPath};
use crate::model::tree::{Listing, Mode, ObjectId, Outline, Region, TreeEntry};

/// A commit, with the changes of the work tree on top.
#[derive(Clone, Copy)]
pub(in crate::plan::pipeline) struct Revision<'a> {
    pub(in crate::plan::pipeline) commit: &'a CommitId,
    pub(in crate::plan::pipeline) on_top: &'a ChangeSet,
}

/// Settings that apply to all packages of a lockfile: its own, and those of the files beside it.
pub(super) type SharedSettings = Arc<BTreeMap<String, String>>;

/// A lockfile, and the settings that apply to all its packages.
pub(super) struct ReadLockfile {
    pub(super) resolved: Resolved,
    pub(super) settings: SharedSettings,
    pub(super) is_uncommitted: bool,
}

/// The files at a revision in the directories where lockfiles and packages are looked for.
pub(super) struct RevisionFiles<'a> {
    repository: &'a Repository,
    cache: &'a LockfileCache,
    revision: Revision<'a>,
    entries: Listing,
    /// The manifests below directories that were asked for.
    manifests: RefCell<BTreeMap<RepoDir, Rc<Manifests>>>,
}

/// The package.json files below a directory.
#[derive(Default)]
pub(super) struct Manifests {
    /// By their directories, relative to that one.
    pub(super) by_directory: BTreeMap<String, PackageJson>,
    /// Whether one of them is uncommitted.
    is_uncommitted: bool,
}

impl<'a> RevisionFiles<'a> {
    /// Lists these directories.
    pub(super) fn list(
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
        Ok(Self { repository, cache, revision, entries: survey.entries, manifests: RefCell::default() })
    }

    /// Returns the entry at a path.
    pub(super) fn entry(&self, path: &str) -> Option<TreeEntry<'_>> {
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
    pub(super) fn read(
        &self,
        directory: &RepoDir,
        path: &str,
        entry: TreeEntry<'_>,
        format: LockfileFormat,
    ) -> Result<ReadLockfile, GitError> {
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
        let mut is_uncommitted = wanted.iter().any(|(path, _)| self.revision.on_top.is_about(path.as_bytes()));
        let mut contents = self.contents(&wanted)?;
        let resolved = match known {
            Some(known) => known,
            None if is_link => Err(LockfileError::Malformed("it is a symbolic link".to_owned())),
            None => {
                let content = contents.pop().unwrap_or_default();
                let own = names.iter().position(|name| *name == "package.json").map(|at| contents[at].as_slice());
                let (resolved, of_manifests) = self.resolve(directory, format, content, own)?;
                is_uncommitted |= of_manifests;
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
        Ok(ReadLockfile { resolved, settings: Arc::new(settings), is_uncommitted })
    }

    /// Reads a lockfile from its content; for yarn, also the package.json files that its version needs. Also returns
    /// whether one of these files is uncommitted.
    fn resolve(
        &self,
        directory: &RepoDir,
        format: LockfileFormat,
        content: Vec<u8>,
        beside: Option<&[u8]>,
    ) -> Result<(Resolved, bool), GitError> {
        let Ok(text) = String::from_utf8(content) else {
            return Ok((Err(LockfileError::Malformed("it is no text".to_owned())), false));
        };
        let mut manifests = Rc::new(Manifests::default());
        if format == LockfileFormat::Yarn {
            let own = beside.map(|content| package_json(&directory.join("package.json"), content));
            match own {
                Some(None) => {
                    let why = "the package.json beside it is not understood";
                    return Ok((Err(LockfileError::Malformed(why.to_owned())), false));
                }
                own => {
                    let own = own.flatten().map(|own| (".".to_owned(), own));
                    manifests = Rc::new(Manifests { by_directory: own.into_iter().collect(), is_uncommitted: false });
                }
            }
            if Lockfile::asks_manifests(&text) {
                manifests = self.manifests(directory)?;
            }
        }
        let resolved = Lockfile::read(format, &text, &manifests.by_directory);
        Ok((resolved.map(|lockfile| Arc::new(Resolution::new(lockfile))), manifests.is_uncommitted))
    }

    /// Reads the package.json of all packages below a directory.
    pub(super) fn manifests(&self, directory: &RepoDir) -> Result<Rc<Manifests>, GitError> {
        if let Some(known) = self.manifests.borrow().get(directory) {
            return Ok(Rc::clone(known));
        }
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
            if let Some(manifest) = package_json(path, &content) {
                manifests.insert(below(directory, &RepoDir::of_file(path)), manifest);
            }
        }
        let is_uncommitted = wanted.iter().any(|(path, _)| on_top.is_about(path.as_bytes()));
        let manifests = Rc::new(Manifests { by_directory: manifests, is_uncommitted });
        self.manifests.borrow_mut().insert(directory.clone(), Rc::clone(&manifests));
        Ok(manifests)
    }

    /// Whether a directory has a manifest of an ecosystem.
    pub(super) fn has_manifest(&self, directory: &RepoDir, ecosystem: Ecosystem) -> bool {
        let names: &[&str] = match ecosystem {
            Ecosystem::Cargo => &["Cargo.toml"],
            Ecosystem::Python => &["pyproject.toml"],
            Ecosystem::Npm => &["package.json", "package.yaml", "package.json5"],
            Ecosystem::Docker | Ecosystem::Go => &[],
        };
        names.iter().any(|name| self.entry(&directory.join(name)).is_some())
    }

    /// Returns the name of the crate in a directory, if there is one.
    pub(super) fn crate_name(&self, directory: &RepoDir) -> Result<Option<String>, GitError> {
        let path = directory.join("Cargo.toml");
        let Some(entry) = self.entry(&path).filter(|entry| is_file(entry.mode)) else { return Ok(None) };
        let content = self.contents(&[(path.clone(), entry.id)])?.pop().unwrap_or_default();
        let Ok(text) = String::from_utf8(content) else { return Ok(None) };
        let manifest = CargoToml::read(&SourceFile::new(path, text)).ok();
        Ok(manifest.and_then(|manifest| manifest.name).map(|name| name.value))
    }
}

/// Returns a directory relative to another one that contains it. For a directory elsewhere, it returns a text that no
/// lockfile has.
pub(super) fn below(directory: &RepoDir, path: &RepoDir) -> String {
    if directory == path {
        ".".to_owned()
    } else if directory.is_root() {
        path.as_str().to_owned()
    } else {
        let rest = path.as_str().strip_prefix(directory.as_str()).and_then(|rest| rest.strip_prefix('/'));
        rest.unwrap_or_default().to_owned()
    }
}

fn package_json(path: &str, content: &[u8]) -> Option<PackageJson> {
    let text = std::str::from_utf8(content).ok()?;
    PackageJson::read(&SourceFile::new(path, text)).ok()
}

fn is_file(mode: Mode) -> bool {
    matches!(mode, Mode::File | Mode::Executable)
}
