//! `rebake build`.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

mod allowed;
mod builders;
mod dry_run;
mod ground;
mod logs;
mod needed;
mod planned;
mod records;
mod reports;
mod settings;
mod shown;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::existing::ExistingArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, PlanningArgs, choice};
use super::output::{Output, written};
use super::workspace::Workspace;
use crate::model::recipe;
use crate::output::emit;
use crate::output::exec::schedule::OnFailure;
use crate::output::exec::{self, Build as Job, Doubt, Ended, Settings, Sink};
use ground::Ground;
use records::Records;
use reports::Reports;

const EXAMPLES: &str = "\
Examples:
  rebake build                                what changed here
  rebake build api                            api, and what it needs that is due
  rebake build --dry-run                      the commands, and nothing is done
  rebake build --jobs 2 --on-failure stop
  rebake build --plan plan.json --only api    one job of a matrix
  rebake build --report report.json           and then, of what did not succeed:
  rebake build --rerun report.json --report report.json

Exit codes: 0 all is built, or nothing is affected; 1 a build failed; 2 a mistake;
3 the repository stands in the way; 128 and the number of the signal that ended it";

/// Build what is affected, in order, as much at once as may be, and leave nothing behind
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BuildArgs {
    /// Build these services alone, and what they need that is due (names or paths)
    #[arg(value_name = "SERVICE", conflicts_with = "only")]
    services: Vec<String>,
    #[command(flatten)]
    planning: PlanningArgs,
    /// Build a saved plan instead of making one; it must be of the commit that is checked out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "head", "all", "changed", "since", "force"], help_heading = "Plan")]
    plan: Option<PathBuf>,
    /// Build what did not succeed by this report; with `--plan`, what of the plan did not
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["base", "head", "all", "changed", "since", "force"], help_heading = "Plan")]
    rerun: Option<PathBuf>,
    /// Build what did not succeed by a report of another commit
    #[arg(long, requires = "rerun", help_heading = "Plan")]
    allow_mixed: bool,
    /// Take the images of services that are not built here from the reports of earlier jobs (repeat, or separate by commas)
    #[arg(long, value_name = "REPORT", value_delimiter = ',', help_heading = "Plan")]
    needs: Vec<PathBuf>,
    #[command(flatten)]
    existing: ExistingArgs,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    shown: Shown,
    /// Print each command, quoted for a shell, and do nothing
    #[arg(long, help_heading = "Builds")]
    dry_run: bool,
    /// Note that services were built, for `--since built`; sent to the remote where images are pushed
    #[arg(long, help_heading = "Builds")]
    record: bool,
    /// Send records to this remote
    #[arg(long, value_name = "REMOTE", default_value = "origin", requires = "record", help_heading = "Builds")]
    remote: String,
    #[command(flatten)]
    allowed: Allowed,
}

/// What is done only when a flag asks for it.
#[derive(Debug, Args)]
struct Allowed {
    /// Push or record although the work tree has changes
    #[arg(long, help_heading = "Builds")]
    allow_dirty: bool,
    /// Record although a later commit was built meanwhile, or one that does not lead to this one
    #[arg(long, requires = "record", help_heading = "Builds")]
    allow_older: bool,
    /// Push although a fork's code is checked out, and build where a stranger's may be beside the repository's secrets
    #[arg(long, help_heading = "Builds")]
    allow_untrusted: bool,
}

/// How builds are run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Builds")]
struct How {
    /// Run so many builds at once, by weight [default: the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(Settings::MOST_JOBS)))]
    jobs: Option<u32>,
    /// Choose what a failure does to the builds that do not need what failed
    #[arg(long, value_name = "POLICY", default_value = "finish", value_parser = choice::<OnFailure>())]
    on_failure: OnFailure,
    /// Try each failed build again so often, whatever filters.yaml says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10))]
    retries: Option<u32>,
    /// Give each attempt so long, whatever filters.yaml says: 90s, 10m, 1h30m
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    timeout: Option<Duration>,
    /// Build images on this builder of docker buildx: another machine, or Kubernetes
    #[arg(long, value_name = "NAME")]
    builder: Option<String>,
}

