//! `--record`: moves the built refs of what was built, and pushes them if images were pushed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::BuildArgs;
use super::needed::Needed;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::plan::request;
use crate::cli::{record, recorded};
use crate::inputs::git::Swapped;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, ServiceId};
use crate::output::exec::{Build, Outcome, RecordOutcome, Report, Work};
use crate::plan::Plan;
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{Begun, Came, Error, Newer, Recorded, Recording, Rule, Standing};
use crate::plan::pipeline::{PushRequest, PushRules, Request, not_fetched};

/// How long the remote is not asked again whether the marks of a run are there.
const LOOK: Duration = Duration::from_secs(60);

/// The built refs of a run.
pub(super) struct Records<'a> {
    recording: Recording<'a>,
    plan: &'a Plan,
    before: Standing,
    /// What need not be built.
    superseded: BTreeMap<ServiceId, Newer>,
}

impl<'a> Records<'a> {
    /// Looks where the built refs stand; none where nothing is recorded. Refuses to build what could not be recorded:
    /// another run has moved its built ref elsewhere.
    pub(super) fn look(
        plan: &'a Plan,
        args: &'a BuildArgs,
        workspace: &'a Workspace,
        output: &Output,
    ) -> Result<Option<Self>, Failure> {
        let commit = plan.range.head.as_ref().and_then(|head| head.parse::<CommitId>().ok());
        let (true, Some(commit)) = (args.record, commit) else { return Ok(None) };
        record::is_remote(&args.remote)?;
        let asked = Request { push: PushRequest::Asked, ..request(&args.planning, workspace)? };
        let rules = PushRules::of(&workspace.sources(), &asked, &plan.environment)?;
        if !rules.has_built_refs(&plan.environment) {
            output.say(&[recorded::without(&plan.environment)]);
            return Ok(None);
        }
        let is_sent = plan.services.iter().any(|service| service.push);
        let recording = Recording {
            repository: &workspace.repository,
            file: &workspace.file,
            config: &workspace.config,
            environment: &plan.environment,
            commit,
            plan: Some(plan),
            remote: is_sent.then_some(args.remote.as_str()),
            rule: if args.allowed.allow_older { Rule::Anywhere } else { Rule::Seen },
        };
        let before = match recording.standing() {
            Ok(standing) => standing,
            Err(Error::Remote(trouble)) => {
                output.say(&[Diagnostic::warning("not-reached", trouble.to_string())
                    .help("builds go on; whether a later commit was built meanwhile is not known")]);
                Standing::here(&workspace.repository, &plan.environment)?
            }
            Err(error) => return Err(error.into()),
        };
        let outlook = recording.outlook(plan, &before);
        if !outlook.elsewhere.is_empty() {
            let diagnostics = vec![recorded::elsewhere(&outlook.elsewhere, &recording)];
            return Err(Failure { exit: Exit::Git, diagnostics });
        }
        Ok(Some(Self { recording, plan, before, superseded: outlook.superseded }))
    }

    /// Leaves out the work of what a later run has built.
    pub(super) fn leave_out(&self, jobs: &mut [Build]) {
        for job in jobs {
            let id = self.id(&job.service.service);
            if let Some(newer) = id.and_then(|id| self.superseded.get(&id)) {
                job.work = Work::Superseded { by: self.words(*newer) };
            }
        }
    }

    /// Marks what is going to be built.
    pub(super) fn begin(&self, output: &Output) -> Result<Begun, Failure> {
        let services = self.plan.services.iter().filter_map(|service| self.id(&service.service));
        let services: Vec<ServiceId> = services.filter(|service| !self.superseded.contains_key(service)).collect();
        let (begun, trouble) = self.recording.begin(&services, self.before.clone())?;
        if let Some(trouble) = trouble {
            output.say(&[Diagnostic::warning("not-reached", trouble.to_string())]);
        }
        Ok(begun)
    }

    /// Marks again what another run has unmarked meanwhile: what is about to be built or has just been built, and now and
    /// then, at the remote, all that this run has begun to build.
    pub(super) fn mark_again(&self, begun: &mut Begun, looked: &mut Instant, build: &Build) {
        let Some(id) = self.id(&build.service.service) else { return };
        // Where that fails, the end of the run says so.
        let _ = self.recording.mark_again(begun, id);
        if looked.elapsed() > LOOK {
            let _ = self.recording.mark_again_at_remote(begun);
            *looked = Instant::now();
        }
    }

    /// Records what was built, adds that to the report, and prints warnings about it. Returns how the program ends
    /// where all builds went well.
    pub(super) fn end(
        &self,
        begun: &Begun,
        report: &mut Report,
        needed: &Needed,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let mut came = Came::default();
        for service in &report.services {
            let Some(id) = self.id(&service.service) else { continue };
            if self.plan.service(&service.service).is_none() {
                // It was built for others alone.
                came.beside.extend(service.outcome.is_success().then_some(id));
                continue;
            }
            match service.outcome {
                Outcome::Succeeded => _ = came.built.insert(id),
                Outcome::Exists => _ = came.found.insert(id),
                Outcome::Superseded | Outcome::NotStarted | Outcome::Blocked => {}
                Outcome::Failed | Outcome::TimedOut | Outcome::Cancelled if service.attempts == 0 => {}
                Outcome::Failed | Outcome::TimedOut | Outcome::Cancelled => _ = came.failed.insert(id),
            }
        }
        came.beside.extend(needed.held.keys().filter_map(|service| self.id(service)));
        let mut written = self.recording.end(begun, &came)?;
        for service in &mut report.services {
            let recorded = self.id(&service.service).and_then(|id| written.services.get(&id));
            service.record = recorded.map(|recorded| record_of(*recorded));
        }
        // Built again at the commit that it was built at: that is what was asked for.
        written.services.retain(|_, recorded| *recorded != Recorded::Swapped(Swapped::There));
        output.say(&recorded::diagnostics(&written, &self.recording));
        output.say(&workspace.repository.take_fetch_troubles().iter().map(not_fetched).collect::<Vec<_>>());
        Ok(if recorded::is_refused(&written) { Exit::Git } else { Exit::Done })
    }

    fn words(&self, newer: Newer) -> String {
        match newer {
            Newer::Itself(at) => format!("{} was built, which comes after this commit", at.short(7)),
            Newer::Needed(need) => format!("a later {} was built", self.recording.config.graph.name(need)),
        }
    }

    fn id(&self, name: &str) -> Option<ServiceId> {
        self.recording.config.graph.id(name)
    }
}

fn record_of(recorded: Recorded) -> RecordOutcome {
    match recorded {
        Recorded::Swapped(Swapped::Moved(_) | Swapped::There) => RecordOutcome::Recorded,
        Recorded::Swapped(Swapped::Superseded(_)) => RecordOutcome::Superseded,
        Recorded::Swapped(Swapped::Elsewhere(_)) => RecordOutcome::Elsewhere,
        Recorded::StandsOn(_) => RecordOutcome::StandsOnDue,
        Recorded::NotSent(_) => RecordOutcome::NotSent,
    }
}
