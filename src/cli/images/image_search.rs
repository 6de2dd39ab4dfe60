//! Searches for the image of each service: in reports, by built refs, by the content of the commit, and by tag, in this
//! order.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::cli::as_planned::everything;
use crate::cli::flags::GeneralArgs;
use crate::cli::workspace;
use crate::inputs::git::{Freshness, Missing};
use crate::inputs::registry::{ImageLabels, Registries};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped};
use crate::model::recipe::Promote;
use crate::naming::image::{ImageName, ImageTag, OWN_LABELS, Reference};
use crate::output::emit::{FoundIn, ServiceImage};
use crate::output::exec::Report;
use crate::plan::pipeline::{self, RefState, Workspace};
use crate::plan::{Plan, PlannedService};

/// The label that contains the version of an image.
const VERSION: &str = "org.opencontainers.image.version";

/// The images of services at a commit, as far as they are found.
pub(super) struct ImageSearch<'a> {
    general: &'a GeneralArgs,
    workspace: &'a Workspace,
    environment: &'a str,
    commit: CommitId,
    registries: &'a Registries,
    /// The first image of the commit's own content, by service.
    current: BTreeMap<String, ServiceImage>,
    /// The image with the tag of `--fallback`, which is accepted even if it has other content than the commit, by
    /// service.
    accepted: BTreeMap<String, ServiceImage>,
    /// The first image of content other than the commit's, by service.
    behind: BTreeMap<String, ServiceImage>,
    /// The plans by commit; `None` if the configuration at a commit cannot be read.
    plans: BTreeMap<CommitId, Option<Rc<Plan>>>,
    doubts: Vec<Diagnostic>,
}

impl<'a> ImageSearch<'a> {
    /// Begins a search. `plan` is the plan of the commit.
    pub(super) fn new(
        general: &'a GeneralArgs,
        workspace: &'a Workspace,
        environment: &'a str,
        (commit, plan): (CommitId, Rc<Plan>),
        registries: &'a Registries,
    ) -> Self {
        let (current, accepted, behind) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (plans, doubts) = (BTreeMap::from([(commit, Some(plan))]), Vec::new());
        Self { general, workspace, environment, commit, registries, current, accepted, behind, plans, doubts }
    }

    /// Searches reports, the last report first.
    pub(super) fn in_reports(&mut self, services: &[PlannedService], reports: &[Report]) {
        for service in services {
            let reported = reports.iter().rev().flat_map(Report::successful);
            for reported in reported.filter(|reported| reported.service == service.service && reported.push) {
                let digest = reported.checked_digest().filter(|_| reported.image == service.image);
                let Some((image, digest)) = service.image.as_deref().zip(digest) else { continue };
                let found = ServiceImage {
                    version: reported.version.clone(),
                    tags: reported.tags.clone(),
                    ..ServiceImage::new(&service.service, image, digest.to_owned(), FoundIn::Report)
                };
                self.found(service, found, reported.fingerprint.as_deref());
            }
        }
    }

    /// Searches registries for images of the content that services had when they were last built. Built refs name the
    /// commits of these builds.
    pub(super) fn at_built_refs(&mut self, services: &[PlannedService]) {
        let repository = &self.workspace.repository;
        let refs = Missing::Refs { remote: repository.remote(), prefixes: RefState::prefixes(self.environment) };
        if repository.renew_refs(refs) == Freshness::Unknown {
            let message = "the built refs cannot be fetched, and those of this clone may be older than the remote's";
            self.doubts.push(Diagnostic::warning("built-ref", message));
        }
        let Ok(refs) = RefState::here(repository, self.environment) else { return };
        let mut at: BTreeMap<CommitId, Vec<&PlannedService>> = BTreeMap::new();
        for service in self.open(services) {
            let id = self.workspace.config.graph.id(&service.service);
            let built = id.and_then(|id| refs.built(self.workspace.config.graph.name(id)));
            if let Some(built) = built {
                at.entry(built).or_default().push(service);
            }
        }
        for (commit, services) in at {
            let Some(plan) = self.plan_at(commit) else { continue };
            self.by_content(&services, &plan, FoundIn::Built);
        }
    }

    /// Searches registries for images of the content that services have at the commit.
    pub(super) fn of_content(&mut self, services: &[PlannedService]) {
        let open = self.open(services);
        if let Some(plan) = self.plan_at(self.commit).filter(|_| !open.is_empty()) {
            self.by_content(&open, &plan, FoundIn::Exists);
        }
    }

