//! The builds of other jobs, as their reports list them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::after_record::AfterRecord;
use super::commit_of;
use super::ended_builds::{ended_builds, note_recorded};
use super::held_tags::HeldTags;
use crate::cli::existing::ExistingArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::flags::GeneralArgs;
use crate::cli::printing::Output;
use crate::cli::{built_ref_messages, saved_file};
use crate::model::name::{Escaped, ServiceId};
use crate::output::exec::report::{ReportHead, ServiceReport};
use crate::output::exec::{Outcome, Report};
use crate::plan::Plan;
use crate::plan::pipeline::{EndedBuilds, Left, Recorded, Recording, RefState, Workspace, not_fetched};

/// The reports of the jobs that built a plan.
pub(super) struct Reported<'a> {
    plan: &'a Plan,
    report: Report,
    /// Whether the jobs have left tags to the command. A report may come from anywhere, so the plan says which tags.
    held: HeldTags,
}

impl<'a> Reported<'a> {
    /// Reads reports. Returns an error if a report is not of the plan's commit and environment, or does not name them.
    pub(super) fn read(files: &[PathBuf], plan: &'a Plan) -> Result<Self, Failure> {
        let head = ReportHead {
            commit: Some(commit_of(plan)?.to_owned()),
            environment: Some(plan.environment.clone()),
            ..ReportHead::default()
        };
        let mut report = Report::default();
        for file in files {
            let next = saved_file::report(file)?;
            if let Some((what, of_plan, other)) = head.difference(&next.head) {
                let [of_plan, other] = [&of_plan, &other].map(|name| Escaped::new(name).to_string());
                let file = Escaped::new(file.as_os_str().as_encoded_bytes());
                let message = format!("{file} is for another {what} than the plan: {other}, not {of_plan}");
                return Err(
                    Failure::new(Exit::Usage, "mixed-reports", message).help("name the reports of this plan's builds")
                );
            }
            if next.head.commit.is_none() || next.head.environment.is_none() {
                let file = Escaped::new(file.as_os_str().as_encoded_bytes());
                let message = format!("{file} does not name a single commit and environment");
                let help =
                    "name the reports of this plan's builds; a report of a rerun may have builds of several commits";
                return Err(Failure::new(Exit::Usage, "mixed-reports", message).help(help));
            }
            report = next.beside(report);
        }
        let is_held = report.services.iter().any(|service| !service.held_tags.is_empty());
        for service in &mut report.services {
            // A report may come from anywhere.
            service.digest = service.checked_digest().map(str::to_owned);
        }
        Ok(Self { plan, report, held: if is_held { HeldTags::UntilRecorded } else { HeldTags::Never } })
    }

    /// Returns the services of the plan that the reports list as built. Dependencies that a job built only because other
    /// services need them are left out.
    pub(super) fn names(&self) -> Vec<String> {
        let built = self.report.successful().map(|service| service.service.clone());
        let built: BTreeSet<String> = built.filter(|name| self.plan.service(name).is_some()).collect();
        built.into_iter().collect()
    }

    /// Returns an error if jobs have left tags to this command, and it does not push records. Without records at the
    /// remote, it would not be known whether a later run has put these tags.
    pub(super) fn check_held(&self, is_pushed: bool) -> Result<(), Failure> {
        let has_held = |service: &ServiceReport| {
            self.plan.service(&service.service).is_some_and(|planned| !self.held.of(planned, service).is_empty())
        };
        match self.report.services.iter().find(|service| has_held(service)) {
            Some(service) if !is_pushed => {
                let name = Escaped::new(&service.service);
                let message = format!("tags of `{name}` can be put only when its record is pushed");
                Err(Failure::new(Exit::Usage, "held-tags", message).help("give `--push`"))
            }
            _ => Ok(()),
        }
    }

