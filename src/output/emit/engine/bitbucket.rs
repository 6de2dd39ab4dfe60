use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::job_label::Rule;
use super::jobs::promote_settings;
use super::{JobOptions, JobVariable, NOTHING, at_most, by_level, job_command, jobs, labels, merged};
use crate::model::job_settings::JobEngine;
use crate::model::safe_json;
use crate::output::emit::EmitError;
use crate::plan::Plan;

/// The most steps that Bitbucket allows in a pipeline.
const MOST_STEPS: usize = 100;

/// The longest time limit that Bitbucket allows for a step, in minutes.
const MOST_MINUTES: u64 = 720;

const NAMES: Rule = Rule { engine: "Bitbucket", prefix: "build-", takes: "._-", instead: '-', longest: 100 };

#[derive(Serialize)]
struct Pipeline {
    pipelines: IndexMap<&'static str, Vec<Value>>,
}

#[derive(Serialize)]
struct Step {
    name: String,
    script: Vec<Value>,
    #[serde(rename = "max-time", skip_serializing_if = "Option::is_none")]
    max_time: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    artifacts: Vec<&'static str>,
}

/// Returns a bitbucket-pipelines.yml, written as JSON, which is valid YAML: a step that writes the plan; then for each
/// level one step per job, all in parallel; and beside the first level, a step that tags existing images if they lack
/// tags. If there is nothing to do, the pipeline has one step that does nothing.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, services that share a job have different settings, or
/// there are more than 100 steps.
pub fn bitbucket(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, options.pack)?;
    let names = labels(jobs.iter().map(|job| job.name.as_str()), &NAMES)?;
    let artifacts = || vec![job_command::REPORTS, job_command::JUNIT];
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let names: BTreeMap<&str, &String> = jobs.iter().map(|job| job.name.as_str()).zip(&names).collect();
    for level in by_level(&jobs, None)? {
        let mut steps = Vec::new();
        for job in level {
            let name = names[job.name.as_str()].clone();
            let mut settings = job.settings(JobEngine::Bitbucket)?;
            let mut script = lines(settings.remove("before-script"));
            script.push(format!("export {}='{}'", JobVariable::Only.name(), job.only()).into());
            script.push(job_command::build(plan, &options.flags, job_command::PLAN, &name).into());
            let max_time = job.minutes().map(|minutes| minutes.min(MOST_MINUTES));
            let own = Step { name, script, max_time, artifacts: artifacts() };
            steps.push(json!({"step": merged(own, settings)}));
        }
        groups.push(steps);
    }
    if let Some(command) = job_command::promote(plan, &options.flags, job_command::PLAN, "promote") {
        let mut settings = promote_settings(plan, JobEngine::Bitbucket)?;
        let mut script = lines(settings.remove("before-script"));
        script.push(command.into());
        let own = Step { name: "promote".to_owned(), script, max_time: None, artifacts: artifacts() };
        let step = json!({"step": merged(own, settings)});
        match groups.first_mut() {
            Some(first) => first.push(step),
            None => groups.push(vec![step]),
        }
    }
    let count = groups.iter().map(Vec::len).sum::<usize>() + 1;
    at_most("Bitbucket", "the number of steps of a pipeline", count, MOST_STEPS)?;
    let mut list = Vec::new();
    if groups.is_empty() {
        let script = vec![NOTHING.into()];
        let name = "nothing to rebuild".to_owned();
        list.push(json!({"step": Step { name, script, max_time: None, artifacts: Vec::new() }}));
    } else {
        list.push(json!({"step": with_plan(plan)}));
    }
    for mut steps in groups {
        match steps.len() {
            1 => list.append(&mut steps),
            _ => list.push(json!({"parallel": {"steps": steps}})),
        }
    }
    Ok(safe_json::document(&Pipeline { pipelines: IndexMap::from([("default", list)]) }))
}

/// Returns the step that writes the plan as an artifact for the other steps.
fn with_plan(plan: &Plan) -> Step {
    let command = job_command::write_plan(plan, job_command::PLAN);
    Step { name: "plan".to_owned(), script: vec![command.into()], max_time: None, artifacts: vec![job_command::PLAN] }
}

/// Returns the lines of a script from a list or from a single line. A line may be a mapping: a pipe of Bitbucket.
fn lines(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(lines)) => lines,
        Some(line) => vec![line],
        None => Vec::new(),
    }
}
