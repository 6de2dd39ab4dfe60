//! `rebake build`.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

mod safety;
mod overwritten;
pub(crate) mod prerequisites;
mod dry_run;
mod drift;
mod needed_dependencies;
mod build_plan;
mod built_refs;
pub(crate) mod promote;
mod promotions;
mod released;
mod reports;
pub(crate) mod settings;
pub(crate) mod display;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::existing::ExistingArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, PlanningArgs, choice};
use super::log_directory;
use super::plan::request;
use super::printing::{Output, written};
use super::put_tags::staying;
use super::record::{AfterRecord, HeldTags};
use super::workspace::{self, WithoutConfig};
use crate::model::name::CommitId;
use crate::model::recipe;
use crate::output::emit;
use crate::output::exec::schedule::OnFailure;
use crate::output::exec::{self, Build, Ended, Incoming, Objections, RecordOutcome, Report, Settings, Sink};
use crate::plan::pipeline::{PushRequest, PushRules, Request, Workspace};
use crate::plan::{Plan, PlannedService};
use built_refs::Records;
use drift::DriftCheck;
use promotions::Promotions;
use reports::Reports;

const EXAMPLES: &str = "\
Examples:
  rebake build                                the affected services
  rebake build api                            of api and its dependencies, those that are affected
  rebake build --dry-run                      print the commands, run nothing
  rebake build --jobs 2 --on-failure stop
  rebake build --plan plan.json --only api    one job of a matrix
  rebake build --report report.json           build, and write a report
  rebake build --rerun report.json --report report.json    build what did not succeed in that report

Exit codes: 0 everything is built, or nothing is affected; 1 a build failed; 2 wrong usage;
3 the repository cannot be read; 128 + N ended by signal N";

/// Build the affected services in dependency order, in parallel
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BuildArgs {
    /// Build these services (names or paths) and their dependencies, but only those that are affected. To build a
    /// service that is not affected, name it in --force too
    #[arg(value_name = "SERVICE", conflicts_with = "only")]
    services: Vec<String>,
    #[command(flatten)]
    planning: PlanningArgs,
    /// Build this saved plan. It must have been made from the commit that is checked out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "head", "all", "changed", "since", "force"], help_heading = "Plan")]
    plan: Option<PathBuf>,
    /// Build the services that did not succeed according to this report, and the unpushed images that they need (not
    /// with --base, --head, --all, --changed, --since or --force)
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["base", "head", "all", "changed", "since", "force"], help_heading = "Plan")]
    rerun: Option<PathBuf>,
    /// Accept a --rerun report from another commit
    #[arg(long, requires = "rerun", help_heading = "Plan")]
    allow_mixed: bool,
    /// Reports of earlier jobs, in which rebake finds the images of dependencies that this run does not build
    /// (repeatable, or comma-separated)
    #[arg(long, value_name = "REPORT", value_delimiter = ',', help_heading = "Plan")]
    needs: Vec<PathBuf>,
    #[command(flatten)]
    existing: ExistingArgs,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    shown: Shown,
    /// Run nothing, but print the commands and their variables as a shell script, to be run at the root of the
    /// repository
    #[arg(long, help_heading = "Builds")]
    dry_run: bool,
    #[command(flatten)]
    records: RecordFlags,
    #[command(flatten)]
    allowed: Allowed,
}

impl BuildArgs {
    /// Whether the command line names a service.
    fn is_named(&self, service: &str) -> bool {
        self.services.iter().chain(&self.planning.range.only).any(|named| named == service)
    }
}

/// The flags about records for `--since built`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records")]
struct RecordFlags {
    /// Record the commit of each service that is built, or whose image exists and gets its tags, for `--since built`. If
    /// the plan pushes images, also push the records to the remote
    #[arg(long)]
    record: bool,
    /// Leave the record to a later job, `rebake record --report`: write no records, and leave tags that move, such as
    /// `latest`, to that job, which puts them when it has recorded the service. The report lists these tags
    #[arg(long, conflicts_with = "record")]
    record_later: bool,
    /// Remote to push the records to [default: the remote that rebake fetches from]
    #[arg(long, value_name = "REMOTE", requires = "record")]
    remote: Option<String>,
    /// Record the commit even if a later or unrelated commit is recorded already
    #[arg(long, requires = "record")]
    allow_older: bool,
}

impl RecordFlags {
    /// Whether services are recorded, by this run or by a later job.
    fn are_recorded(&self) -> bool {
        self.record || self.record_later
    }
}

/// The flags that allow what rebake refuses without them.
#[derive(Debug, Args)]
struct Allowed {
    /// Allow pushing and recording while the work tree has uncommitted changes
    #[arg(long, help_heading = "Builds")]
    allow_dirty: bool,
    /// Allow pushing images of code from a fork, and building such code in a job that can read the repository's secrets
    #[arg(long, help_heading = "Builds")]
    allow_untrusted: bool,
}

