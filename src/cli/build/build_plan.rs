//! The plan of a run, and each service's recipe from the configuration that is checked out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::BuildArgs;
use super::needed_dependencies::Needed;
use super::promotions::Promotions;
use super::reports::Reports;
use crate::analysis::base::Compare;
use crate::cli::as_planned::as_planned;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, not_buildable};
use crate::cli::flags::GeneralArgs;
use crate::cli::plan::request;
use crate::cli::printing::Output;
use crate::cli::published_bases::with_published;
use crate::cli::unbuilt::buildable;
use crate::cli::workspace;
use crate::cli::{dependencies, saved_file};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Escaped;
use crate::model::recipe::Builder;
use crate::output::exec::builder::{BuildPlace, Driver, Supply, Ties, prepare};
use crate::output::exec::{Build, Report};
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{self, PushRequest, PushRules, Request, SavedPlanContext};
use crate::plan::{Plan, PlannedService};

/// Returns the plan, which is made now or read from a file, without the services that are not requested. Also returns
/// the services for which a plan from a file lists an existing image.
pub(super) fn plan(
    general: &GeneralArgs,
    args: &BuildArgs,
    workspace: &Workspace,
    earlier: Option<&Report>,
    output: &Output,
) -> Result<(Plan, BTreeSet<String>), Failure> {
    let mut existed = BTreeSet::new();
    let (services, remote) = (args.services.clone(), args.records.remote.clone());
    let asked = Request { services, remote, ..request(&args.planning, workspace)? };
    let mut plan = match (&args.plan, earlier) {
        (Some(file), _) => {
            let read = saved_file::plan(file)?;
            given(file, workspace);
            let rules = rules(&read, &asked, workspace)?;
            held(&read, &asked, &rules, workspace)?;
            let exist = read.services.iter().filter(|service| service.exists.is_some());
            existed.extend(exist.map(|service| service.service.clone()));
            let mut plan = saved(read, &asked, &rules, workspace)?;
            called(&plan, asked, &rules, workspace)?;
            if !existed.is_empty() {
                args.existing.ask(&mut plan, general, output);
            }
            plan
        }
        (None, Some(earlier)) => workspace::plan(workspace, &again(asked, earlier), general, output)?.plan,
        (None, None) => {
            let asked = with_published(asked, &args.planning.range, workspace)?;
            workspace::plan(workspace, &asked, general, output)?.plan
        }
    };
    if let Some(earlier) = earlier {
        let done: BTreeSet<&str> = earlier.successful().map(|service| service.service.as_str()).collect();
        plan.keep(|service| !done.contains(service.service.as_str()));
    }
    is_checked_out(&plan, workspace)?;
    if let Some(earlier) = earlier.filter(|_| !args.allow_mixed) {
        is_of(earlier, &plan)?;
    }
    Ok((buildable(plan, workspace, output), existed))
}

/// Notes that a file is an input of the run, so that it does not count as a change of the work tree.
pub(super) fn given(file: &Path, workspace: &Workspace) {
    // If this fails, the file counts as a change of the work tree.
    let _ = workspace.repository.note_written(&[file.to_owned()]);
}

/// Returns the rules that decide which images of a saved plan are pushed.
fn rules<'a>(plan: &Plan, asked: &Request, workspace: &'a Workspace) -> Result<PushRules<'a>, Failure> {
    let environment = &plan.environment;
    let asked = Request { environment: Some(environment.clone()), ..asked.clone() };
    Ok(PushRules::of(&workspace.view(), &asked, environment)?)
}

/// Returns an error if a saved plan contradicts the configuration. The plan may come from an artifact that anyone could
/// have written.
fn held(plan: &Plan, asked: &Request, rules: &PushRules, workspace: &Workspace) -> Result<(), Failure> {
    is_checked_out(plan, workspace)?;
    let held = SavedPlanContext {
        repository: &workspace.repository,
        file: &workspace.file,
        config: rules.config(),
        trigger: &workspace.trigger,
        push: asked.push,
        version: asked
            .naming
            .as_ref()
            .and_then(|naming| naming.version.as_deref())
            .filter(|version| !version.is_empty()),
    };
    refused(held.contradictions(plan)?)
}

