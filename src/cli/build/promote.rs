//! `rebake promote`.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

use std::path::PathBuf;

use clap::Args;

use super::{Allowed, BuildArgs, How, Manner, RecordFlags, Shown};
use crate::cli::existing::{ExistingArgs, REGISTRY_TIMEOUT};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::flags::{GeneralArgs, PlanningArgs};
use crate::cli::printing::Output;
use crate::output::exec::schedule::OnFailure;

const EXAMPLES: &str = "\
Examples:
  rebake promote --plan plan.json             tag the images that the plan found in the registry
  rebake promote api --environment production

Exit codes: 0 every image that exists has its tags; 1 a tag could not be added, or a service that the command line names \
has no image; 2 wrong usage; 3 the repository cannot be read, or a registry did not answer";

/// Add the plan's tags to images that are already in the registry, and build nothing
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PromoteArgs {
    /// Promote these services (names or paths) and their dependencies, but only those that are affected. To promote a
    /// service that is not affected, name it in --force too
    #[arg(value_name = "SERVICE", conflicts_with = "only")]
    services: Vec<String>,
    #[command(flatten)]
    planning: PlanningArgs,
    /// Read this saved plan. It must have been made from the commit that is checked out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "head", "all", "changed", "since", "force"], help_heading = "Plan")]
    plan: Option<PathBuf>,
    /// Time limit for all registry requests together
    #[arg(long, value_name = "SECONDS", default_value_t = REGISTRY_TIMEOUT, help_heading = "Registries")]
    registry_timeout: u32,
    /// Write the outcome of each service as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,
    /// Write the outcome of each service as JUnit XML
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    junit: Option<PathBuf>,
    /// Append the outcomes to the job summary, on engines that have one (GITHUB_STEP_SUMMARY)
    #[arg(long, help_heading = "Output")]
    ci: bool,
    #[command(flatten)]
    records: RecordFlags,
}

pub(crate) fn run(general: &GeneralArgs, args: PromoteArgs, output: &Output) -> Result<Exit, Failure> {
    let PromoteArgs { services, planning, plan, registry_timeout, report, junit, ci, records } = args;
    let build = BuildArgs {
        services,
        planning,
        plan,
        rerun: None,
        allow_mixed: false,
        needs: Vec::new(),
        existing: ExistingArgs::asking(registry_timeout),
        how: How { jobs: None, on_failure: OnFailure::default(), retries: None, timeout: None, builder: None },
        shown: Shown { output: Manner::Auto, report, junit, timings: None, ci, logs: None },
        dry_run: false,
        records,
        // The images were built from a commit, so changes of the work tree do not matter.
        allowed: Allowed { allow_dirty: true, allow_untrusted: false },
    };
    super::carry(general, &build, super::Verb::Promote, output)
}
