//! Filters that no job reads, and outputs that no filter makes.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::workflow_expression::names;
use super::{CheckRule, Finding, is_action};
use crate::inputs::source::{WorkflowJob, WorkflowStep};
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, ServiceId, nearest};

/// The endings of the outputs that a step has for each filter, besides the output with the name of the filter.
const OTHERS: [&str; 2] = ["_files", "_count"];

pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = unmade(ground);
    found.extend(unread(ground));
    found
}

/// Returns a finding for each output that a job reads or exports from a step with filters, but that none of these
/// filters makes.
fn unmade(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for (path, workflow) in ground.workflows {
        let Some(file) = ground.tree.text(path) else { continue };
        for job in &workflow.jobs {
            let read = ground.read_texts(path, job).map(|text| (text, Severity::Error));
            // An export that nothing reads decides nothing, so it is only a warning. Exports come last, since something
            // may read the same output of the step elsewhere, which is an error.
            let exported = job.outputs.values().map(|text| (text.as_str(), Severity::Warning));
            for (text, severity) in read.chain(exported) {
                for (step, output, known) in unmade_in(ground, path, job, text) {
                    if said.insert((path, job.name.as_str(), step.at, output.clone())) {
                        let finding = of_output(job, &output, severity, known);
                        found.push(finding.label(file, step.at, "makes no such output"));
                    }
                }
            }
        }
    }
    found
}

/// Returns the outputs that a text names and no filter makes: the step, the output, and the names of its filters.
fn unmade_in<'a>(
    ground: &Ground<'a>,
    path: &str,
    job: &'a WorkflowJob,
    text: &str,
) -> Vec<(&'a WorkflowStep, String, Vec<&'a str>)> {
    let mut found = Vec::new();
    for name in names(text) {
        let ["steps", id, "outputs", output] = name.path()[..] else { continue };
        let mut steps = job.steps.iter().enumerate().filter(|(_, step)| step.id.as_deref() == Some(id));
        let (Some((number, step)), None) = (steps.next(), steps.next()) else { continue };
        let Some(set) = ground.gates.set(path, &job.name, number) else { continue };
        let known: Vec<&str> = ground.config(set).named.keys().map(String::as_str).collect();
        let is_known = |output: &str| known.iter().any(|name| name.eq_ignore_ascii_case(output));
        let filters = OTHERS.iter().filter_map(|ending| output.strip_suffix(ending));
        if output != "changes" && !is_known(output) && !filters.into_iter().any(is_known) {
            found.push((step, output.to_owned(), known));
        }
    }
    found
}

fn of_output(job: &WorkflowJob, output: &str, severity: Severity, known: Vec<&str>) -> Finding {
    let (job, shown) = (Escaped::new(&job.name), Escaped::new(output));
    if severity != Severity::Error {
        let message = format!("the job `{job}` exports the output `{shown}`, which no filter makes and nothing reads");
        return Finding::new(CheckRule::UnreadFilter, severity, message)
            .help("remove it from the `outputs` of the job");
    }
    let message = format!("the job `{job}` reads the output `{shown}`, which no filter makes: it is always empty");
    let finding = Finding::new(CheckRule::UnreadFilter, severity, message);
    match nearest(output, known) {
        Some(meant) => finding.help(format!("did you mean `{}`?", Escaped::new(meant))),
        None => finding.help(format!("add a filter `{shown}`, or do not read it")),
    }
}

/// Returns a finding for each filter that no job reads.
fn unread(ground: &Ground<'_>) -> Vec<Finding> {
    let finding = |(set, service): &(usize, ServiceId)| {
        let config = ground.config(*set);
        let name = &config.services[service.0].name;
        let message = format!("no job reads the filter `{}`", name.value);
        Finding::new(CheckRule::UnreadFilter, Severity::Warning, message)
            .of(&name.value)
            .label(&config.source, name.defined, "is not read")
            .help("read it in the `if` of a job, or remove it")
    };
    ground.unread.iter().map(finding).collect()
}

/// Returns the filters that a step of a workflow has, but that no job reads, each with its set.
pub(super) fn filters(ground: &Ground<'_>) -> BTreeSet<(usize, ServiceId)> {
    let mut read: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut whole = BTreeSet::new();
    let mut used = BTreeSet::new();
    for (path, workflow) in ground.workflows {
        let reads = ground.reads(path, workflow);
        read.extend(reads.filters);
        whole.extend(reads.selected);
        for step in &workflow.path_filters {
            let Some(set) = ground.gates.set(path, &step.job, step.number) else { continue };
            used.insert(set);
            // Whoever uses an action may read all of its outputs.
            if is_action(path) {
                whole.insert(set);
            }
            let Some(job) = workflow.jobs.iter().find(|job| job.name == step.job) else { continue };
            let id = job.steps.get(step.number).and_then(|step| step.id.as_deref());
            // All outputs together: `toJSON(steps.filter.outputs)`.
            let together = |text: &str| {
                names(text).iter().any(|name| matches!(name.path()[..], ["steps", at, "outputs"] if Some(at) == id))
            };
            if ground.read_texts(path, job).any(together) {
                whole.insert(set);
            }
        }
    }
    let mut found = BTreeSet::new();
    for set in used.difference(&whole) {
        let graph = &ground.config(*set).graph;
        found.extend(graph.services().map(|service| (*set, service)).filter(|(set, service)| {
            let name = graph.name(*service).as_str();
            !read.contains(&(*set, name.to_owned())) && !is_shared(ground, *set, name)
        }));
    }
    found
}

/// Whether other filters use the patterns of a filter through a YAML alias. Jobs need not read such a filter itself.
fn is_shared(ground: &Ground<'_>, set: usize, name: &str) -> bool {
    let config = ground.config(set);
    let Some(own) = config.services.get(name) else { return false };
    let own: BTreeSet<_> = config.filters.get(own.filter).patterns().map(|(_, _, pattern)| pattern.defined).collect();
    let others = config.services.values().filter(|other| other.name.value.as_str() != name);
    let mut patterns = others.flat_map(|other| config.filters.get(other.filter).patterns());
    patterns.any(|(_, _, pattern)| own.contains(&pattern.defined))
}
