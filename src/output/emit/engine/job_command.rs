use crate::model::safe_json;
use crate::plan::Plan;

/// The files of reports, by a pattern.
pub(super) const REPORTS: &str = ".rebake/report-*.json";

/// The reports in `JUnit`'s form, by a pattern.
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
    // Within single quotes a shell reads nothing but the quote, and CircleCI fills in nothing but `<<`. Both can stand in
    // a JSON string alone, where an escape means the same.
    let text = safe_json::ascii_line(plan).replace('\'', "\\u0027").replace('<', "\\u003c");
    let folder = folder(file);
    format!("mkdir -p {folder} && printf %s '{text}' > {file}")
}

/// Returns the flag that records builds, for a plan that has read built refs. Otherwise the same services would stay
/// due for ever.
fn record(plan: &Plan) -> &'static str {
    if plan.built.is_some() { " --record" } else { "" }
}