/// Returns an error if a plan of a pull request pushes images under other names than the configuration at base gives
/// them. A plan that was made without `--push` has the names of the configuration at head.
fn called(plan: &Plan, asked: Request, rules: &PushRules, workspace: &Workspace) -> Result<(), Failure> {
    let pushed: Vec<&PlannedService> = plan.services.iter().filter(|service| service.push).collect();
    if !rules.are_of_base() || pushed.is_empty() {
        return Ok(());
    }
    let names = pushed.iter().map(|service| service.service.clone()).collect();
    let known = as_planned(names, &plan.environment, asked, workspace)?.services;
    let is_known = |service: &&&PlannedService| {
        known.iter().any(|known| {
            (&known.service, &known.image, &known.tags) == (&service.service, &service.image, &service.tags)
        })
    };
    let said = |service: &&PlannedService| {
        format!("`{}`: the configuration at base names its image otherwise", Escaped::new(&service.service))
    };
    refused(pushed.iter().filter(|service| !is_known(service)).map(said).collect())
}

fn refused(said: Vec<String>) -> Result<(), Failure> {
    if said.is_empty() {
        return Ok(());
    }
    let diagnostic = |said: String| Diagnostic::error("other-plan", said).help("make the plan again, from this commit");
    Err(Failure { exit: Exit::Usage, diagnostics: said.into_iter().map(diagnostic).collect() })
}

/// Keeps the requested services of a saved plan, and decides again which images are pushed. Removes what the plan says
/// about existing images: registries are asked again, since an artifact must not prevent a build.
fn saved(mut plan: Plan, asked: &Request, rules: &PushRules, workspace: &Workspace) -> Result<Plan, Failure> {
    if !asked.only.is_empty() {
        let only =
            pipeline::services(&workspace.repository, &workspace.config, &asked.only).map_err(pipeline::Error::from)?;
        let only: BTreeSet<&str> = only.iter().map(|service| workspace.config.graph.name(*service).as_str()).collect();
        plan.keep(|service| only.contains(service.service.as_str()));
    }
    if !asked.services.is_empty() {
        let with = pipeline::with_dependencies(&workspace.repository, &workspace.config, &asked.services)
            .map_err(pipeline::Error::from)?;
        let with: BTreeSet<&str> = with.iter().map(|service| workspace.config.graph.name(*service).as_str()).collect();
        plan.keep(|service| with.contains(service.service.as_str()));
    }
    for service in &mut plan.services {
        // Registries are asked again, since an artifact must not prevent a build.
        service.exists = None;
        service.push = match asked.push {
            PushRequest::AsConfigured => service.push,
            PushRequest::Asked => workspace.config.graph.id(&service.service).is_none_or(|id| rules.push(id)),
            PushRequest::RuledOut => false,
        };
    }
    Ok(plan)
}

/// Returns a request for the services that did not succeed in an earlier run, whether they have changed or not.
fn again(mut asked: Request, earlier: &Report) -> Request {
    asked.base.compare = Compare::Nothing("what did not succeed, according to the report".to_owned());
    asked.named = earlier.unsuccessful().map(|service| service.service.clone()).collect();
    if asked.only.is_empty() {
        asked.only.clone_from(&asked.named);
    }
    asked
}

/// Returns an error if a report is not of the same commit as the plan.
fn is_of(report: &Report, plan: &Plan) -> Result<(), Failure> {
    let (Some(built), head) = (&report.head.commit, &plan.range.head) else { return Ok(()) };
    if head.as_ref() == Some(built) {
        return Ok(());
    }
    let shown = Escaped::new(built.get(..7).unwrap_or(built)).to_string();
    let message =
        format!("the report is of {shown}, which is not what is checked out: what succeeded there is due again");
    Err(Failure::new(Exit::Usage, "other-commit", message)
        .help("check out that commit, build without `--rerun`, or accept the report with `--allow-mixed`"))
}

