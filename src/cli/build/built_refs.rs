//! The built refs of a run. A built ref names the commit at which a service was last built. The run marks services
//! before it builds them: a mark says that a build has begun. With `--record`, the run records services after their
//! builds: it moves their built refs. If the run pushes images, it writes marks and built refs at the remote too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::BuildArgs;
use super::needed_dependencies::Needed;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::plan::request;
use crate::cli::printing::Output;
use crate::cli::record::{HeldTags, ended_builds, note_recorded};
use crate::cli::{built_ref_messages, record};
use crate::inputs::git::{RemoteError, Swapped};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, ServiceId};
use crate::output::exec::{Build, Report, Work};
use crate::plan::Plan;
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{Begun, Error, LOCAL, Left, Newer, Recorded, Recording, RefState, Rule, Written};
use crate::plan::pipeline::{PushRequest, PushRules, Request, not_fetched};

/// How long to wait before the remote is asked again whether the marks of the run are still there.
const LOOK: Duration = Duration::from_secs(60);

/// The built refs of a run.
pub(super) struct Records<'a> {
    recording: Recording<'a>,
    plan: &'a Plan,
    before: RefState,
    /// The services that are marked when their builds begin.
    marked: Vec<ServiceId>,
    /// The services whose built refs move when the services are built.
    recorded: BTreeSet<ServiceId>,
    /// Whether the run moves built refs (`--record`).
    is_recorded: bool,
    /// The services that are not built, since the build of a later commit replaces the build of this run, each with
    /// that later build.
    superseded: BTreeMap<ServiceId, Newer>,
}

