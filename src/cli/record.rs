//! `rebake record`.

#[cfg(unix)]
mod after_record;
#[cfg(unix)]
mod ended_builds;
#[cfg(unix)]
mod held_tags;
#[cfg(unix)]
mod later_tags;
#[cfg(unix)]
mod reported;

use std::collections::BTreeSet;
use std::fmt::Write as _;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;

use clap::Args;

#[cfg(unix)]
use super::existing::REGISTRY_TIMEOUT;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FetchingArgs, GeneralArgs};
use super::printing::Output;
#[cfg(unix)]
use super::printing::unwritable;
use super::workspace::{self, WithoutConfig};
use super::{built_ref_messages, saved_file};
use crate::analysis::filter::{FilterId, matches_of};
#[cfg(unix)]
use crate::inputs::file::{self, Writable};
use crate::inputs::git::Repository;
use crate::inputs::trigger::{Kind, Origin, Trigger};
use crate::model::built_ref;
use crate::model::change::Change;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped, ServiceId};
use crate::plan::Plan;
use crate::plan::pipeline::{
    self, Begun, EndedBuilds, LOCAL, Left, PushRequest, PushRules, Recording, RefState, Request, Rule,
    SavedPlanContext, Workspace, not_fetched,
};

#[cfg(unix)]
pub(crate) use after_record::AfterRecord;
#[cfg(unix)]
pub(crate) use ended_builds::{ended_builds, note_recorded};
#[cfg(unix)]
pub(crate) use held_tags::HeldTags;
#[cfg(unix)]
use reported::Reported;

const USAGE: &str = "\
rebake record [OPTIONS] <SERVICE>...
       rebake record [OPTIONS] --plan <FILE> --report <REPORT>...
       rebake record [OPTIONS] --list";

const EXAMPLES: &str = "\
Examples:
  rebake record api --push                 after the job that built api succeeded
  rebake record api --push --plan plan.json
  rebake record --push --plan plan.json --report job-*/report.json
  rebake record api --commit v1.2.0 --environment production
  rebake record --list                     the commit at which each service was last built";

/// Record that services were built at a commit, for `plan --since built`
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub(crate) struct RecordArgs {
    /// Services to record, by name or path
    #[arg(value_name = "SERVICE")]
    #[cfg_attr(unix, arg(required_unless_present_any = ["list", "report"]))]
    #[cfg_attr(not(unix), arg(required_unless_present = "list"))]
    services: Vec<String>,
    /// Record each planned service that one of these reports lists as built. Then put the tags that `build
    /// --record-later` has left to this command
    #[cfg(unix)]
    #[arg(long, value_name = "REPORT", num_args = 1.., conflicts_with = "services", requires = "plan")]
    report: Vec<PathBuf>,
    /// Write these reports to a file as one, with what is recorded and the tags that images have now
    #[cfg(unix)]
    #[arg(long, value_name = "FILE", requires = "report")]
    merged: Option<PathBuf>,
    /// Time limit for all registry requests together
    #[cfg(unix)]
    #[arg(long, value_name = "SECONDS", default_value_t = REGISTRY_TIMEOUT, requires = "report")]
    registry_timeout: u32,
    /// Take the commit and the environment from this plan. If a record has moved to another commit since the plan was
    /// made, rebake overwrites it only if that commit descends from the record's earlier commit and is an ancestor of
    /// the plan's commit
    #[arg(long, value_name = "FILE", conflicts_with_all = ["commit", "environment"])]
    plan: Option<PathBuf>,
    /// Commit to record, instead of HEAD
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    commit: Option<String>,
    /// Environment to record for, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    /// Record the commit even if a later or unrelated commit is recorded already
    #[arg(long)]
    allow_older: bool,
    /// Push the records to the remote
    #[arg(long)]
    push: bool,
    /// Remote to push to [default: the remote that rebake fetches from]
    #[arg(long, value_name = "REMOTE", requires = "push")]
    remote: Option<String>,
    /// List all records: environment, service and commit
    #[arg(long, conflicts_with_all = ["services", "plan", "commit", "push", "allow_older"])]
    list: bool,
    #[command(flatten)]
    fetching: FetchingArgs,
}

