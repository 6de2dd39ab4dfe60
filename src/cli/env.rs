//! Environment variables that rebake reads.

use std::path::PathBuf;

use crate::model::published_name::published_names;

published_names! {
    /// A variable that rebake reads, besides those of git and of the CI engines.
    pub enum Variable {
        /// The path of the configuration, unless `-c` is given.
        Config = "REBAKE_CONFIG",
        /// Set by the script of `rebake completions`, which asks for the words that may follow.
        Complete = "REBAKE_COMPLETE",
        /// GitHub's `needs` as JSON, for `rebake verdict`.
        Needs = "NEEDS",
        /// The file that holds the event, on GitHub Actions.
        EventPath = "GITHUB_EVENT_PATH",
        /// The file that outputs of a step are appended to, on GitHub Actions.
        Output = "GITHUB_OUTPUT",
        /// The file that the summary of a job is appended to, on GitHub Actions.
        StepSummary = "GITHUB_STEP_SUMMARY",
        /// `true` on GitHub Actions: messages are annotations too.
        GithubActions = "GITHUB_ACTIONS",
        /// Turns colours off, if it is set.
        NoColor = "NO_COLOR",
        /// The kind of terminal; `dumb` for one without cursor movement.
        Term = "TERM",
        /// The directory of Docker's configuration, with the credentials of `docker login`. If it is not set, `.docker`
        /// in the home directory.
        DockerConfig = "DOCKER_CONFIG",
        /// The file with the credentials of `podman login`, also of buildah and skopeo.
        RegistryAuthFile = "REGISTRY_AUTH_FILE",
        /// The directory with these credentials, if no file is named.
        RuntimeDir = "XDG_RUNTIME_DIR",
    }
}

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
pub(crate) fn read(variable: Variable) -> Option<String> {
    read_named(variable.name())
}

/// Returns the value of a variable with a name that is not in [`Variable`]: a CI engine, a recipe or a flag has chosen
/// it, or builds get it. The value is as for [`read`].
///
/// The CI engines' own variables are listed in `inputs::trigger`, which reads them.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn read_named(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
