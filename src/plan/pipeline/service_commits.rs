//! Finds the commits since a release that touch services: commits that change the services' own files, or anything else
//! on which their results depend.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::config_file::at_usual_place;
use super::{ConfigFile, Error, snapshot};
use crate::analysis::definition::Definitions;
use crate::analysis::filter::{FilterId, matches_of};
use crate::config::{self, Config};
use crate::inputs::git::{self, FileAt, Parents, Repository};
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, ServiceId};
use crate::model::tree::ObjectId;

/// A commit, and its changes against its first parent.
pub(super) struct Step<'a> {
    parent: Option<&'a CommitId>,
    commit: &'a CommitId,
    changes: &'a ChangeSet,
}

/// Returns, for each group of services, the commits that touch any service of the group, the newest first. These are
/// the commits since the group's commit in `since`, or since the beginning of history if `since` has `None` for the
/// group. `touches` returns the services that a commit touches.
///
/// It takes one walk of history for all groups, and one comparison of trees for each visited commit.
pub(super) fn since(
    repository: &Repository,
    head: &CommitId,
    groups: &[Vec<ServiceId>],
    since: &[Option<CommitId>],
    parents: Parents,
    mut touches: impl FnMut(&Step<'_>) -> Result<BTreeSet<ServiceId>, Error>,
) -> Result<Vec<Vec<CommitId>>, Error> {
    let mut groups_of: BTreeMap<ServiceId, Vec<usize>> = BTreeMap::new();
    for (group, services) in groups.iter().enumerate() {
        for service in services {
            groups_of.entry(*service).or_default().push(group);
        }
    }
    repository.commits_since(head, since, parents, |parent, commit| {
        let changes = repository.diff(parent, commit)?;
        let services = touches(&Step { parent, commit, changes: &changes })?;
        let groups = services.iter().filter_map(|service| groups_of.get(service)).flatten().copied();
        Ok(groups.collect::<BTreeSet<usize>>().into_iter().collect())
    })
}

/// Returns a function that returns, for a commit, the services whose own files it changes. The files of a cycle count
/// as own files of each service in the cycle.
pub(super) fn own_files(config: &Config) -> impl FnMut(&Step<'_>) -> Result<BTreeSet<ServiceId>, Error> {
    let of = |id: ServiceId| {
        let service = &config.services[id.0];
        service.own_filters().chain(service.circle).map(move |filter| (filter, id))
    };
    let holders = Holders::of(config.graph.services().flat_map(of));
    move |step| Ok(holders.matching(config, step.changes))
}

/// Finds the services whose results a change affects: through a file, a lockfile, the service's definition, or a
/// dependency.
pub(super) struct Results<'a> {
    config: &'a Config,
    file: &'a ConfigFile,
    holders: Holders,
    history: History<'a>,
}

impl<'a> Results<'a> {
    pub(super) fn new(repository: &'a Repository, file: &'a ConfigFile, config: &'a Config) -> Self {
        let of = |service: ServiceId| snapshot::watch(config, service).filters().map(move |filter| (filter, service));
        let holders = Holders::of(config.graph.services().flat_map(of));
        let history = History { repository, file, files: BTreeMap::new(), known: BTreeMap::new() };
        Self { config, file, holders, history }
    }

    /// Returns the services whose results a commit affects.
    pub(super) fn of_commit(&mut self, step: &Step<'_>) -> Result<BTreeSet<ServiceId>, Error> {
        let mut services = self.holders.matching(self.config, step.changes);
        services.extend(locking(self.config, step.changes));
        if !step.changes.is_empty() {
            services.extend(self.redefined(step.parent, step.commit)?);
        }
        self.config.graph.add_dependents(&mut services);
        Ok(services)
    }

    /// Returns the services whose results the work tree's changes on top of head affect.
    pub(super) fn of_work_tree(&mut self, head: &CommitId, on_top: &ChangeSet) -> Result<BTreeSet<ServiceId>, Error> {
        let mut services = self.holders.matching(self.config, on_top);
        services.extend(locking(self.config, on_top));
        if self.file.is_uncommitted(on_top) {
            let then = self.history.of(head)?;
            services.extend(differing(self.config, Some(self.config.definitions()), then.as_deref()));
        }
        self.config.graph.add_dependents(&mut services);
        Ok(services)
    }