pub(crate) fn run(general: &GeneralArgs, args: &RecordArgs, output: &Output) -> Result<Exit, Failure> {
    if args.list {
        let repository = workspace::repository(general)?;
        output.data(&list(&repository, args.environment.as_deref())?)?;
        return Ok(Exit::Done);
    }
    is_remote(args.remote.as_deref())?;
    let plan = args.plan.as_deref().map(saved_file::plan).transpose()?;
    let at = match &plan {
        Some(plan) => Some(commit_of(plan)?),
        None => args.commit.as_deref(),
    };
    let workspace = workspace::open(general, at, Some(&args.fetching), WithoutConfig::Refuse, output)?;
    #[cfg(unix)]
    let mut reported = match &plan {
        Some(plan) if !args.report.is_empty() => Some(Reported::read(&args.report, plan)?),
        _ => None,
    };
    #[cfg(unix)]
    let _held = args.merged.iter().map(|file| writable(file)).collect::<Result<Vec<_>, Failure>>()?;
    #[cfg(unix)]
    let names = reported.as_ref().map_or_else(|| args.services.clone(), Reported::names);
    #[cfg(not(unix))]
    let names = args.services.clone();
    let services = workspace.services(&names)?;
    let Workspace { repository, file, config, .. } = &workspace;
    let commit = repository.resolve(at.unwrap_or("HEAD"))?;
    let environment = plan.as_ref().map(|plan| plan.environment.as_str()).or(args.environment.as_deref());
    let environment = pipeline::environment(&workspace.view(), environment)?;
    // In a pull request, the rules are those of the configuration at base, since anybody may have changed the
    // environments at head.
    let asked = Request { push: PushRequest::Asked, environment: args.environment.clone(), ..Request::default() };
    let rules = PushRules::of(&workspace.view(), &asked, environment)?;
    if !rules.has_built_refs(environment) {
        output.say(&[built_ref_messages::without(environment)]);
        #[cfg(unix)]
        reported.iter().try_for_each(|reported| reported.write(args.merged.as_deref(), output))?;
        return Ok(Exit::Done);
    }
    match &plan {
        Some(plan) => held(plan, &services, &rules, &workspace)?,
        None if args.commit.is_none() => output.say(dirt(&services, &workspace).as_slice()),
        None => {}
    }
    let (libraries, built): (BTreeSet<ServiceId>, BTreeSet<ServiceId>) = services
        .into_iter()
        .filter(|service| rules.push(*service))
        .partition(|service| config.services[service.0].is_library());
    let is_there = |service: &ServiceId| match &plan {
        Some(plan) => {
            let planned = plan.service(config.graph.name(*service).as_str());
            planned.is_some_and(|planned| Left::by(environment, planned) == Left::Built)
        }
        None => may_push(environment, &workspace.trigger),
    };
    let (built, others): (BTreeSet<ServiceId>, BTreeSet<ServiceId>) = built.into_iter().partition(is_there);
    if !others.is_empty() {
        let others: Vec<&str> = others.iter().map(|service| config.graph.name(*service).as_str()).collect();
        output.say(&[built_ref_messages::not_pushed(environment, &others)]);
    }
    output.say(
        &libraries.iter().map(|library| built_ref_messages::library(config.graph.name(*library))).collect::<Vec<_>>(),
    );
    let recording = Recording {
        repository,
        file,
        config,
        environment,
        commit,
        plan: plan.as_ref(),
        remote: args.push.then(|| args.remote.clone().unwrap_or_else(|| repository.remote())),
        rule: match &plan {
            _ if args.allow_older => Rule::Anywhere,
            Some(plan) if plan.built.is_some() => Rule::Seen,
            Some(_) | None => Rule::Forward,
        },
    };
    #[cfg(unix)]
    if let Some(reported) = &mut reported {
        reported.check_held(args.push)?;
        let recorded = reported.record(&built, &recording, (general, &workspace), args.registry_timeout, output);
        reported.write(args.merged.as_deref(), output)?;
        return recorded;
    }
    // If the remote cannot be reached, the end of the command reports it.
    let here = RefState::here(repository, environment)?;
    let before = recording.standing().unwrap_or_else(|_| here.clone());
    let ended = EndedBuilds { built, ..EndedBuilds::default() };
    let begun = match &plan {
        Some(_) => {
            let (begun, trouble) = recording.begin_after(&BTreeSet::new(), &ended.built, before, "")?;
            output.say(trouble.as_ref().map(built_ref_messages::unmarked).as_slice());
            begun
        }
        // Whoever records without a plan knows what the environment has.
        None => Begun::elsewhere(before, here),
    };
    let written = recording.end(&begun, &ended)?;
    output.say(&built_ref_messages::diagnostics(&written, &recording));
    output.say(&repository.take_fetch_troubles().iter().map(not_fetched).collect::<Vec<_>>());
    Ok(if built_ref_messages::is_refused(&written) { Exit::Git } else { Exit::Done })
}

