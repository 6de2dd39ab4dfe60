//! Git's environment variables that gix reads differently from git.

#![expect(clippy::disallowed_methods, reason = "git's variables say where a repository is, as its files do")]

use std::env;
use std::path::{Path, PathBuf};

/// Whether `GIT_DIR` names the repository. Then git does not search for a repository.
pub(super) fn names_the_repository() -> bool {
    env::var_os("GIT_DIR").is_some()
}

/// Returns the directories of `GIT_CEILING_DIRECTORIES`: the search for a repository stops below them.
pub(super) fn ceilings() -> Vec<PathBuf> {
    let list = env::var_os("GIT_CEILING_DIRECTORIES").unwrap_or_default();
    env::split_paths(&list).filter(|path| path.is_absolute()).collect()
}

/// The object directories that environment variables name.
pub(super) struct ObjectDirectories {
    /// The directory that replaces the repository's own object directory (`GIT_OBJECT_DIRECTORY`).
    pub(super) own: Option<PathBuf>,
    /// Further directories to read (`GIT_ALTERNATE_OBJECT_DIRECTORIES`).
    pub(super) more: Vec<PathBuf>,
}

impl ObjectDirectories {
    /// Reads the variables. Relative paths are relative to `from`.
    pub(super) fn read(from: &Path) -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let own = set("GIT_OBJECT_DIRECTORY").map(|own| from.join(own));
        let list = set("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
        let more = env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).map(|path| from.join(path));
        Self { own, more: more.collect() }
    }

    /// Whether the variables name no directory.
    pub(super) fn is_none(&self) -> bool {
        self.own.is_none() && self.more.is_empty()
    }
}

/// Returns the values of `safe.directory` in `GIT_CONFIG_COUNT` and related variables. An empty value removes the
/// values before it.
pub(super) fn safe_directories() -> Vec<String> {
    let count = env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<u16>().ok()).unwrap_or_default();
    let mut safe = Vec::new();
    for at in 0..count {
        let key = env::var(format!("GIT_CONFIG_KEY_{at}")).unwrap_or_default();
        let value = env::var(format!("GIT_CONFIG_VALUE_{at}")).unwrap_or_default();
        match value.as_str() {
            _ if !key.eq_ignore_ascii_case("safe.directory") => {}
            "" => safe.clear(),
            _ => safe.push(value),
        }
    }
    safe
}
