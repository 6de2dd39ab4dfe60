//! The names of all environment variables that rebake reads.

use std::path::PathBuf;

/// The path of the configuration, unless `-c` is given.
pub(crate) const CONFIG: &str = "REBAKE_CONFIG";

/// The file that holds the event of a GitHub Actions run.
pub(crate) const EVENT_PATH: &str = "GITHUB_EVENT_PATH";

/// The file that a step's outputs are appended to.
pub(crate) const OUTPUT: &str = "GITHUB_OUTPUT";

/// The file that a step's summary is appended to.
pub(crate) const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// `true` in a workflow of GitHub Actions.
pub(crate) const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";

/// GitHub's `needs` as JSON, which a workflow hands to `rebake verdict`.
pub(crate) const NEEDS: &str = "NEEDS";

/// Set to turn colours off.
pub(crate) const NO_COLOR: &str = "NO_COLOR";

/// The kind of terminal; `dumb` for one without cursor movement.
pub(crate) const TERM: &str = "TERM";

/// The id of the build in which this process runs. It is set only if a build of rebake has started this process.
pub(crate) const BUILD_ID: &str = "REBAKE_BUILD_ID";

/// The directory of Docker's configuration, if it is not `.docker` in the home directory.
pub(crate) const DOCKER_CONFIG: &str = "DOCKER_CONFIG";

/// The credentials file of Podman, Buildah and Skopeo.
pub(crate) const REGISTRY_AUTH_FILE: &str = "REGISTRY_AUTH_FILE";

/// The directory of the default credentials file of Podman, Buildah and Skopeo.
pub(crate) const RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

/// The endings of names of variables that always hold secrets.
const SECRET: [&str; 3] = ["_TOKEN", "_PASSWORD", "_KEY"];

/// The length of the shortest secret value. A shorter one, such as `CACHE_KEY=main`, counts as an ordinary word.
const SHORTEST_SECRET: usize = 6;

/// Returns the values of the variables whose names say that they are secret.
pub(crate) fn secrets() -> impl Iterator<Item = String> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.to_str()?.to_ascii_uppercase();
            SECRET.iter().any(|end| name.ends_with(end)).then(|| value.into_string().ok()).flatten()
        })
        .filter(|value| value.trim().len() >= SHORTEST_SECRET)
}

/// Returns the user's home directory.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// Whether a variable is set, even to an empty value.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// Returns a variable's value. A value that is empty or not UTF-8 counts as unset.
///
/// The CI engines' own variables are listed in `inputs::trigger`, which reads them.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
