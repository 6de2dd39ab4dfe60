//! Holds back tags that move from one image to the next, such as `latest`, in a run with `--record`. Such a run moves
//! the built ref of each service, which names the commit at which the service was last built. rebake adds the tags
//! afterwards, so that a run of an older commit cannot take these tags from the image of a newer commit.

use std::collections::BTreeMap;

use super::BuildArgs;
use super::built_refs::Records;
use super::later_tags::put_later;
use crate::cli::as_planned::everything;
use crate::cli::failure::Failure;
use crate::cli::flags::GeneralArgs;
use crate::cli::plan::request;
use crate::cli::printing::Output;
use crate::cli::put_tags::{TaggingOutcome, Wanted, put};
use crate::cli::workspace;
use crate::inputs::registry::{ImagePresence, Question, Registries};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Escaped};
use crate::naming::image::TagMovement;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, RecordOutcome, Report};
use crate::plan::pipeline::{Begun, PushRequest, PushRules, Request, Workspace, Written};
use crate::plan::{Plan, PlannedService, Pushes};

/// Which tags a run holds back until it has moved the built refs.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldTags {
    /// Whether the run moves built refs: it has `--record`, and its environment has built refs.
    is_recorded: bool,
}

impl HeldTags {
    /// Returns which tags a run holds back.
    pub(super) fn of(plan: &Plan, args: &BuildArgs, workspace: &Workspace) -> Result<Self, Failure> {
        let has_commit = plan.range.head.as_ref().is_some_and(|head| head.parse::<CommitId>().is_ok());
        if !args.record || !has_commit {
            return Ok(Self { is_recorded: false });
        }
        let asked = Request { push: PushRequest::Asked, ..request(&args.planning, workspace)? };
        let rules = PushRules::of(&workspace.view(), &asked, &plan.environment)?;
        Ok(Self { is_recorded: rules.has_built_refs(&plan.environment) })
    }

    /// Whether a tag of a service is held back. No tag is held back if the service has no content tag (a tag that
    /// identifies the image by all inputs), since its build would have nothing to push.
    pub(super) fn holds(self, service: &PlannedService, tag: &str) -> bool {
        let has_content = service.pushes != Pushes::Tags && service.content_reference().is_some();
        self.is_recorded && service.push && has_content && service.movement(tag) == TagMovement::Floating
    }

    /// Makes builds push only the content tag of an image whose tags are held back.
    pub(super) fn hold(self, plan: &mut Plan) {
        for service in &mut plan.services {
            if service.pushes == Pushes::All && service.tags.iter().any(|tag| self.holds(service, tag)) {
                service.pushes = Pushes::Content;
            }
        }
    }

    /// Adds to each built image the tags that its build did not push and that are not held back.
    pub(super) fn put_at_once(
        self,
        plan: &Plan,
        report: &mut Report,
        registries: impl FnOnce() -> Registries,
        output: &Output,
    ) {
        let tags = |planned: &PlannedService, service: &ServiceReport| match service.outcome {
            Outcome::Succeeded => planned.later_tags().into_iter().filter(|tag| !self.holds(planned, tag)).collect(),
            _ => Vec::new(),
        };
        put_later(plan, report, tags, registries, output);
    }

    /// Returns the tags of a service that were held back and may be added now; none if the service could not be
    /// recorded.
    fn released(self, planned: &PlannedService, service: &ServiceReport) -> Vec<String> {
        let may = match service.record {
            Some(RecordOutcome::Recorded | RecordOutcome::StandsOnDue) => true,
            // A run of a later commit has put the tags on its own image, or may have done so.
            Some(
                RecordOutcome::Superseded
                | RecordOutcome::Elsewhere
                | RecordOutcome::NotSent
                | RecordOutcome::Doubtful
                | RecordOutcome::TakenBack,
            )
            | None => false,
        };
        if may { self.waiting(planned, service) } else { Vec::new() }
    }

    /// Whether tags of a service are held back until the service is recorded.
    pub(super) fn has_any(self, planned: &PlannedService, service: &ServiceReport) -> bool {
        !self.waiting(planned, service).is_empty()
    }

    /// Returns the tags of a service that are held back.
    fn waiting(self, planned: &PlannedService, service: &ServiceReport) -> Vec<String> {
        let tags = match service.outcome {
            Outcome::Succeeded => planned.later_tags(),
            Outcome::Exists | Outcome::Promoted => {
                planned.exists.iter().flat_map(|exists| &exists.lacks).cloned().collect()
            }
            _ => Vec::new(),
        };
        tags.into_iter().filter(|tag| self.holds(planned, tag)).collect()
    }
}

/// The last step of a run that has recorded services: it adds the tags that were held back.
pub(super) struct AfterRecord<'a> {
    pub(super) held: HeldTags,
    pub(super) plan: &'a Plan,
    pub(super) records: &'a Records<'a>,
    pub(super) begun: &'a Begun,
    pub(super) written: &'a Written,
    pub(super) general: &'a GeneralArgs,
    pub(super) workspace: &'a Workspace,
    pub(super) registries: &'a Registries,
    pub(super) output: &'a Output,
}

