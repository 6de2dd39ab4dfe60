use crate::plan::Plan;

/// The path of the plan that `rebake plan --ci` has written.
pub(super) const PLAN: &str = ".rebake/plan.json";

/// Returns the command of a job that builds the services in `$REBAKE_ONLY`, by a plan in a file.
pub(super) fn build(plan: &Plan, file: &str) -> String {
    format!("rebake build --plan {file} --only \"$REBAKE_ONLY\"{}", record(plan))
}

/// Returns the command of a job that tags the images that exist, by a plan in a file; none where they have their tags.
pub(super) fn promote(plan: &Plan, file: &str) -> Option<String> {
    (plan.promote == Some(true)).then(|| format!("rebake promote --plan {file}{}", record(plan)))
}

/// A plan that has read built refs wants them moved: else the same services would be due for ever.
fn record(plan: &Plan) -> &'static str {
    if plan.built.is_some() { " --record" } else { "" }
}
