//! Built refs, which record the commits at which services were built, and how a run changes them.
//!
//! A built ref says that the environment has the result of building the service at the commit of the ref. A run that
//! cannot guarantee this does not move the ref, and leaves a *mark*: a ref which says that a build has begun. A service
//! with a mark, or with changes since the commit of its built ref, is *due*: the next plan contains it.

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

/// Whether an environment has built refs. Only environments that push and the environment `local` have them, since
/// builds leave no results in other environments.
#[must_use]
pub fn has_built_refs(config: &Config, environment: &str) -> bool {
    let pushes = |name| config.environments.get(name).is_some_and(|found| found.push == Push::Allowed);
    environment == LOCAL || pushes(environment)
}

/// What a service's build leaves in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The result of the build.
    Built,
    /// An unknown result. The service has no image and may not be pushed, so only its own command decides what it
    /// leaves.
    Unknown,
    /// Nothing, since the image is not pushed.
    Nothing,
}

impl Left {
    /// Returns what the build of a planned service leaves in an environment.
    #[must_use]
    pub fn by(environment: &str, service: &PlannedService) -> Self {
        match service.push || environment == LOCAL {
            true => Self::Built,
            false if service.image.is_none() => Self::Unknown,
            false => Self::Nothing,
        }
    }
}

/// The facts that a run needs to record its builds in built refs.
pub struct Recording<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The file that the configuration comes from.
    pub file: &'a ConfigFile,
    /// The configuration at the commit.
    pub config: &'a Config,
    /// The environment's name.
    pub environment: &'a str,
    /// The commit that is built.
    pub commit: CommitId,
    /// The plan of the run, if it has one.
    pub plan: Option<&'a Plan>,
    /// The remote to which the refs are pushed; `None` if they are not pushed.
    pub remote: Option<String>,
    /// The commits from which built refs may move to the commit that is built.
    pub rule: Rule,
}

/// The commits from which built refs may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// From the commit at which the plan saw the ref, or from a commit between that commit and the commit that is
    /// built. If the plan read no built refs, the commit of the ref when the run began counts instead.
    Seen,
    /// From an ancestor of the commit that is built.
    Forward,
    /// From any commit, because of `--allow-older`.
    Anywhere,
}

/// The services of a run, by how their builds ended.
#[derive(Debug, Clone, Default)]
pub struct EndedBuilds {
    /// The services that were built.
    pub built: BTreeSet<ServiceId>,
    /// The services that were not built, since images with the same content exist.
    pub found: BTreeSet<ServiceId>,
    /// The services that were built or found only because other services need their images. Their content is that of
    /// the commit, but they are not recorded.
    pub beside: BTreeSet<ServiceId>,
    /// The services whose results are doubtful, since the checked-out commit or its files changed during their builds.
    pub doubtful: BTreeSet<ServiceId>,
    /// The services whose builds began, but failed or must not be recorded.
    pub failed: BTreeSet<ServiceId>,
    /// Those of `built` and `found` whose images get more tags after their built refs have moved. They keep their marks
    /// until the images have these tags, so that they are due if the run is killed in between.
    pub awaiting_tags: BTreeSet<ServiceId>,
}

/// The services of a run that need not be built or cannot be recorded, as known before the builds.
#[derive(Debug, Default)]
pub struct Outlook {
    /// The services that need not be built, since a run of a later commit has built them or a service that they need.
    pub superseded: BTreeMap<ServiceId, Newer>,
    /// The services whose built refs another run has moved, each with the commit of the ref. That commit is not this
    /// run's commit, not a descendant of it, and not between the commit where the plan saw the ref and this run's
    /// commit.
    pub elsewhere: Vec<(ServiceId, CommitId)>,
}

/// Why a service need not be built: the service that a run of a later commit has built.
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
    /// The refs before the run: those of the remote if this run pushes refs to it, else those of this clone.
    before: RefState,
    /// The refs of this clone before the run.
    here: RefState,
    /// The services that were marked.
    marked: BTreeSet<ServiceId>,
    /// The object to which the marks of this run point; `None` if there are no marks.
    token: Option<CommitId>,
    /// The services whose builds have begun.
    started: BTreeSet<ServiceId>,
    /// Those of `started` whose marks another run has replaced or removed, and those that another run has marked since
    /// the plan was made, if the builds ended in other jobs. The environment may have the result of either run.
    contested: BTreeSet<ServiceId>,
    /// Whether the remote refuses marks, so that only the marks in this clone count.
    is_refused: bool,
    /// The services that are built without a mark, since no build of them was recorded when the run began.
    unmarked: BTreeSet<ServiceId>,
}

/// Whether the build of a service was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The attempt to move its built ref had this result.
    Swapped(Swapped),
    /// It was not recorded: the service is built from this other service, whose result in the environment is not
    /// certain.
    StandsOn(ServiceId),
    /// It was not recorded: the checked-out commit or its files changed during the build.
    Doubtful,
    /// Its built ref was moved in this clone, but could not be pushed. Before the run, the remote had the ref at this
    /// commit; `None` if the remote did not have it.
    NotSent(Option<CommitId>),
}

/// The result of recording.
#[derive(Debug)]
pub struct Written {
    /// The outcome for each service that was built or found, or whose result is doubtful.
    pub services: BTreeMap<ServiceId, Recorded>,
    /// The recorded services that keep their marks until their images have their tags.
    pub awaiting_tags: BTreeSet<ServiceId>,
    /// The recorded services that stay due, since another run has built them meanwhile.
    pub contested: BTreeSet<ServiceId>,
    /// The marks that this run leaves in this clone, each with its object: the marks of services whose results are not
    /// known, or to whose images a later run must add tags.
    pub marks: Vec<(String, CommitId)>,
    /// The error of the remote, if there was one.
    pub trouble: Option<RemoteError>,
}

impl Recorded {
    /// Whether the built ref, at least the one in this clone, says that the service was built at the commit.
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

    /// Returns the state of a run that marks no services. `before` has the refs of the remote if this run pushes refs
    /// to it, else those of this clone; `here` has those of this clone.
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
    /// Returns the services that a service is built from, directly or through libraries. Libraries are not among them.
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

    /// Returns the mark of this run for a service; `None` if the mark that another run has left stays.
    fn own_mark(&self, begun: &Begun, service: ServiceId) -> Option<(String, CommitId)> {
        begun.token.filter(|_| !begun.contested.contains(&service)).map(|token| self.mark(service, token))
    }

    fn name(&self, service: ServiceId) -> &ServiceName {
        self.config.graph.name(service)
    }
}

/// Returns the commit of a service's built ref that a plan has read; `None` if the plan has read no such ref.
fn seen(plan: &Plan, service: &ServiceName) -> Option<CommitId> {
    plan.built.as_ref()?.get(service.as_str())?.parse().ok()
}
