use std::fmt;
use std::path::Path;

use gix::discover::upwards;

use super::Error;
use crate::name::Escaped;

/// A repository, opened for reading.
pub struct Repository {
    pub(super) gix: gix::Repository,
    /// Options of every git command that is run in it.
    pub(super) git_options: Vec<String>,
}

/// What a partial clone leaves out, and where it would fetch it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialClone {
    /// The remote that promised the missing objects.
    pub remote: String,
    /// Its filter, such as `blob:none` or `tree:0`, when the configuration says it.
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
    /// Opens the repository that holds `dir`, as git would find it: from any subdirectory, a bare one, a linked
    /// work tree, through a `.git` file, with either object format. `GIT_DIR` and its relatives are honoured.
    /// Stricter than git in one thing: of `safe.directory` it takes what configuration files say, not what
    /// `GIT_CONFIG_COUNT` and its relatives say.
    ///
    /// # Errors
    /// When there is none, when it belongs to another user and `safe.directory` does not name it, or when its
    /// refs are not files.
    pub fn discover(dir: &Path) -> Result<Self, Error> {
        // Messages should say more than `.`; a file system that will not tell where we are is one git fails on too.
        let dir = &std::path::absolute(dir).map_err(Error::reading("the current directory"))?;
        let mut trust = gix::sec::trust::Mapping::<gix::open::Options>::default();
        trust.full = trust.full.bail_if_untrusted(true);
        trust.reduced = trust.reduced.bail_if_untrusted(true);
        // As git does: a ceiling that does not lie above `dir` is no reason to fail.
        let upwards = upwards::Options { match_ceiling_dir_or_error: false, ..upwards::Options::default() };
        let gix = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(dir, upwards, trust)
            .map_err(|error| closed(dir, error))?
            .to_thread_local();
        let repository = Self { gix, git_options: Vec::new() };
        match repository.config("extensions.refStorage") {
            Some(format) if format != "files" => Err(Error::RefFormat { format }),
            _ => Ok(repository),
        }
    }

    /// Returns the root of the work tree, none when the repository is bare.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.gix.workdir()
    }

    /// Returns the git directory; that of a linked work tree is its own, below `worktrees` of the main one.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        self.gix.git_dir()
    }

    /// Whether history was cut off (`--depth`).
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.gix.is_shallow().unwrap_or(false)
    }

    /// Whether there is a grafts file, git's old way to give commits other parents.
    pub(super) fn has_grafts(&self) -> bool {
        self.gix.common_dir().join("info/grafts").metadata().is_ok_and(|file| file.len() > 0)
    }

    /// Returns what the clone leaves out (`--filter`), none when it is whole.
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

/// Why the repository at `dir` could not be opened.
fn closed(dir: &Path, error: gix::Error) -> Error {
    if error.is_permission_denied() {
        // What git wants named in `safe.directory` is the work tree, or the bare repository.
        let found = gix::discover::upwards(dir).ok().map(|(path, _)| path.into_repository_and_work_tree_directories());
        let dir = found.map_or_else(|| dir.to_owned(), |(git_dir, work_dir)| work_dir.unwrap_or(git_dir));
        return Error::UnsafeOwnership { dir: dir.canonicalize().unwrap_or(dir) };
    }
    match error.downcast_any_ref::<upwards::Error>() {
        Some(_) => Error::NotARepository { dir: dir.to_owned() },
        None if !dir.is_dir() => Error::NotARepository { dir: dir.to_owned() },
        None => {
            Error::reading(format!("the repository at {}", Escaped::new(dir.as_os_str().as_encoded_bytes())))(error)
        }
    }
}