impl AfterRecord<'_> {
    /// Adds the tags that were held back. If a tag of a service cannot be added, the service's built ref moves back. If
    /// a run of a later commit has recorded the service meanwhile, the image of that commit gets the tags.
    pub(super) fn put(&self, report: &mut Report) -> Result<(), Failure> {
        let released: BTreeMap<String, Vec<String>> = report
            .services
            .iter()
            .filter_map(|service| {
                let tags = self.held.released(self.plan.service(&service.service)?, service);
                (!tags.is_empty()).then(|| (service.service.clone(), tags))
            })
            .collect();
        if released.is_empty() {
            return Ok(());
        }
        let tags =
            |_: &PlannedService, service: &ServiceReport| released.get(&service.service).cloned().unwrap_or_default();
        put_later(self.plan, report, tags, || self.registries, self.output);
        let is_of_run = |service: &&mut ServiceReport| released.contains_key(&service.service);
        let (failed, put): (Vec<&mut ServiceReport>, Vec<&mut ServiceReport>) =
            report.services.iter_mut().filter(is_of_run).partition(|service| !service.outcome.has_result());
        let names: Vec<&str> = failed.iter().map(|service| service.service.as_str()).collect();
        let taken = self.records.take_back(self.begun, self.written, &names, self.output)?;
        for service in failed.into_iter().filter(|service| taken.contains(&service.service)) {
            service.record = Some(RecordOutcome::TakenBack);
        }
        let names: Vec<&str> = put.iter().map(|service| service.service.as_str()).collect();
        let overtaken = self.records.overtaken(&names, self.output)?;
        let (mut tagged, mut lost) = (Vec::new(), Vec::new());
        for service in put {
            if let (Some(by), Some(tags)) = (overtaken.get(&service.service), released.get(&service.service)) {
                self.give_back(service, *by, tags);
            }
            let names = if service.outcome.has_result() { &mut tagged } else { &mut lost };
            names.push(service.service.as_str());
        }
        self.records.settle_tagged(self.begun, self.written, (&tagged, &lost), self.output)
    }

    /// Moves tags of a service to the image of a later commit, which another run has recorded meanwhile.
    fn give_back(&self, service: &mut ServiceReport, by: CommitId, tags: &[String]) {
        let name = Escaped::new(&service.service).to_string();
        let moved = match self.image_at(&service.service, by) {
            Some((planned, digest)) => {
                let wanted = Wanted { service: &planned, digest, tags: tags.to_vec() };
                match put(&[wanted], self.registries).pop() {
                    Some(TaggingOutcome::Tagged { .. }) => Ok(()),
                    Some(TaggingOutcome::Failed(reason)) => Err(reason),
                    Some(TaggingOutcome::Unread(failure)) => Err(failure.reason.to_string()),
                    Some(TaggingOutcome::Gone) | None => Err("the registry does not have it".to_owned()),
                }
            }
            None => Err("it is not found by its content".to_owned()),
        };
        service.record = Some(RecordOutcome::Superseded);
        service.tags.retain(|tag| !tags.contains(tag));
        // The content tag does not move: it stays on the image that was built here.
        let content = self.plan.service(&service.service).and_then(PlannedService::content_reference);
        let content = content.map(|content| content.to_string()).filter(|content| !service.tags.contains(content));
        service.tags.extend(content);
        match moved {
            Ok(()) => {
                let message = format!("`{name}` was built at {} meanwhile, so its tags are on that image", by.short(7));
                self.output.say(&[Diagnostic::new(Severity::Note, "superseded", message)]);
            }
            Err(reason) => {
                let message = format!(
                    "`{name}` was built at {} meanwhile, and its tags could not be put on that image: {reason}",
                    by.short(7)
                );
                let error = Diagnostic::error("not-tagged", message.clone());
                self.output.say(&[error.help(format!("run the job of {} again", by.short(7)))]);
                service.outcome = Outcome::Failed;
                service.message = Some(message);
            }
        }
    }

    /// Returns a service as planned at a commit, and the digest of its image; `None` if the image is not found.
    fn image_at(&self, service: &str, commit: CommitId) -> Option<(PlannedService, String)> {
        let then = workspace::at_commit(self.general, self.workspace, &commit)?;
        let plan = everything(&then, &self.plan.environment, commit).ok()?;
        let planned = plan.service(service)?.clone();
        let question = Question { reference: planned.content_reference()?, platforms: Vec::new() };
        match self.registries.ask(&[question]).pop()? {
            ImagePresence::Exists { digest } => Some((planned, digest)),
            ImagePresence::Missing | ImagePresence::Unknown(_) => None,
        }
    }
}
