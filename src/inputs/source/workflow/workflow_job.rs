//! The jobs of a workflow with their conditions, and the events that start it.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::{Job, Step, action, pairs};
use crate::inputs::source::scalar;
use crate::inputs::source::yaml_place::YamlPlaces;
use crate::model::diagnostic::{Located, Span};
use crate::model::name::RepoDir;

/// A job of a workflow: its dependencies, its conditions and its outputs.
#[derive(Debug, Clone, Default)]
pub struct WorkflowJob {
    /// Its name in the file.
    pub name: String,
    /// Its place.
    pub at: Span,
    /// Its `if`.
    pub condition: Option<String>,
    /// The jobs that it waits for.
    pub needs: Vec<String>,
    /// Its outputs, by name.
    pub outputs: BTreeMap<String, String>,
    /// The axes of its matrix whose values are one expression, such as `${{ fromJSON(inputs.services) }}`, by name.
    pub axes: BTreeMap<String, String>,
    /// The path of the workflow that the job calls, if that workflow is in the repository.
    pub calls: Option<String>,
    /// The inputs that it passes to the workflow that it calls.
    pub inputs: BTreeMap<String, String>,
    /// The texts under its other keys, such as `runs-on`, `env` and `strategy`. They may contain expressions too.
    pub others: Vec<String>,
    /// Its steps.
    pub steps: Vec<WorkflowStep>,
}

/// A step of a job.
#[derive(Debug, Clone, Default)]
pub struct WorkflowStep {
    /// The name by which other steps refer to it.
    pub id: Option<String>,
    /// Its place.
    pub at: Span,
    /// Its `if`.
    pub condition: Option<String>,
    /// The action that it runs, without its version.
    pub action: String,
    /// Its script.
    pub run: String,
    /// Its environment variables (`env`).
    pub variables: BTreeMap<String, String>,
    /// The inputs of its action.
    pub inputs: BTreeMap<String, String>,
}

/// The events that start a workflow.
#[derive(Debug, Clone, Default)]
pub struct WorkflowStart {
    /// The events, in the order of the file.
    pub events: Vec<WorkflowEvent>,
    /// The values of the outputs that its callers get (`on.workflow_call.outputs`).
    pub outputs: Vec<String>,
}

/// An event that starts a workflow.
#[derive(Debug, Clone, Default)]
pub struct WorkflowEvent {
    /// Its name: `push`.
    pub name: String,
    /// `paths`; `None` for any path.
    pub paths: Option<Vec<Located<String>>>,
    /// `paths-ignore`.
    pub ignored_paths: Option<Vec<Located<String>>>,
    /// `tags`.
    pub tags: Option<Vec<Located<String>>>,
}

pub(super) fn job(name: &str, job: &Job, places: &YamlPlaces) -> WorkflowJob {
    let path = ["jobs", name];
    let axes = job.strategy.get("matrix").into_iter().flat_map(pairs);
    let axes = axes.filter_map(|(axis, value)| Some((axis.clone(), scalar(value)?)));
    let called = scalar(&job.uses).and_then(|uses| RepoDir::root().resolve_file(uses.strip_prefix("./")?).ok());
    WorkflowJob {
        name: name.to_owned(),
        at: places.at(path),
        condition: scalar(&job.condition),
        needs: words(&job.needs),
        outputs: by_name(&job.outputs),
        axes: axes.collect(),
        calls: called,
        inputs: by_name(&job.with),
        others: [&job.strategy, &job.env, &job.others].into_iter().flat_map(scalars).collect(),
        steps: steps(&["jobs", name, "steps"], job.steps.iter().flatten(), places),
    }
}

/// Reads the steps in the list at a path of keys.
pub(super) fn steps<'s>(
    path: &[&str],
    steps: impl Iterator<Item = &'s Step>,
    places: &YamlPlaces,
) -> Vec<WorkflowStep> {
    let at = |number: usize| places.at(path.iter().copied().chain([number.to_string().as_str()]));
    steps.enumerate().map(|(number, step)| self::step(step, at(number))).collect()
}

fn step(step: &Step, at: Span) -> WorkflowStep {
    WorkflowStep {
        id: scalar(&step.id),
        at,
        condition: scalar(&step.condition),
        action: action(&step.uses).to_owned(),
        run: scalar(&step.run).unwrap_or_default(),
        variables: by_name(&step.env),
        inputs: by_name(&step.with),
    }
}

