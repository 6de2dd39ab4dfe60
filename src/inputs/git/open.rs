use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gix::discover::upwards;
use gix::odb::alternate::Cycle;
use gix::odb::store::init::Slots;

use super::fetch::Fetching;
use super::git_variables::ObjectDirectories;
use super::mirror::Mirror;
use super::{GitError, WorkTree, safe_directory, user_config};
use crate::model::name::Escaped;

/// An open repository.
pub struct Repository {
    pub(super) gix: gix::Repository,
    /// The options of all git commands that run in the repository.
    pub(super) git_options: Vec<String>,
    pub(super) place: Arc<Place>,
}

/// The directories of a repository, and the state that all handles of the repository share.
pub(super) struct Place {
    /// The directory in which the repository was opened.
    pub(super) directory: PathBuf,
    git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    /// The directory where new objects of the repository are written.
    pub(super) objects: PathBuf,
    /// The mirror that gix reads instead of the git directory; `None` if gix can read the git directory itself.
    pub(super) mirror: Option<Mirror>,
    pub(super) fetching: Mutex<Fetching>,
    /// The state of the work tree that [`Repository::keep_work_tree`] has read, for the next caller.
    pub(super) kept: Mutex<Option<WorkTree>>,
}

/// The filter of a partial clone, and the remote that has the objects which the clone lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialClone {
    /// The name of the remote that has the missing objects.
    pub remote: String,
    /// The filter, such as `blob:none` or `tree:0`; `None` if the configuration does not have it.
    pub filter: Option<String>,
}

impl fmt::Display for PartialClone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.filter {
            Some(filter) => write!(f, "--filter={}", Escaped::new(filter)),
            None => write!(f, "of the remote {}", Escaped::new(&self.remote)),
        }
    }
}

impl Repository {
    /// Opens the repository that git finds from `dir`, which may be any subdirectory. The repository may be bare, may
    /// have linked work trees or a `.git` file, may use SHA-1 or SHA-256, and may have its references in files or in a
    /// reftable. `GIT_DIR` and related variables have the same effect as in git.
    ///
    /// # Errors
    /// When there is no repository, when it cannot be read, or when git's rules forbid using it. They forbid it in
    /// three cases: the repository belongs to another user, and `safe.directory` does not name it; the search found a
    /// bare repository, and `safe.bareRepository` requires that `GIT_DIR` names it; or the repository has an unknown
    /// extension.
    pub fn discover(dir: &Path) -> Result<Self, GitError> {
        // Messages should name a directory, not `.`. Git fails too if the current directory cannot be determined.
        let dir = &std::path::absolute(dir).map_err(GitError::reading("the current directory"))?;
        let mut opening = Opening::default();
        let found = loop {
            match opening.open(dir) {
                Ok(found) => break found,
                Err(error)
                    if !opening.is_trusted
                        && error.is_permission_denied()
                        && safe_directory::is_named(&place_of(dir)) =>
                {
                    opening.is_trusted = true;
                }
                Err(error) if !opening.is_gathered && error.downcast_any_ref::<Cycle>().is_some() => {
                    opening.is_gathered = true;
                }
                Err(error) => return Err(closed(dir, error)),
            }
        };
        let gix = found.to_thread_local();
        safe_directory::check(dir, &gix)?;
        let absolute = |path: &Path| std::path::absolute(path).map_err(GitError::reading("the current directory"));
        let (git_dir, common_dir) = (absolute(gix.git_dir())?, absolute(gix.common_dir())?);
        let work_dir = gix.workdir().map(absolute).transpose()?;
        let options = [("git-dir", Some(&git_dir)), ("work-tree", work_dir.as_ref())];
        let option = |(name, path): (&str, Option<&PathBuf>)| Some(format!("--{name}={}", path?.to_str()?));
        let git_options: Vec<String> =
            options.into_iter().filter_map(option).chain(user_config::options(&gix)).collect();
        let root = work_dir.as_ref().unwrap_or(&git_dir);
        let objects = ObjectDirectories::read(root);
        let own = objects.own.clone().unwrap_or_else(|| common_dir.join("objects"));
        let is_mirrored = opening.is_gathered || !objects.is_none() || safe_directory::keeps_references_elsewhere(&gix);
        let mirror = is_mirrored.then(|| {
            let mirror = Mirror::of(&git_dir, &common_dir, &objects).map_err(GitError::reading("the repository"))?;
            mirror.copy_references(root, &git_options)?;
            Ok(mirror)
        });
        let mirror = mirror.transpose()?;
        let gix = match &mirror {
            Some(mirror) => {
                Opening::open_mirror(mirror, work_dir.clone()).map_err(GitError::reading("the repository"))?
            }
            None => gix,
        };
        let place = Arc::new(Place {
            directory: dir.clone(),
            git_dir,
            common_dir,
            objects: own,
            mirror,
            fetching: Mutex::default(),
            kept: Mutex::default(),
        });
        Ok(Self { gix, git_options, place })
    }

