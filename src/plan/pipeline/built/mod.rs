//! Built refs: the record of what was built, and how a run changes it.
//!
//! A built ref says that the environment has the result of building that commit. A run that cannot guarantee this
//! leaves the ref unchanged, and leaves a *mark*: a ref for a build that has begun. A service is *due*, so that the
//! next plan contains it, if it has a mark or has changed since its built ref.

mod after_builds;
mod before_builds;
mod due_services;
mod ref_state;

pub use ref_state::RefState;

use std::collections::{BTreeMap, BTreeSet};

use super::config_file::ConfigFile;
use crate::config::{Config, Push};
use crate::inputs::git::{MovableFrom, RemoteError, Repository, Swap, Swapped};
use crate::model::built_ref;
use crate::model::name::{CommitId, ServiceId, ServiceName};
use crate::plan::{Plan, PlannedService};

/// The environment of a run outside of CI.
pub const LOCAL: &str = "local";

/// Whether an environment has built refs: environments that push, and `local`. In others, builds leave nothing behind.
#[must_use]
pub fn has_built_refs(config: &Config, environment: &str) -> bool {
    let pushes = |name| config.environments.get(name).is_some_and(|found| found.push == Push::Allowed);
    environment == LOCAL || pushes(environment)
}

/// The effect of a service's build on an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The result of the build.
    Built,
    /// Something unknown: the service has no image, and the command that builds it may not push.
    Unknown,
    /// Nothing: its image is not pushed.
    Nothing,
}

impl Left {
    /// Returns the effect of a planned service's build on an environment.
    #[must_use]
    pub fn by(environment: &str, service: &PlannedService) -> Self {
        match service.push || environment == LOCAL {
            true => Self::Built,
            false if service.image.is_none() => Self::Unknown,
            false => Self::Nothing,
        }
    }
}

/// The recording of a run: its commit, its environment, and the remote.
pub struct Recording<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The file of the configuration.
    pub file: &'a ConfigFile,
    /// The configuration at the commit.
    pub config: &'a Config,
    /// The environment's name.
    pub environment: &'a str,
    /// The commit that is built.
    pub commit: CommitId,
    /// The plan of the run, if it has one.
    pub plan: Option<&'a Plan>,
    /// The remote to which the refs are pushed, if they are.
    pub remote: Option<String>,
    /// The commits from which the refs may move.
    pub rule: Rule,
}

/// The commits from which built refs may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The commits that the plan has read; if it has read none, those when the run began.
    Seen,
    /// An ancestor of the commit.
    Forward,
    /// Any commit, because of `--allow-older`.
    Anywhere,
}

/// The services of a run, by how their builds ended.
#[derive(Debug, Clone, Default)]
pub struct EndedBuilds {
    /// The services that were built.
    pub built: BTreeSet<ServiceId>,
    /// The services whose existing images have the same content as the commit.
    pub found: BTreeSet<ServiceId>,
    /// The services that were built or found only because others need them, with the same content as the commit. They
    /// are not recorded.
    pub beside: BTreeSet<ServiceId>,
    /// The services whose results are doubtful, since the commit or the files changed during their builds.
    pub doubtful: BTreeSet<ServiceId>,
    /// The services whose builds began, and failed or must not be recorded.
    pub failed: BTreeSet<ServiceId>,
    /// Built or found services whose images get more tags once their refs have moved. They keep their marks until then,
    /// so that they are due if the run is killed in between.
    pub awaiting_tags: BTreeSet<ServiceId>,
}

/// What a run knows of its built refs before it builds.
#[derive(Debug, Default)]
pub struct Outlook {
    /// The services that need not be built.
    pub superseded: BTreeMap<ServiceId, Newer>,
    /// The services whose built refs another run has moved to an unrelated commit: neither the one that the plan saw,
    /// nor an ancestor or a descendant of this run's commit.
    pub elsewhere: Vec<(ServiceId, CommitId)>,
}

/// Why a service need not be built: what a run of a later commit has built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    /// The service itself, at this commit.
    Itself(CommitId),
    /// A service that it needs.
    Needed(ServiceId),
}