/// Checks, before anything is recorded, that a file can be written.
#[cfg(unix)]
fn writable(file: &Path) -> Result<Writable, Failure> {
    file::check(file).map_err(|error| unwritable(file, &error))
}

/// Returns the commit of a plan, or an error if the plan has none.
fn commit_of(plan: &Plan) -> Result<&str, Failure> {
    let head = plan.range.head.as_deref().filter(|head| head.parse::<CommitId>().is_ok());
    head.ok_or_else(|| {
        Failure::new(Exit::Usage, "other-plan", "the plan has no commit, so nothing can be recorded with it")
            .help("commit first, then plan and build")
    })
}

/// Returns an error if the plan does not list a service, describes a service differently from the configuration at the
/// plan's commit, or was made when a service had uncommitted changes.
fn held(plan: &Plan, services: &[ServiceId], rules: &PushRules, workspace: &Workspace) -> Result<(), Failure> {
    let names: BTreeSet<&str> = services.iter().map(|service| workspace.config.graph.name(*service).as_str()).collect();
    let mut asked = plan.clone();
    asked.keep(|service| names.contains(service.service.as_str()));
    let is_dirty = |name: &&&str| {
        let fingerprint = asked.service(name).and_then(|service| service.fingerprint.as_deref());
        fingerprint.is_some_and(|fingerprint| fingerprint.ends_with("-dirty"))
    };
    if let Some(name) = names.iter().find(is_dirty) {
        let message = format!("`{name}` was planned with uncommitted changes, so it is not recorded");
        return Err(Failure::new(Exit::Usage, "dirty", message).help("commit or remove them, plan and build again"));
    }
    let held = SavedPlanContext {
        repository: &workspace.repository,
        file: &workspace.file,
        config: rules.config(),
        trigger: &workspace.trigger,
        // Images that are recorded were pushed already, whether or not this command would push.
        push: PushRequest::Asked,
        version: None,
    };
    let missing = names.iter().filter(|name| asked.service(name).is_none());
    let missing = missing.map(|name| format!("`{name}` is not in the plan"));
    let said: Vec<String> = missing.chain(held.contradictions(&asked)?).collect();
    if said.is_empty() {
        return Ok(());
    }
    let diagnostic =
        |said: String| Diagnostic::error("other-plan", said).help("use the plan that was built, or leave out `--plan`");
    Err(Failure { exit: Exit::Usage, diagnostics: said.into_iter().map(diagnostic).collect() })
}

/// Whether runs for this event may push images to an environment. Pull requests, merge queues, forks and rehearsals
/// push only to the environment `local`.
fn may_push(environment: &str, trigger: &Trigger) -> bool {
    let is_of_others = matches!(trigger.kind, Kind::PullRequest | Kind::MergeGroup) || trigger.origin != Origin::Own;
    environment == LOCAL || !(is_of_others || trigger.rehearsal)
}

/// Returns the warning that services have uncommitted changes; `None` if there are no such changes.
fn dirt(services: &[ServiceId], workspace: &Workspace) -> Option<Diagnostic> {
    let config = &workspace.config;
    let filters: BTreeSet<FilterId> = services.iter().flat_map(|service| config.filters_of(*service)).collect();
    let changes = workspace.repository.work_tree().ok()?.changes;
    let is_dirt = |change: &&Change| {
        // In CI, new files come from builds.
        (change.is_of_tracked() || workspace.trigger.is_attended())
            && matches_of(&config.filters, change).iter().any(|(filter, _)| filters.contains(filter))
    };
    let first = changes.as_slice().iter().find(is_dirt)?;
    let message = format!("HEAD is recorded, and the work tree has uncommitted changes: {}", first.path);
    Some(
        Diagnostic::warning("dirty", message).help("if they were there when it was built, commit them and build again"),
    )
}

/// Returns an error if the name of a remote begins with `-`, since git would take it for an option.
pub(crate) fn is_remote(remote: Option<&str>) -> Result<(), Failure> {
    if remote.is_some_and(|remote| remote.starts_with('-')) {
        return Err(Failure::new(Exit::Usage, "remote", "a remote cannot begin with `-`"));
    }
    Ok(())
}

fn list(repository: &Repository, environment: Option<&str>) -> Result<String, Failure> {
    let mut text = String::new();
    for (reference, commit) in repository.refs_below(built_ref::PREFIX)? {
        if let Some((of, service)) = built_ref::parse(&reference)
            && environment.is_none_or(|environment| environment == of)
        {
            let _ = writeln!(text, "{}\t{}\t{commit}", Escaped::new(&of), Escaped::new(&service));
        }
    }
    Ok(text)
}
