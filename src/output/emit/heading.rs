use super::table::services;
use super::{compared, environment};
use crate::model::name::Escaped;
use crate::plan::Plan;

/// Returns two lines about a plan: what was compared, and how many services are built.
#[must_use]
pub fn heading(plan: &Plan) -> String {
    let compared = Escaped::new(&compared(&plan.range)).to_string();
    let environment = Escaped::new(&environment(plan)).to_string();
    match plan.services.len() {
        0 => format!("{compared}\nNothing to build.\n"),
        count => format!("{compared}\n{} to build, for the environment {environment}\n\n", services(count)),
    }
}
