//! Dependencies that a run needs although the request does not include them. Their images come from earlier jobs or
//! runs; missing images are built first.

use std::collections::{BTreeMap, BTreeSet};

use super::BuildArgs;
use crate::cli::as_planned::as_planned;
use crate::cli::dependencies::images;
use crate::cli::failure::Failure;
use crate::cli::plan::request;
use crate::cli::printing::Output;
use crate::cli::unbuilt::is_unbuilt;
use crate::inputs::registry::{ImagePresence, Question, Registries};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{Escaped, Listed, ServiceId};
use crate::naming::image::ImageTag;
use crate::naming::version::VersionStyle;
use crate::output::exec::{NeededImage, NeededServices, Report};
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{Naming, PushRequest, Request};
use crate::plan::{CauseKind, Plan, PlannedCause, PlannedService, Pushes, level};

/// How many services a message names.
const NAMED: usize = 5;

/// A plan with all dependencies of its services.
pub(super) struct Needed {
    /// The plan, including the services that are built only because others need them.
    pub(super) plan: Plan,
    /// The images of those needed services that are not built.
    pub(super) held: NeededServices,
}

/// Finds the images that the plan's services are built from and that the plan does not build: in reports of earlier
/// jobs, then in registries by fingerprint. If the image of a service is found nowhere, adds the service to the plan.
/// In a rerun, services that the `earlier` run built keep the tags of that run.
pub(super) fn complete(
    plan: &Plan,
    reports: &[Report],
    earlier: Option<&Report>,
    args: &BuildArgs,
    workspace: &Workspace,
    output: &Output,
) -> Result<Needed, Failure> {
    let mut needed = Needed { plan: plan.clone(), held: NeededServices::default() };
    let is_built = |service: &&PlannedService| service.exists.is_none() && service.unnamed.is_none();
    let mut built: Vec<PlannedService> = plan.services.iter().filter(is_built).cloned().collect();
    let mut open = needed.open(&built, workspace);
    if open.is_empty() {
        return Ok(needed);
    }
    let known = known(plan, &open, args, workspace)?;
    let again = built_before(plan, &known, earlier, args, workspace)?;
    let registries = args.existing.registries();
    // A service that is built for others may itself need more images.
    while !open.is_empty() {
        let wanted = open.iter().filter_map(|(id, dependents)| {
            let needed = for_others(known.get(id)?, dependents);
            Some(again.get(id).map_or_else(|| needed.clone(), |before| as_before(before, &needed)))
        });
        let wanted = wanted.collect();
        let wanted = needed.take_from_reports(wanted, reports);
        // The names in a derived configuration may be those of images that only this machine has.
        let is_asked = |service: &PlannedService| service.push || !workspace.file.is_derived();
        built = needed.take_from_registries(wanted, is_asked, &registries, output);
        needed.plan.services.extend(built.iter().cloned());
        open = needed.open(&built, workspace);
    }
    put_in_order(&mut needed.plan, workspace);
    Ok(needed)
}

impl Needed {
    /// Returns the services whose images are needed, but neither planned nor found, each with those of `services` that
    /// are built from its image.
    fn open<'a>(
        &self,
        services: &'a [PlannedService],
        workspace: &Workspace,
    ) -> BTreeMap<ServiceId, Vec<&'a PlannedService>> {
        let planned: BTreeSet<&str> = self.plan.services.iter().map(|service| service.service.as_str()).collect();
        let mut open: BTreeMap<ServiceId, Vec<&PlannedService>> = BTreeMap::new();
        for service in services {
            for image in id(workspace, service).iter().flat_map(|id| images(&workspace.config, *id)) {
                let name = workspace.config.graph.name(image).as_str();
                if !planned.contains(name) && !self.held.contains_key(name) && is_image(image, workspace) {
                    open.entry(image).or_default().push(service);
                }
            }
        }
        open
    }

    /// Looks in reports for images of these services with the same content, and keeps the found images. Returns the
    /// services without a found image.
    fn take_from_reports(&mut self, wanted: Vec<PlannedService>, reports: &[Report]) -> Vec<PlannedService> {
        let mut others = Vec::new();
        for service in wanted {
            match in_reports(&service, reports) {
                Some(became) => _ = self.held.insert(service.service, became),
                None => others.push(service),
            }
        }
        others
    }

    /// Looks in registries for images of those services for which `is_asked` is `true`, by their fingerprints, and keeps
    /// the found images. Returns the services without a found image.
    fn take_from_registries(
        &mut self,
        wanted: Vec<PlannedService>,
        is_asked: impl Fn(&PlannedService) -> bool,
        registries: &Registries,
        output: &Output,
    ) -> Vec<PlannedService> {
        let questions: Vec<Option<Question>> =
            wanted.iter().map(|service| if is_asked(service) { question(service) } else { None }).collect();
        let mut answers = registries.ask(&questions.iter().flatten().cloned().collect::<Vec<_>>()).into_iter();
        let mut others = Vec::new();
        for (service, question) in wanted.into_iter().zip(questions) {
            match question.and_then(|_| answers.next()) {
                Some(ImagePresence::Exists { digest }) => {
                    let became = NeededImage::in_registry(&service, &digest);
                    self.held.extend(became.map(|became| (service.service, became)));
                    continue;
                }
                Some(ImagePresence::Unknown(doubt)) => output.say(&[unknown(&service, &doubt.reason.to_string())]),
                Some(ImagePresence::Missing) | None => {}
            }
            others.push(service);
        }
        others
    }
}