    /// Returns the same repository with another handle of gix.
    pub(super) fn with_handle(&self, gix: gix::Repository) -> Self {
        Self { gix, git_options: self.git_options.clone(), place: Arc::clone(&self.place) }
    }

    /// Returns the directory where git commands run: the root of the work tree, or the bare repository.
    pub(super) fn root(&self) -> &Path {
        self.work_dir().unwrap_or_else(|| self.git_dir())
    }

    /// Returns the root of the work tree; `None` if the repository is bare.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.gix.workdir()
    }

    /// Returns the git directory. A linked work tree has a git directory of its own, below `worktrees` in the main git
    /// directory.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.place.git_dir
    }

    /// Whether this is a shallow clone, in which history is cut off (`--depth`).
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.gix.is_shallow().unwrap_or(false)
    }

    /// Whether there is a grafts file, git's old way to give commits other parents.
    pub(super) fn has_grafts(&self) -> bool {
        self.gix.common_dir().join("info/grafts").metadata().is_ok_and(|file| file.len() > 0)
    }

    /// Returns the filter and the remote of a partial clone (`--filter`); `None` if the clone is not partial.
    #[must_use]
    pub fn partial_clone(&self) -> Option<PartialClone> {
        self.gix.remote_names().into_iter().find_map(|remote| {
            let filter = self.config(&format!("remote.{remote}.partialclonefilter"));
            let promisor = self.config(&format!("remote.{remote}.promisor")).is_some_and(|value| value != "false");
            (promisor || filter.is_some()).then(|| PartialClone { remote: remote.to_string(), filter })
        })
    }

    pub(super) fn config(&self, key: &str) -> Option<String> {
        self.gix.config_snapshot().string(key).map(|value| value.to_string())
    }
}

/// Options of opening a repository.
#[derive(Default)]
struct Opening {
    /// Whether the repository may belong to another user.
    is_trusted: bool,
    /// Whether a [`Mirror`] finds the alternates instead of gix. This is needed for alternates in a circle, which gix
    /// refuses.
    is_gathered: bool,
}

impl Opening {
    fn open(&self, dir: &Path) -> gix::Result<gix::ThreadSafeRepository> {
        let mut options = gix::sec::trust::Mapping::<gix::open::Options>::default();
        options.full = self.options(options.full).bail_if_untrusted(true);
        options.reduced = if self.is_trusted {
            self.options(gix::open::Options::default()).filter_config_section(|_| true)
        } else {
            self.options(options.reduced).bail_if_untrusted(true)
        };
        // As git does: a ceiling that does not lie above `dir` is no reason to fail.
        let upwards = upwards::Options { match_ceiling_dir_or_error: false, ..upwards::Options::default() };
        let mut found = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(dir, upwards, options)?;
        // Git uses a namespace only when it serves the repository to others.
        found.refs.namespace = None;
        Ok(found)
    }

    fn options(&self, options: gix::open::Options) -> gix::open::Options {
        // While opening a repository, gix follows alternates only to count slots. So it does not follow them if the
        // number of slots is given.
        if self.is_gathered { options.object_store_slots(Slots::Given(1)) } else { options }
    }

    fn open_mirror(mirror: &Mirror, work_dir: Option<PathBuf>) -> gix::Result<gix::Repository> {
        let options = gix::open::Options::default().with(gix::sec::Trust::Full).open_path_as_is(true);
        let mut opened = gix::ThreadSafeRepository::open_opts(mirror.dir(), options)?;
        opened.work_tree = work_dir;
        Ok(opened.to_thread_local())
    }
}

/// Returns the directory that `safe.directory` has to name: the work tree, or the bare repository.
fn place_of(dir: &Path) -> PathBuf {
    let found = gix::discover::upwards(dir).ok().map(|(path, _)| path.into_repository_and_work_tree_directories());
    let dir = found.map_or_else(|| dir.to_owned(), |(git_dir, work_dir)| work_dir.unwrap_or(git_dir));
    dir.canonicalize().unwrap_or(dir)
}

/// Returns the error for a repository that could not be opened.
fn closed(dir: &Path, error: gix::Error) -> GitError {
    if error.is_permission_denied() {
        return GitError::UnsafeOwnership { dir: place_of(dir) };
    }
    match error.downcast_any_ref::<upwards::Error>() {
        Some(_) => GitError::NotARepository { dir: dir.to_owned() },
        None if !dir.is_dir() => GitError::NotARepository { dir: dir.to_owned() },
        None => {
            GitError::reading(format!("the repository at {}", Escaped::new(dir.as_os_str().as_encoded_bytes())))(error)
        }
    }
}