    /// Searches registries by a tag: by `fallback`, or else by a service's moving tag, such as `main`, if the service
    /// has exactly one. A moving tag is the same for all commits.
    pub(super) fn by_tag(&mut self, services: &[PlannedService], fallback: Option<&ImageTag>) {
        let asked: Vec<(&PlannedService, Reference)> = self
            .open(services)
            .into_iter()
            .filter_map(|service| Some((service, self.published(service, fallback)?)))
            .collect();
        let references: Vec<Reference> = asked.iter().map(|(_, reference)| reference.clone()).collect();
        for ((service, reference), labels) in asked.into_iter().zip(self.registries.labels(&references)) {
            let (digest, labels) = match labels {
                ImageLabels::Labels { digest, labels } => (digest, labels),
                ImageLabels::Missing => continue,
                ImageLabels::Unknown(failure) => {
                    let message = format!(
                        "`{}` does not tell what has the tag {reference}: {}",
                        Escaped::new(&failure.registry),
                        failure.reason
                    );
                    self.doubts
                        .push(Diagnostic::warning("registry", message).help(failure.reason.help(&failure.registry)));
                    continue;
                }
            };
            let is_its_own = labels.get(OWN_LABELS.0) == Some(&service.service);
            // Without rebake's labels, it is not known which content the image has. Such an image is taken only if the
            // command line names the tag.
            if !is_its_own && fallback.is_none() {
                continue;
            }
            let commit = labels.get(OWN_LABELS.1).filter(|_| is_its_own).and_then(|commit| commit.parse().ok());
            let plan = commit.and_then(|commit| self.plan_at(commit));
            let then = plan.as_ref().and_then(|plan| plan.service(&service.service));
            let fingerprint = then.and_then(|then| then.fingerprint.clone());
            let image = service.image.as_deref().unwrap_or_default();
            let found = ServiceImage {
                version: labels.get(VERSION).cloned(),
                tags: vec![reference.to_string()],
                ..ServiceImage::new(&service.service, image, digest, FoundIn::Published)
            };
            if fallback.is_some() {
                self.accepted.insert(service.service.clone(), ServiceImage { behind: true, ..found.clone() });
            }
            self.found(service, found, fingerprint.as_deref());
        }
    }

    /// Returns warnings about images that may exist although they were not found.
    pub(super) fn doubts(&self) -> &[Diagnostic] {
        &self.doubts
    }

    /// Returns the image of a service: the first image of the commit's content, else the accepted image, else the first
    /// image of other content.
    pub(super) fn take(&self, service: &str) -> Option<ServiceImage> {
        let images = [&self.current, &self.accepted, &self.behind];
        images.into_iter().find_map(|images| images.get(service)).cloned()
    }

    /// Whether an image of other content is accepted for a service.
    pub(super) fn accepts(&self, service: &str) -> bool {
        self.accepted.contains_key(service)
    }

    fn open<'s>(&self, services: &'s [PlannedService]) -> Vec<&'s PlannedService> {
        services.iter().filter(|service| !self.current.contains_key(&service.service)).collect()
    }

    /// Adds an image that was found. `fingerprint` is the fingerprint of the image's content, if it is known.
    fn found(&mut self, service: &PlannedService, found: ServiceImage, fingerprint: Option<&str>) {
        let is_current = fingerprint.is_some() && fingerprint == service.fingerprint.as_deref();
        let images = if is_current { &mut self.current } else { &mut self.behind };
        images.entry(service.service.clone()).or_insert_with(|| ServiceImage { behind: !is_current, ..found });
    }

    /// Asks registries for images of the content that services have in a plan.
    fn by_content(&mut self, services: &[&PlannedService], plan: &Plan, found: FoundIn) {
        let mut plan = plan.clone();
        plan.keep(|then| services.iter().any(|service| service.service == then.service && service.image == then.image));
        for then in &mut plan.services {
            // It does not matter here whether the services are to be built.
            (then.promote, then.rebuild) = (Promote::Auto, false);
        }
        for doubt in pipeline::note_existing(&mut plan, self.registries) {
            if self.doubts.iter().all(|known| known.message != doubt.message) {
                self.doubts.push(doubt);
            }
        }
        for service in services {
            let Some(then) = plan.service(&service.service) else { continue };
            let (Some(exists), Some(image)) = (&then.exists, &then.image) else { continue };
            let has = |tag: &&String| then.push && !exists.lacks.contains(tag);
            let mut tags: Vec<String> = then.tags.iter().filter(has).cloned().collect();
            if !tags.contains(&exists.reference) {
                tags.push(exists.reference.clone());
            }
            let found = ServiceImage {
                version: then.version.clone(),
                tags,
                ..ServiceImage::new(&service.service, image, exists.digest.clone(), found)
            };
            self.found(service, found, then.fingerprint.as_deref());
        }
    }

    /// Returns the plan of all services at a commit; `None` if the configuration at this commit cannot be read.
    fn plan_at(&mut self, commit: CommitId) -> Option<Rc<Plan>> {
        let (general, workspace, environment) = (self.general, self.workspace, self.environment);
        let plan = self.plans.entry(commit).or_insert_with(|| {
            let repository = &workspace.repository;
            if !repository.contains(&commit) && !repository.fetch_missing(&Missing::Commit(commit)) {
                return None;
            }
            everything(&workspace::at_commit(general, workspace, &commit)?, environment, commit).ok().map(Rc::new)
        });
        plan.clone()
    }

    /// Returns the reference of a service's image with `fallback`, or else with the service's moving tag, which is the
    /// same for all commits; `None` if the service has no moving tag, or more than one.
    fn published(&self, service: &PlannedService, fallback: Option<&ImageTag>) -> Option<Reference> {
        let name = ImageName::parse(service.image.as_deref()?).ok()?;
        let tag = if let Some(tag) = fallback {
            tag.clone()
        } else {
            let id = self.workspace.config.graph.id(&service.service)?;
            let tags = pipeline::lasting_tags(&self.workspace.view(), self.environment, id);
            <[ImageTag; 1]>::try_from(tags).ok()?.into_iter().next()?
        };
        Some(Reference { name, tag })
    }
}
