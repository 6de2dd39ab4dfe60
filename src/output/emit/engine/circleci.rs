use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::job_label::Rule;
use super::jobs::promote_settings;
use super::{JobFlags, JobOptions, JobVariable, NOTHING, job_command, jobs, labels, merged};
use crate::model::job_settings::JobEngine;
use crate::model::safe_json;
use crate::output::emit::{EmitError, PlanVariable, variables};
use crate::plan::Plan;

const NAMES: Rule = Rule { engine: "CircleCI", prefix: "build-", takes: "_-", instead: '-', longest: 255 };

/// The folder of the plan and the reports. It is below `.git`, so its files do not count as changes of the work tree.
const FOLDER: &str = ".git/rebake-job";

/// The path of the plan.
const PLAN: &str = ".git/rebake-job/plan.json";

/// The shell variable with the id of the job on CircleCI. The names of report files contain it.
const ID: &str = "$CIRCLE_WORKFLOW_JOB_ID";

#[derive(Serialize)]
struct Config {
    version: f32,
    parameters: Value,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    commands: IndexMap<&'static str, Value>,
    jobs: IndexMap<String, Value>,
    workflows: IndexMap<&'static str, Workflow>,
}

#[derive(Serialize)]
struct Workflow {
    jobs: Vec<IndexMap<String, Job>>,
}

#[derive(Serialize)]
struct Job {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
    filters: Value,
}

/// Returns the configuration with which CircleCI continues after a setup workflow, written as JSON, which is valid
/// YAML: one job for each of the plan's jobs, with `requires`, and one that tags existing images if they lack tags.
/// Jobs run in the image that the pipeline parameter `rebake-image` names. If there is nothing to do, the workflow has
/// one job that does nothing, since CircleCI refuses a workflow without jobs.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, services that share a job have different settings, or
/// the environment's name is not valid in filters.yaml.
pub fn circleci(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, options.pack)?;
    let names = labels(jobs.iter().map(|job| job.name.as_str()), &NAMES)?;
    // For a tag, CircleCI leaves out every job without a filter for tags.
    let filters = || json!({"tags": {"only": "/.*/"}});
    let mut list: Vec<IndexMap<String, Job>> = Vec::new();
    let mut definitions = Definitions::default();
    for (job, name) in jobs.iter().zip(&names) {
        let mut settings = job.settings(JobEngine::Circleci)?;
        let context = settings.remove("context");
        let definition = definitions.named(plan, &options.flags, job.minutes(), settings)?;
        let requires = job.needs.iter().map(|need| names[*need].clone()).collect();
        let job = Job { name: name.clone(), only: Some(job.only()), requires, context, filters: filters() };
        list.push(IndexMap::from([(definition, job)]));
    }
    let Definitions { jobs: mut definitions, .. } = definitions;
    if let Some(command) = job_command::promote(plan, &options.flags, PLAN, ID) {
        let mut settings = promote_settings(plan, JobEngine::Circleci)?;
        let context = settings.remove("context");
        let mut steps = vec![json!("checkout")];
        steps.extend(own_steps(&mut settings));
        steps.push(json!(READ_PLAN));
        steps.extend(run("promote", &command, None));
        let mut own = json!({"steps": steps});
        if !settings.contains_key("machine") {
            own["docker"] = image();
        }
        definitions.insert("rebake-promote".to_owned(), json!(merged(own, settings)));
        let (name, requires) = ("promote".to_owned(), Vec::new());
        let job = Job { name, only: None, requires, context, filters: filters() };
        list.push(IndexMap::from([("rebake-promote".to_owned(), job)]));
    }
    let commands = if list.is_empty() { IndexMap::new() } else { IndexMap::from([(READ_PLAN, read_plan(plan))]) };
    if list.is_empty() {
        let (name, requires) = ("nothing-to-rebuild".to_owned(), Vec::new());
        let job = Job { name, only: None, requires, context: None, filters: filters() };
        list.push(IndexMap::from([("rebake-nothing".to_owned(), job)]));
        let definition = json!({"docker": image(), "steps": [{"run": NOTHING}]});
        definitions.insert("rebake-nothing".to_owned(), definition);
    }
    Ok(safe_json::document(&Config {
        version: 2.1,
        // Each parameter that the setup workflow passes must be declared here, whether or not it is used.
        parameters: json!({
            "rebake-image": {"type": "string", "default": "cimg/base:stable"},
            "rebake-any": {"type": "boolean", "default": false},
            "rebake-count": {"type": "integer", "default": 0},
            "rebake-environment": {"type": "string", "default": ""},
        }),
        commands,
        jobs: definitions,
        workflows: IndexMap::from([("rebake", Workflow { jobs: list })]),
    }))
}

