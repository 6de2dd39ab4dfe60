use std::collections::BTreeMap;

use rayon::prelude::*;

use super::hash::State;
use super::{Fingerprint, HashInput, LockContent, LockInput};
use crate::analysis::affected::Watch;
use crate::analysis::definition::Definitions;
use crate::analysis::filter::{Cover, FilterId, Filters, Members, members};
use crate::analysis::graph::Graph;
use crate::model::change::ChangeSet;
use crate::model::name::{ServiceId, ServiceName};
use crate::model::tree::{Listing, ObjectFormat, Region, TreeEntry};

/// The inputs of the fingerprints of all services.
///
/// Paths that match the `global` filter are inputs of the services that do not opt out: a change of such a path affects
/// these services, so it must change their fingerprints.
pub struct Content<'a> {
    /// All filters of the configuration, compiled together.
    pub filters: &'a Filters,
    /// The filters of each service, by its id.
    pub watches: &'a [Watch],
    /// The resolved definitions of all services.
    pub definitions: &'a Definitions,
    /// The graph of dependencies.
    pub graph: &'a Graph,
    /// The covers of the filters of the requested services: which directories a filter matches as a whole.
    pub covers: &'a BTreeMap<FilterId, Cover>,
    /// Files of the tree, in the order of bytes: at least all files that the requested services could match, except
    /// files in directories that a filter matches as a whole.
    pub entries: &'a Listing,
    /// The directories of the tree that filters match as a whole, in the order of bytes.
    pub directories: &'a Listing,
    /// The parts of lockfiles that affect each service.
    pub lockfiles: &'a BTreeMap<ServiceId, Vec<LockInput>>,
    /// The hash function of the ids of entries.
    pub objects: ObjectFormat,
    /// The uncommitted changes of the work tree.
    pub uncommitted: &'a ChangeSet,
    /// Where the definitions come from.
    pub defined: Defined,
}

/// Where the definitions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// From the commit, or from outside of the repository.
    Committed,
    /// Only from the work tree.
    Uncommitted,
}

/// If a level of the graph has fewer services than this, one thread computes their fingerprints, since waking other
/// threads takes longer.
const FEW: usize = 32;

/// The fingerprints of services, and the inputs that they were computed from.
pub struct Fingerprints<'a> {
    content: &'a Content<'a>,
    /// The positions of the entries that each filter matches.
    entries: Members,
    /// The positions of the directories that each filter matches as a whole.
    directories: BTreeMap<FilterId, Vec<usize>>,
    /// The positions of the uncommitted changes that each filter matches.
    uncommitted: Members,
    by_service: Vec<Option<Fingerprint>>,
}

impl<'a> Fingerprints<'a> {
    /// Returns the fingerprints of these services and of all services that they are built from. Every path is matched
    /// once, whatever the number of services.
    #[must_use]
    pub fn of(content: &'a Content<'a>, services: &[ServiceId]) -> Self {
        let entry = |at| content.entries.get(at);
        let entries = members(content.filters, content.entries.len(), |at| (entry(at).path, entry(at).extent()));
        let changes = content.uncommitted.as_slice();
        let uncommitted =
            members(content.filters, changes.len(), |at| (changes[at].path.as_bytes(), changes[at].extent));
        let taken = |(filter, cover): (&FilterId, &Cover)| (*filter, taken(cover, content.directories));
        let directories = content.covers.iter().map(taken).collect();
        let mut prints =
            Self { content, entries, directories, uncommitted, by_service: vec![None; content.graph.len()] };
        let wanted = content.graph.with_dependencies(services);
        let levels = content.graph.levels(|service| wanted[service.0]);
        let mut by_level: Vec<Vec<ServiceId>> = Vec::new();
        for (service, level) in content.graph.services().zip(levels).filter_map(|(id, level)| Some((id, level?))) {
            by_level.resize_with(by_level.len().max(level + 1), Vec::new);
            by_level[level].push(service);
        }
        for at_level in by_level {
            let of = |service: &ServiceId| prints.make(*service);
            let made: Vec<Fingerprint> = if at_level.len() < FEW {
                at_level.iter().map(of).collect()
            } else {
                at_level.par_iter().map(of).collect()
            };
            for (service, fingerprint) in at_level.into_iter().zip(made) {
                prints.by_service[service.0] = Some(fingerprint);
            }
        }
        prints
    }

    /// Returns a service's fingerprint; `None` if it was not computed.
    #[must_use]
    pub fn get(&self, service: ServiceId) -> Option<&Fingerprint> {
        self.by_service[service.0].as_ref()
    }

