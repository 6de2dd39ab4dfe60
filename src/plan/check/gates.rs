//! Finds the filters that decide whether the jobs and steps of workflows run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::FilterSet;
use super::ground::logical_lines;
use super::workflow_expression::{self, ExpressionName};
use crate::inputs::source::{DeclaredBuild, Workflow, WorkflowJob, WorkflowStep};
use crate::model::diagnostic::Span;

/// The greatest length of a chain of outputs that is followed. In a chain, each output is made from the next one.
const MOST_DEPTH: usize = 12;

/// The endings of the outputs that a filter has besides the one with its name: `api_files` and `api_count`.
const ENDINGS: [&str; 2] = ["_files", "_count"];

/// A filter: the position of its filter set, and its name.
pub(super) type FilterName = (usize, String);

/// A step of a workflow: the path of the workflow, the name of the job, and the position of the step in the workflow's
/// text.
pub(super) type StepPlace<'a> = (&'a str, &'a str, Span);

/// The stage that a step builds; `None` if the step names no stage, or if the name of the stage is not known before the
/// build.
pub(super) type MentionedTarget = Option<String>;

/// The filters that decide whether a job or a step runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gate {
    /// The filters. A match of any of them is enough for the job or the step to run.
    pub(super) filters: BTreeSet<FilterName>,
    /// The positions of the filter sets whose output `changes` is read. This output lists all filters with a match, and
    /// usually starts a job for each of them.
    pub(super) selected: BTreeSet<usize>,
    /// Whether the decision is uncertain: another condition may decide too, or the job may run when a filter does not
    /// match.
    pub(super) is_unclear: bool,
}

/// The workflows of a repository, and the filters of their steps.
pub(super) struct Gates<'a> {
    workflows: &'a BTreeMap<String, Workflow>,
    /// The position of the filter set of each step that filters paths, by workflow, job and position of the step.
    sets: BTreeMap<(&'a str, &'a str, usize), usize>,
    filters: Vec<BTreeSet<&'a str>>,
    /// The steps that name a Dockerfile and build something.
    building: Vec<Building<'a>>,
    /// The known gates of names in expressions, by workflow, job and name. While a name is being looked up, its gate is
    /// empty, so that names that refer to each other in a cycle are followed once.
    known: RefCell<BTreeMap<(String, String, String), Gate>>,
}

impl<'a> Gates<'a> {
    pub(super) fn of(workflows: &'a BTreeMap<String, Workflow>, sets: &'a [FilterSet]) -> Self {
        let mut steps = BTreeMap::new();
        for (path, workflow) in workflows {
            for step in &workflow.path_filters {
                if let Some(set) = sets.iter().position(|set| set.is_of(path, step)) {
                    steps.insert((path.as_str(), step.job.as_str(), step.number), set);
                }
            }
        }
        let names = |set: &'a FilterSet| set.config.named.keys().map(String::as_str).collect();
        let filters = sets.iter().map(names).collect();
        Self { workflows, sets: steps, filters, building: building(workflows), known: RefCell::default() }
    }

    /// Returns the position of the filter set of a step; `None` if the step does not filter paths.
    pub(super) fn set(&self, workflow: &str, job: &str, number: usize) -> Option<usize> {
        self.sets.get(&(workflow, job, number)).copied()
    }

    /// Returns the gate of a build that a workflow declares; an empty gate if a file of another kind declares the
    /// build.
    pub(super) fn of_build(&self, build: &DeclaredBuild) -> Gate {
        let mut gate = Gate::default();
        let path = build.at.file.name();
        let Some(workflow) = self.workflows.get(path) else { return gate };
        let Some(job) = workflow.jobs.iter().find(|job| job.name == build.name) else { return gate };
        let behind = job.steps.partition_point(|step| step.at.start <= build.at.span.start);
        self.add_step(path, workflow, job, behind.checked_sub(1).map(|at| &job.steps[at]), &mut gate);
        gate
    }

