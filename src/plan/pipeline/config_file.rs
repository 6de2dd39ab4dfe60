//! Finds and reads filters.yaml.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::discovery::{Discovery, DiscoveryScope};
use super::lockfiles::LockfileCache;
use crate::config::{self, CheckedConfig, Options};
use crate::inputs::git::{self, FileAt, Lacking, Missing, Repository, WorkTreeFile};
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::diagnostic::Diagnostics;
use crate::model::name::{CommitId, Escaped, RepoPath};

/// The default paths of the configuration, from the root of the repository, in the order in which they are searched.
const PLACES: [&str; 10] = [
    "filters.yaml",
    "filters.yml",
    ".github/filters.yaml",
    ".github/filters.yml",
    ".github/file-filters.yaml",
    ".github/file-filters.yml",
    ".github/path-filters.yaml",
    ".github/path-filters.yml",
    ".github/paths-filter.yaml",
    ".github/paths-filter.yml",
];

/// The name in messages for a configuration that is derived, without a file.
const DERIVED: &str = "(derived)";

/// The bytes of the configuration, and where they come from.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The file's name in messages: as given on the command line, else relative to the root of the repository.
    pub name: String,
    /// The content of the file.
    pub bytes: Vec<u8>,
    /// Where the file is in the repository; `None` if the file is outside of the repository, or there is no file.
    pub in_repository: Option<Place>,
    /// Settings from outside of the file.
    pub options: Options,
    /// The services that the repository's own files declare, in the ecosystems that the configuration names.
    pub discovery: Discovery,
    /// The lockfiles that were read for this configuration.
    pub lockfiles: LockfileCache,
}

/// Where a configuration is in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path by which it was named or found.
    pub path: RepoPath,
    /// The paths that determine the content of the configuration: the symbolic links on the way to its file, and the
    /// file.
    pub paths: Vec<RepoPath>,
    /// How it was found.
    pub by: FoundBy,
    /// Whether the file differs from `HEAD`, but git reports no change, since a flag in the index makes git ignore
    /// changes of the file.
    pub is_changed_unseen: bool,
}

/// How a configuration was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The command line or `$REBAKE_CONFIG` names it.
    Name,
    /// It is the first file at one of the default paths.
    Search,
}

/// Why no configuration was found or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFileError {
    /// No default path has a configuration.
    #[error("there is no filters.yaml at the root of the repository, nor in its .github{}", at_commit(.at.as_ref()))]
    NotFound {
        /// The commit that was searched; `None` for the work tree.
        at: Option<CommitId>,
        /// Files with a similar name, which may have been meant, relative to the root of the work tree.
        near: Vec<String>,
        /// Whether the repository has no work tree. In this case HEAD was searched, which may have no commit.
        is_bare: bool,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", Escaped::new(path.display().to_string().as_bytes()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] git::GitError),
}

impl Lacking for ConfigFileError {
    fn missing(&self) -> Option<Missing> {
        match self {
            Self::Git(error) => error.missing(),
            Self::NotFound { .. } | Self::Unreadable { .. } => None,
        }
    }
}

fn at_commit(commit: Option<&CommitId>) -> String {
    commit.map(|commit| format!(", at commit {}", commit.short(7))).unwrap_or_default()
}

impl ConfigFile {
    /// Finds and reads the configuration: the file `named`, relative to `from`. If `named` is `None`, this is the first
    /// file at one of the default paths.
    ///
    /// With a commit `at`, the file is read from that commit; only a named file that the commit lacks is read from the
    /// disk. Without a commit, the file is read from the work tree. In this case, a file that is not checked out is
    /// read from HEAD: in a bare clone, in a clone without a checkout, or if a sparse checkout leaves the file out.
    ///
    /// # Errors
    /// When there is no file, or it cannot be read.
    pub fn find(
        repository: &Repository,
        named: Option<&Path>,
        from: &Path,
        at: Option<&CommitId>,
    ) -> Result<Self, ConfigFileError> {
        match named {
            Some(path) => Self::named(repository, path, from, at),
            None => match at {
                Some(commit) => Self::search_tree(repository, commit)?,
                None => Self::search_work_tree(repository)?,
            }
            .ok_or_else(|| ConfigFileError::NotFound {
                at: at.copied(),
                near: near(repository),
                is_bare: repository.work_dir().is_none(),
            }),
        }
    }

