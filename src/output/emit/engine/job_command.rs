use super::{JobFlags, JobVariable};
use crate::model::safe_json;
use crate::plan::Plan;

/// The glob pattern for the report files of all jobs.
pub(super) const REPORTS: &str = ".rebake/report-*.json";

/// The glob pattern for the report files of all jobs in `JUnit`'s format.
pub(super) const JUNIT: &str = ".rebake/junit-*.xml";

/// The path to which `rebake plan --ci` writes the plan.
pub(super) const PLAN: &str = ".rebake/plan.json";

/// Returns the shell command of a job that builds the services in `$REBAKE_ONLY`. `file` is the path of the plan. The
/// command writes the report, as JSON and in `JUnit`'s format, to the directory of `file`. The names of both files
/// contain `id`, a shell expression that differs from job to job, so no two jobs write the same file.
pub(super) fn build(plan: &Plan, flags: &JobFlags, file: &str, id: &str) -> String {
    let (flags, record, reports) = (flags.text(), record(plan), reports(file, id));
    format!("rebake build{flags} --plan {file} --only \"{}\"{record}{reports}", JobVariable::Only.in_shell())
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn reports(file: &str, id: &str) -> String {
    let folder = folder(file);
    format!(" --report \"{folder}/report-{id}.json\" --junit \"{folder}/junit-{id}.xml\"")
}

/// Returns the shell command of a job that tags existing images by the plan in `file`. `None` if no existing image
/// lacks a tag, or if the plan was made without asking registries. `id` is as for [`build`].
pub(super) fn promote(plan: &Plan, flags: &JobFlags, file: &str, id: &str) -> Option<String> {
    let command = || format!("rebake promote{} --plan {file}{}{}", flags.text(), record(plan), reports(file, id));
    (plan.promote == Some(true)).then(command)
}

/// Returns the shell command that writes a plan to a file, for engines whose jobs cannot read the files of the run that
/// made the plan.
pub(super) fn write_plan(plan: &Plan, file: &str) -> String {
    // Within single quotes, a shell interprets only the quote, and CircleCI only `<<`. Both can occur only in a string
    // of the JSON, where an escape has the same meaning.
    let text = safe_json::ascii_line(plan).replace('\'', "\\u0027").replace('<', "\\u003c");
    let folder = folder(file);
    format!("mkdir -p {folder} && printf %s '{text}' > {file}")
}

/// Returns a blank and the flag `--record`, with which a job records its builds in built refs (git refs, each at the
/// commit at which a service was last built). The text is empty unless the plan has read built refs. Without the flag,
/// the next plan would contain the same services again.
fn record(plan: &Plan) -> &'static str {
    if plan.built.is_some() { " --record" } else { "" }
}
