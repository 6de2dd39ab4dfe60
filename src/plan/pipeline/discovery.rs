//! Reads the services and edges that the repository's own files declare, at head and at each base. For a base, only the
//! files that changed since are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};

use super::ended;
use crate::analysis::discover::{Area, Discovered, DiscoveredService, discover};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::source::{Ecosystem, MAX_SOURCE, SourceTree};
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::diagnostic::SourceFile;
use crate::model::name::{CommitId, RepoDir, RepoPath};
use crate::model::tree::{Listing, Mode, ObjectId};

/// Why a link is not read.
const LINK: &str = "it is a symbolic link";

/// The services and edges that a repository's own files declare at one revision. A clone is cheap.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    scope: DiscoveryScope,
    tree: Arc<SourceTree>,
    found: Arc<Discovered>,
    on_top: Arc<ChangeSet>,
}

/// Which files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscoveryScope {
    /// The manifests of these ecosystems. The list is sorted and has no duplicates; if it is empty, no file is read.
    Workspaces(Vec<Ecosystem>),
    /// All files that declare anything.
    Everything,
}

impl Default for DiscoveryScope {
    fn default() -> Self {
        Self::Workspaces(Vec::new())
    }
}

impl DiscoveryScope {
    fn ecosystems(&self) -> &[Ecosystem] {
        match self {
            Self::Workspaces(ecosystems) => ecosystems,
            Self::Everything => &Ecosystem::ALL,
        }
    }

    /// Whether no file is read.
    fn is_empty(&self) -> bool {
        self.ecosystems().is_empty()
    }

    /// Whether the content of the file at a path is read.
    fn reads(&self, path: &[u8]) -> bool {
        self.ecosystems().iter().any(|ecosystem| ecosystem.reads(path))
    }
}

impl Discovery {
    /// Reads the declarations in the files of a commit; without a commit, those in the files of the work tree, or of
    /// HEAD if there is no work tree. `scope` is called once, while another thread reads the commit.
    ///
    /// # Errors
    /// When the commit, one of its trees or one of those files cannot be read.
    pub fn read(
        repository: &Repository,
        at: Option<&CommitId>,
        scope: impl FnOnce() -> DiscoveryScope,
    ) -> Result<Self, GitError> {
        Self::read_and(repository, at, scope, |_| ()).map(|(found, ())| found)
    }

    /// Reads the declarations as [`Discovery::read`] does, and returns them with the result of `of` for them. Git takes
    /// a while to compare the work tree with the commit. Meanwhile, `of` is called for the commit; if the work tree
    /// differs, `of` is called again.
    ///
    /// # Errors
    /// As for [`Discovery::read`].
    pub fn read_and<T>(
        repository: &Repository,
        at: Option<&CommitId>,
        scope: impl FnOnce() -> DiscoveryScope,
        of: impl Fn(&Self) -> T,
    ) -> Result<(Self, T), GitError> {
        let head = repository.head()?.commit().copied();
        let commit = at.copied().or(head);
        let (handle, other_handle) = (repository.handles(), repository.handles());
        let (tell_scope, told_scope) = mpsc::channel();
        let (scope, ahead, on_top) = std::thread::scope(|threads| {
            let ahead = threads.spawn(move || Ahead::read(&handle(), commit.as_ref(), &told_scope));
            let scope = scope();
            // If the other thread has ended with an error, it needs no scope.
            let _ = tell_scope.send(scope.clone());
            let is_compared = at.is_none() && !scope.is_empty() && repository.work_dir().is_some();
            let on_top = is_compared.then(|| threads.spawn(move || other_handle().keep_work_tree()));
            let ahead = ended(ahead).map(|ahead| match ahead {
                Ahead::Discovered(found) => {
                    let made = of(&found);
                    (Ahead::Discovered(found), Some(made))
                }
                listed @ Ahead::Listed(_) => (listed, None),
            });
            let on_top =
                on_top.map_or_else(|| Ok(ChangeSet::default()), |found| ended(found).map(|found| found.changes));
            (scope, ahead, on_top)
        });
        let ((ahead, made), on_top) = (ahead?, on_top?);
        let found = match (ahead, made) {
            (Ahead::Discovered(found), Some(made)) if on_top.is_empty() => return Ok((found, made)),
            (ahead, _) if !scope.is_empty() => Self::read_work_tree(repository, commit.as_ref(), ahead, scope, on_top)?,
            _ => Self::default(),
        };
        let made = of(&found);
        Ok((found, made))
    }

