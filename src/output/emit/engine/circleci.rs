use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::job_label::Rule;
use super::{NOTHING, Pack, jobs, labels};
use crate::model::safe_json;
use crate::output::emit::{EmitError, variables};
use crate::plan::Plan;

const NAMES: Rule = Rule { engine: "CircleCI", prefix: "build-", takes: "_-", instead: '-', longest: 255 };

/// Returns the commands of a job. Files of the setup workflow may not reach the workflow that continues it, so the
/// configuration itself contains the plan: a job builds what was planned, with the planned names.
fn build(plan: &Plan) -> String {
    // Within single quotes a shell reads nothing but the quote, and CircleCI fills in nothing but `<<`. Both can stand in
    // a JSON string alone, where an escape means the same.
    let plan = safe_json::ascii_line(plan).replace('\'', "\\u0027").replace('<', "\\u003c");
    format!("printf %s '{plan}' > {PLAN}\nexec rebake build --plan {PLAN} --only \"$REBAKE_ONLY\"")
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
/// each service, with `requires`. The pipeline parameter `rebake-image` is the image in which jobs run. Without
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
    if list.is_empty() {
        let job = Job { name: "nothing-to-rebuild".to_owned(), only: None, requires: Vec::new(), filters };
        list.push(IndexMap::from([("rebake-nothing", job)]));
    }
    let image = json!([{"image": "<< pipeline.parameters.rebake-image >>"}]);
    let definition = if jobs.is_empty() {
        json!({"rebake-nothing": {"docker": image, "steps": [{"run": NOTHING}]}})
    } else {
        json!({"rebake-build": {
            "parameters": {"only": {"type": "string"}},
            "docker": image,
            "environment": {
                "REBAKE_ENVIRONMENT": variables::environment(plan)?,
                "REBAKE_ONLY": "<< parameters.only >>",
            },
            // Jobs run in a container, from which no other daemon can be reached.
            "steps": ["checkout", "setup_remote_docker", {"run": {"name": "build", "command": build(plan)}}],
        }})
    };
    Ok(safe_json::document(&Config {
        version: 2.1,
        // What the setup workflow hands on must be declared here, whether or not it is used.
        parameters: json!({
            "rebake-image": {"type": "string", "default": "cimg/base:stable"},
            "rebake-any": {"type": "boolean", "default": false},
            "rebake-count": {"type": "integer", "default": 0},
            "rebake-environment": {"type": "string", "default": ""},
        }),
        jobs: definition,
        workflows: IndexMap::from([("rebake", Workflow { jobs: list })]),
    }))
}
