use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part of a report about the run as a whole. It is empty in older reports.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ReportHead {
    /// The version of rebake that built the services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebake: Option<String>,
    /// The commit that was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The environment for which the services were built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// When the run began, in UTC and the format of RFC 3339: `2025-03-09T17:04:52Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// How long the run took, in seconds; absent in a report of several runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// How many builds could run at once, where a build counts as often as its weight says; absent in a report of
    /// several runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
}

impl ReportHead {
    /// Returns the first value that differs between two runs: its name, `commit` or `environment`, and the value in
    /// each of the two. Such runs cannot share a report. A value that one of them lacks does not differ.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let differ = |one: &Option<String>, two: &Option<String>| match (one, two) {
            (Some(one), Some(two)) if one != two => Some((one.clone(), two.clone())),
            _ => None,
        };
        let named = |name| move |(one, two)| (name, one, two);
        let commit = differ(&self.commit, &other.commit).map(named("commit"));
        commit.or_else(|| differ(&self.environment, &other.environment).map(named("environment")))
    }

    /// Returns the head of a report of two runs: the values that are the same in both, and the earlier start.
    pub(super) fn both(self, earlier: Self) -> Self {
        let started = match (self.started, earlier.started) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self {
            rebake: same(self.rebake, earlier.rebake.as_ref()),
            commit: same(self.commit, earlier.commit.as_ref()),
            environment: same(self.environment, earlier.environment.as_ref()),
            started,
            seconds: None,
            jobs: None,
        }
    }
}

/// Returns a value if it is the same in both runs. A value that only one of them has is left out, since a report of two
/// runs must not look like a report of a single commit.
fn same(one: Option<String>, two: Option<&String>) -> Option<String> {
    one.filter(|one| two == Some(one))
}
