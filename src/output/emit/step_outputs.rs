//! The outputs of a step of GitHub Actions, in the grammar of the runner's output file.

use std::collections::BTreeSet;

use super::engine::level_outputs;
use super::{EmitError, ListFiles, Matrices};
use crate::model::name::{Escaped, OWN_PREFIX, is_own_output, slug};
use crate::model::safe_json;
use crate::plan::{CauseKind, Degradation, Plan, PlannedCause, Reason, Shape};

/// An output of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Output {
    pub(super) fn new(name: impl Into<String>, value: String) -> Self {
        Self { name: name.into(), value }
    }
}

/// The limit on the size of outputs. The runner allows 1 MB of outputs for a job, counted as UTF-16: twice the size of
/// ASCII. The rest is for outputs of other steps. Outputs of a step have no limit, so `<name>_files` only counts if a
/// workflow makes it an output of its job.
const MAX_BYTES: usize = 450_000;

/// Returns the outputs of a plan: rebake's own (those of [`github`](super::github()), `services`, `environment`), those
/// of paths-filter (for each filter `<name>` and `<name>_count`, with `list_files` also `<name>_files`; and `changes`,
/// a JSON array of the filters that are true), and `true` or `false` for each service.
///
/// If registries were queried, `rebake_promote` says whether an existing image lacks a tag; `any` is only about builds.
///
/// If a filter of a flat file has the name of one of rebake's own outputs, rebake's output becomes `rebake_<name>`.
///
/// # Errors
/// When a filter's name cannot be an output, or a limit is exceeded: 256 jobs, 1 MB, the levels.
pub fn outputs(plan: &Plan, matrices: &Matrices, list_files: ListFiles) -> Result<Vec<Output>, EmitError> {
    let left = &*plan.to_build();
    let names: Vec<&str> = left.services.iter().map(|service| service.service.as_str()).collect();
    let changed: Vec<&String> = left.filters.keys().filter(|name| is_true(left, name)).collect();
    let mut own = level_outputs(left, matrices)?;
    own.push(Output::new("environment", plan.environment.clone()));
    own.push(Output::new("services", safe_json::ascii_line(&names)));
    own.extend(left.promote.map(|promote| Output::new(format!("{OWN_PREFIX}promote"), promote.to_string())));
    check_size(&own)?;
    own.push(Output::new("changes", safe_json::ascii_line(&changed)));
    let mut of_filters = Vec::new();
    for (name, paths) in &left.filters {
        check_name(name)?;
        of_filters.push(Output::new(name, is_true(left, name).to_string()));
        of_filters.push(Output::new(format!("{name}_count"), paths.len().to_string()));
        of_filters.extend(list_files.text(paths).map(|files| Output::new(format!("{name}_files"), files)));
    }
    let taken: BTreeSet<String> = of_filters.iter().map(|output| output.name.to_ascii_lowercase()).collect();
    for output in own.iter_mut().filter(|output| taken.contains(&output.name)) {
        output.name.insert_str(0, OWN_PREFIX);
        if taken.contains(&output.name) {
            let name = output.name.clone();
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

/// Returns, by slug, whether each service is to be built and whether each library has changed. A filter of the same
/// name takes precedence.
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
        let name = if is_taken { format!("{OWN_PREFIX}service_{slug}") } else { slug };
        Output::new(name, is_due.to_string())
    };
    affected.chain(others).map(output).filter(|output| !output.name.is_empty()).collect()
}

/// Refuses outputs that are larger than a job may have.
pub(super) fn check_size(outputs: &[Output]) -> Result<(), EmitError> {
    let bytes: usize = outputs.iter().map(|output| output.name.len() + output.value.len()).sum();
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

/// Whether a filter is true: it matched a path, or its service was requested, or nothing was compared because the base
/// is not known. In these cases a job that depends on it must run.
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

/// Checks the name of an output. In the runner's format a name ends at `=` or `<<`, whichever comes first, and a line
/// at a line break.
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

/// Returns the text to append to the file in `GITHUB_OUTPUT`.
///
/// Every value is between two lines of `delimiter`. `None` if a value contains the delimiter. There are no blank lines
/// outside of values: GitHub's runner ignores them, and the runners of act, Gitea and Forgejo refuse them.
#[must_use]
pub fn render(outputs: &[Output], delimiter: &str) -> Option<String> {
    if outputs.iter().any(|output| output.value.contains(delimiter) || output.name.contains(delimiter)) {
        return None;
    }
    let entry = |Output { name, value }: &Output| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n");
    Some(outputs.iter().map(entry).collect())
}