/// What is shown of builds, and which files they leave.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Shown {
    /// Choose what is shown while builds run
    #[arg(long, value_name = "HOW", default_value = "auto")]
    output: Manner,
    /// Write what became of each service as JSON; the one that it replaces tells how long builds take
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write it as JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Append the summary of the job, where the CI engine has one (GITHUB_STEP_SUMMARY)
    #[arg(long)]
    ci: bool,
    /// Write the logs of builds into this directory instead of one in the git directory
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

/// What is shown while builds run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Manner {
    /// Rows of what runs on a terminal, groups elsewhere
    Auto,
    /// All lines as they come, behind the names of their services
    Stream,
    /// The whole output of a build when it has ended, folded by the CI engine at hand
    Grouped,
    /// The output of builds that fail
    Failures,
    /// One JSON object a line for each event
    Json,
}

pub(crate) fn run(general: &GeneralArgs, args: &BuildArgs, output: &Output) -> Result<Exit, Failure> {
    let here = Workspace::of_range(general, &args.planning.range, args.planning.quantifier, output)?;
    let reports = Reports::agree(args, &here)?;
    let mut plan = planned::plan(general, args, &here, reports.earlier.as_ref(), output)?;
    args.existing.note(&mut plan, general, output);
    let needed = needed::complete(&plan, &reports.earlier_jobs(args)?, args, &here, output)?;
    if args.dry_run {
        return dry_run::print(&needed, args, &here, output);
    }
    allowed::check(&needed.plan, args, &here)?;
    let logs = logs::directory(args.shown.logs.as_deref(), here.repository.git_dir())?;
    let mut jobs = planned::jobs(&needed, args, &here, &logs, &reports)?;
    let records = Records::look(&plan, args, &here, output)?;
    if let Some(records) = &records {
        records.leave_out(&mut jobs);
    }
    builders::check(&jobs, &here)?;
    if args.shown.output != Manner::Json {
        output.people(&emit::heading(&plan))?;
    }
    let mut printer = shown::printer(args.shown.output, &here.trigger, output);
    let is_live = shown::is_live(args.shown.output, &here.trigger, output);
    let settings = settings::settings(&args.how, &plan, &here.trigger, is_live, output);
    let heard = shown::telling(&mut printer, args.shown.output, &here.trigger, output);
    let clean = !args.allowed.allow_dirty && (args.record || plan.services.iter().any(|service| service.push));
    let mut ground = Ground::new(&here, plan.range.head.as_deref(), clean);
    let begun = records.as_ref().map(|records| records.begin(output)).transpose()?;
    let mut ended = carry_out(&jobs, &settings, &mut |build| ground.doubt(build), heard)?;
    let recorded = match (&records, &begun) {
        (Some(records), Some(begun)) => records.end(begun, &mut ended.report, &needed, &here, args, output),
        _ => Ok(Exit::Done),
    };
    reports.write(&ended.report, &logs, output)?;
    let recorded = recorded?;
    written(printer.finish().map(drop))?;
    Ok(match ended.interrupted {
        Some(signal) => Exit::Signal(signal.number().try_into().unwrap_or(0)),
        None if ended.report.is_success() => recorded,
        None => Exit::Found,
    })
}

/// Runs the builds, and shows them as they go.
fn carry_out(jobs: &[Job], settings: &Settings, doubt: Doubt, shown: impl Sink) -> Result<Ended, Failure> {
    let ended = exec::run(jobs, settings, doubt, shown)
        .map_err(|error| Failure::new(Exit::Bug, "build", format!("the system refuses what builds need: {error}")))?;
    exec::builder::tidy(jobs, &ended.report);
    Ok(ended)
}

/// Waits for the end of the run that started this process, and kills what it leaves.
pub(crate) fn watch() -> Result<Exit, Failure> {
    exec::watch(std::io::stdin().lock()).map_err(|error| Failure::file("standard input", &error))?;
    Ok(Exit::Done)
}

fn time_limit(text: &str) -> Result<Duration, String> {
    recipe::time_limit(text).ok_or_else(|| "expected hours, minutes and seconds, such as 90s, 10m or 1h30m".to_owned())
}