/// Reads `on`: an event, a list of events, or events with their filters.
pub(super) fn start(on: &Value, places: &YamlPlaces) -> WorkflowStart {
    if on.as_mapping().is_none() {
        let named = |name: String| WorkflowEvent { name, ..WorkflowEvent::default() };
        return WorkflowStart { events: words(on).into_iter().map(named).collect(), outputs: Vec::new() };
    }
    let event = |(name, filters): (&String, &Value)| {
        let list = |key: &str| {
            let items = filters.get(key)?;
            let at = |number: usize| places.at(["on", name, key, &number.to_string()]);
            let texts = words(items).into_iter().enumerate();
            Some(texts.map(|(number, text)| Located::new(text, at(number))).collect())
        };
        WorkflowEvent {
            name: name.clone(),
            paths: list("paths"),
            ignored_paths: list("paths-ignore"),
            tags: list("tags"),
        }
    };
    let outputs = on.get("workflow_call").and_then(|call| call.get("outputs")).into_iter().flat_map(pairs);
    let outputs = outputs.filter_map(|(_, output)| scalar(output.get("value")?)).collect();
    WorkflowStart { events: pairs(on).map(event).collect(), outputs }
}

/// Returns the texts of a list, or a single text.
fn words(value: &Value) -> Vec<String> {
    match value.as_sequence() {
        Some(items) => items.iter().filter_map(scalar).collect(),
        None => scalar(value).into_iter().collect(),
    }
}

/// Returns all texts in a value.
fn scalars(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(scalars).collect(),
        Value::Mapping(pairs) => pairs.values().flat_map(scalars).collect(),
        value => scalar(value).into_iter().collect(),
    }
}

fn by_name(value: &Value) -> BTreeMap<String, String> {
    pairs(value).filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Workflow;
    use crate::model::diagnostic::SourceFile;

    #[test]
    fn jobs_say_what_they_wait_for() {
        let text = "on:
  push: {paths: [a/**, '!b'], tags: v*}
  pull_request:
jobs:
  a:
    outputs: {x: '${{ steps.f.outputs.x }}'}
    steps: [{id: f, uses: dorny/paths-filter@v3}, {if: true, run: echo, env: {A: 1}}]
  b:
    needs: a
    if: needs.a.outputs.x == 'true'
    uses: ./.github/workflows/build.yml
    with: {changed: '${{ needs.a.outputs.x }}'}
    strategy: {matrix: {s: '${{ fromJSON(needs.a.outputs.y) }}', t: [1]}}
    env: {E: x}
    runs-on: [r]
";
        let file = SourceFile::new(".github/workflows/ci.yml", text);
        let workflow = Workflow::read(&file).unwrap();
        let [a, b] = &workflow.jobs[..] else { panic!("{:?}", workflow.jobs) };
        assert_eq!(a.outputs["x"], "${{ steps.f.outputs.x }}");
        assert_eq!((a.steps[0].id.as_deref(), a.steps[0].action.as_str()), (Some("f"), "dorny/paths-filter"));
        assert_eq!((a.steps[1].condition.as_deref(), a.steps[1].variables["A"].as_str()), (Some("true"), "1"));
        assert_eq!((b.needs.join(" "), b.calls.as_deref()), ("a".to_owned(), Some(".github/workflows/build.yml")));
        assert_eq!(b.axes.keys().collect::<Vec<_>>(), ["s"]);
        assert_eq!(b.inputs["changed"], "${{ needs.a.outputs.x }}");
        assert_eq!(b.others, ["${{ fromJSON(needs.a.outputs.y) }}", "1", "x", "r"]);
        let push = &workflow.start.events[0];
        let paths: Vec<&str> = push.paths.iter().flatten().map(|path| file.slice(path.defined)).collect();
        assert_eq!(paths, ["a/**", "'!b'"]);
        assert_eq!(push.tags.iter().flatten().map(|tag| tag.value.as_str()).collect::<Vec<_>>(), ["v*"]);
        assert_eq!(workflow.start.events[1].name, "pull_request");
        let events = |text: &str| Workflow::read(&SourceFile::new("x", text)).unwrap().start.events.len();
        assert_eq!([events("on: push"), events("on: [push, pull_request]"), events("jobs: {}")], [1, 2, 0]);
        let called = "on: {workflow_call: {outputs: {x: {value: '${{ jobs.a.outputs.x }}'}}}}";
        let called = Workflow::read(&SourceFile::new("x", called)).unwrap();
        assert_eq!(called.start.outputs, ["${{ jobs.a.outputs.x }}"]);
    }
}
