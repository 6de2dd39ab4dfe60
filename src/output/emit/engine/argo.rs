use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::job_label::Rule;
use super::jobs::promote_settings;
use super::{JobOptions, at_most, jobs, labels};
use crate::model::job_settings::JobEngine;
use crate::model::safe_json;
use crate::output::emit::EmitError;
use crate::plan::Plan;

/// The most bytes of a workflow: the size of the largest object that Kubernetes stores, minus room for the workflow's
/// status.
const MOST_BYTES: usize = 1_000_000;

/// The parameter with the time limit of a job in seconds. Its name is that of the template's field for which it is.
const DEADLINE: &str = "activeDeadlineSeconds";

const NAMES: Rule = Rule { engine: "Argo", prefix: "build-", takes: "-", instead: '-', longest: 128 };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Workflow {
    api_version: &'static str,
    kind: &'static str,
    metadata: IndexMap<&'static str, &'static str>,
    spec: Spec,
}

#[derive(Serialize)]
struct Spec {
    entrypoint: &'static str,
    templates: [Template; 1],
}

#[derive(Serialize)]
struct Template {
    name: &'static str,
    dag: Dag,
}

/// A DAG in which a failure stops only the tasks that depend on the failed task.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dag {
    fail_fast: bool,
    tasks: Vec<Task>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    depends: Option<String>,
    template_ref: TemplateRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<Arguments>,
}

#[derive(Serialize)]
struct TemplateRef {
    name: &'static str,
    template: String,
}

#[derive(Serialize)]
struct Arguments {
    parameters: Vec<Parameter>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    value: String,
}

/// Returns a Workflow of Argo, as JSON: one task for each job, and one that tags existing images if they lack tags. The
/// `depends` of a task names the tasks that must succeed before it. Tasks run templates of the cluster's
/// `WorkflowTemplate` `rebake`. The task that tags images runs the template `promote`. A job runs `build`, or another
/// template that a service's `ci` names. The template of a job gets the parameter `only`, the names of the services to
/// build, and if the job has a time limit, `activeDeadlineSeconds`. A task itself can have no time limit. Without tasks,
/// the text is empty, since Argo refuses a workflow without tasks.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, services that share a job have different settings, or
/// the workflow is larger than 1 MB.
pub fn argo(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let to_build = plan.to_build();
    let jobs = jobs(&to_build, options.pack)?;
    let promotes = plan.promote == Some(true);
    if jobs.is_empty() && !promotes {
        return Ok(String::new());
    }
    let names = labels(jobs.iter().map(|job| job.name.as_str()), &NAMES)?;
    let mut tasks = Vec::new();
    for (job, name) in jobs.iter().zip(&names) {
        let depends: Vec<String> = job.needs.iter().map(|need| format!("{}.Succeeded", names[*need])).collect();
        let settings = job.settings(JobEngine::Argo)?;
        let template = settings.get("template").map_or_else(|| "build".to_owned(), text);
        let mut parameters = vec![Parameter { name: "only".to_owned(), value: job.only() }];
        parameters.extend(asked_parameters(&settings).filter(|parameter| parameter.name != "only"));
        if let Some(minutes) = job.minutes().filter(|_| parameters.iter().all(|asked| asked.name != DEADLINE)) {
            let seconds = minutes.saturating_mul(60);
            parameters.push(Parameter { name: DEADLINE.to_owned(), value: seconds.to_string() });
        }
        tasks.push(Task {
            name: name.clone(),
            depends: (!depends.is_empty()).then(|| depends.join(" && ")),
            template_ref: TemplateRef { name: "rebake", template },
            arguments: Some(Arguments { parameters }),
        });
    }
    if promotes {
        let template_ref = TemplateRef { name: "rebake", template: "promote".to_owned() };
        let settings = promote_settings(plan, JobEngine::Argo)?;
        let parameters: Vec<Parameter> = asked_parameters(&settings).collect();
        let arguments = (!parameters.is_empty()).then_some(Arguments { parameters });
        tasks.push(Task { name: "promote".to_owned(), depends: None, template_ref, arguments });
    }
    let text = safe_json::document(&Workflow {
        api_version: "argoproj.io/v1alpha1",
        kind: "Workflow",
        metadata: IndexMap::from([("generateName", "rebake-")]),
        spec: Spec { entrypoint: "plan", templates: [Template { name: "plan", dag: Dag { fail_fast: false, tasks } }] },
    });
    at_most("Argo", "the size of the workflow in bytes", text.len(), MOST_BYTES)?;
    Ok(text)
}

/// Returns the entries of `parameters` in the settings of services.
fn asked_parameters(settings: &Map<String, Value>) -> impl Iterator<Item = Parameter> {
    let asked = settings.get("parameters").and_then(Value::as_object).into_iter().flatten();
    asked.map(|(name, value)| Parameter { name: name.clone(), value: text(value) })
}

/// Returns the text of a parameter's value: a string as it is, any other value as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
