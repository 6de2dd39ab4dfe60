//! Workflows of GitHub Actions: the steps that build images, and the steps that filter paths.

mod placeholder;
mod rows;
mod workflow_job;

pub use workflow_job::{WorkflowEvent, WorkflowJob, WorkflowStart, WorkflowStep};

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_yaml::Value;

use super::declared_build::Filled;
use super::yaml_place;
use super::{BuildContext, BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, NamedContext, scalar};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::RepoDir;

/// A workflow: its builds of images, its path filters and its jobs.
#[derive(Debug, Default)]
pub struct Workflow {
    /// The builds of its `docker/build-push-action` steps. If a job has a matrix with literal values, each row gives a
    /// build.
    pub builds: Vec<DeclaredBuild>,
    /// Its steps that filter paths.
    pub path_filters: Vec<PathFilterStep>,
    /// Its jobs, in the order of the file.
    pub jobs: Vec<WorkflowJob>,
    /// The events that start the workflow.
    pub start: WorkflowStart,
}

/// A step that filters paths, as dorny/paths-filter does.
#[derive(Debug, Clone)]
pub struct PathFilterStep {
    /// The job that it is in.
    pub job: String,
    /// Its number in the job, from 0.
    pub number: usize,
    /// The place of its filters.
    pub at: DeclaredAt,
    /// Its filters.
    pub filters: StepFilters,
}

/// The filters of a step, by their text or by the path of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepFilters {
    /// In the step; this is their text.
    Inline(String),
    /// In a file of the repository; this is its path.
    File(String),
    /// A value that is not known before the workflow runs, or the path of a file outside of the repository, as written.
    Unknown(String),
}

