//! The outputs of jobs that something reads.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::own_texts;
use super::workflow_expression::names;
use crate::inputs::source::{Workflow, WorkflowJob};

/// The outputs of jobs that a job, a step, a called workflow or a caller reads, by the path of the workflow. If an
/// output is used only to make another output, it counts as read only if something reads the other output.
pub(super) struct ReadExports<'a>(BTreeMap<&'a str, BTreeSet<(&'a str, &'a str)>>);

impl<'a> ReadExports<'a> {
    pub(super) fn of(workflows: &'a BTreeMap<String, Workflow>) -> Self {
        Self(workflows.iter().map(|(path, workflow)| (path.as_str(), read(workflow))).collect())
    }

    /// Whether something reads an output of a job in the workflow at `path`.
    pub(super) fn has(&self, path: &str, job: &str, output: &str) -> bool {
        self.0.get(path).is_some_and(|read| read.contains(&(job, output)))
    }
}

/// Returns the outputs that something reads, each with its job.
fn read(workflow: &Workflow) -> BTreeSet<(&str, &str)> {
    let mut next: Vec<&str> = workflow.jobs.iter().flat_map(own_texts).collect();
    // Another repository may call the workflow.
    next.extend(workflow.start.outputs.iter().map(String::as_str));
    let mut read = BTreeSet::new();
    while let Some(text) = next.pop() {
        for (job, output, made) in named(workflow, text) {
            if read.insert((job, output)) {
                next.push(made);
            }
        }
    }
    read
}

/// Returns the outputs of jobs that a text names: the job, the output, and the text that the output is made from.
fn named<'w>(workflow: &'w Workflow, text: &str) -> Vec<(&'w str, &'w str, &'w str)> {
    let mut found = Vec::new();
    let mut add = |job: &'w WorkflowJob, named: Option<&str>| {
        let outputs =
            job.outputs.iter().filter(|(output, _)| named.is_none_or(|named| output.eq_ignore_ascii_case(named)));
        found.extend(outputs.map(|(output, made)| (job.name.as_str(), output.as_str(), made.as_str())));
    };
    for name in names(text) {
        let (job, output) = match name.path()[..] {
            ["needs" | "jobs", job, "outputs", output] => (job, Some(output)),
            // All outputs together, such as `toJSON(needs.changes.outputs)` and `needs.changes.outputs[matrix.name]`.
            ["needs" | "jobs", job] | ["needs" | "jobs", job, "outputs"] => (job, None),
            _ => continue,
        };
        if let Some(job) = workflow.jobs.iter().find(|known| known.name.eq_ignore_ascii_case(job)) {
            add(job, output);
        }
    }
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    if plain.contains("tojson(needs)") || plain.contains("needs.*.outputs") {
        workflow.jobs.iter().for_each(|job| add(job, None));
    }
    found
}