    /// Returns the services whose definitions differ between a commit and its parent; all services if one of the two
    /// configurations cannot be read.
    fn redefined(&mut self, parent: Option<&CommitId>, commit: &CommitId) -> Result<Vec<ServiceId>, Error> {
        let before = parent.map(|parent| self.history.file(parent)).transpose()?.flatten();
        if self.history.file(commit)? == before {
            return Ok(Vec::new());
        }
        let then = parent.map(|parent| self.history.of(parent)).transpose()?.flatten();
        Ok(differing(self.config, self.history.of(commit)?.as_deref(), then.as_deref()))
    }
}

/// Returns the services that one of the changes may affect through a lockfile. The lockfiles are not read.
fn locking(config: &Config, changes: &ChangeSet) -> Vec<ServiceId> {
    let paths = || changes.as_slice().iter().filter_map(|change| std::str::from_utf8(change.path.as_bytes()).ok());
    config.graph.services().filter(|service| paths().any(|path| config.services[service.0].may_lock(path))).collect()
}

/// Returns the services whose definitions differ; all services if `now` or `then` is not known.
fn differing(config: &Config, now: Option<&Definitions>, then: Option<&Definitions>) -> Vec<ServiceId> {
    let (Some(now), Some(then)) = (now, then) else { return config.graph.services().collect() };
    let is_other = |service: &ServiceId| !now.differences(then, config.graph.name(*service)).is_empty();
    config.graph.services().filter(is_other).collect()
}

/// The services to which each filter belongs.
struct Holders(BTreeMap<FilterId, Vec<ServiceId>>);

impl Holders {
    fn of(pairs: impl Iterator<Item = (FilterId, ServiceId)>) -> Self {
        let mut holders: BTreeMap<FilterId, Vec<ServiceId>> = BTreeMap::new();
        pairs.for_each(|(filter, service)| holders.entry(filter).or_default().push(service));
        Self(holders)
    }

    fn matching(&self, config: &Config, changes: &ChangeSet) -> BTreeSet<ServiceId> {
        let matches = changes.as_slice().iter().flat_map(|change| matches_of(&config.filters, change));
        let matching: BTreeSet<FilterId> = matches.map(|(filter, _)| filter).collect();
        matching.iter().filter_map(|filter| self.0.get(filter)).flatten().copied().collect()
    }
}

/// The definitions of services at commits. If several commits have the same configuration, it is read once.
struct History<'a> {
    repository: &'a Repository,
    file: &'a ConfigFile,
    /// The id of the configuration's content at each commit; `None` for a commit without a configuration.
    files: BTreeMap<CommitId, Option<ObjectId>>,
    known: BTreeMap<ObjectId, Option<Rc<Definitions>>>,
}

impl<'a> History<'a> {
    /// Returns the id of the configuration's content at a commit; `None` if the commit has no configuration.
    fn file(&mut self, commit: &CommitId) -> Result<Option<ObjectId>, Error> {
        if let Some(known) = self.files.get(commit) {
            return Ok(*known);
        }
        let found = self.find(commit)?.map(|file| file.id());
        self.files.insert(*commit, found);
        Ok(found)
    }

    /// Returns the definitions at a commit; `None` if the commit has no configuration, or an invalid one.
    fn of(&mut self, commit: &CommitId) -> Result<Option<Rc<Definitions>>, Error> {
        let Some(file) = self.find(commit)? else { return Ok(None) };
        if let Some(known) = self.known.get(&file.id()) {
            return Ok(known.clone());
        }
        let source = config::decode(&self.file.name, &file.read()?);
        let read = source
            .and_then(|source| {
                config::definitions(&source, self.file.options, self.file.discovery.found(), &BTreeSet::new())
            })
            .ok()
            .map(Rc::new);
        self.known.insert(file.id(), read.clone());
        Ok(read)
    }

    fn find(&self, commit: &CommitId) -> Result<Option<FileAt<'a>>, Error> {
        let Some(place) = &self.file.in_repository else { return Ok(None) };
        let found = match self.repository.file_at(commit, &place.path) {
            Ok(None) => at_usual_place(self.repository, commit),
            found => found,
        };
        match found {
            Err(git::GitError::LinkOutside { .. } | git::GitError::LinkLoop { .. }) => Ok(None),
            found => Ok(found?),
        }
    }
}