    /// Returns the inputs of a service's fingerprint, in order.
    pub fn records(&self, service: ServiceId) -> impl Iterator<Item = HashInput<'_>> {
        let directories = self.directories(service);
        let within = Region::below(directories.iter().map(|entry| entry.path));
        let [first, last] = self.around(service);
        let files = self.files(service).filter(move |entry| !within.is_above(entry.path));
        let files = files.map(HashInput::File);
        first.into_iter().chain(directories.into_iter().map(HashInput::Directory)).chain(files).chain(last)
    }

    /// Returns the inputs of a service's fingerprint, and for display also its packages, and the listed files in the
    /// directories that are inputs as a whole.
    pub fn records_and_files(&self, service: ServiceId) -> impl Iterator<Item = HashInput<'_>> {
        let [first, last] = self.around(service);
        let directories = self.directories(service).into_iter().map(HashInput::Directory);
        let packages = self
            .locked(service)
            .iter()
            .flat_map(|input| input.packages.iter().map(|package| HashInput::Package(&input.path, package)));
        let files = self.files(service).map(HashInput::File);
        first.into_iter().chain(directories).chain(files).chain(packages).chain(last)
    }

    /// Returns the records that come before a service's directories and files, and the records that come after them.
    fn around(&self, service: ServiceId) -> [Vec<HashInput<'_>>; 2] {
        let Content { graph, definitions, .. } = self.content;
        let name = graph.name(service);
        let definition = definitions.0.get(name);
        let own = definition.and_then(|definition| definition.canonical.as_deref());
        let global = definition.and_then(|definition| definition.global.as_deref());
        let mut dependencies: Vec<(&ServiceName, &Fingerprint)> = graph
            .dependencies(service)
            .into_iter()
            .filter_map(|dependency| Some((graph.name(dependency), self.get(dependency)?)))
            .collect();
        dependencies.sort_unstable_by_key(|(name, _)| *name);
        let dependencies = dependencies.into_iter().map(|(name, fingerprint)| HashInput::Dependency(name, fingerprint));
        let locked = self.locked(service).iter().flat_map(|input| {
            let content = match input.content {
                LockContent::Closure(digest) => HashInput::Closure(&input.path, digest),
                LockContent::File(mode, id) => HashInput::Lockfile(TreeEntry { mode, id, path: input.path.as_bytes() }),
            };
            let settings = input.settings.map(|digest| HashInput::Settings(&input.path, digest));
            std::iter::once(content).chain(settings)
        });
        let last =
            locked.chain(own.map(HashInput::Definition)).chain(global.map(HashInput::Global)).chain(dependencies);
        [vec![HashInput::Format(self.content.objects), HashInput::Service(name)], last.collect()]
    }

    /// Returns the parts of lockfiles that affect a service.
    fn locked(&self, service: ServiceId) -> &'a [LockInput] {
        self.content.lockfiles.get(&service).map_or(&[], Vec::as_slice)
    }

    /// Returns the directories that any of a service's filters matches as a whole, in order; none lies below another.
    fn directories(&self, service: ServiceId) -> Vec<TreeEntry<'a>> {
        let filters = self.content.watches[service.0].filters();
        let positions = filters.filter_map(|filter| self.directories.get(&filter)).flatten();
        let mut positions: Vec<usize> = positions.copied().collect();
        positions.sort_unstable();
        positions.dedup();
        let entry = |at: &usize| self.content.directories.get(*at);
        let within = Region::below(positions.iter().map(|at| entry(at).path));
        positions.iter().map(entry).filter(|entry| !within.is_above(entry.path)).collect()
    }

    /// Returns the files that any of a service's filters matches, in order, each once.
    fn files(&self, service: ServiceId) -> impl Iterator<Item = TreeEntry<'a>> + use<'a> {
        let entries = self.content.entries;
        self.positions(&self.entries, service).map(|at| entries.get(at))
    }

    /// Returns those positions in `members` that any of a service's filters matches, ascending, each once.
    fn positions(&self, members: &Members, service: ServiceId) -> impl Iterator<Item = usize> + use<> {
        let filters = self.content.watches[service.0].filters();
        let mut positions: Vec<usize> = filters.flat_map(|filter| members.of(filter)).copied().collect();
        positions.sort_unstable();
        positions.dedup();
        positions.into_iter()
    }

    fn make(&self, service: ServiceId) -> Fingerprint {
        let dependencies = self.content.graph.dependencies(service);
        let dirty = self.content.defined == Defined::Uncommitted
            || self.positions(&self.uncommitted, service).next().is_some()
            || self.locked(service).iter().any(|input| input.defined == Defined::Uncommitted)
            || dependencies.iter().any(|dependency| self.get(*dependency).is_some_and(Fingerprint::is_dirty));
        Fingerprint::of(self.records(service), if dirty { State::Dirty } else { State::Committed })
    }
}

/// Returns the positions of the listed directories that a filter matches as a whole.
fn taken(cover: &Cover, directories: &Listing) -> Vec<usize> {
    let whole = cover.whole.iter().filter_map(|directory| directories.position(directory.as_bytes()));
    let split = cover.split.iter().flat_map(|directory| {
        let start = if directory.is_empty() { 0 } else { directory.len() + 1 };
        let is_child = move |path: &[u8]| path.len() > start && !path[start..].contains(&b'/');
        let is_apart = |path: &[u8]| std::str::from_utf8(path).is_ok_and(|path| cover.apart.contains(path));
        directories.below(directory.as_bytes()).filter(move |at| {
            let path = directories.get(*at).path;
            is_child(path) && !is_apart(path)
        })
    });
    whole.chain(split).collect()
}
