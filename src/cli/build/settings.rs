//! The settings of a run, from flags and the environment.

use std::thread::available_parallelism;
use std::time::Duration;

use super::How;
use crate::cli::env;
use crate::cli::printing::Output;
use crate::inputs::trigger::Trigger;
use crate::output::exec::{CommandVariable, Settings};
use crate::plan::Plan;

/// How long a build may take to end after the run is interrupted. The time is shorter in CI, since GitHub kills an
/// interrupted step after 7.5 s.
const GRACE_IN_CI: Duration = Duration::from_secs(5);
const GRACE: Duration = Duration::from_secs(10);

/// How often a silent run prints a line. Engines end jobs that are silent for long.
const HEARTBEAT: Duration = Duration::from_secs(60);

pub(crate) fn settings(how: &How, plan: &Plan, trigger: &Trigger, is_live: bool, output: &Output) -> Settings {
    let processors =
        available_parallelism().map_or(1, |processors| u32::try_from(processors.get()).unwrap_or(u32::MAX));
    Settings {
        jobs: how.jobs.unwrap_or(processors),
        on_failure: how.on_failure,
        grace: if trigger.is_attended() { GRACE } else { GRACE_IN_CI },
        heartbeat: (!is_live).then_some(HEARTBEAT),
        watchdog: watchdog(),
        outer: env::read_named(CommandVariable::BuildId.name()),
        commit: plan.range.head.clone(),
        environment: Some(plan.environment.clone()),
        mask: output.mask().clone(),
        ..Settings::default()
    }
}

/// Returns the command line of the watchdog, which kills the builds if the run is killed; `None` if the path of this
/// program is not known.
fn watchdog() -> Option<Vec<String>> {
    let program = std::env::current_exe().ok()?.to_str()?.to_owned();
    Some(vec![program, "watch".to_owned()])
}