    /// Records the services of `recorded` that were built, and puts the tags that the jobs have left to this command.
    /// Marks the services whose builds failed, so that they are due.
    pub(super) fn record(
        &mut self,
        recorded: &BTreeSet<ServiceId>,
        recording: &Recording,
        (general, workspace): (&GeneralArgs, &Workspace),
        registry_timeout: u32,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let (plan, held) = (self.plan, self.held);
        let ended = ended_builds(&self.report, (plan, plan), recorded, held, recording);
        let failed = self.half_built(&ended, recording);
        if [&ended.built, &ended.found, &ended.doubtful, &failed].iter().all(|services| services.is_empty()) {
            // The remote is not asked, since there is nothing to record: a rehearsal may have none.
            return Ok(Exit::Done);
        }
        // If the remote cannot be reached, the end of the command reports it.
        let here = RefState::here(recording.repository, recording.environment)?;
        let before = recording.standing().unwrap_or_else(|_| here.clone());
        let outlook = recording.outlook(plan, &before);
        // A service that a later run has recorded needs no mark for its tags, since it gets none.
        let is_left_alone = |service: &ServiceId| {
            outlook.superseded.contains_key(service) || outlook.elsewhere.iter().any(|(other, _)| other == service)
        };
        let recorded: BTreeSet<ServiceId> =
            ended.built.union(&ended.found).copied().filter(|service| !is_left_alone(service)).collect();
        // If this command is killed before it puts their tags, these services are due.
        let awaiting = ended.awaiting_tags.iter().copied().filter(|service| !is_left_alone(service));
        let marked = awaiting.chain(failed).collect();
        let (begun, trouble) = recording.begin_after(&marked, &recorded, before, &self.report.to_json())?;
        output.say(trouble.as_ref().map(built_ref_messages::unmarked).as_slice());
        let written = recording.end(&begun, &ended)?;
        note_recorded(&mut self.report, &written, recording);
        output.say(&built_ref_messages::diagnostics(&written, recording));
        let doubtful = written.services.iter().filter(|(_, recorded)| **recorded == Recorded::Doubtful);
        let doubtful = doubtful.map(|(service, _)| recording.config.graph.name(*service).to_string());
        let doubtful: Vec<String> = doubtful.collect();
        let why = "so its report says".to_owned();
        let doubtful: Vec<(&String, &String)> = doubtful.iter().map(|service| (service, &why)).collect();
        if !doubtful.is_empty() {
            output.say(&[built_ref_messages::doubtful(&doubtful, recording)]);
        }
        output.say(&workspace.repository.take_fetch_troubles().iter().map(not_fetched).collect::<Vec<_>>());
        let failed = |report: &Report| report.services.iter().filter(|of| of.outcome == Outcome::Failed).count();
        let failed_builds = failed(&self.report);
        let (begun, written) = (&begun, &written);
        let registries = &ExistingArgs::asking(registry_timeout).registries();
        AfterRecord { held, plan, recording, begun, written, general, workspace, registries, output }
            .put(&mut self.report)?;
        Ok(if failed(&self.report) > failed_builds {
            Exit::Found
        } else if built_ref_messages::is_refused(written) {
            Exit::Git
        } else {
            Exit::Done
        })
    }

    /// Returns the services whose builds failed or are doubtful, and may have left something in the environment.
    fn half_built(&self, ended: &EndedBuilds, recording: &Recording) -> BTreeSet<ServiceId> {
        let leaves_something = |service: &ServiceId| {
            let planned = self.plan.service(recording.config.graph.name(*service).as_str());
            planned.is_some_and(|planned| Left::by(recording.environment, planned) != Left::Nothing)
        };
        ended.failed.union(&ended.doubtful).copied().filter(leaves_something).collect()
    }

    /// Writes the reports as one.
    pub(super) fn write(&self, file: Option<&Path>, output: &Output) -> Result<(), Failure> {
        let Some(file) = file else { return Ok(()) };
        output.publish(self.report.names());
        output.file(file, &output.masked(self.report.clone()).to_json())
    }
}