/// The state of a run that has begun.
#[derive(Debug)]
pub struct Begun {
    /// The refs before the run: at the remote if they are pushed there, else here.
    before: RefState,
    /// The refs of this clone before the run.
    here: RefState,
    /// The services that were marked.
    marked: BTreeSet<ServiceId>,
    /// The object to which their marks point; `None` if there are no marks.
    token: Option<CommitId>,
    /// The services whose builds have begun.
    started: BTreeSet<ServiceId>,
    /// The started services whose marks another run has replaced or removed. Either run's result may be there now.
    contested: BTreeSet<ServiceId>,
    /// Whether the remote refuses marks, so that only those of this clone count.
    is_refused: bool,
    /// The services that are built without a mark, since nothing was recorded of them when the run began.
    unmarked: BTreeSet<ServiceId>,
}

/// Whether a service was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The result of swapping its ref.
    Swapped(Swapped),
    /// No: it is built from this service, which is due and was not built.
    StandsOn(ServiceId),
    /// No: the commit or its files changed while it was built.
    Doubtful,
    /// Its ref moved here, and was not pushed. The remote was expected to have it at this commit.
    NotSent(Option<CommitId>),
}

/// The result of recording.
#[derive(Debug)]
pub struct Written {
    /// The outcome for each service that was built or found.
    pub services: BTreeMap<ServiceId, Recorded>,
    /// The recorded services that keep their marks until their images have their tags.
    pub awaiting_tags: BTreeSet<ServiceId>,
    /// The marks that this run leaves: for services whose results are not known, and for those to whose images a later
    /// run must add tags.
    pub marks: Vec<(String, CommitId)>,
    /// The error of the remote, if there was one.
    pub trouble: Option<RemoteError>,
}

impl Recorded {
    /// Whether it is recorded, at least here, that the service was built at the commit.
    #[must_use]
    pub fn holds(self) -> bool {
        match self {
            Self::Swapped(swapped) => swapped.holds(),
            Self::NotSent(_) => true,
            Self::StandsOn(_) | Self::Doubtful => false,
        }
    }
}

impl Begun {
    /// Whether no service is marked, so that a run without `--record` has nothing to do at its end.
    #[must_use]
    pub fn has_no_marks(&self) -> bool {
        self.marked.is_empty()
    }

    /// Returns the state of a run that builds nothing itself. `before` are the refs that count, `here` those of this
    /// clone.
    #[must_use]
    pub fn elsewhere(before: RefState, here: RefState) -> Self {
        Self {
            before,
            here,
            marked: BTreeSet::new(),
            token: None,
            started: BTreeSet::new(),
            contested: BTreeSet::new(),
            is_refused: false,
            unmarked: BTreeSet::new(),
        }
    }
}

impl Recording<'_> {
    /// Returns the built services that a service is built from, directly or through libraries.
    fn stands_on(&self, service: ServiceId) -> BTreeSet<ServiceId> {
        let mut found = BTreeSet::new();
        let mut ahead = self.config.graph.dependencies(service);
        while let Some(dependency) = ahead.pop() {
            if found.insert(dependency) && self.config.services[dependency.0].is_library() {
                ahead.extend(self.config.graph.dependencies(dependency));
            }
        }
        found.retain(|dependency| !self.config.services[dependency.0].is_library());
        found
    }

    fn swap(&self, service: ServiceId, before: &RefState) -> Swap {
        let name = self.name(service);
        let from = match (self.rule, self.plan) {
            (Rule::Seen, Some(plan)) if plan.built.is_some() => MovableFrom::Seen(seen(plan, name)),
            (Rule::Seen, _) => MovableFrom::Seen(before.built(name)),
            (Rule::Forward, _) => MovableFrom::Seen(None),
            (Rule::Anywhere, _) => MovableFrom::Anywhere,
        };
        Swap { reference: built_ref::reference(self.environment, name.as_str()), to: self.commit, from }
    }

    fn mark(&self, service: ServiceId, token: CommitId) -> (String, CommitId) {
        (built_ref::begun(self.environment, self.name(service).as_str()), token)
    }

    fn name(&self, service: ServiceId) -> &ServiceName {
        self.config.graph.name(service)
    }
}

/// Returns the commit of a service's built ref in a plan.
fn seen(plan: &Plan, service: &ServiceName) -> Option<CommitId> {
    plan.built.as_ref()?.get(service.as_str())?.parse().ok()
}
