//! Every environment variable that rebake reads, once.

/// Names the configuration, where `-c` does not.
pub(crate) const CONFIG: &str = "REBAKE_CONFIG";

/// The file that holds the event of a GitHub Actions run.
pub(crate) const EVENT_PATH: &str = "GITHUB_EVENT_PATH";

/// The file that a step's outputs are appended to.
pub(crate) const OUTPUT: &str = "GITHUB_OUTPUT";

/// The file that a step's summary is appended to.
pub(crate) const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// `true` in nektos/act's rehearsal of a workflow, in which nothing is pushed.
pub(crate) const ACT: &str = "ACT";

/// `true` in a workflow of GitHub Actions.
pub(crate) const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";

/// GitHub's `needs` as JSON, which a workflow hands to `rebake verdict`.
pub(crate) const NEEDS: &str = "NEEDS";

/// Set where nobody wants colours.
pub(crate) const NO_COLOR: &str = "NO_COLOR";

/// The mark of the build that this process runs in, where it does.
pub(crate) const BUILD_ID: &str = "REBAKE_BUILD_ID";

/// Returns a variable's value; one that is empty or not UTF-8 counts as unset.
///
/// The CI engines' own variables are listed where they are understood, in the room `trigger`.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