    /// Reads the declarations in the files of the work tree, whose changes against the commit are `on_top`.
    fn read_work_tree(
        repository: &Repository,
        commit: Option<&CommitId>,
        ahead: Ahead,
        scope: DiscoveryScope,
        on_top: ChangeSet,
    ) -> Result<Self, GitError> {
        let committed = match ahead {
            Ahead::Discovered(found) => found.tree,
            Ahead::Listed(listing) => {
                let found = declarations(repository, commit, &listing, &scope, &on_top)?;
                Arc::new(found.in_tree(&SourceTree::default(), listing, |_| true))
            }
        };
        let mut found = Declarations::default();
        let mut there = Vec::new();
        for change in own(&on_top).filter(|change| change.status != Status::Deleted) {
            let is_link = repository.link_in_work_tree(&change.path).is_some();
            there.push((&change.path, if is_link { Mode::SymbolicLink } else { Mode::File }));
            if !scope.reads(change.path.as_bytes()) {
                continue;
            }
            let Some(path) = in_words(&change.path) else { continue };
            match repository.work_tree_file(&change.path, MAX_SOURCE + 1) {
                Ok(Some(file)) if file.paths.len() == 1 => found.contents.push((path, file.bytes)),
                Ok(Some(_)) | Err(GitError::LinkOutside { .. } | GitError::LinkLoop { .. }) => {
                    found.unread.push((path, LINK));
                }
                Ok(None) => {
                    let lead = repository.leads_in_work_tree(&change.path)?;
                    let is_link = lead.is_some_and(|lead| !lead.links.is_empty());
                    found.unread.push((path, if is_link { LINK } else { "it is no regular file" }));
                }
                Err(error) => return Err(error),
            }
        }
        let listing = with(committed.listing(), &on_top, &there);
        let found = Self::of(found.in_tree(&committed, listing, |path| on_top.is_about(path)), scope);
        Ok(Self { on_top: Arc::new(on_top), ..found })
    }

    /// Reads the declarations in the files of a base. `changes` are the changes since the base. Only the changed files
    /// are read.
    ///
    /// # Errors
    /// When one of the changed files cannot be read at base.
    pub(super) fn before(
        &self,
        repository: &Repository,
        base: &CommitId,
        changes: &ChangeSet,
    ) -> Result<Self, GitError> {
        if self.is_same_before(changes) {
            return Ok(self.clone());
        }
        let (mut there, mut wanted) = (Vec::new(), Vec::new());
        for change in own(changes).filter(|change| change.status != Status::Added) {
            there.push((&change.path, Mode::File));
            if self.scope.reads(change.path.as_bytes()) {
                let file = repository.with_fetching(|| repository.file_at(base, &change.path))?;
                wanted.extend(file.map(|file| (change.path.clone(), file.id())));
            }
        }
        let listing = with(self.tree.listing(), changes, &there);
        let tree = self.tree.updated(listing, |path| changes.is_about(path), texts(repository, base, wanted)?);
        Ok(Self::of(tree, self.scope.clone()))
    }

    fn of(tree: SourceTree, scope: DiscoveryScope) -> Self {
        let found = discover(&tree, scope.ecosystems());
        Self { scope, tree: Arc::new(tree), found: Arc::new(found), on_top: Arc::default() }
    }

    /// Whether any files were read.
    pub(super) fn reads_files(&self) -> bool {
        !self.scope.is_empty()
    }

    /// Returns which files were read.
    #[must_use]
    pub fn scope(&self) -> &DiscoveryScope {
        &self.scope
    }

    /// Returns all files of the revision, with the texts of the files that were read.
    #[must_use]
    pub fn tree(&self) -> &SourceTree {
        &self.tree
    }

    /// Returns the changes of the work tree, if its files were read.
    #[must_use]
    pub fn on_top(&self) -> &ChangeSet {
        &self.on_top
    }