    /// Returns the path from the root of the repository of the file `named`, which is relative to `from`; `None` if the
    /// file is outside of the repository.
    #[must_use]
    pub fn place(repository: &Repository, named: &Path, from: &Path) -> Option<RepoPath> {
        inside(repository, &from.join(named), named)
    }

    /// Returns the work tree's content of this file; `None` if it equals `bytes`, or if the work tree does not have the
    /// file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_work_tree(&self, repository: &Repository) -> Result<Option<Vec<u8>>, git::GitError> {
        let Some(place) = &self.in_repository else { return Ok(None) };
        let file = repository.work_tree_file(&place.path, MOST)?;
        Ok(file.map(|file| file.bytes).filter(|bytes| *bytes != self.bytes))
    }

    fn named(
        repository: &Repository,
        path: &Path,
        from: &Path,
        at: Option<&CommitId>,
    ) -> Result<Self, ConfigFileError> {
        let name = path.display().to_string();
        let Some(place) = Self::place(repository, path, from) else {
            let bytes = read(&from.join(path))
                .map_err(|source| ConfigFileError::Unreadable { path: path.to_owned(), source })?;
            return Ok(Self {
                name,
                bytes,
                in_repository: None,
                options: Options::default(),
                discovery: Discovery::default(),
                lockfiles: LockfileCache::default(),
            });
        };
        let found = match at {
            Some(commit) => match Self::in_tree(repository, commit, &place, FoundBy::Name)? {
                // The commit lacks the file: the file is newer than the commit, or is not committed.
                None => Self::on_disk(repository, &place, FoundBy::Name)?,
                found => found,
            },
            None => Self::at_work(repository, &place, FoundBy::Name)?,
        };
        let absent = || ConfigFileError::Unreadable { path: path.to_owned(), source: absence(&from.join(path)) };
        Ok(Self { name, ..found.ok_or_else(absent)? })
    }

    fn search_work_tree(repository: &Repository) -> Result<Option<Self>, ConfigFileError> {
        for place in usual_places() {
            if let Some(found) = Self::at_work(repository, &place, FoundBy::Search)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn search_tree(repository: &Repository, commit: &CommitId) -> Result<Option<Self>, ConfigFileError> {
        for place in PLACES.map(RepoPath::from_git) {
            if let Some(found) = Self::in_tree(repository, commit, &place, FoundBy::Search)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn on_disk(repository: &Repository, place: &RepoPath, by: FoundBy) -> Result<Option<Self>, ConfigFileError> {
        let Some(file) = repository.work_tree_file(place, MOST)? else { return Ok(None) };
        let is_changed_unseen = is_changed_unseen(repository, place, &file)?;
        let mut found = Self::of(place, file.paths, by, file.bytes);
        if let Some(place) = &mut found.in_repository {
            place.is_changed_unseen = is_changed_unseen;
        }
        Ok(Some(found))
    }

    /// Reads the file at a path in the work tree. If the file, or the target of a link to it, is not checked out, the
    /// file is read from HEAD. A file that was deleted in the work tree is not read from HEAD.
    fn at_work(repository: &Repository, place: &RepoPath, by: FoundBy) -> Result<Option<Self>, ConfigFileError> {
        if let Some(found) = Self::on_disk(repository, place, by)? {
            return Ok(Some(found));
        }
        let Some(commit) = repository.head()?.commit().copied() else { return Ok(None) };
        let is_left_out = repository.is_left_out(place)?;
        let file = match repository.file_at(&commit, place) {
            // The work tree no longer has this link.
            Err(git::GitError::LinkOutside { .. } | git::GitError::LinkLoop { .. }) if !is_left_out => None,
            file => file?,
        };
        let Some(file) = file else { return Ok(None) };
        for path in file.paths() {
            if repository.is_left_out(path)? {
                return Ok(Some(Self::of(place, file.paths().to_vec(), by, file.read()?)));
            }
        }
        Ok(None)
    }

    fn in_tree(
        repository: &Repository,
        commit: &CommitId,
        place: &RepoPath,
        by: FoundBy,
    ) -> Result<Option<Self>, ConfigFileError> {
        let Some(file) = repository.file_at(commit, place)? else { return Ok(None) };
        Ok(Some(Self::of(place, file.paths().to_vec(), by, file.read()?)))
    }

    fn of(place: &RepoPath, paths: Vec<RepoPath>, by: FoundBy, bytes: Vec<u8>) -> Self {
        let in_repository = Some(Place { path: place.clone(), paths, by, is_changed_unseen: false });
        let (options, discovery) = (Options::default(), Discovery::default());
        let lockfiles = LockfileCache::default();
        Self { name: place.to_string(), bytes, in_repository, options, discovery, lockfiles }
    }

    /// Returns a derived configuration, for a repository without a file: all services that the repository's own files
    /// declare, at a commit or in the work tree.
    ///
    /// # Errors
    /// When these files cannot be read.
    pub fn derived(repository: &Repository, at: Option<&CommitId>) -> Result<Self, git::GitError> {
        let discovery = Discovery::read(repository, at, || DiscoveryScope::Everything)?;
        let (name, bytes) = (DERIVED.to_owned(), b"services:".to_vec());
        let (options, lockfiles) = (Options::default(), LockfileCache::default());
        Ok(Self { name, bytes, in_repository: None, options, discovery, lockfiles })
    }

    /// Reads and checks the configuration. If it has the key `workspaces`, also reads the services that the repository's
    /// own files declare in these ecosystems, at a commit or in the work tree, and returns this file with them.
    ///
    /// # Errors
    /// When the repository's own files cannot be read.
    pub fn check(self, repository: &Repository, at: Option<&CommitId>) -> Result<(Self, CheckedConfig), git::GitError> {
        let source = match config::decode(&self.name, &self.bytes) {
            Ok(source) => source,
            Err(problem) => return Ok((self, Err(Diagnostics(vec![problem])))),
        };
        if self.is_derived() || !config::may_have_workspaces(&self.bytes) {
            let checked = config::parse(&source, self.options, self.discovery.found());
            return Ok((self, checked));
        }
        let mut tree = None;
        let asked = || DiscoveryScope::Workspaces(tree.insert(config::ConfigTree::read(&source)).workspaces());
        let discovery = Discovery::read(repository, at, asked)?;
        let tree = tree.unwrap_or_else(|| config::ConfigTree::read(&source));
        let checked = tree.check(self.options, discovery.found());
        Ok((Self { discovery, ..self }, checked))
    }

    /// Whether there is no file, and the configuration is derived from the repository's own files.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        *self.discovery.scope() == DiscoveryScope::Everything
    }

    /// Whether the configuration, or a file from which services are discovered, differs from the one in the commit.
    /// `on_top` has the work tree's changes on top of this commit.
    #[must_use]
    pub fn is_uncommitted(&self, on_top: &ChangeSet) -> bool {
        let is_changed_unseen = self.in_repository.as_ref().is_some_and(|place| place.is_changed_unseen);
        is_changed_unseen || self.is_changed_by(on_top) || self.discovery.is_changed_by(on_top)
    }

    /// Whether one of these changes is to the configuration, or to a submodule that contains it.
    pub(super) fn is_changed_by(&self, changes: &ChangeSet) -> bool {
        let mut paths = self.in_repository.iter().flat_map(|place| &place.paths);
        paths.any(|path| changes.as_slice().iter().any(|change| change.reaches(path)))
    }

    /// Whether the configuration is in a submodule that one of these changes moves to another commit.
    pub(super) fn is_in_moved_submodule(&self, changes: &ChangeSet) -> bool {
        let mut paths = self.in_repository.iter().flat_map(|place| &place.paths);
        let has_moved = |change: &&Change| change.extent == Extent::Below && change.status != Status::Added;
        let moved: Vec<&Change> = changes.as_slice().iter().filter(has_moved).collect();
        paths.any(|path| moved.iter().any(|change| change.path != *path && change.reaches(path)))
    }

    /// Whether a path is the file of the configuration, or a symbolic link on the way to it.
    pub(super) fn is_made_of(&self, path: &RepoPath) -> bool {
        self.in_repository.as_ref().is_some_and(|place| place.paths.contains(path))
    }
}

/// Whether a file of the work tree differs from `HEAD`, and a flag in the index makes git ignore its changes.
fn is_changed_unseen(repository: &Repository, place: &RepoPath, file: &WorkTreeFile) -> Result<bool, git::GitError> {
    let Some(head) = repository.head()?.commit().copied() else { return Ok(false) };
    let committed = repository.file_at(&head, place).and_then(|file| file.map(|file| file.read()).transpose());
    match committed {
        Ok(committed) if committed.as_ref().is_none_or(|bytes| *bytes == file.bytes) => return Ok(false),
        // What cannot be read may differ.
        Ok(_) | Err(_) => {}
    }
    for path in &file.paths {
        if repository.is_taken_for_unchanged(path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the first file of a commit at one of the default paths.
pub(super) fn at_usual_place<'r>(
    repository: &'r Repository,
    commit: &CommitId,
) -> Result<Option<FileAt<'r>>, git::GitError> {
    for place in usual_places() {
        if let Some(file) = repository.file_at(commit, &place)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Returns the default paths.
pub(super) fn usual_places() -> impl Iterator<Item = RepoPath> {
    PLACES.into_iter().map(RepoPath::from_git)
}

/// The greatest number of bytes that are read of a file: one more than a configuration may have.
const MOST: usize = config::MAX_BYTES + 1;

/// Reads the beginning of a file outside of the repository. Another program may be writing the file.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns why a path cannot be read as a file: the system's error, or that it is not a regular file.
fn absence(path: &Path) -> std::io::Error {
    match path.metadata() {
        Err(error) => error,
        Ok(_) => std::io::Error::other("this is not a regular file"),
    }
}

/// Returns the path that a file has in the repository; `None` if the file is outside of the repository. Symbolic links
/// inside of the repository are not resolved. A bare repository has only the files of its commits.
fn inside(repository: &Repository, full: &Path, given: &Path) -> Option<RepoPath> {
    let Some(work_dir) = repository.work_dir() else {
        let only_names = given.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        return (only_names && !full.is_file()).then(|| repo_path(given));
    };
    let root = work_dir.canonicalize().ok()?;
    let full = std::path::absolute(full).ok()?;
    // `..` leaves the directory that a link leads to, not the one that the link is in.
    let full = match (full.parent(), full.file_name()) {
        (Some(parent), Some(name)) if parent.components().any(|part| part == Component::ParentDir) => {
            parent.canonicalize().ok()?.join(name)
        }
        _ => full,
    };
    let above: Vec<&Path> = full.ancestors().skip(1).collect();
    let is_root = |above: &&&Path| above.canonicalize().is_ok_and(|above| above == root);
    let inside = match above.iter().rev().find(is_root) {
        Some(above) => full.strip_prefix(above).ok()?.to_owned(),
        None => full.canonicalize().ok()?.strip_prefix(&root).ok()?.to_owned(),
    };
    Some(repo_path(&inside))
}

fn repo_path(path: &Path) -> RepoPath {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts: Vec<&[u8]> = parts.map(|part| part.as_os_str().as_encoded_bytes()).collect();
    RepoPath::from_git(parts.join(&b'/'))
}

/// Returns files of the work tree whose names resemble that of a configuration, in the directories where such files
/// usually are.
fn near(repository: &Repository) -> Vec<String> {
    let Some(root) = repository.work_dir() else { return Vec::new() };
    let list = |dir: &str| -> Vec<(String, bool)> {
        let entries = std::fs::read_dir(root.join(dir)).into_iter().flatten().flatten();
        let named = entries.filter_map(|entry| {
            let is_dir = entry.file_type().ok()?.is_dir();
            let name = entry.file_name().into_string().ok()?;
            Some((if dir.is_empty() { name } else { format!("{dir}/{name}") }, is_dir))
        });
        named.collect()
    };
    let below: Vec<String> = list(".github").into_iter().filter(|(_, is_dir)| *is_dir).map(|(name, _)| name).collect();
    let dirs = ["", ".github", "ci", "config"].map(str::to_owned).into_iter().chain(below);
    let is_near = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or_default().to_lowercase();
        base.contains("filter") && (base.ends_with(".yaml") || base.ends_with(".yml"))
    };
    let mut near: Vec<String> = dirs
        .flat_map(|dir| list(&dir))
        .filter(|(name, is_dir)| !is_dir && is_near(name))
        .map(|(name, _)| name)
        .collect();
    near.sort();
    near
}
