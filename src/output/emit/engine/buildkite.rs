use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::job_label::Rule;
use super::jobs::promote_settings;
use super::{JobOptions, JobVariable, NOTHING, at_most, job_command, jobs, labels, merged};
use crate::model::job_settings::JobEngine;
use crate::model::safe_json;
use crate::output::emit::EmitError;
use crate::plan::Plan;

/// The shell variable with the id of the job on Buildkite. The names of report files contain it.
const ID: &str = "$BUILDKITE_JOB_ID";

/// The files that the agent uploads after a job, whether it succeeds or fails.
const REPORTS: [&str; 2] = [job_command::REPORTS, job_command::JUNIT];

/// The most jobs of one upload.
const MOST_JOBS: usize = 500;

/// The rule for the keys of steps. The prefix prevents a key from looking like a UUID, which Buildkite refuses as a
/// key.
const KEYS: Rule = Rule { engine: "Buildkite", prefix: "rebake-", takes: "_-", instead: '-', longest: 255 };

#[derive(Serialize)]
struct Pipeline {
    steps: Vec<IndexMap<String, Value>>,
}

#[derive(Serialize)]
struct Step {
    label: String,
    key: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
    command: Vec<String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    env: IndexMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_in_minutes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_paths: Option<[&'static str; 2]>,
}

/// A retry after the loss of an agent, which is not a failure of the build.
#[derive(Serialize)]
struct Retry {
    automatic: [Lost; 1],
}

#[derive(Serialize)]
struct Lost {
    exit_status: i32,
    limit: u32,
}

/// Returns the steps for `buildkite-agent pipeline upload --no-interpolation`: one step for each job, with
/// `depends_on`, and one that tags existing images if they lack tags. Each of these steps downloads the plan, the
/// artifact `.rebake/plan.json`. If there is nothing to do, the pipeline has one step that does nothing.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, services that share a job have different settings, or
/// there are more than 500 jobs, the limit of one upload.
pub fn buildkite(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, options.pack)?;
    let keys = labels(jobs.iter().map(|job| job.name.as_str()), &KEYS)?;
    let mut steps = Vec::new();
    let with_plan = |command: String| {
        let download = format!("buildkite-agent artifact download {} .", job_command::PLAN);
        vec![download, format!("exec {command}")]
    };
    let retry = || Some(Retry { automatic: [Lost { exit_status: -1, limit: 2 }] });
    for (job, key) in jobs.iter().zip(&keys) {
        let own = Step {
            label: format!("build {}", job.name),
            key: key.clone(),
            depends_on: job.needs.iter().map(|need| keys[*need].clone()).collect(),
            command: with_plan(job_command::build(plan, &options.flags, job_command::PLAN, ID)),
            env: IndexMap::from([(JobVariable::Only.name(), job.only())]),
            timeout_in_minutes: job.minutes(),
            retry: retry(),
            artifact_paths: Some(REPORTS),
        };
        steps.push(merged(own, job.settings(JobEngine::Buildkite)?));
    }
    if let Some(command) = job_command::promote(plan, &options.flags, job_command::PLAN, ID) {
        let own = Step {
            label: "promote".to_owned(),
            key: "promote".to_owned(),
            depends_on: Vec::new(),
            command: with_plan(command),
            env: IndexMap::new(),
            timeout_in_minutes: None,
            retry: retry(),
            artifact_paths: Some(REPORTS),
        };
        steps.push(merged(own, promote_settings(plan, JobEngine::Buildkite)?));
    }
    at_most("Buildkite", "the number of jobs of an upload", steps.len(), MOST_JOBS)?;
    if steps.is_empty() {
        let own = Step {
            label: "nothing to rebuild".to_owned(),
            key: "rebake".to_owned(),
            depends_on: Vec::new(),
            command: vec![NOTHING.to_owned()],
            env: IndexMap::new(),
            timeout_in_minutes: None,
            retry: None,
            artifact_paths: None,
        };
        steps.push(merged(own, Map::new()));
    }
    Ok(safe_json::document(&Pipeline { steps }))
}
