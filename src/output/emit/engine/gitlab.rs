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

/// The most `needs` of a job: GitLab's default (`ci_needs_size_limit`), which an instance may lower.
const MOST_NEEDS: usize = 50;

/// The size in bytes of the largest file that every instance accepts (`max_yaml_size_bytes`).
const MOST_BYTES: usize = 1_000_000;

/// The shell variable with the id of the job on GitLab. The names of report files contain it.
const ID: &str = "$CI_JOB_ID";

const NAMES: Rule = Rule { engine: "GitLab", prefix: "build ", takes: "._/@-", instead: '-', longest: 255 };

#[derive(Serialize)]
struct Pipeline {
    stages: [&'static str; 1],
    workflow: Workflow,
    #[serde(flatten)]
    jobs: IndexMap<String, IndexMap<String, Value>>,
}

/// The rules that decide whether the pipeline runs. With these rules, the pipeline always runs. By GitLab's default
/// rules, a child pipeline, whose source is `parent_pipeline`, would not run.
#[derive(Serialize)]
struct Workflow {
    rules: [IndexMap<&'static str, &'static str>; 1],
}

#[derive(Serialize)]
struct Job {
    stage: &'static str,
    needs: Vec<Need>,
    script: [String; 1],
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    variables: IndexMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifacts: Option<Artifacts>,
}

/// The artifacts of a job. GitLab keeps them whether the job succeeds or fails.
#[derive(Serialize)]
struct Artifacts {
    when: &'static str,
    paths: [&'static str; 1],
    reports: IndexMap<&'static str, &'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Need {
    /// The job that made the plan, in the parent pipeline.
    Plan {
        pipeline: &'static str,
        job: &'static str,
    },
    Job {
        job: String,
        artifacts: bool,
    },
}

/// A retry after a failure of the machine that runs the job, as opposed to a failure of the build.
#[derive(Serialize)]
struct Retry {
    max: u32,
    when: [&'static str; 1],
}

/// Returns a child pipeline of GitLab, written as JSON, which is valid YAML: one job for each of the plan's jobs, with
/// `needs`, and one that tags existing images if they lack tags.
///
/// In the parent pipeline, the job that makes the plan must be called `rebake-plan` and keep `.rebake/` as its
/// artifacts, and the job with the `trigger` must set `PARENT_PIPELINE_ID: $CI_PIPELINE_ID`. If there is nothing to do,
/// the child pipeline has one job that does nothing, since GitLab refuses a pipeline without jobs.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, services that share a job have different settings, a job
/// needs more than 50 others, or the file is larger than 1 MB.
pub fn gitlab(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, options.pack)?;
    let names = labels(jobs.iter().map(|job| job.name.as_str()), &NAMES)?;
    let mut pipeline = Pipeline {
        stages: ["build"],
        workflow: Workflow { rules: [IndexMap::from([("when", "always")])] },
        jobs: IndexMap::new(),
    };
    let from_parent = || Need::Plan { pipeline: "$PARENT_PIPELINE_ID", job: "rebake-plan" };
    let retry = || Some(Retry { max: 1, when: ["runner_system_failure"] });
    let artifacts = || {
        let reports = IndexMap::from([("junit", job_command::JUNIT)]);
        Some(Artifacts { when: "always", paths: [job_command::REPORTS], reports })
    };
    for (job, name) in jobs.iter().zip(&names) {
        at_most("GitLab", "the number of jobs that a job needs", job.needs.len(), MOST_NEEDS)?;
        let needs = job.needs.iter().map(|need| Need::Job { job: names[*need].clone(), artifacts: false });
        let own = Job {
            stage: "build",
            needs: std::iter::once(from_parent()).chain(needs).collect(),
            script: [job_command::build(plan, &options.flags, job_command::PLAN, ID)],
            variables: IndexMap::from([(JobVariable::Only.name(), job.only())]),
            timeout: job.minutes().map(|minutes| format!("{minutes} minutes")),
            retry: retry(),
            artifacts: artifacts(),
        };
        pipeline.jobs.insert(name.clone(), merged(own, job.settings(JobEngine::Gitlab)?));
    }
    if let Some(command) = job_command::promote(plan, &options.flags, job_command::PLAN, ID) {
        let (needs, variables) = (vec![from_parent()], IndexMap::new());
        let (script, artifacts) = ([command], artifacts());
        let own = Job { stage: "build", needs, script, variables, timeout: None, retry: retry(), artifacts };
        pipeline.jobs.insert("promote".to_owned(), merged(own, promote_settings(plan, JobEngine::Gitlab)?));
    }
    if pipeline.jobs.is_empty() {
        let variables = IndexMap::from([("GIT_STRATEGY", "none".to_owned())]);
        let (needs, script) = (Vec::new(), [NOTHING.to_owned()]);
        let own = Job { stage: "build", needs, script, variables, timeout: None, retry: None, artifacts: None };
        pipeline.jobs.insert("nothing to rebuild".to_owned(), merged(own, Map::new()));
    }
    let text = safe_json::document(&pipeline);
    at_most("GitLab", "the size of the child pipeline in bytes", text.len(), MOST_BYTES)?;
    Ok(text)
}