/// Whether a path is the path of a workflow.
#[must_use]
pub fn is_workflow_file(path: &str) -> bool {
    let name = path.strip_prefix(".github/workflows/");
    name.is_some_and(|name| !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml")))
}

/// Whether a file with this name declares an action of GitHub. The action may be a composite action.
#[must_use]
pub fn is_action_file(file_name: &str) -> bool {
    matches!(file_name, "action.yml" | "action.yaml")
}

/// The name of the only job of a composite action.
const RUNS: &str = "runs";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ActionFile {
    runs: Runs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Runs {
    using: Value,
    steps: Option<Vec<Step>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WorkflowFile {
    on: Value,
    env: Value,
    jobs: IndexMap<String, Job>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Job {
    #[serde(rename = "if")]
    condition: Value,
    needs: Value,
    outputs: Value,
    uses: Value,
    with: Value,
    env: Value,
    strategy: Value,
    steps: Option<Vec<Step>>,
    #[serde(flatten)]
    others: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step {
    id: Value,
    #[serde(rename = "if")]
    condition: Value,
    uses: String,
    run: Value,
    env: Value,
    with: Value,
}

impl Workflow {
    /// Reads a workflow.
    ///
    /// # Errors
    /// When the file is not YAML, or does not have the form of a workflow.
    pub fn read(file: &SourceFile) -> Result<Self, Diagnostic> {
        let (read, places): (Option<WorkflowFile>, _) = yaml_place::read(file)?;
        let WorkflowFile { on, env, jobs } = read.unwrap_or_default();
        let env = texts("env", pairs(&env));
        let mut workflow = Self { start: workflow_job::start(&on, &places), ..Self::default() };
        for (name, job) in &jobs {
            let mut known = env.clone();
            known.extend(texts("env", pairs(&job.env)));
            let rows = rows::of(&job.strategy, &known);
            workflow.jobs.push(workflow_job::job(name, job, &places));
            for (number, step) in job.steps.iter().flatten().enumerate() {
                let position = number.to_string();
                let at = |input: &str| {
                    let path = ["jobs", name, "steps", &position, "with", input];
                    DeclaredAt { file: file.clone(), span: places.at(path) }
                };
                if action(&step.uses) == "docker/build-push-action" {
                    let with = |row| With { inputs: &step.with, known: row };
                    let builds = rows.iter().map(|row| with(row).build(name, at("context")));
                    add_distinct(&mut workflow.builds, builds);
                }
                let filters = step.path_filters(&known);
                workflow.path_filters.extend(filters.map(|filters| PathFilterStep {
                    job: name.clone(),
                    number,
                    at: at("filters"),
                    filters,
                }));
            }
        }
        Ok(workflow)
    }

    /// Reads a composite action as a workflow with one job, which has the steps of the action. The result is empty for
    /// an action of another kind.
    ///
    /// # Errors
    /// When the file is not YAML, or does not have the form of an action.
    pub fn read_action(file: &SourceFile) -> Result<Self, Diagnostic> {
        let (read, places): (Option<ActionFile>, _) = yaml_place::read(file)?;
        let Runs { using, steps } = read.unwrap_or_default().runs;
        let mut action = Self::default();
        if scalar(&using).as_deref() != Some("composite") {
            return Ok(action);
        }
        for (number, step) in steps.iter().flatten().enumerate() {
            let span = places.at([RUNS, "steps", &number.to_string(), "with", "filters"]);
            let at = DeclaredAt { file: file.clone(), span };
            let filters = step.path_filters(&BTreeMap::new());
            action.path_filters.extend(filters.map(|filters| PathFilterStep {
                job: RUNS.to_owned(),
                number,
                at,
                filters,
            }));
        }
        let steps = workflow_job::steps(&[RUNS, "steps"], steps.iter().flatten(), &places);
        action.jobs.push(WorkflowJob { name: RUNS.to_owned(), at: places.at([RUNS]), steps, ..WorkflowJob::default() });
        Ok(action)
    }
}

impl Step {
    /// Returns the filters of the step; `None` if it does not filter paths.
    fn path_filters(&self, known: &BTreeMap<String, String>) -> Option<StepFilters> {
        let is_filter = matches!(action(&self.uses), "dorny/paths-filter" | "step-security/paths-filter");
        is_filter.then(|| With { inputs: &self.with, known }.path_filters()).flatten()
    }
}

/// Adds the builds that are not in the list yet. Builds that differ only in their places in the file or in their images
/// count as the same.
fn add_distinct(builds: &mut Vec<DeclaredBuild>, more: impl Iterator<Item = DeclaredBuild>) {
    for build in more {
        let is_same = |other: &DeclaredBuild| {
            (&other.name, &other.context, &other.dockerfile, &other.target, &other.arguments, &other.contexts)
                == (&build.name, &build.context, &build.dockerfile, &build.target, &build.arguments, &build.contexts)
        };
        if !builds.iter().any(is_same) {
            builds.push(build);
        }
    }
}

/// The inputs of a step, and the known values for its expressions.
struct With<'w> {
    inputs: &'w Value,
    known: &'w BTreeMap<String, String>,
}

impl With<'_> {
    /// Returns the text of an input; `None` if it is absent or empty.
    fn text(&self, input: &str) -> Option<Filled> {
        let text = scalar(self.inputs.get(input)?)?;
        Some(placeholder::filled(text.trim(), self.known)).filter(|text| *text != Filled::Known(String::new()))
    }

    /// Returns the lines of an input, without comments and empty lines.
    fn lines(&self, input: &str) -> Vec<Filled> {
        let text = self.inputs.get(input).and_then(scalar).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| placeholder::filled(line, self.known)).collect()
    }

    /// Returns the `NAME=VALUE` lines of an input.
    fn pairs(&self, input: &str) -> Vec<(String, Filled)> {
        let pair = |line: Filled| match line {
            Filled::Known(text) => {
                let (name, value) = text.split_once('=')?;
                Some((name.to_owned(), Filled::Known(value.to_owned())))
            }
            Filled::Unknown(text) => {
                let (name, value) = text.split_once('=')?;
                Some((name.to_owned(), Filled::Unknown(value.to_owned())))
            }
        };
        self.lines(input).into_iter().filter_map(pair).collect()
    }

    fn build(&self, job: &str, at: DeclaredAt) -> DeclaredBuild {
        let root = RepoDir::root();
        // Without a context the action builds from the repository at the commit.
        let context = self.text("context").map_or(BuildContext::Directory(root.clone()), |text| match text {
            Filled::Known(text) => BuildContext::of(&root, Filled::Known(default_context(&text))),
            unknown @ Filled::Unknown(_) => BuildContext::of(&root, unknown),
        });
        let dockerfile = match self.text("file") {
            // Unlike in compose and bake, the path is relative to the root of the repository.
            Some(file) => DockerfileOf::within(&root, Some(file)),
            None => context.dockerfile(None),
        };
        let arguments = self.pairs("build-args").into_iter().map(|(name, value)| (name, value.known()));
        let contexts = self.pairs("build-contexts").into_iter();
        // No step can refer to the build of another step, so the prefix is one that no value has.
        let contexts = contexts.map(|(name, value)| (name, NamedContext::of(&root, value, "\0")));
        let image = |line| match line {
            Filled::Known(text) | Filled::Unknown(text) => text,
        };
        DeclaredBuild {
            name: job.to_owned(),
            at,
            context,
            dockerfile,
            target: BuildTarget::of(self.text("target")),
            arguments: arguments.collect(),
            likely: BTreeMap::new(),
            contexts: contexts.collect(),
            variables: BTreeSet::new(),
            images: self.lines("tags").into_iter().map(image).collect(),
        }
    }

    fn path_filters(&self) -> Option<StepFilters> {
        // The action reads a value without a line break and a colon as the name of a file.
        Some(match self.inputs.get("filters").and_then(scalar)? {
            text if text.contains(['\n', ':']) => StepFilters::Inline(text),
            text => match placeholder::filled(text.trim(), self.known) {
                Filled::Known(path) => {
                    RepoDir::root().resolve_file(&path).map_or(StepFilters::Unknown(path), StepFilters::File)
                }
                Filled::Unknown(text) => StepFilters::Unknown(text),
            },
        })
    }
}

/// Returns the directory that a context names. `{{defaultContext}}:api` is the directory `api` of the repository at the
/// commit.
fn default_context(text: &str) -> String {
    match text.strip_prefix("{{defaultContext}}") {
        Some("") => ".".to_owned(),
        Some(below) => below.trim_start_matches(':').to_owned(),
        None => text.to_owned(),
    }
}

/// Returns the name of an action without its version: `actions/checkout` for `actions/checkout@v4`.
fn action(uses: &str) -> &str {
    uses.split('@').next().unwrap_or_default()
}

fn pairs(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let entries = value.as_mapping().into_iter().flatten();
    entries.filter_map(|(name, value)| if let Value::String(name) = name { Some((name, value)) } else { None })
}

/// Returns the values that contain no expression `${{ … }}`, by `holder.name`, such as `env.TAG`.
fn texts<'v>(holder: &str, values: impl Iterator<Item = (&'v String, &'v Value)>) -> BTreeMap<String, String> {
    let known = values.filter_map(|(name, value)| Some((name, scalar(value)?)));
    known.filter(|(_, text)| !text.contains("${{")).map(|(name, text)| (format!("{holder}.{name}"), text)).collect()
}

#[cfg(test)]
mod tests;