/// The flags about how builds run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Builds")]
pub(crate) struct How {
    /// Number of parallel builds. A service with `weight: 2` counts as two builds [default: the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(Settings::MOST_JOBS)))]
    jobs: Option<u32>,
    /// After a failure, what to do with the builds that do not depend on the failed service
    #[arg(long, value_name = "POLICY", default_value = "finish", value_parser = choice::<OnFailure>())]
    on_failure: OnFailure,
    /// Number of retries for a failed build; overrides filters.yaml
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10))]
    retries: Option<u32>,
    /// Time limit for each attempt, such as 90s, 10m or 1h30m; overrides filters.yaml
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    timeout: Option<Duration>,
    /// Builder of docker buildx, such as a builder on another machine
    #[arg(long, value_name = "NAME")]
    builder: Option<String>,
}

/// The flags about how a run shows builds, and which files it writes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Shown {
    /// What to show while builds run
    #[arg(long, value_name = "DISPLAY", default_value = "auto")]
    output: Manner,
    /// Write the outcome of each service to this file, as JSON. If the file has an earlier report, rebake first reads
    /// the durations of builds from it, to estimate how long they take now
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the outcome of each service as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page for a browser: when each build ran, what it waited for, and why it failed
    #[arg(long, value_name = "FILE")]
    timings: Option<PathBuf>,
    /// Append the outcomes to the job summary, on engines that have one (GITHUB_STEP_SUMMARY)
    #[arg(long)]
    ci: bool,
    /// Directory for build logs, instead of a directory in the git directory
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

/// What is shown while builds run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Manner {
    /// Live rows on a terminal, `grouped` elsewhere
    Auto,
    /// Each line as it comes, prefixed with the service's name
    Stream,
    /// The whole output of a build when it ends, as a foldable group on CI engines
    Grouped,
    /// The output of failed builds only
    Failures,
    /// One JSON object per event, one per line
    Json,
}

/// The command that carries out a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// `rebake build`: services without an image are built, and existing images get their tags.
    Build,
    /// `rebake promote`: existing images get their tags, and nothing is built.
    Promote,
}

pub(crate) fn run(general: &GeneralArgs, args: &BuildArgs, output: &Output) -> Result<Exit, Failure> {
    carry(general, args, Verb::Build, output)
}

fn carry(general: &GeneralArgs, args: &BuildArgs, verb: Verb, output: &Output) -> Result<Exit, Failure> {
    let for_others = args.planning.push || args.records.are_recorded();
    let without = if for_others { WithoutConfig::Refuse } else { WithoutConfig::Derive };
    let workspace = workspace::open_range(general, &args.planning.range, args.planning.quantifier, without, output)?;
    overwritten::check(general, args, &workspace)?;
    let reports = Reports::agree(args, &workspace)?;
    let (mut plan, existed) = build_plan::plan(general, args, &workspace, reports.earlier.as_ref(), output)?;
    let has_answers = args.existing.note(&mut plan, general, output);
    if !args.dry_run {
        look_up(&mut plan, args, output);
    }
    let held = held_tags(&plan, args, &workspace)?;
    let promotions = if !args.dry_run && Promotions::are_due(&plan, held) {
        safety::check(&plan, args, &workspace)?;
        Promotions::put(&mut plan, held, &args.existing.registries(), output)
    } else {
        Promotions::default()
    };
    let missing = match verb {
        Verb::Build => Exit::Done,
        Verb::Promote => promotions::leave_to_builds(
            &mut plan,
            |service| args.is_named(service) || existed.contains(service),
            output,
        ),
    };
    // A promotion does not succeed if a registry did not answer, since it is not known whether all images have their
    // tags.
    let missing = if missing == Exit::Done && verb == Verb::Promote && !has_answers { Exit::Git } else { missing };
    let mut needed = needed_dependencies::complete(
        &plan,
        &reports.earlier_jobs(args)?,
        reports.earlier.as_ref(),
        args,
        &workspace,
        output,
    )?;
    output.say(needed_dependencies::left_out(&needed, args, &workspace).as_slice());
    held.hold(&mut needed.plan);
    if args.dry_run {
        return dry_run::print(&needed, args, &workspace, output);
    }
    safety::check(&needed.plan, args, &workspace)?;
    let logs = log_directory::directory(args.shown.logs.as_deref(), workspace.repository.git_dir())?;
    let mut jobs = build_plan::jobs(&needed, &promotions, args, &workspace, &logs, &reports)?;
    let records = Records::look(&plan, &needed, args, &workspace, output)?;
    if let Some(records) = &records {
        records.leave_out(&mut jobs);
    }
    prerequisites::check(&jobs, &workspace)?;
    if args.shown.output != Manner::Json {
        output.people(&emit::heading(&needed.plan))?;
    }
    let mut printer = display::printer(args.shown.output, &workspace.trigger, output);
    let is_live = display::is_live(args.shown.output, &workspace.trigger, output);
    let settings = settings::settings(&args.how, &plan, &workspace.trigger, is_live, output);
    let forwarding = display::forwarding_secrets(&mut printer, args.shown.output, &workspace.trigger, output);
    let clean = !args.allowed.allow_dirty && (args.records.record || plan.services.iter().any(|service| service.push));
    let mut ground = DriftCheck::new(&workspace, plan.range.head.as_deref(), clean);
    let mut begun = records.as_ref().map(|records| records.begin(output)).transpose()?;
    let mut looked = Instant::now();
    let mut doubt = |build: &Build, moment| {
        if let (Some(records), Some(begun)) = (&records, &mut begun) {
            records.mark_again(begun, &mut looked, build);
        }
        ground.doubt(build, moment)
    };
    let (mut ended, signals) = carry_out(&jobs, &settings, &mut doubt, forwarding)?;
    drop(signals);
    held.put_others(&needed.plan, &mut ended.report, || args.existing.registries(), output);
    if args.records.are_recorded() {
        note_doubtful(&mut ended.report, ground.doubtful());
    }
    let recorded = match (&records, &begun) {
        (Some(records), Some(begun)) => {
            let report = &mut ended.report;
            let (plan, workspace, registries) = (&needed.plan, &workspace, &args.existing.registries());
            records.end(begun, report, held, (&needed, ground.doubtful()), workspace, output).and_then(|recorded| {
                let Some((exit, written)) = recorded else { return Ok(Exit::Done) };
                let written = &written;
                let recording = records.recording();
                AfterRecord { held, plan, recording, begun, written, general, workspace, registries, output }
                    .put(report)?;
                Ok(exit)
            })
        }
        _ => Ok(Exit::Done),
    };
    reports.write(&ended.report, &logs, output)?;
    let recorded = recorded?;
    written(printer.finish().map(drop))?;
    Ok(match ended.interrupted {
        Some(signal) => Exit::Signal(signal.number().try_into().unwrap_or(0)),
        None if ended.report.is_success() => {
            if recorded == Exit::Done {
                missing
            } else {
                recorded
            }
        }
        None => Exit::Found,
    })
}

