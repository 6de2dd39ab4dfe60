//! The settings of the jobs that CI engines run for a service.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The settings of a service's jobs, by engine: keys of a job and their values.
pub type JobSettings = BTreeMap<JobEngine, Map<String, Value>>;

/// An engine for which rebake writes jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobEngine {
    /// Argo Workflows.
    Argo,
    /// Azure Pipelines.
    Azure,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    Circleci,
    /// GitLab CI.
    Gitlab,
    /// Jenkins.
    Jenkins,
}

impl JobEngine {
    /// All engines.
    pub const ALL: [Self; 7] =
        [Self::Argo, Self::Azure, Self::Bitbucket, Self::Buildkite, Self::Circleci, Self::Gitlab, Self::Jenkins];

    /// Returns the name of the engine in filters.yaml.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Argo => "argo",
            Self::Azure => "azure",
            Self::Bitbucket => "bitbucket",
            Self::Buildkite => "buildkite",
            Self::Circleci => "circleci",
            Self::Gitlab => "gitlab",
            Self::Jenkins => "jenkins",
        }
    }

    /// Returns the keys of a job that a service may set: where the job runs, in which image, and what it prepares.
    /// rebake itself sets what a job does and which jobs it waits for. The list is empty for engines on which a service
    /// may set [any key](Self::takes).
    #[must_use]
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Argo => &["parameters", "template"],
            Self::Bitbucket => &[
                "before-script",
                "caches",
                "clone",
                "image",
                "max-time",
                "oidc",
                "runs-on",
                "runtime",
                "services",
                "size",
            ],
            Self::Buildkite => &[
                "agents",
                "cache",
                "concurrency",
                "concurrency_group",
                "env",
                "image",
                "plugins",
                "priority",
                "retry",
                "secrets",
                "timeout_in_minutes",
            ],
            Self::Circleci => &[
                "context",
                "docker",
                "environment",
                "machine",
                "resource_class",
                "shell",
                "steps",
                "working_directory",
            ],
            Self::Gitlab => &[
                "after_script",
                "before_script",
                "cache",
                "environment",
                "hooks",
                "id_tokens",
                "image",
                "interruptible",
                "resource_group",
                "retry",
                "secrets",
                "services",
                "tags",
                "timeout",
                "variables",
            ],
            Self::Azure | Self::Jenkins => &[],
        }
    }

    /// Whether a service may set a key. On Azure the keys are variables of the legs of a matrix, and for Jenkins they
    /// are keys that a Jenkinsfile reads. For these two engines, a key may be any name of letters, digits and `_` that
    /// rebake does not use.
    #[must_use]
    pub fn takes(self, key: &str) -> bool {
        let is_name = || {
            let mut bytes = key.bytes();
            bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match self {
            Self::Azure => is_name() && !key.to_ascii_uppercase().starts_with("REBAKE"),
            Self::Jenkins => is_name() && !["name", "only", "minutes", "command"].contains(&key),
            _ => self.keys().contains(&key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jobs_do_is_not_set() {
        let takes = |engine: JobEngine, key| engine.takes(key);
        for (engine, key) in [
            (JobEngine::Gitlab, "script"),
            (JobEngine::Gitlab, "needs"),
            (JobEngine::Buildkite, "command"),
            (JobEngine::Buildkite, "depends_on"),
            (JobEngine::Circleci, "requires"),
            (JobEngine::Bitbucket, "script"),
            (JobEngine::Azure, "REBAKE_ONLY"),
            (JobEngine::Azure, "a b"),
            (JobEngine::Jenkins, "only"),
        ] {
            assert!(!takes(engine, key), "{engine:?} {key}");
        }
        assert!(takes(JobEngine::Azure, "pool") && takes(JobEngine::Jenkins, "label"));
        for engine in JobEngine::ALL {
            assert!(engine.keys().iter().all(|key| engine.takes(key)) && engine.keys().is_sorted(), "{engine:?}");
        }
    }
}
