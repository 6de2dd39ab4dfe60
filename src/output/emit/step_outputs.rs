//! The outputs of a step of GitHub Actions, in the grammar of the runner's output file.

use std::collections::BTreeSet;

use super::engine::level_outputs;
use super::{EmitError, JobOptions, ListFiles};
use crate::model::name::{Escaped, FilterOutput, OutputName, PlanOutput, ServiceOutput, is_own_output, slug};
use crate::model::safe_json;
use crate::plan::{CauseKind, Degradation, Plan, PlannedCause, Reason, Shape};

/// An output of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    name: OutputName,
    value: String,
}

impl Output {
    /// Creates an output.
    pub fn new(name: impl Into<OutputName>, value: String) -> Self {
        Self { name: name.into(), value }
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Returns its value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// The most bytes of rebake's own outputs. The runner allows 1 MB of outputs for a job. It counts the size in UTF-16,
/// where ASCII takes twice as many bytes. The rest is for outputs of other steps. The outputs of a step have no limit,
/// so an output `<name>_files` counts only if a workflow makes it an output of its job.
const MAX_BYTES: usize = 450_000;

/// Returns the outputs of a plan:
///
/// - rebake's own: those of [`github`](super::github()), and `services` and `environment`. If registries were asked,
///   `rebake_promote` says whether an existing image lacks a tag; `any` is only about builds.
/// - those of the action dorny/paths-filter: for each filter `<name>` and `<name>_count`, and with `list_files` also
///   `<name>_files`; and `changes`, a JSON array of the filters that are true.
/// - for each service `true` or `false`.
///
/// If a filter of a flat file has the name of one of rebake's own outputs, rebake's output becomes `rebake_<name>`.
///
/// # Errors
/// When the name of a filter cannot be the name of an output, or for a reason that [`github`](super::github()) names.
pub fn outputs(plan: &Plan, options: &JobOptions, list_files: ListFiles) -> Result<Vec<Output>, EmitError> {
    let left = &*plan.to_build();
    let names: Vec<&str> = left.services.iter().map(|service| service.service.as_str()).collect();
    let changed: Vec<&String> = left.filters.keys().filter(|name| is_true(left, name)).collect();
    let mut own = level_outputs(left, options)?;
    own.push(Output::new(PlanOutput::Environment, plan.environment.clone()));
    own.push(Output::new(PlanOutput::Services, safe_json::ascii_line(&names)));
    own.extend(left.promote.map(|promote| Output::new(PlanOutput::Promote, promote.to_string())));
    check_size(&own)?;
    own.push(Output::new(PlanOutput::Changes, safe_json::ascii_line(&changed)));
    let mut of_filters = Vec::new();
    for (name, paths) in &left.filters {
        check_name(name)?;
        of_filters.push(Output::new(FilterOutput::Matches.of(name), is_true(left, name).to_string()));
        of_filters.push(Output::new(FilterOutput::Count.of(name), paths.len().to_string()));
        of_filters.extend(list_files.text(paths).map(|files| Output::new(FilterOutput::Files.of(name), files)));
    }
    let taken: BTreeSet<String> = of_filters.iter().map(|output| output.name().to_ascii_lowercase()).collect();
    for output in own.iter_mut().filter(|output| taken.contains(output.name())) {
        output.name = output.name.beside_filter();
        if taken.contains(output.name()) {
            let name = output.name().to_owned();
            return Err(EmitError::OutputName {
                name,
                reason: "it is rebake's own, whose first name a filter has too",
            });
        }
    }
    own.append(&mut of_filters);
    own.extend(of_services(plan, left, &taken));
    Ok(own)
}

/// Returns an output for each service, named by the service's slug (its name in lower-case letters, digits and `-`).
/// The value says whether the service is to be built, or for a library, whether it is affected. If a filter, or one of
/// rebake's own outputs, has that name, the output is called `rebake_service_<slug>`. The plan of a flat filters.yaml
/// has no such outputs.
fn of_services(plan: &Plan, left: &Plan, taken: &BTreeSet<String>) -> Vec<Output> {
    if plan.shape == Shape::Flat {
        return Vec::new();
    }
    let due: BTreeSet<&str> = left.services.iter().map(|service| service.service.as_str()).collect();
    let affected = plan
        .services
        .iter()
        .map(|service| (service.service.as_str(), service.library || due.contains(service.service.as_str())));
    let others = plan.unaffected.iter().map(|service| (service.as_str(), false));
    let output = |(service, is_due): (&str, bool)| {
        let slug = slug(service);
        let is_taken = taken.contains(&slug) || is_own_output(&slug);
        let name = if is_taken { ServiceOutput::DueBeside } else { ServiceOutput::Due };
        Output::new(name.of(&slug), is_due.to_string())
    };
    affected.chain(others).map(output).filter(|output| !output.name().is_empty()).collect()
}

/// Checks the size of outputs.
///
/// # Errors
/// When the outputs have more than [`MAX_BYTES`].
pub(super) fn check_size(outputs: &[Output]) -> Result<(), EmitError> {
    let bytes: usize = outputs.iter().map(|output| output.name().len() + output.value.len()).sum();
    if bytes > MAX_BYTES {
        return Err(EmitError::Limit {
            engine: "GitHub Actions",
            what: "the size of the step's outputs",
            size: format!("{bytes} bytes"),
            limit: format!("{MAX_BYTES} bytes (1 MB of UTF-16 for a whole job)"),
            cure: "put many services into one job with `--pack component` or `--pack N`, choose fewer fields with \
                   `--fields`, or fewer services with `--only`",
        });
    }
    Ok(())
}

/// Whether a filter is true. It is true if it matched a path, if its service is affected without such a match (it was
/// requested, never built, or not recorded, or no filter matches a changed path), or if nothing was compared because
/// the base is not known. In each of these cases a job that depends on the filter must run.
fn is_true(plan: &Plan, filter: &str) -> bool {
    let without_comparison = |cause: &PlannedCause| match cause.kind {
        CauseKind::Forced
        | CauseKind::NoRecord
        | CauseKind::Unrecorded
        | CauseKind::BaseUnreachable
        | CauseKind::Unmatched => true,
        CauseKind::Degraded => cause.reason == Some(Reason::UnknownRange),
        CauseKind::File
        | CauseKind::Global
        | CauseKind::Lockfile
        | CauseKind::Dependency
        | CauseKind::DependencyRemoved
        | CauseKind::Definition
        | CauseKind::NewService
        | CauseKind::Needed => false,
    };
    let not_compared = |doubt: &Degradation| ["base-unreachable", "unknown-range"].contains(&doubt.kind.as_str());
    plan.filters.get(filter).is_some_and(|paths| !paths.is_empty())
        || plan.degraded.iter().any(not_compared)
        || plan.service(filter).is_some_and(|service| service.causes.iter().any(without_comparison))
}

/// Checks the name of an output. In the runner's format, the first `=` or `<<` of a line ends the name, and a line
/// break ends the line.
fn check_name(name: &str) -> Result<(), EmitError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.contains(['\n', '\r']) {
        "it has a line break"
    } else if name.contains('=') || name.contains("<<") || name.ends_with('<') {
        "`=` and `<<` end a name in the runner's output file"
    } else {
        return Ok(());
    };
    Err(EmitError::OutputName { name: Escaped::new(name).to_string(), reason })
}

/// Returns the text to append to the file in `GITHUB_OUTPUT`; `None` if a name or a value contains the delimiter.
///
/// Every value is between two lines of `delimiter`. There are no blank lines outside of values: GitHub's runner ignores
/// them, and the runners of act, Gitea and Forgejo refuse them.
#[must_use]
pub fn render(outputs: &[Output], delimiter: &str) -> Option<String> {
    if outputs.iter().any(|output| output.value.contains(delimiter) || output.name().contains(delimiter)) {
        return None;
    }
    let entry = |output: &Output| format!("{}<<{delimiter}\n{}\n{delimiter}\n", output.name(), output.value);
    Some(outputs.iter().map(entry).collect())
}
