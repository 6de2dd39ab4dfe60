//! Filters that no job reads, and outputs that no filter makes.

use std::collections::BTreeSet;

use super::ground::{Ground, texts};
use super::workflow_expression::names;
use super::{CheckRule, Finding};
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, nearest};

/// The endings of the outputs that a step has for each filter, besides the output with the name of the filter.
const OTHERS: [&str; 2] = ["_files", "_count"];

pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = unmade(ground);
    found.extend(unread(ground));
    found
}

/// Returns a finding for each output that a job reads from a step with filters, but that none of these filters makes.
fn unmade(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for (path, workflow) in ground.workflows {
        let Some(file) = ground.tree.text(path) else { continue };
        for job in &workflow.jobs {
            for text in texts(job) {
                for name in names(text) {
                    let ["steps", id, "outputs", output] = name.path()[..] else { continue };
                    let mut steps = job.steps.iter().enumerate().filter(|(_, step)| step.id.as_deref() == Some(id));
                    let (Some((number, step)), None) = (steps.next(), steps.next()) else { continue };
                    let Some(set) = ground.gates.set(path, &job.name, number) else { continue };
                    let known: Vec<&str> = ground.config(set).named.keys().map(String::as_str).collect();
                    let is_known = |output: &str| known.iter().any(|name| name.eq_ignore_ascii_case(output));
                    let filters = OTHERS.iter().filter_map(|ending| output.strip_suffix(ending));
                    let is_made = output == "changes" || is_known(output) || filters.into_iter().any(is_known);
                    if is_made || !said.insert((path, job.name.as_str(), number, output.to_owned())) {
                        continue;
                    }
                    let shown = Escaped::new(output);
                    let message = format!(
                        "the job `{}` reads the output `{shown}`, which no filter makes: it is always empty",
                        Escaped::new(&job.name)
                    );
                    let finding = Finding::new(CheckRule::UnreadFilter, Severity::Error, message).label(
                        file,
                        step.at,
                        "makes no such output",
                    );
                    found.push(match nearest(output, known) {
                        Some(meant) => finding.help(format!("did you mean `{}`?", Escaped::new(meant))),
                        None => finding.help(format!("add a filter `{shown}`, or do not read it")),
                    });
                }
            }
        }
    }
    found
}

/// Returns a finding for each filter that a step of a workflow has, but that no job reads.
fn unread(ground: &Ground<'_>) -> Vec<Finding> {
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
            let Some(job) = workflow.jobs.iter().find(|job| job.name == step.job) else { continue };
            let id = job.steps.get(step.number).and_then(|step| step.id.as_deref());
            // All outputs together: `toJSON(steps.filter.outputs)`.
            let together = |text: &str| {
                names(text).iter().any(|name| matches!(name.path()[..], ["steps", at, "outputs"] if Some(at) == id))
            };
            if texts(job).any(together) {
                whole.insert(set);
            }
        }
    }
    let mut found = Vec::new();
    for set in used.difference(&whole) {
        let config = ground.config(*set);
        for service in config.services.values() {
            let name = service.name.value.as_str();
            let is_read = read.iter().any(|(of, known)| of == set && known == name);
            if is_read || is_shared(ground, *set, name) {
                continue;
            }
            let message = format!("no job reads the filter `{}`", service.name.value);
            found.push(
                Finding::new(CheckRule::UnreadFilter, Severity::Warning, message)
                    .of(&service.name.value)
                    .label(&config.source, service.name.defined, "is not read")
                    .help("read it in the `if` of a job, or remove it"),
            );
        }
    }
    found
}

/// Whether other filters use the patterns of a filter through a YAML alias. No job need read such a filter itself.
fn is_shared(ground: &Ground<'_>, set: usize, name: &str) -> bool {
    let config = ground.config(set);
    let Some(own) = config.services.get(name) else { return false };
    let own: BTreeSet<_> = config.filters.get(own.filter).patterns().map(|(_, _, pattern)| pattern.defined).collect();
    let others = config.services.values().filter(|other| other.name.value.as_str() != name);
    let mut patterns = others.flat_map(|other| config.filters.get(other.filter).patterns());
    patterns.any(|(_, _, pattern)| own.contains(&pattern.defined))
}