/// Returns which tags the run holds back: those of services whose builds this run or a later job records.
fn held_tags(plan: &Plan, args: &BuildArgs, workspace: &Workspace) -> Result<HeldTags, Failure> {
    let has_commit = plan.range.head.as_ref().is_some_and(|head| head.parse::<CommitId>().is_ok());
    if !has_commit || !args.records.are_recorded() {
        return Ok(HeldTags::Never);
    }
    let asked = Request { push: PushRequest::Asked, ..request(&args.planning, workspace)? };
    let rules = PushRules::of(&workspace.view(), &asked, &plan.environment)?;
    Ok(if rules.has_built_refs(&plan.environment) { HeldTags::UntilRecorded } else { HeldTags::Never })
}

/// Notes in a report that services are not to be recorded, since something changed while they were built.
fn note_doubtful(report: &mut Report, doubtful: &BTreeMap<String, String>) {
    for service in report.services.iter_mut().filter(|service| doubtful.contains_key(&service.service)) {
        service.record = Some(RecordOutcome::Doubtful);
    }
}

/// Asks registries for the tags of releases, which never move, and for tags that name commits.
fn look_up(plan: &mut Plan, args: &BuildArgs, output: &Output) {
    let has_held = |service: &PlannedService| service.push && !(service.fixed.is_empty() && service.once.is_empty());
    if plan.services.iter().any(has_held) {
        let registries = args.existing.registries();
        released::look_up(plan, !args.planning.range.force.is_empty(), &registries);
        output.say(staying(&released::leave_out_written(plan, &registries)).as_slice());
    }
}

/// Runs the builds, and shows them while they run.
pub(crate) fn carry_out(
    jobs: &[Build],
    settings: &Settings,
    doubt: Objections,
    shown: impl Sink,
) -> Result<(Ended, Incoming), Failure> {
    let (ended, signals) = exec::run(jobs, settings, doubt, shown).map_err(|error| {
        Failure::new(Exit::Bug, "build", format!("the system refuses something that builds need: {error}"))
    })?;
    exec::builder::tidy(jobs, &ended.report);
    Ok((ended, signals))
}

/// Waits for the end of the run that started this process, and kills the builds that the run leaves behind.
pub(crate) fn watch() -> Result<Exit, Failure> {
    exec::watch(std::io::stdin().lock()).map_err(|error| Failure::file("standard input", &error))?;
    Ok(Exit::Done)
}

fn time_limit(text: &str) -> Result<Duration, String> {
    recipe::time_limit(text).ok_or_else(|| "expected hours, minutes and seconds, such as 90s, 10m or 1h30m".to_owned())
}
