use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::LockfileCache;
use super::lockfile_cache::{LockfileKey, Resolved, resolved};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::{
    LOCKFILE_NAMES, Lockfile, LockfileError, LockfileFormat, MAX_LOCKFILE, SETTINGS_FILES, SettingsFile,
    shared_settings,
};
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

/// Settings that apply to all packages of a lockfile, by name: those in the lockfile, and those in settings files
/// beside it.
pub(super) type SharedSettings = Arc<BTreeMap<String, String>>;

/// A lockfile that was read, and the settings that apply to all of its packages.
pub(super) struct ReadLockfile {
    pub(super) resolved: Resolved,
    pub(super) settings: SharedSettings,
    pub(super) is_uncommitted: bool,
}

/// The files of a revision, in the directories where lockfiles and the manifests of packages may be.
pub(super) struct RevisionFiles<'a> {
    repository: &'a Repository,
    cache: &'a LockfileCache,
    revision: Revision<'a>,
    entries: Arc<Listing>,
    /// The package.json files that were read, by the directory below which they are.
    manifests: RefCell<BTreeMap<RepoDir, Rc<Manifests>>>,
}

/// A settings file, and its path relative to the directory of the lockfile.
type SettingsAt = (&'static SettingsFile, String);

/// The package.json files below a directory.
#[derive(Default)]
pub(super) struct Manifests {
    /// The files, by their directories relative to the common directory.
    pub(super) by_directory: BTreeMap<String, PackageJson>,
    /// The path and the id of each file.
    ids: Vec<(String, ObjectId)>,
    /// Whether one of the files is uncommitted.
    is_uncommitted: bool,
}

impl<'a> RevisionFiles<'a> {
    /// Lists the files in these directories, and the settings files that apply to lockfiles there.
    pub(super) fn list(
        repository: &'a Repository,
        cache: &'a LockfileCache,
        directories: &BTreeSet<RepoDir>,
        revision: Revision<'a>,
    ) -> Result<Self, GitError> {
        // Settings apply below their directories too, and some files of settings are in a directory of their own.
        let above: BTreeSet<RepoDir> = directories.iter().flat_map(RepoDir::and_above).collect();
        let of_settings = |directory: &RepoDir| {
            let apart = SETTINGS_FILES.iter().filter(|file| file.name.contains('/'));
            apart.map(|file| RepoDir::of_file(&directory.join(file.name))).collect::<Vec<RepoDir>>()
        };
        let listed: BTreeSet<RepoDir> = above.iter().flat_map(of_settings).chain(above.iter().cloned()).collect();
        let inside = |path: &[u8]| {
            let path = String::from_utf8_lossy(path);
            listed.contains(&RepoDir::of_file(path.strip_suffix('/').unwrap_or(&path)))
        };
        let near = revision.on_top.as_slice().iter().filter(|change| inside(change.path.as_bytes()));
        let on_top = ChangeSet::new(near.cloned().collect());
        let with = |entries| Self { repository, cache, revision, entries, manifests: RefCell::default() };
        // Uncommitted changes may differ at the next call.
        let key = on_top.is_empty().then(|| (*revision.commit, listed.clone()));
        if let Some(known) = key.as_ref().and_then(|key| cache.listing(key)) {
            return Ok(with(known));
        }
        let root = repository.with_work_tree(repository.tree_of(revision.commit)?, &on_top)?.root;
        let listed: Vec<String> = listed.iter().map(|directory| directory.git_path().to_owned()).collect();
        let survey = repository.survey(&root, &Outline::new(Region::default(), [], listed))?;
        let entries = Arc::new(survey.entries);
        if let Some(key) = key {
            cache.keep_listing(key, Arc::clone(&entries));
        }
        Ok(with(entries))
    }

    /// Returns the entry at a path.
    pub(super) fn entry(&self, path: &str) -> Option<TreeEntry<'_>> {
        self.entries.position(path.as_bytes()).map(|at| self.entries.get(at))
    }

    /// Returns the names of the lockfiles in each directory that has any.
    pub(super) fn lockfile_names(&self) -> BTreeMap<RepoDir, Vec<&'static str>> {
        let mut names: BTreeMap<RepoDir, Vec<&'static str>> = BTreeMap::new();
        for path in self.entries.iter().filter_map(|entry| std::str::from_utf8(entry.path).ok()) {
            let name = path.rsplit('/').next().unwrap_or_default();
            if let Some((name, _)) = LOCKFILE_NAMES.iter().find(|(known, _)| *known == name) {
                names.entry(RepoDir::of_file(path)).or_default().push(name);
            }
        }
        names
    }

    /// Returns the paths of the lockfiles with a known name, and their formats.
    pub(super) fn lockfiles(&self) -> Vec<(String, LockfileFormat)> {
        let of = |(directory, names): (RepoDir, Vec<&'static str>)| {
            let lockfile = |name: &str| Some((directory.join(name), LockfileFormat::of(name.as_bytes())?));
            names.into_iter().filter_map(lockfile).collect::<Vec<_>>()
        };
        self.lockfile_names().into_iter().flat_map(of).collect()
    }

    /// Returns the contents of files, in the same order. Files that a partial clone lacks are fetched together.
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

    /// Reads the lockfile at a path, and the settings that apply to it.
    pub(super) fn read(
        &self,
        directory: &RepoDir,
        path: &str,
        entry: TreeEntry<'_>,
        format: LockfileFormat,
    ) -> Result<ReadLockfile, GitError> {
        let (names, mut wanted) = self.settings_files(directory, format);
        let key = LockfileKey { path: path.to_owned(), id: entry.id, manifests: Vec::new() };
        // The packages of a yarn.lock also depend on other files.
        let known = if format == LockfileFormat::Yarn { None } else { self.cache.get(&key) };
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
                let own = names.iter().position(|(_, called)| called == "package.json");
                let own = own.map(|at| (wanted[at].1, contents[at].as_slice()));
                let (resolved, of_manifests) = self.resolve(directory, format, key, content, own)?;
                is_uncommitted |= of_manifests;
                resolved
            }
        };
        let mut settings: BTreeMap<String, String> = BTreeMap::new();
        for (((file, called), (_, id)), content) in names.iter().zip(&wanted).zip(&contents) {
            let id = CommitId::from_bytes(id.as_bytes()).map(|id| id.to_string()).unwrap_or_default();
            settings.extend(shared_settings(format, file, called, content, &id));
        }
        if let Ok(resolution) = &resolved {
            let file = path.rsplit('/').next().unwrap_or_default();
            let own = resolution.lockfile().settings().iter();
            settings.extend(own.map(|(key, value)| (format!("{file}: {key}"), value.clone())));
        }
        Ok(ReadLockfile { resolved, settings: Arc::new(settings), is_uncommitted })
    }

    /// Returns the settings files that apply to a lockfile in a directory. The first list has each file with its path
    /// relative to that directory. The second list has, in the same order, the path of each file in the repository, and
    /// its id.
    fn settings_files(
        &self,
        directory: &RepoDir,
        format: LockfileFormat,
    ) -> (Vec<SettingsAt>, Vec<(String, ObjectId)>) {
        let mut found = Vec::new();
        for file in &SETTINGS_FILES {
            for (up, at) in file.directories(format, directory).enumerate() {
                let path = at.join(file.name);
                if let Some(entry) = self.entry(&path).filter(|entry| is_file(entry.mode)) {
                    found.push(((file, "../".repeat(up) + file.name), (path, entry.id)));
                }
            }
        }
        found.into_iter().unzip()
    }

    /// Reads a lockfile from its content. A yarn.lock is read together with the package.json files that its version
    /// requires. Also returns whether one of these package.json files is uncommitted.
    fn resolve(
        &self,
        directory: &RepoDir,
        format: LockfileFormat,
        key: LockfileKey,
        content: Vec<u8>,
        beside: Option<(ObjectId, &[u8])>,
    ) -> Result<(Resolved, bool), GitError> {
        let Ok(text) = String::from_utf8(content) else {
            return Ok((Err(LockfileError::Malformed("it is no text".to_owned())), false));
        };
        let mut manifests = Rc::new(Manifests::default());
        if format == LockfileFormat::Yarn {
            if let Some((id, content)) = beside {
                let path = directory.join("package.json");
                let Some(own) = package_json(&path, content) else {
                    let why = "the package.json beside it is not understood";
                    return Ok((Err(LockfileError::Malformed(why.to_owned())), false));
                };
                let by_directory = BTreeMap::from([(".".to_owned(), own)]);
                manifests = Rc::new(Manifests { by_directory, ids: vec![(path, id)], is_uncommitted: false });
            }
            if Lockfile::asks_manifests(&text) {
                manifests = self.manifests(directory)?;
            }
        }
        let key = LockfileKey { manifests: manifests.ids.clone(), ..key };
        let resolved = if manifests.is_uncommitted {
            // An uncommitted file has no id.
            resolved(format, &text, &manifests.by_directory)
        } else {
            let known = self.cache.get(&key);
            known.unwrap_or_else(|| self.cache.read(key, format, &text, &manifests.by_directory))
        };
        Ok((resolved, manifests.is_uncommitted))
    }

    /// Reads all package.json files in and below a directory, except those in `node_modules`.
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
        let manifests = Rc::new(Manifests { by_directory: manifests, ids: wanted, is_uncommitted });
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

    /// Returns the name of the crate in a directory; `None` if there is no crate with a name.
    pub(super) fn crate_name(&self, directory: &RepoDir) -> Result<Option<String>, GitError> {
        let path = directory.join("Cargo.toml");
        let Some(entry) = self.entry(&path).filter(|entry| is_file(entry.mode)) else { return Ok(None) };
        let content = self.contents(&[(path.clone(), entry.id)])?.pop().unwrap_or_default();
        let Ok(text) = String::from_utf8(content) else { return Ok(None) };
        let manifest = CargoToml::read(&SourceFile::new(path, text)).ok();
        Ok(manifest.and_then(|manifest| manifest.name).map(|name| name.value))
    }
}

/// Returns `path` relative to `directory`, `.` if the two are equal. If `directory` does not contain `path`, the result
/// is empty; no lockfile has a package with an empty path.
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