    /// Returns the targets of the symbolic links among the files, by path.
    ///
    /// # Errors
    /// When a committed one cannot be read.
    pub fn links(&self, repository: &Repository) -> Result<BTreeMap<String, String>, GitError> {
        let links = self.tree.listing().iter().filter(|entry| entry.mode == Mode::SymbolicLink);
        let links = links.map(|entry| (RepoPath::from_git(entry.path), entry.id));
        let (here, committed): (Vec<_>, Vec<_>) = links.partition(|(path, _)| self.on_top.is_about(path.as_bytes()));
        let here = here.iter().filter_map(|(path, _)| Some((in_words(path)?, repository.link_in_work_tree(path)?)));
        let mut targets: Texts = here.collect();
        if let Some(head) = repository.head()?.commit().copied() {
            targets.extend(texts(repository, &head, committed)?);
        }
        Ok(targets.into_iter().filter_map(|(path, target)| Some((path, String::from_utf8(target).ok()?))).collect())
    }

    /// Returns the services and edges that the files declare.
    #[must_use]
    pub fn found(&self) -> &Discovered {
        &self.found
    }

    /// Returns the names of the files that declare something, such as `package.json`, and how many files have each
    /// name. All Go files count as `*.go`.
    #[must_use]
    pub fn sources(&self) -> BTreeMap<&str, usize> {
        let mut sources = BTreeMap::new();
        let files: BTreeSet<&str> = self.found.files().map(SourceFile::name).collect();
        for path in files {
            let name = path.rsplit('/').next().unwrap_or_default();
            // Go files have too many names to be listed.
            let kind = if name.ends_with(".go") { "*.go" } else { name };
            *sources.entry(kind).or_default() += 1;
        }
        sources
    }

    /// Returns the positions of those services of `before` that have lost files to other services since. Such a service
    /// has a subdirectory which had files before, and which is a service of its own now.
    pub(super) fn narrowed_since(&self, before: &Self) -> BTreeSet<usize> {
        let now: BTreeMap<&RepoDir, &DiscoveredService> =
            self.found.services.iter().map(|service| (&service.directory, service)).collect();
        let is_narrowed = |then: &DiscoveredService| {
            let known: BTreeSet<&RepoDir> = ceded(then).collect();
            let is_new = |directory: &&RepoDir| directory.and_above().all(|above| !known.contains(&above));
            let left = now.get(&then.directory).into_iter().flat_map(|now| ceded(now));
            left.filter(is_new).any(|left| !before.tree.listing().below(left.as_str().as_bytes()).is_empty())
        };
        let services = before.found.services.iter().enumerate();
        services.filter(|(_, service)| is_narrowed(service)).map(|(position, _)| position).collect()
    }

    /// Whether one of these changes is of a file that discovery reads.
    pub(super) fn is_changed_by(&self, changes: &ChangeSet) -> bool {
        changes.as_slice().iter().any(|change| self.scope.reads(change.path.as_bytes()))
    }

    /// Whether discovery certainly gives the same result before these changes: no change is of a file that discovery
    /// reads, and none adds a path, deletes it or changes its type.
    pub(super) fn is_same_before(&self, changes: &ChangeSet) -> bool {
        let is_none = self.scope.is_empty();
        let moves = |change: &Change| matches!(change.status, Status::Added | Status::Deleted | Status::TypeChanged);
        is_none || !self.is_changed_by(changes) && !changes.as_slice().iter().any(moves)
    }

    /// Whether two discoveries certainly have the same result: they share one result, or read no files. The contents of
    /// results are not compared.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.scope == other.scope && (Arc::ptr_eq(&self.found, &other.found) || self.scope.is_empty())
    }
}

/// What is known of a commit when the work tree has been compared with it. Git takes a while to compare them.
enum Ahead {
    /// What the commit's files declare.
    Discovered(Discovery),
    /// The commit's files, without their contents.
    Listed(Listing),
}

