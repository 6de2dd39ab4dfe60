use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::job_label::Rule;
use super::jobs::promote_settings;
use super::{JobOptions, JobVariable, by_level, job_command, jobs, labels, merged};
use crate::model::job_settings::JobEngine;
use crate::model::safe_json;
use crate::output::emit::EmitError;
use crate::plan::Plan;

/// The rule for the names of jobs. A name is the key of a parallel branch, and a part of the names of report files.
const NAMES: Rule = Rule { engine: "Jenkins", prefix: "", takes: "._@+-", instead: '-', longest: 200 };

#[derive(Serialize)]
struct Pipeline {
    levels: Vec<Vec<IndexMap<String, Value>>>,
    build: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    promote: Option<IndexMap<String, Value>>,
}

#[derive(Serialize)]
struct Job {
    name: String,
    only: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<u64>,
}

/// Returns the input of a Jenkinsfile, as JSON:
///
/// - `levels`: by level, the jobs. Each has its `name`, its services (`only`, separated by commas), its time limit in
///   `minutes`, and the keys that its services have in `ci.jenkins`.
/// - `build`: the command of every job in `levels`.
/// - `promote`: the job that tags existing images, with its own `command`; absent if no existing image lacks a tag.
///
/// The commands read two variables, which the Jenkinsfile sets: `$REBAKE_ONLY`, the services of the job, and
/// `$REBAKE_JOB`, its name.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, or services that share a job have different settings.
pub fn jenkins(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, options.pack)?;
    let names = labels(jobs.iter().map(|job| job.name.as_str()), &NAMES)?;
    let names: BTreeMap<&str, &String> = jobs.iter().map(|job| job.name.as_str()).zip(&names).collect();
    let job = |job: &&super::Job<'_>| {
        let own = Job { name: names[job.name.as_str()].clone(), only: job.only(), minutes: job.minutes() };
        Ok(merged(own, job.settings(JobEngine::Jenkins)?))
    };
    let levels = by_level(&jobs, None)?;
    let levels = levels.iter().map(|jobs| jobs.iter().map(job).collect()).collect::<Result<_, EmitError>>()?;
    // No service can have this name, so the job's report cannot have the same name as that of another job.
    let tagging =
        |command| IndexMap::from([("name", "promote+".to_owned()), ("only", String::new()), ("command", command)]);
    // The names of report files cannot contain the number of the build, since all jobs of a build have the same number.
    let id = JobVariable::Job.in_shell();
    let promote = job_command::promote(plan, &options.flags, job_command::PLAN, &id).map(tagging);
    let promote = promote.map(|own| Ok(merged(own, promote_settings(plan, JobEngine::Jenkins)?))).transpose()?;
    Ok(safe_json::document(&Pipeline {
        levels,
        build: job_command::build(plan, &options.flags, job_command::PLAN, &id),
        promote,
    }))
}
