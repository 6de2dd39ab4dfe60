use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::job_label::Rule;
use super::{NOTHING, Pack, job_command, jobs, labels};
use crate::model::safe_json;
use crate::output::emit::{EmitError, variables};
use crate::plan::Plan;

const NAMES: Rule = Rule { engine: "CircleCI", prefix: "build-", takes: "_-", instead: '-', longest: 255 };

/// Returns the commands of a job that reads the plan. Files of the setup workflow may not reach the workflow that continues it, so the
/// configuration itself contains the plan: a job builds what was planned, with the planned names.
fn with_plan(plan: &Plan, command: &str) -> String {
    // Within single quotes a shell reads nothing but the quote, and CircleCI fills in nothing but `<<`. Both can stand in
    // a JSON string alone, where an escape means the same.
    let plan = safe_json::ascii_line(plan).replace('\'', "\\u0027").replace('<', "\\u003c");
    format!("printf %s '{plan}' > {PLAN}\nexec {command}")
}

/// The path of the plan. Below `.git` it does not count as a change of the work tree.
const PLAN: &str = ".git/plan.json";

#[derive(Serialize)]
struct Config {
    version: f32,
    parameters: Value,
    jobs: Value,
    workflows: IndexMap<&'static str, Workflow>,
}

#[derive(Serialize)]
struct Workflow {
    jobs: Vec<IndexMap<&'static str, Job>>,
}

#[derive(Serialize)]
struct Job {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires: Vec<String>,
    filters: Value,
}

/// Returns the configuration with which a setup workflow of CircleCI continues, as JSON, which is YAML: one job for
/// each service, with `requires`, and one for the tags of images that exist. The pipeline parameter `rebake-image` is the image in which jobs run. Without
/// services there is one job without work, since CircleCI refuses a workflow without jobs.
///
/// # Errors
/// As for every engine, and when the environment's name is not valid in filters.yaml.
pub fn circleci(plan: &Plan, pack: Pack) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, pack)?;
    let names = labels(jobs.iter().map(|job| job.name.as_str()), &NAMES)?;
    // For a tag, CircleCI leaves out every job that does not ask for tags.
    let filters = json!({"tags": {"only": "/.*/"}});
    let mut list: Vec<IndexMap<&'static str, Job>> = Vec::new();
    for (job, name) in jobs.iter().zip(&names) {
        let requires = job.needs.iter().map(|need| names[*need].clone()).collect();
        list.push(IndexMap::from([(
            "rebake-build",
            Job { name: name.clone(), only: Some(job.only()), requires, filters: filters.clone() },
        )]));
    }
    let promote = job_command::promote(plan, PLAN);
    if promote.is_some() {
        let filters = filters.clone();
        let job = Job { name: "promote".to_owned(), only: None, requires: Vec::new(), filters };
        list.push(IndexMap::from([("rebake-promote", job)]));
    }
    if list.is_empty() {
        let job = Job { name: "nothing-to-rebuild".to_owned(), only: None, requires: Vec::new(), filters };
        list.push(IndexMap::from([("rebake-nothing", job)]));
    }
    let image = json!([{"image": "<< pipeline.parameters.rebake-image >>"}]);
    let mut definitions = Map::new();
    if !jobs.is_empty() {
        let command = with_plan(plan, &job_command::build(plan, PLAN));
        let definition = json!({
            "parameters": {"only": {"type": "string"}},
            "docker": image,
            "environment": {
                "REBAKE_ENVIRONMENT": variables::environment(plan)?,
                "REBAKE_ONLY": "<< parameters.only >>",
            },
            // Jobs run in a container, from which no other daemon can be reached.
            "steps": ["checkout", "setup_remote_docker", {"run": {"name": "build", "command": command}}],
        });
        definitions.insert("rebake-build".to_owned(), definition);
    }
    if let Some(command) = promote {
        let command = with_plan(plan, &command);
        let steps = json!(["checkout", {"run": {"name": "promote", "command": command}}]);
        definitions.insert("rebake-promote".to_owned(), json!({"docker": image, "steps": steps}));
    }
    if definitions.is_empty() {
        let definition = json!({"docker": image, "steps": [{"run": NOTHING}]});
        definitions.insert("rebake-nothing".to_owned(), definition);
    }
    Ok(safe_json::document(&Config {
        version: 2.1,
        // What the setup workflow hands on must be declared here, whether or not it is used.
        parameters: json!({
            "rebake-image": {"type": "string", "default": "cimg/base:stable"},
            "rebake-any": {"type": "boolean", "default": false},
            "rebake-count": {"type": "integer", "default": 0},
            "rebake-environment": {"type": "string", "default": ""},
        }),
        jobs: Value::Object(definitions),
        workflows: IndexMap::from([("rebake", Workflow { jobs: list })]),
    }))
}
