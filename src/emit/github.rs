//! What a step of GitHub Actions hands on: its outputs, by the grammar of the runner's output file.

use super::engine::level_outputs;
use super::{EmitError, ListFiles, Matrices, json};
use crate::name::Escaped;
use crate::plan::{CauseKind, Plan};

/// An output of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The runner measures a job's outputs as UTF-16 and takes 1 MB: half of that in ASCII, and some for other steps'. A step's
/// outputs have no limit of their own: `<name>_files` counts where a workflow makes it an output of its job.
const MAX_BYTES: usize = 450_000;

/// Returns the outputs of a plan: rebake's own (those of [`github`](super::github()), `services`, `environment`), then
/// those of paths-filter: for each filter `<name>` and `<name>_count`, with `list_files` also `<name>_files`, and `changes`, the
/// JSON array of the filters that are true.
///
/// A filter whose output has the name of an earlier one wins, since the runner takes the last; `changes` gives way to a
/// filter of that name, as in paths-filter.
///
/// # Errors
/// When a filter's name cannot be an output, or a limit is passed: 256 jobs, 1 MB, the levels.
pub fn outputs(plan: &Plan, matrices: &Matrices, list_files: ListFiles) -> Result<Vec<Output>, EmitError> {
    let output = |name: &str, value: String| Output { name: name.to_owned(), value };
    let names: Vec<&str> = plan.services.iter().map(|service| service.service.as_str()).collect();
    let mut outputs = level_outputs(plan, matrices)?;
    outputs.push(output("environment", plan.environment.clone()));
    outputs.push(output("services", json::ascii_line(&names)));
    check_size(&outputs)?;
    let changed: Vec<&String> = plan.filters.keys().filter(|name| is_true(plan, name)).collect();
    if !plan.filters.contains_key("changes") {
        outputs.push(output("changes", json::ascii_line(&changed)));
    }
    for (name, paths) in &plan.filters {
        check_name(name)?;
        outputs.push(output(name, is_true(plan, name).to_string()));
        outputs.push(output(&format!("{name}_count"), paths.len().to_string()));
        if let Some(files) = list_files.text(paths) {
            outputs.push(output(&format!("{name}_files"), files));
        }
    }
    Ok(outputs)
}

/// Fails when outputs are larger than a job may have.
pub(super) fn check_size(outputs: &[Output]) -> Result<(), EmitError> {
    let bytes: usize = outputs.iter().map(|output| output.name.len() + output.value.len()).sum();
    if bytes > MAX_BYTES {
        return Err(EmitError::Limit {
            engine: "GitHub Actions",
            what: "the size of the step's outputs",
            size: format!("{bytes} bytes"),
            limit: format!("{MAX_BYTES} bytes (1 MB of UTF-16 for a whole job)"),
        });
    }
    Ok(())
}

/// A filter is true where it matched a path; and where nothing was compared, because nobody knows with what, or because
/// the service of that name was asked for: a job behind it must not be skipped then.
fn is_true(plan: &Plan, filter: &str) -> bool {
    let without_comparison = |kind| {
        matches!(kind, CauseKind::Forced | CauseKind::NoRecord | CauseKind::Unrecorded | CauseKind::BaseUnreachable)
    };
    plan.filters.get(filter).is_some_and(|paths| !paths.is_empty())
        || plan.degraded.iter().any(|doubt| doubt.kind == "base-unreachable")
        || plan.service(filter).is_some_and(|service| service.causes.iter().any(|cause| without_comparison(cause.kind)))
}

/// The runner's grammar ends a name at `=` or `<<`, whichever comes first, and a line at a line break.
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

/// Returns the text to append to the file that `GITHUB_OUTPUT` names.
///
/// Every value stands between two lines of `delimiter`, which no value may hold: `None` when one does. No line is blank
/// outside a value: GitHub's runner skips such a line, and the runners of act, Gitea and Forgejo refuse it.
#[must_use]
pub fn render(outputs: &[Output], delimiter: &str) -> Option<String> {
    if outputs.iter().any(|output| output.value.contains(delimiter) || output.name.contains(delimiter)) {
        return None;
    }
    let entry = |Output { name, value }: &Output| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n");
    Some(outputs.iter().map(entry).collect())
}