/// Returns an error if a plan was not made from the checked-out commit, which is the commit that is built.
fn is_checked_out(plan: &Plan, workspace: &Workspace) -> Result<(), Failure> {
    let head = workspace.repository.head()?.commit().map(ToString::to_string);
    if plan.range.head == head {
        return Ok(());
    }
    let shown = |commit: &Option<String>| match commit.as_deref() {
        Some(commit) => Escaped::new(commit.get(..7).unwrap_or(commit)).to_string(),
        None => "no commit".to_owned(),
    };
    let message = format!("the plan is for {}, but {} is checked out", shown(&plan.range.head), shown(&head));
    Err(Failure::new(Exit::Usage, "other-commit", message).help("check out that commit, or make the plan again"))
}

/// Returns the builds of a plan, or an error with all problems that prevent them.
pub(super) fn jobs<'a>(
    needed: &'a Needed,
    existing: &Promotions,
    args: &BuildArgs,
    workspace: &Workspace,
    logs: &Path,
    reports: &Reports,
) -> Result<Vec<Build<'a>>, Failure> {
    let Needed { plan, held } = needed;
    let root = workspace::work_dir(workspace)?;
    let buildx = args.how.builder.as_deref();
    let commit = workspace.repository.head()?.commit().copied();
    let epoch = commit.map(|commit| workspace.repository.commit_time(&commit)).transpose()?;
    let place = BuildPlace { root, logs, buildx, driver: driver(plan, workspace, buildx), epoch };
    let needed: BTreeSet<&str> = plan.services.iter().flat_map(|service| &service.needs).map(String::as_str).collect();
    let (mut jobs, mut diagnostics) = (Vec::new(), Vec::new());
    let mut supplies: BTreeMap<&str, Supply> =
        held.iter().map(|(service, became)| (service.as_str(), Supply::Existing(became.clone()))).collect();
    for service in &plan.services {
        let dependencies = dependencies::of(&workspace.config, &service.service, |name| supplies.get(name).cloned());
        let is_needed = needed.contains(service.service.as_str());
        match job(plan, service, Ties { dependencies: &dependencies, is_needed }, workspace, place) {
            Ok(job) => {
                supplies.insert(&service.service, dependencies::supply(service, job.kept));
                jobs.push(Build {
                    work: match &service.exists {
                        Some(exists) => existing.work(service, exists),
                        None => job.work,
                    },
                    timeout: args.how.timeout.or(job.timeout),
                    retries: args.how.retries.unwrap_or(job.retries),
                    expected: reports.took(&service.service),
                    ..job
                });
            }
            Err(problem) => diagnostics.push(problem),
        }
    }
    if diagnostics.is_empty() { Ok(jobs) } else { Err(Failure { exit: Exit::Usage, diagnostics }) }
}

fn job<'a>(
    plan: &'a Plan,
    service: &'a PlannedService,
    ties: Ties,
    workspace: &Workspace,
    place: BuildPlace,
) -> Result<Build<'a>, Diagnostic> {
    let prepared = prepare(plan, service, workspace.recipe(service)?, ties, place);
    prepared.map_err(|error| not_buildable(&error, &workspace.config))
}

/// Returns the driver of the builder of docker buildx. Asks buildx only if a service needs an unpushed image that
/// docker builds; otherwise returns the default driver.
fn driver(plan: &Plan, workspace: &Workspace, buildx: Option<&str>) -> Driver {
    let is_docker = |service: &&PlannedService| {
        let recipe = workspace.config.services.get(service.service.as_str()).map(|service| &service.recipe);
        recipe.is_some_and(|recipe| recipe.run.is_none() && matches!(recipe.builder, None | Some(Builder::Docker)))
    };
    let unpushed: BTreeSet<&str> = plan
        .services
        .iter()
        .filter(is_docker)
        .filter(|service| !service.push && service.image.is_some())
        .map(|service| service.service.as_str())
        .collect();
    let takes = |service: &PlannedService| service.needs.iter().any(|need| unpushed.contains(need.as_str()));
    if plan.services.iter().any(takes) { Driver::of(buildx) } else { Driver::default() }
}