/// Returns the `open` services and all services that they need, as planned at this commit.
fn known(
    plan: &Plan,
    open: &BTreeMap<ServiceId, Vec<&PlannedService>>,
    args: &BuildArgs,
    workspace: &Workspace,
) -> Result<BTreeMap<ServiceId, PlannedService>, Failure> {
    let graph = &workspace.config.graph;
    let wanted = graph.with_dependencies(&open.keys().copied().collect::<Vec<_>>());
    let names: Vec<String> =
        graph.services().filter(|id| wanted[id.0]).map(|id| graph.name(id).as_str().to_owned()).collect();
    let asked = request(&args.planning, workspace)?;
    let is_pushed = open.values().flatten().any(|dependent| dependent.push);
    let asked = Request {
        // These services get no tags with versions, so their versions need not be releases.
        naming: asked.naming.map(|naming| Naming { style: Some(VersionStyle::Extended), version: None, ..naming }),
        push: if is_pushed { PushRequest::Asked } else { asked.push },
        ..asked
    };
    let services = as_planned(names, &plan.environment, asked, workspace)?.services;
    Ok(services.into_iter().filter_map(|service| Some((id(workspace, &service)?, service))).collect())
}

/// Returns the `known` services that the earlier run built, with the versions and tags that the run gave them.
fn built_before(
    plan: &Plan,
    known: &BTreeMap<ServiceId, PlannedService>,
    earlier: Option<&Report>,
    args: &BuildArgs,
    workspace: &Workspace,
) -> Result<BTreeMap<ServiceId, PlannedService>, Failure> {
    let done = earlier.into_iter().flat_map(Report::successful).map(|service| service.service.as_str());
    let is_known = |name: &&str| known.values().any(|service| service.service == *name);
    let names: Vec<String> = done.filter(is_known).map(str::to_owned).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let asked = request(&args.planning, workspace)?;
    // `--version` applies only to the services that are built again.
    let asked = Request { naming: asked.naming.map(|naming| Naming { version: None, ..naming }), ..asked };
    let services = as_planned(names, &plan.environment, asked, workspace)?.services;
    Ok(services.into_iter().filter_map(|service| Some((id(workspace, &service)?, service))).collect())
}

/// Returns a needed service with the version and tags that an earlier run gave it. Returns the service unchanged if the
/// earlier tags have no valid name, or if the service must be pushed and the earlier tags must not.
fn as_before(before: &PlannedService, needed: &PlannedService) -> PlannedService {
    if before.unnamed.is_some() || (needed.push && !before.push) {
        return needed.clone();
    }
    PlannedService { causes: needed.causes.clone(), ..before.clone() }
}

/// Whether the configuration or a Dockerfile says how the service's image is built. The name of an image says nothing
/// about that, since it may come from `defaults`.
fn is_image(service: ServiceId, workspace: &Workspace) -> bool {
    let Some((_, service)) = workspace.config.services.get_index(service.0) else { return false };
    let recipe = &service.recipe;
    let has_dockerfile = || {
        let directory = workspace.repository.work_dir().zip(service.path.as_ref());
        directory.is_some_and(|(root, path)| root.join(path.as_str()).join("Dockerfile").is_file())
    };
    recipe.run.is_some() || recipe.builder.is_some() || recipe.dockerfile.is_some() || has_dockerfile()
}

/// Returns a service as it is planned when it is built only because other services need it. It is pushed if one of
/// these services is pushed. If the event may write the content tag, the service gets no other tag.
fn for_others(service: &PlannedService, dependents: &[&PlannedService]) -> PlannedService {
    let via = dependents.first().map(|dependent| dependent.service.clone());
    // An event that may not write the content tag has tags of its own, such as `pr-7`.
    let tags = if service.pushes == Pushes::Tags { service.built_tags() } else { Vec::new() };
    let has_name = !tags.is_empty() || (service.pushes != Pushes::Tags && service.content_reference().is_some());
    PlannedService {
        causes: vec![PlannedCause { via, ..PlannedCause::of_kind(CauseKind::Needed) }],
        push: service.push && has_name && dependents.iter().any(|dependent| dependent.push),
        tags,
        fixed: Vec::new(),
        once: Vec::new(),
        unnamed: None,
        ..service.clone()
    }
}

