use crate::plan::Plan;

/// The files of reports, by a pattern.
pub(super) const REPORTS: &str = ".rebake/report-*.json";

/// The reports in `JUnit`'s form, by a pattern.
pub(super) const JUNIT: &str = ".rebake/junit-*.xml";

/// The path of the plan that `rebake plan --ci` has written.
pub(super) const PLAN: &str = ".rebake/plan.json";

/// Returns the command of a job that builds the services in `$REBAKE_ONLY`, by a plan in a file. The report and its `JUnit`
/// form go to files beside it that no other job has: `id` is what the engine calls the job, as the shell reads it.
pub(super) fn build(plan: &Plan, file: &str, id: &str) -> String {
    format!("rebake build --plan {file} --only \"$REBAKE_ONLY\"{}{}", record(plan), reports(file, id))
}

fn reports(file: &str, id: &str) -> String {
    let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder);
    format!(" --report \"{folder}/report-{id}.json\" --junit \"{folder}/junit-{id}.xml\"")
}

/// Returns the command of a job that tags the images that exist, by a plan in a file; none where they have their tags.
pub(super) fn promote(plan: &Plan, file: &str, id: &str) -> Option<String> {
    let command = || format!("rebake promote --plan {file}{}{}", record(plan), reports(file, id));
    (plan.promote == Some(true)).then(command)
}

/// A plan that has read built refs wants them moved: else the same services would be due for ever.
fn record(plan: &Plan) -> &'static str {
    if plan.built.is_some() { " --record" } else { "" }
}
