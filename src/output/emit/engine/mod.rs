//! Pipelines for CI engines, with one file for each engine. All are made from the jobs of [`jobs`].
//!
//! If an engine supports dependencies between jobs, the pipeline declares them. If not, the pipeline has one matrix, or
//! one group of parallel jobs, for each level. Every job runs the same command, and the variable `REBAKE_ONLY` has the
//! names of its services. The command has flags of the run that writes the pipeline ([`JobFlags`]). Besides the plan and
//! names, a document contains only two kinds of text from the repository: the chosen fields of a GitHub matrix, and the
//! settings in `ci` of a service, which are merged into the service's job.

mod argo;
mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod github;
mod gitlab;
mod jenkins;
mod jobs;
mod job_command;
mod job_label;
mod job_options;
mod job_variable;
mod merged;
mod pack;

pub use argo::argo;
pub use azure::azure;
pub use bitbucket::bitbucket;
pub use buildkite::buildkite;
pub use circleci::circleci;
pub use github::github;
pub use gitlab::gitlab;
pub use jenkins::jenkins;
pub use job_options::{JobFlags, JobOptions};
pub use job_variable::JobVariable;
pub use pack::{Pack, UnknownPack};

pub(super) use github::level_outputs;
#[cfg(feature = "exec")]
pub(crate) use job_label::Rule;
pub(crate) use job_label::labels;

use super::EmitError;
pub use jobs::part_seconds;
use jobs::{Job, jobs};
use merged::merged;

/// The command of the one job in a pipeline without builds, for engines that reject a pipeline without jobs.
const NOTHING: &str = "echo nothing to rebuild";

/// Checks that `size` is at most the `limit` of an engine.
fn at_most(engine: &'static str, what: &'static str, size: usize, limit: usize) -> Result<(), EmitError> {
    let cure =
        "put many services into one job with `--pack component` or `--pack N`, or choose fewer services with `--only`";
    at_most_or(cure, engine, what, size, limit)
}

/// Checks that `size` is at most `limit`. `what` says what the size measures, and `cure` is the suggestion of the
/// error.
///
/// # Errors
/// When the size exceeds the limit.
fn at_most_or(
    cure: &'static str,
    engine: &'static str,
    what: &'static str,
    size: usize,
    limit: usize,
) -> Result<(), EmitError> {
    if size > limit {
        return Err(EmitError::Limit { engine, what, size: size.to_string(), limit: limit.to_string(), cure });
    }
    Ok(())
}

/// Returns the jobs of each level.
///
/// # Errors
/// When there are more than `most` levels, since the pipeline has jobs for that many only.
fn by_level<'a, 'p>(jobs: &'a [Job<'p>], most: Option<usize>) -> Result<Vec<Vec<&'a Job<'p>>>, EmitError> {
    let count = jobs.iter().map(|job| job.level + 1).max().unwrap_or_default();
    let cure = "give the workflow jobs for more levels and raise `--levels`, or put services that depend on each other into one job \
                with `--pack component`";
    at_most_or(cure, "the pipeline", "the number of levels", count, most.unwrap_or(usize::MAX))?;
    let mut levels = vec![Vec::new(); count];
    for job in jobs {
        levels[job.level].push(job);
    }
    Ok(levels)
}
