//! `--record`: what was built is noted, and sent where its images went.

use super::Build;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::plan::Here;
use crate::cli::record;
use crate::exec::Report;
use crate::name::CommitId;
use crate::plan::Plan;
use crate::record::reference;

/// Moves the records of the services whose results are there to the plan's head.
pub(super) fn write(plan: &Plan, report: &Report, args: &Build, here: &Here, output: &Output) -> Result<(), Failure> {
    let Some(head) = here.repository.head()?.commit().copied() else { return Ok(()) };
    let of = |name: &str| -> (String, CommitId) { (reference(&plan.environment, name), head) };
    let built: Vec<&str> = report.successful().map(|service| service.service.as_str()).collect();
    let is_pushed = |name: &&&str| plan.service(name).is_some_and(|service| service.push);
    let refs: Vec<(String, CommitId)> = built.iter().map(|name| of(name)).collect();
    let sent: Vec<(String, CommitId)> = built.iter().filter(is_pushed).map(|name| of(name)).collect();
    record::move_forward(&here.repository, &refs, output)?;
    if sent.is_empty() { Ok(()) } else { record::send(&here.repository, &args.remote, &sent, output) }
}
