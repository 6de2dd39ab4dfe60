use crate::model::safe_json;
use crate::plan::Plan;

/// The pattern of the report files.
pub(super) const REPORTS: &str = ".rebake/report-*.json";

/// The pattern of the report files in `JUnit`'s format.
pub(super) const JUNIT: &str = ".rebake/junit-*.xml";

/// The path of the plan that `rebake plan --ci` has written.
pub(super) const PLAN: &str = ".rebake/plan.json";

/// Returns the command of a job that builds the services in `$REBAKE_ONLY`, by a plan in a file. The report and its
/// `JUnit` form go to files beside it, whose names contain `id`: the shell expression for the engine's job id. So no
/// two jobs write the same file.
pub(super) fn build(plan: &Plan, file: &str, id: &str) -> String {
    format!("rebake build --plan {file} --only \"$REBAKE_ONLY\"{}{}", record(plan), reports(file, id))
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn reports(file: &str, id: &str) -> String {
    let folder = folder(file);
    format!(" --report \"{folder}/report-{id}.json\" --junit \"{folder}/junit-{id}.xml\"")
}

/// Returns the command of a job that tags the images that exist, by a plan in a file; `None` if they have their tags.
pub(super) fn promote(plan: &Plan, file: &str, id: &str) -> Option<String> {
    let command = || format!("rebake promote --plan {file}{}{}", record(plan), reports(file, id));
    (plan.promote == Some(true)).then(command)
}

/// Returns the command that writes a plan to a file, for engines whose jobs cannot read files of the planning run.
pub(super) fn write_plan(plan: &Plan, file: &str) -> String {
    // Within single quotes, a shell interprets only the quote, and CircleCI only `<<`. Both can occur only in a string
    // of the JSON, where an escape has the same meaning.
    let text = safe_json::ascii_line(plan).replace('\'', "\\u0027").replace('<', "\\u003c");
    let folder = folder(file);
    format!("mkdir -p {folder} && printf %s '{text}' > {file}")
}

/// Returns the flag that records builds, for a plan that has read built refs. Without the flag, the next plan would
/// contain the same services again.
fn record(plan: &Plan) -> &'static str {
    if plan.built.is_some() { " --record" } else { "" }
}