    /// Returns the step of a build that a workflow declares: the path of the workflow, the job, and the position of the
    /// step. `None` for a build that another file declares.
    pub(super) fn step_of_build(&self, build: &DeclaredBuild) -> Option<StepPlace<'a>> {
        let (path, workflow) = self.workflows.get_key_value(build.at.file.name())?;
        let job = workflow.jobs.iter().find(|job| job.name == build.name)?;
        let behind = job.steps.partition_point(|step| step.at.start <= build.at.span.start);
        Some((path, &job.name, job.steps.get(behind.checked_sub(1)?)?.at))
    }

    /// Returns the gates of the steps that name this Dockerfile and build something, by the stage that the steps build.
    /// Steps with the same stage have a common gate. The steps `declared` are left out.
    pub(super) fn of_mentions(
        &self,
        file: &str,
        declared: &BTreeSet<StepPlace<'_>>,
    ) -> BTreeMap<MentionedTarget, Gate> {
        let mut gates: BTreeMap<MentionedTarget, Gate> = BTreeMap::new();
        for Building { path, workflow, job, step } in
            self.building.iter().filter(|building| mentions(building.step, file))
        {
            if declared.contains(&(*path, job.name.as_str(), step.at)) {
                continue;
            }
            for target in targets(step, file) {
                self.add_step(path, workflow, job, Some(step), gates.entry(target).or_default());
            }
        }
        gates
    }

    fn add_step(
        &self,
        path: &str,
        workflow: &'a Workflow,
        job: &'a WorkflowJob,
        step: Option<&WorkflowStep>,
        gate: &mut Gate,
    ) {
        self.add_job(path, workflow, job, gate, &mut BTreeSet::new());
        self.add_condition(path, job, step.and_then(|step| step.condition.as_deref()), gate, 0);
    }

    /// Returns the gate of an expression of a job: the filters that the expression reads.
    pub(super) fn of_expression(&self, path: &str, job: &WorkflowJob, text: &str) -> Gate {
        let mut gate = Gate::default();
        self.add(path, job, text, &mut gate, 0);
        gate
    }

    /// Adds to `gate` the filters in the conditions of a job, of the jobs that it waits for, and of the jobs that call
    /// its workflow. `seen` has the workflows and names of the jobs whose filters were added already, since workflows
    /// may call each other in circles.
    fn add_job(
        &self,
        path: &'a str,
        workflow: &'a Workflow,
        job: &'a WorkflowJob,
        gate: &mut Gate,
        seen: &mut BTreeSet<(&'a str, &'a str)>,
    ) {
        if !seen.insert((path, &job.name)) {
            return;
        }
        self.add_condition(path, job, job.condition.as_deref(), gate, 0);
        for axis in job.axes.values() {
            self.add(path, job, axis, gate, 0);
        }
        // A job does not run if a job that it waits for is skipped, unless its own condition allows it.
        let runs_anyway =
            job.condition.as_ref().is_some_and(|text| text.contains("always()") || text.contains("cancelled()"));
        let waited = workflow.jobs.iter().filter(|other| !runs_anyway && job.needs.contains(&other.name));
        waited.for_each(|other| self.add_condition(path, other, other.condition.as_deref(), gate, 0));
        for (caller_path, caller_workflow) in self.workflows {
            for caller in caller_workflow.jobs.iter().filter(|caller| caller.calls.as_deref() == Some(path)) {
                self.add_job(caller_path, caller_workflow, caller, gate, seen);
            }
        }
    }

    fn add_condition(&self, path: &str, job: &WorkflowJob, text: Option<&str>, gate: &mut Gate, depth: usize) {
        let Some(text) = text else { return };
        let before = gate.filters.len() + gate.selected.len();
        self.add(path, job, text, gate, depth);
        let asks = gate.filters.len() + gate.selected.len() > before;
        gate.is_unclear |= asks && text.contains("||") && text.contains("github.");
    }

    /// Adds the filters that an expression reads to `gate`.
    fn add(&self, path: &str, job: &WorkflowJob, text: &str, gate: &mut Gate, depth: usize) {
        for name in workflow_expression::names(text) {
            if depth > MOST_DEPTH {
                gate.is_unclear = true;
                return;
            }
            let mut found = self.of_name(path, job, &name, depth);
            gate.is_unclear |= name.is_negated && found != Gate::default();
            for set in std::mem::take(&mut found.selected) {
                let literals = literals(text).filter(|text| self.filters[set].contains(text));
                let named: Vec<FilterName> = literals.map(|name| (set, name.to_owned())).collect();
                if text.contains("contains") && !named.is_empty() {
                    gate.filters.extend(named);
                } else {
                    gate.selected.insert(set);
                }
            }
            gate.filters.extend(found.filters);
            gate.is_unclear |= found.is_unclear;
        }
    }

    fn of_name(&self, path: &str, job: &WorkflowJob, name: &ExpressionName, depth: usize) -> Gate {
        let key = (path.to_owned(), job.name.clone(), name.parts.join("/"));
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        self.known.borrow_mut().insert(key.clone(), Gate::default());
        let mut gate = Gate::default();
        self.add_name(path, job, name, &mut gate, depth);
        self.known.borrow_mut().insert(key, gate.clone());
        gate
    }

    fn add_name(&self, path: &str, job: &WorkflowJob, name: &ExpressionName, gate: &mut Gate, depth: usize) {
        match name.path()[..] {
            ["steps", id, "outputs", output] => {
                let Some((number, step)) = step(job, id) else { return };
                match self.set(path, &job.name, number) {
                    Some(set) if output == "changes" => _ = gate.selected.insert(set),
                    Some(set) => {
                        let filter = ENDINGS.iter().find_map(|ending| output.strip_suffix(ending));
                        let known = |name: &&str| self.filters[set].contains(name);
                        let name = Some(output).filter(known).or(filter.filter(known));
                        gate.filters.extend(name.map(|name| (set, name.to_owned())));
                    }
                    None => self.add_script(path, job, step, output, gate, depth),
                }
            }
            ["needs", other, "outputs", output] => {
                let Some(workflow) = self.workflows.get(path) else { return };
                let Some(other) = workflow.jobs.iter().find(|job| job.name == other) else { return };
                match other.outputs.get(output) {
                    Some(text) => self.add(path, other, text, gate, depth + 1),
                    None => gate.is_unclear |= other.calls.is_some(),
                }
            }
            ["inputs", input] => {
                for (caller_path, workflow) in self.workflows {
                    for caller in workflow.jobs.iter().filter(|caller| caller.calls.as_deref() == Some(path)) {
                        if let Some(text) = caller.inputs.get(input) {
                            self.add(caller_path, caller, text, gate, depth + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds to `gate` the filters that decide about an output of a script: the filters that the script reads on its
    /// lines with this output. If there are no such filters, the gate is unclear.
    fn add_script(
        &self,
        path: &str,
        job: &WorkflowJob,
        step: &WorkflowStep,
        output: &str,
        gate: &mut Gate,
        depth: usize,
    ) {
        let mark = format!("{output}=");
        let before = gate.filters.len();
        for line in logical_lines(&step.run).filter(|line| line.contains(&mark)) {
            self.add(path, job, line, gate, depth + 1);
        }
        gate.is_unclear |= gate.filters.len() == before;
    }
}

/// A step that names a Dockerfile and builds something.
struct Building<'a> {
    path: &'a str,
    workflow: &'a Workflow,
    job: &'a WorkflowJob,
    step: &'a WorkflowStep,
}

/// Returns the steps that name a Dockerfile and build something. A step that names a Dockerfile but builds nothing may
/// only lint the Dockerfile.
fn building(workflows: &BTreeMap<String, Workflow>) -> Vec<Building<'_>> {
    let names = |text: &str| text.contains("ockerfile") || text.contains("ontainerfile");
    let makes = |step: &WorkflowStep| {
        [&step.action, &step.run].iter().any(|text| text.contains("build") || text.contains("bake"))
    };
    let mut found = Vec::new();
    for (path, workflow) in workflows {
        for job in &workflow.jobs {
            let builds = |step: &&WorkflowStep| names(&step.run) || step.inputs.values().any(|text| names(text));
            let steps = job.steps.iter().filter(builds).filter(|step| makes(step));
            found.extend(steps.map(|step| Building { path, workflow, job, step }));
        }
    }
    found
}

/// Returns the stages that a step builds from the Dockerfile that it names.
fn targets(step: &WorkflowStep, file: &str) -> BTreeSet<MentionedTarget> {
    let known = |target: &str| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        (!target.is_empty() && target.chars().all(is_name)).then(|| target.to_owned())
    };
    let lines = logical_lines(&step.run).filter(|line| names(line, file));
    let in_line = |line: &str| {
        let (_, behind) = line.split_once("--target")?;
        known(behind.trim_start_matches(['=', ' ']).split_whitespace().next()?.trim_matches(['"', '\'']))
    };
    let mut found: BTreeSet<MentionedTarget> = lines.map(in_line).collect();
    if step.inputs.values().any(|text| names(text, file)) {
        found.insert(step.inputs.get("target").and_then(|target| known(target)));
    }
    found
}

/// Whether a step names a file.
fn mentions(step: &WorkflowStep, file: &str) -> bool {
    names(&step.run, file) || step.inputs.values().any(|text| names(text, file))
}

/// Whether a text names a file.
fn names(text: &str, file: &str) -> bool {
    let begins = |text: &str, at: usize| {
        let before = text[..at].strip_suffix("./").unwrap_or(&text[..at]);
        !before.ends_with(|c: char| c.is_alphanumeric() || "-_./}".contains(c))
    };
    let ends = |text: &str, at: usize| !text[at..].starts_with(|c: char| c.is_alphanumeric() || "-_./".contains(c));
    text.match_indices(file).any(|(at, _)| begins(text, at) && ends(text, at + file.len()))
}

/// Returns the step with this id in a job, and its position.
fn step<'j>(job: &'j WorkflowJob, id: &str) -> Option<(usize, &'j WorkflowStep)> {
    job.steps.iter().enumerate().find(|(_, step)| step.id.as_deref() == Some(id))
}

/// Returns the parts of an expression that are in single quotes.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('\'').skip(1).step_by(2)
}
