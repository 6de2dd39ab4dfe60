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
    /// The environment for which they were built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// When the run began, in UTC as RFC 3339 writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// How long the run took; absent in a report of several runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// How many jobs ran at once, by weight; absent in a report of several runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
}

impl ReportHead {
    /// Returns the first value because of which two runs cannot share a report, `commit` or `environment`, and what it
    /// is in each of the two. Unknown values do not differ.
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

    /// Returns the head of a report of two runs: the values that they have in common, and the earlier start.
    pub(super) fn both(self, earlier: Self) -> Self {
        let started = match (self.started, earlier.started) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self {
            rebake: same(self.rebake, earlier.rebake),
            commit: same(self.commit, earlier.commit),
            environment: same(self.environment, earlier.environment),
            started,
            seconds: None,
            jobs: None,
        }
    }
}

/// Returns a value that both runs have. What only one of them has is not known of both: a merged report must not look
/// like one of a single commit.
fn same(one: Option<String>, two: Option<String>) -> Option<String> {
    one.filter(|one| two.as_ref() == Some(one))
}