impl Ahead {
    /// Reads a commit; without one, there are no files. Contents are read when `scope` says which ones. They are not
    /// read in a partial clone, which would have to fetch also those that the work tree replaces. For the same reason,
    /// contents that cannot be read are no error.
    ///
    /// # Errors
    /// When the commit or one of its trees cannot be read.
    fn read(
        repository: &Repository,
        commit: Option<&CommitId>,
        scope: &mpsc::Receiver<DiscoveryScope>,
    ) -> Result<Self, GitError> {
        let list = |commit| repository.with_fetching(|| repository.entries(commit));
        let listing = commit.map_or_else(|| Ok(Listing::default()), list)?;
        let scope = scope.recv().ok().filter(|scope| !scope.is_empty() && repository.partial_clone().is_none());
        let Some(scope) = scope else { return Ok(Self::Listed(listing)) };
        Ok(match declarations(repository, commit, &listing, &scope, &ChangeSet::default()) {
            Ok(found) => {
                Self::Discovered(Discovery::of(found.in_tree(&SourceTree::default(), listing, |_| true), scope))
            }
            Err(_) => Self::Listed(listing),
        })
    }
}

/// Returns the directories below a service's directory that are services of their own.
fn ceded(service: &DiscoveredService) -> impl Iterator<Item = &RepoDir> {
    service
        .takes
        .iter()
        .filter_map(|taken| if let Area::Ceded(directory) = &taken.area { Some(directory) } else { None })
}

/// The contents of files, each with its path.
type Texts = Vec<(String, Vec<u8>)>;

/// The files that declare something, as they were read.
#[derive(Default)]
struct Declarations {
    contents: Texts,
    /// The files that were not read, each with the reason.
    unread: Vec<(String, &'static str)>,
}

impl Declarations {
    /// Returns the tree of a revision. `listing` has its files. `known` is another revision, and `is_changed` returns
    /// whether the file at a path differs from it.
    fn in_tree(self, known: &SourceTree, listing: Listing, is_changed: impl Fn(&[u8]) -> bool) -> SourceTree {
        let tree = known.updated(listing, is_changed, self.contents);
        self.unread.into_iter().fold(tree, |tree, (path, why)| tree.with_unread(path, why))
    }
}

/// Reads those files of a commit that declare something, without the files that `on_top` changes. `listing` has all
/// files of the commit.
fn declarations(
    repository: &Repository,
    commit: Option<&CommitId>,
    listing: &Listing,
    scope: &DiscoveryScope,
    on_top: &ChangeSet,
) -> Result<Declarations, GitError> {
    let Some(commit) = commit else { return Ok(Declarations::default()) };
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for at in 0..listing.len() {
        let path = listing.path(at);
        if !scope.reads(path) || on_top.is_about(path) {
            continue;
        }
        match listing.mode(at) {
            Mode::File | Mode::Executable => files.push((RepoPath::from_git(path), listing.get(at).id)),
            // The target of a link may change while the link stays, so the text at a base would be wrong.
            Mode::SymbolicLink => unread.extend(String::from_utf8(path.to_vec()).ok().map(|path| (path, LINK))),
            Mode::Submodule | Mode::Directory => {}
        }
    }
    Ok(Declarations { contents: texts(repository, commit, files)?, unread })
}

/// Reads files of a commit, and returns each with its path. Files whose paths are not UTF-8 are left out, since a
/// configuration cannot name them.
fn texts(repository: &Repository, commit: &CommitId, mut files: Vec<(RepoPath, ObjectId)>) -> Result<Texts, GitError> {
    files.retain(|(path, _)| in_words(path).is_some());
    let contents = repository.contents(commit, &files)?;
    Ok(files.iter().zip(contents).filter_map(|((path, _), bytes)| Some((in_words(path)?, bytes))).collect())
}

fn in_words(path: &RepoPath) -> Option<String> {
    String::from_utf8(path.as_bytes().to_vec()).ok()
}

/// Returns the changes of single paths. Changes of submodules are left out, since their files belong to another
/// repository.
fn own(changes: &ChangeSet) -> impl Iterator<Item = &Change> {
    changes.as_slice().iter().filter(|change| change.extent == Extent::Path)
}

/// Returns a listing without the paths of the changes, but with the paths in `there`.
fn with(listing: &Listing, changes: &ChangeSet, there: &[(&RepoPath, Mode)]) -> Listing {
    if changes.is_empty() {
        return listing.clone();
    }
    let mut list = Listing::default();
    for entry in listing.iter().filter(|entry| !changes.is_about(entry.path)) {
        list.push(entry.mode, entry.id, [entry.path, b""]);
    }
    if let Ok(unknown) = ObjectId::from_bytes(&[0; 20]) {
        for (path, mode) in there {
            list.push(*mode, unknown, [path.as_bytes(), b""]);
        }
    }
    list
}
