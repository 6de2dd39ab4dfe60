//! The last step of a run that has recorded services: it puts the tags that were held back.

use std::collections::{BTreeMap, BTreeSet};

use super::held_tags::HeldTags;
use super::later_tags::put_later;
use crate::cli::as_planned::everything;
use crate::cli::failure::Failure;
use crate::cli::flags::GeneralArgs;
use crate::cli::printing::Output;
use crate::cli::put_tags::{TaggingOutcome, Wanted, put};
use crate::cli::workspace;
use crate::inputs::git::{RemoteError, Swapped};
use crate::inputs::registry::{ImagePresence, Question, Registries};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Escaped, ServiceId};
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, RecordOutcome, Report};
use crate::plan::pipeline::{Begun, Error, Recorded, Recording, Workspace, Written};
use crate::plan::{Plan, PlannedService};

/// What a run has recorded, and all that it takes to put tags afterwards.
pub(crate) struct AfterRecord<'a> {
    pub(crate) held: HeldTags,
    pub(crate) plan: &'a Plan,
    pub(crate) recording: &'a Recording<'a>,
    pub(crate) begun: &'a Begun,
    pub(crate) written: &'a Written,
    pub(crate) general: &'a GeneralArgs,
    pub(crate) workspace: &'a Workspace,
    pub(crate) registries: &'a Registries,
    pub(crate) output: &'a Output,
}

/// How many later runs, one after the other, are followed while each of them puts its tags.
const MOST_OVERTAKEN: usize = 16;

impl AfterRecord<'_> {
    /// Puts the tags that were held back. If a tag of a service cannot be put, the service's built ref moves back. If a
    /// run of a later commit has recorded the service meanwhile, the image of that commit gets the tags.
    pub(crate) fn put(&self, report: &mut Report) -> Result<(), Failure> {
        let released: BTreeMap<String, Vec<String>> = report
            .services
            .iter_mut()
            .filter_map(|service| {
                let tags = self.released(self.plan.service(&service.service)?, service);
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
        let taken = self.take_back(&names)?;
        for service in failed.into_iter().filter(|service| taken.contains(&service.service)) {
            service.record = Some(RecordOutcome::TakenBack);
        }
        let mut put: BTreeMap<String, &mut ServiceReport> =
            put.into_iter().map(|service| (service.service.clone(), service)).collect();
        let names: Vec<&str> = put.keys().map(String::as_str).collect();
        let overtaken = self.overtaken(&names)?;
        self.follow(overtaken, &mut put, &released)?;
        let (mut tagged, mut lost) = (Vec::new(), Vec::new());
        for (name, service) in &put {
            let names = if service.outcome.has_result() { &mut tagged } else { &mut lost };
            names.push(name.as_str());
        }
        self.settle_tagged(&tagged, &lost)
    }

    /// Gives the tags of services to the later commits that have `overtaken` them. A third run may put its tags while
    /// these are given back, so what has overtaken the services is asked again until it stays the same.
    fn follow(
        &self,
        mut overtaken: BTreeMap<String, CommitId>,
        put: &mut BTreeMap<String, &mut ServiceReport>,
        released: &BTreeMap<String, Vec<String>>,
    ) -> Result<(), Failure> {
        for _ in 0..MOST_OVERTAKEN {
            for (name, by) in &overtaken {
                if let (Some(service), Some(tags)) = (put.get_mut(name), released.get(name)) {
                    self.give_back(service, *by, tags);
                }
            }
            let names: Vec<&str> = overtaken.keys().map(String::as_str).collect();
            let now = self.overtaken(&names)?;
            overtaken = now.into_iter().filter(|(name, by)| overtaken.get(name) != Some(by)).collect();
            if overtaken.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Returns the tags of a service that were held back and may be put now; none if the service could not be recorded.
    /// The report lists a tag no longer as held back if this run, or a run of a later commit, puts it.
    fn released(&self, planned: &PlannedService, service: &mut ServiceReport) -> Vec<String> {
        match service.record {
            Some(RecordOutcome::Recorded | RecordOutcome::StandsOnDue) => {
                let tags = self.held.of(planned, service);
                service.held_tags.clear();
                tags
            }
            // A run of a later commit puts the tags that its image has too.
            Some(RecordOutcome::Superseded) => {
                service.held_tags.clear();
                Vec::new()
            }
            // A run of a later commit may have put them.
            Some(
                RecordOutcome::Elsewhere | RecordOutcome::NotSent | RecordOutcome::Doubtful | RecordOutcome::TakenBack,
            )
            | None => Vec::new(),
        }
    }

    /// Moves the built refs of services back if this run has moved them. Returns the names of the services whose built
    /// refs were moved back.
    fn take_back(&self, services: &[&str]) -> Result<BTreeSet<String>, Failure> {
        let moved = services.iter().filter_map(|name| {
            let id = self.id(name)?;
            match self.written.services.get(&id) {
                Some(Recorded::Swapped(Swapped::Moved(before))) => Some((id, *before)),
                _ => None,
            }
        });
        let moved: Vec<(ServiceId, Option<CommitId>)> = moved.collect();
        if moved.is_empty() {
            return Ok(BTreeSet::new());
        }
        let trouble = self.recording.take_back(self.begun, &moved)?;
        let error = |trouble: &RemoteError| {
            let message = format!("built refs that this run has moved could not be moved back: {trouble}");
            Diagnostic::error("not-taken-back", message)
                .help("build these services again, so that their images get all tags")
        };
        self.output.say(trouble.as_ref().map(error).as_slice());
        let name = |(id, _): &(ServiceId, Option<CommitId>)| self.recording.config.graph.name(*id).to_string();
        Ok(if trouble.is_none() { moved.iter().map(name).collect() } else { BTreeSet::new() })
    }

    /// Removes the marks of `tagged` services that awaited their tags, and restores the marks of `lost` services, whose
    /// result turned out to be missing.
    fn settle_tagged(&self, tagged: &[&str], lost: &[&str]) -> Result<(), Failure> {
        let ids = |names: &[&str]| names.iter().filter_map(|name| self.id(name)).collect::<BTreeSet<_>>();
        let tagged = ids(tagged).intersection(&self.written.awaiting_tags).copied().collect();
        let trouble = self.recording.settle_tagged(self.begun, &tagged, &ids(lost))?;
        let warning = |trouble: &RemoteError| {
            Diagnostic::warning("not-reached", trouble.to_string())
                .help("these services are still marked, so that the next run with `--since built` builds them again")
        };
        self.output.say(trouble.as_ref().map(warning).as_slice());
        Ok(())
    }

    /// Returns the services that a run of a later commit has recorded meanwhile, each with that commit.
    fn overtaken(&self, services: &[&str]) -> Result<BTreeMap<String, CommitId>, Failure> {
        let ids: Vec<ServiceId> = services.iter().filter_map(|name| self.id(name)).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        match self.recording.overtaken(&ids) {
            Ok(overtaken) => {
                let name = |id: ServiceId| self.recording.config.graph.name(id).to_string();
                Ok(overtaken.into_iter().map(|(id, by)| (name(id), by)).collect())
            }
            Err(Error::Remote(trouble)) => {
                let warning = Diagnostic::warning("not-reached", trouble.to_string());
                let help = "whether a run of a later commit has put its tags meanwhile is not known";
                self.output.say(&[warning.help(help)]);
                Ok(BTreeMap::new())
            }
            Err(error) => Err(error.into()),
        }
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

    fn id(&self, name: &str) -> Option<ServiceId> {
        self.recording.config.graph.id(name)
    }
}