impl<'a> Records<'a> {
    /// Reads the built refs. Returns `None` if the run neither records nor marks a service, and builds all of them.
    /// With `--record-later`, a later job records and marks. Returns an error if a service could not be recorded
    /// because another run has moved its built ref to a commit that is neither an ancestor nor a descendant of the
    /// run's commit.
    pub(super) fn look(
        plan: &'a Plan,
        needed: &Needed,
        args: &'a BuildArgs,
        workspace: &'a Workspace,
        output: &Output,
    ) -> Result<Option<Self>, Failure> {
        let Some(commit) = plan.range.head.as_ref().and_then(|head| head.parse::<CommitId>().ok()) else {
            return Ok(None);
        };
        if args.records.record_later && plan.built.is_none() {
            return Ok(None);
        }
        record::is_remote(args.records.remote.as_deref())?;
        let asked = Request { push: PushRequest::Asked, ..request(&args.planning, workspace)? };
        let rules = PushRules::of(&workspace.view(), &asked, &plan.environment)?;
        if !rules.has_built_refs(&plan.environment) {
            output.say(args.records.record.then(|| built_ref_messages::without(&plan.environment)).as_slice());
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
            remote: is_sent.then(|| args.records.remote.clone().unwrap_or_else(|| workspace.repository.remote())),
            rule: if args.records.allow_older { Rule::Anywhere } else { Rule::Seen },
        };
        let left = |of: &'static [Left]| {
            let services = plan.services.iter().filter(|service| of.contains(&Left::by(&plan.environment, service)));
            services.filter_map(|service| workspace.config.graph.id(&service.service)).collect::<Vec<ServiceId>>()
        };
        let mut marked = left(&[Left::Built, Left::Unknown]);
        // A service that is built only because others need it gets no tags of its own in a registry. In the environment
        // `local`, its new image replaces the image of the last local build.
        if plan.environment == LOCAL {
            let beside = needed.plan.services.iter().filter(|service| plan.service(&service.service).is_none());
            marked.extend(beside.filter_map(|service| workspace.config.graph.id(&service.service)));
        }
        let mut records = Self {
            before: RefState::here(&workspace.repository, &plan.environment)?,
            recording,
            plan,
            marked,
            recorded: BTreeSet::new(),
            is_recorded: args.records.record,
            superseded: BTreeMap::new(),
        };
        let trouble = records.see_remote()?;
        if args.records.record_later {
            // The later job records, marks, and reports what it cannot reach.
            records.marked.clear();
            records.recorded = left(&[Left::Built]).into_iter().collect();
            records.look_ahead()?;
            return Ok((!records.superseded.is_empty()).then_some(records));
        }
        if !args.records.record {
            return Ok((!records.marked.is_empty()).then_some(records));
        }
        output.say(trouble.as_ref().map(unreached).as_slice());
        records.recorded = left(&[Left::Built]).into_iter().collect();
        let others = plan.services.iter().map(|service| service.service.as_str());
        let others: Vec<&str> = others
            .filter(|service| records.id(service).is_some_and(|service| !records.recorded.contains(&service)))
            .collect();
        if !others.is_empty() {
            output.say(&[built_ref_messages::not_pushed(&plan.environment, &others)]);
        }
        records.look_ahead()?;
        Ok(Some(records))
    }

    /// Finds the services that a later run has superseded. Returns an error if a service could not be recorded.
    fn look_ahead(&mut self) -> Result<(), Failure> {
        let mut outlook = self.recording.outlook(self.plan, &self.before);
        outlook.elsewhere.retain(|(service, _)| self.recorded.contains(service));
        if !outlook.elsewhere.is_empty() {
            let diagnostics = vec![built_ref_messages::elsewhere(&outlook.elsewhere, &self.recording)];
            return Err(Failure { exit: Exit::Git, diagnostics });
        }
        outlook.superseded.retain(|service, _| self.recorded.contains(service));
        self.superseded = outlook.superseded;
        Ok(())
    }

    /// Reads the built refs of the remote, if the run pushes built refs. Returns the error of the remote, if there was
    /// one.
    fn see_remote(&mut self) -> Result<Option<RemoteError>, Failure> {
        match self.recording.standing() {
            Ok(standing) => self.before = standing,
            Err(Error::Remote(trouble)) => return Ok(Some(trouble)),
            Err(error) => return Err(error.into()),
        }
        Ok(None)
    }

    /// Sets the work of each service that a later run has built to [`Work::Superseded`], so that the service is not
    /// built.
    pub(super) fn leave_out(&self, jobs: &mut [Build]) {
        for job in jobs {
            let id = self.id(&job.service.service);
            if let Some(newer) = id.and_then(|id| self.superseded.get(&id)) {
                job.work = Work::Superseded { by: self.words(*newer) };
            }
        }
    }

    /// Writes the marks of the services that will be built.
    pub(super) fn begin(&self, output: &Output) -> Result<Begun, Failure> {
        let services = self.marked.iter().copied();
        let services: Vec<ServiceId> = services.filter(|service| !self.superseded.contains_key(service)).collect();
        let before = self.before.clone();
        let (begun, trouble) = if self.is_recorded {
            self.recording.begin(&services, before)?
        } else {
            self.recording.begin_unrecorded(&services, before)?
        };
        if let Some(trouble) = trouble {
            output.say(&[built_ref_messages::unmarked(&trouble)]);
        }
        Ok(begun)
    }

    /// Restores marks that another run has removed meanwhile. In this clone: the mark of `build`, which begins or has
    /// just ended. At the remote: the marks of all builds of this run, but at most once in [`LOOK`].
    pub(super) fn mark_again(&self, begun: &mut Begun, looked: &mut Instant, build: &Build) {
        let Some(id) = self.id(&build.service.service) else { return };
        // If this fails, the end of the run reports it.
        let _ = self.recording.mark_again(begun, id);
        if looked.elapsed() > LOOK {
            let _ = self.recording.mark_again_at_remote(begun);
            *looked = Instant::now();
        }
    }

    /// Records the services that were built, adds the outcomes to the report, and prints warnings. Returns the exit
    /// code that applies if all builds succeeded, and the refs that were written. Returns `None` if the run neither
    /// records nor marks a service.
    pub(super) fn end(
        &self,
        begun: &Begun,
        report: &mut Report,
        held: HeldTags,
        (needed, doubtful): (&Needed, &BTreeMap<String, String>),
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Option<(Exit, Written)>, Failure> {
        if !self.is_recorded && begun.has_no_marks() {
            return Ok(None);
        }
        let mut ended = ended_builds(report, (self.plan, &needed.plan), &self.recorded, held, &self.recording);
        ended.beside.extend(needed.held.keys().filter_map(|service| self.id(service)));
        let mut written = self.recording.end(begun, &ended)?;
        note_recorded(report, &written, &self.recording);
        // A service that was built again at the commit of its built ref needs no message, since that was requested.
        written.services.retain(|_, recorded| *recorded != Recorded::Swapped(Swapped::There));
        output.say(&built_ref_messages::diagnostics(&written, &self.recording));
        let is_doubtful = |(service, _): &(&String, &String)| {
            self.id(service).and_then(|id| written.services.get(&id)) == Some(&Recorded::Doubtful)
        };
        let doubtful: Vec<_> = doubtful.iter().filter(is_doubtful).collect();
        if !doubtful.is_empty() {
            output.say(&[built_ref_messages::doubtful(&doubtful, &self.recording)]);
        }
        output.say(&workspace.repository.take_fetch_troubles().iter().map(not_fetched).collect::<Vec<_>>());
        let exit = if built_ref_messages::is_refused(&written) { Exit::Git } else { Exit::Done };
        Ok(Some((exit, written)))
    }

    /// Returns what the run records, and where.
    pub(super) fn recording(&self) -> &Recording<'a> {
        &self.recording
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

fn unreached(trouble: &RemoteError) -> Diagnostic {
    Diagnostic::warning("not-reached", trouble.to_string())
        .help("builds continue; rebake does not know whether another run builds a later commit")
}