/// The definitions of jobs that build. Jobs with equal time limits and equal settings share a definition.
#[derive(Default)]
struct Definitions {
    /// The time limit in minutes and the settings of each definition.
    asked: Vec<(Option<u64>, Map<String, Value>)>,
    jobs: IndexMap<String, Value>,
}

impl Definitions {
    /// Returns the name of the definition for jobs with this time limit and these settings.
    fn named(
        &mut self,
        plan: &Plan,
        flags: &JobFlags,
        minutes: Option<u64>,
        settings: Map<String, Value>,
    ) -> Result<String, EmitError> {
        let asked = (minutes, settings);
        let place = self.asked.iter().position(|known| *known == asked);
        let number = place.unwrap_or(self.asked.len());
        let name = if number == 0 { "rebake-build".to_owned() } else { format!("rebake-build-{}", number + 1) };
        if place.is_none() {
            self.jobs.insert(name.clone(), definition(plan, flags, minutes, asked.1.clone())?);
            self.asked.push(asked);
        }
        Ok(name)
    }
}

/// Returns the definition of jobs with this time limit and these settings. The jobs build the services in the parameter
/// `only`.
fn definition(
    plan: &Plan,
    flags: &JobFlags,
    minutes: Option<u64>,
    mut settings: Map<String, Value>,
) -> Result<Value, EmitError> {
    let mut steps = vec![json!("checkout")];
    let mut own = json!({
        "parameters": {"only": {"type": "string"}},
        "environment": {
            (PlanVariable::Environment.name()): variables::environment(plan)?,
            (JobVariable::Only.name()): "<< parameters.only >>",
        },
    });
    if !settings.contains_key("machine") {
        // The job runs in a container without a Docker daemon, so CircleCI provides a remote one.
        own["docker"] = image();
        steps.push(json!("setup_remote_docker"));
    }
    steps.extend(own_steps(&mut settings));
    steps.push(json!(READ_PLAN));
    steps.extend(run("build", &job_command::build(plan, flags, PLAN, ID), minutes));
    own["steps"] = Value::Array(steps);
    Ok(json!(merged(own, settings)))
}

/// Removes the key `steps` from the settings of services, and returns its steps.
fn own_steps(settings: &mut Map<String, Value>) -> Vec<Value> {
    match settings.remove("steps") {
        Some(Value::Array(steps)) => steps,
        Some(step) => vec![step],
        None => Vec::new(),
    }
}

/// Returns the steps that run a command and keep its reports, whether it succeeds or fails. CircleCI stops a command
/// that writes nothing for `minutes`, or for CircleCI's default of 10 minutes if that is `None`.
fn run(name: &str, command: &str, minutes: Option<u64>) -> [Value; 3] {
    let mut step = json!({"name": name, "command": format!("exec {command}")});
    if let Some(minutes) = minutes {
        step["no_output_timeout"] = json!(format!("{minutes}m"));
    }
    [
        json!({"run": step}),
        json!({"store_artifacts": {"path": FOLDER}}),
        json!({"store_test_results": {"path": FOLDER}}),
    ]
}

fn image() -> Value {
    json!([{"image": "<< pipeline.parameters.rebake-image >>"}])
}

/// The name of the reusable command of CircleCI that writes the plan to a file.
const READ_PLAN: &str = "rebake-plan";

/// Returns the reusable command of CircleCI that writes the plan to a file. The plan is a part of the configuration,
/// since jobs may not be able to read files of the setup workflow. So all jobs build with the versions and tags of this
/// plan.
fn read_plan(plan: &Plan) -> Value {
    let command = job_command::write_plan(plan, PLAN);
    json!({"steps": [{"run": {"name": "plan", "command": command}}]})
}