/// Returns the image that was pushed with the service's content tag, from the last report that has one; `None` if no
/// report has one, or its digest is malformed.
fn in_reports(service: &PlannedService, reports: &[Report]) -> Option<NeededImage> {
    let content = service.content_tag.as_ref()?;
    let reported = reports.iter().rev().flat_map(Report::successful).find(|reported| {
        let is_it = reported.service == service.service && reported.image == service.image;
        is_it && reported.push && reported.content_tag.as_ref() == Some(content)
    })?;
    let digest = reported.checked_digest()?;
    let called = PlannedService { version: reported.version.clone(), tags: reported.tags.clone(), ..service.clone() };
    // The names in the report do not change the image, so a report with invalid names is still usable.
    let called = if has_names(&called) { called } else { service.clone() };
    NeededImage::in_registry(&called, digest)
}

/// Whether the version and the tags have a valid form.
fn has_names(service: &PlannedService) -> bool {
    let is_tag = |text: &String| {
        let (image, tag) = text.rsplit_once(':').map_or((None, text.as_str()), |(image, tag)| (Some(image), tag));
        image == service.image.as_deref() && ImageTag::parse(tag).is_ok()
    };
    service.check_names().is_ok() && service.tags.iter().all(is_tag)
}

fn question(service: &PlannedService) -> Option<Question> {
    Some(Question { reference: service.content_reference()?, platforms: service.platforms.clone() })
}

/// Returns a note about affected dependencies that `--only` leaves out and for which no image was found; `None` if there
/// are none. If the plan was saved, other jobs build its other services. In a rerun, its other services are built
/// already.
pub(super) fn left_out(needed: &Needed, args: &BuildArgs, workspace: &Workspace) -> Option<Diagnostic> {
    if args.plan.is_some() || args.rerun.is_some() {
        return None;
    }
    let dependencies = |service: &PlannedService| dependencies_left_out(service, needed, workspace);
    let built = || needed.plan.services.iter().filter(|service| service.exists.is_none());
    let first = built().find(|service| !dependencies(service).is_empty())?;
    let found: BTreeSet<ServiceId> = built().flat_map(dependencies).collect();
    let names = found.iter().map(|service| format!("`{}`", workspace.config.graph.name(*service)));
    let message = if found.len() == 1 {
        format!("the dependency {} is affected, but not asked for, so it is left out", Listed::new(names, NAMED))
    } else {
        format!("the dependencies {} are affected, but not asked for, so they are left out", Listed::new(names, NAMED))
    };
    let name = Escaped::new(&first.service);
    let help = format!("without `--only`, `rebake build {name}` builds `{name}` and its affected dependencies");
    Some(Diagnostic::new(Severity::Note, "left-out", message).help(help))
}

/// Returns the affected dependencies of a service that this run neither builds nor has an image of.
fn dependencies_left_out(service: &PlannedService, needed: &Needed, workspace: &Workspace) -> BTreeSet<ServiceId> {
    let config = &workspace.config;
    let is_built = |name: &str| needed.plan.services.iter().any(|service| service.service == name);
    let is_left_out = |service: &ServiceId| {
        let name = config.graph.name(*service).as_str();
        needed.plan.left_out.iter().any(|left| left == name) && !is_built(name) && !needed.held.contains_key(name)
    };
    let mut found = BTreeSet::new();
    let mut open: Vec<ServiceId> = id(workspace, service).into_iter().collect();
    while let Some(dependent) = open.pop() {
        let dependencies = config.graph.dependencies(dependent).into_iter().filter(is_left_out);
        open.extend(dependencies.filter(|dependency| found.insert(*dependency)));
    }
    let is_built = |service: &ServiceId| {
        let service = &config.services[service.0];
        !service.is_library() && !is_unbuilt(workspace, service)
    };
    found.retain(is_built);
    found
}

fn unknown(service: &PlannedService, reason: &str) -> Diagnostic {
    let message = format!(
        "the registry cannot say whether it has the image of `{}`, so it is built here: {reason}",
        Escaped::new(&service.service)
    );
    Diagnostic::warning("not-asked", message)
        .help("log in to the registry, or hand on the report of its job with `--needs`")
}

/// Puts the services of a plan in build order, and sets the needs and the level of each service.
fn put_in_order(plan: &mut Plan, workspace: &Workspace) {
    let graph = &workspace.config.graph;
    let places: BTreeMap<ServiceId, usize> = graph.build_order().iter().enumerate().map(|(at, id)| (*id, at)).collect();
    plan.services.sort_by_key(|service| id(workspace, service).and_then(|id| places.get(&id).copied()));
    let mut levels: BTreeMap<String, usize> = BTreeMap::new();
    for service in &mut plan.services {
        for image in id(workspace, service).iter().flat_map(|id| images(&workspace.config, *id)) {
            let name = graph.name(image).as_str();
            if levels.contains_key(name) && service.needs.iter().all(|need| need != name) {
                service.needs.push(name.to_owned());
            }
        }
        service.level = level(service.needs.iter().filter_map(|need| levels.get(need)).copied());
        levels.insert(service.service.clone(), service.level);
    }
}

fn id(workspace: &Workspace, service: &PlannedService) -> Option<ServiceId> {
    workspace.config.graph.id(&service.service)
}
