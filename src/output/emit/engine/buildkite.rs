use indexmap::IndexMap;
use serde::Serialize;

use super::job_label::Rule;
use super::{NOTHING, Pack, at_most, job_command, jobs, labels};
use crate::model::safe_json;
use crate::output::emit::EmitError;
use crate::plan::Plan;

/// The most jobs of one upload.
const MOST_JOBS: usize = 500;

/// The rule for keys. They begin with a word, since they must not look like a UUID.
const KEYS: Rule = Rule { engine: "Buildkite", prefix: "rebake-", takes: "_-", instead: '-', longest: 255 };

#[derive(Serialize)]
struct Pipeline {
    steps: Vec<Step>,
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
    retry: Option<Retry>,
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

/// Returns the steps for `buildkite-agent pipeline upload --no-interpolation`: one step for each service, with
/// `depends_on`, and one for the tags of images that exist. The plan is the artifact `.rebake/plan.json`. Without services there is one step without work.
///
/// # Errors
/// As for every engine, and when there are more than 500 jobs, the limit of one upload.
pub fn buildkite(plan: &Plan, pack: Pack) -> Result<String, EmitError> {
    let jobs = jobs(plan, pack)?;
    at_most("Buildkite", "the number of jobs of an upload", jobs.len(), MOST_JOBS)?;
    let keys = labels(jobs.iter().map(|job| job.name.as_str()), &KEYS)?;
    let mut steps: Vec<Step> = Vec::new();
    let with_plan = |command: String| {
        let download = format!("buildkite-agent artifact download {} .", job_command::PLAN);
        vec![download, format!("exec {command}")]
    };
    let retry = || Some(Retry { automatic: [Lost { exit_status: -1, limit: 2 }] });
    for (job, key) in jobs.iter().zip(&keys) {
        steps.push(Step {
            label: format!("build {}", job.name),
            key: key.clone(),
            depends_on: job.needs.iter().map(|need| keys[*need].clone()).collect(),
            command: with_plan(job_command::build(plan, job_command::PLAN)),
            env: IndexMap::from([("REBAKE_ONLY", job.only())]),
            retry: retry(),
        });
    }
    if let Some(command) = job_command::promote(plan, job_command::PLAN) {
        steps.push(Step {
            label: "promote".to_owned(),
            key: "promote".to_owned(),
            depends_on: Vec::new(),
            command: with_plan(command),
            env: IndexMap::new(),
            retry: retry(),
        });
    }
    if steps.is_empty() {
        steps.push(Step {
            label: "nothing to rebuild".to_owned(),
            key: "rebake".to_owned(),
            depends_on: Vec::new(),
            command: vec![NOTHING.to_owned()],
            env: IndexMap::new(),
            retry: None,
        });
    }
    Ok(safe_json::document(&Pipeline { steps }))
}
