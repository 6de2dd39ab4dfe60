use rayon::prelude::*;

use super::digest::State;
use super::{Fingerprint, Record};
use crate::analysis::affected::Watch;
use crate::analysis::definition::Definitions;
use crate::analysis::filter::{Filters, Members, members};
use crate::analysis::graph::Graph;
use crate::model::change::ChangeSet;
use crate::model::name::{ServiceId, ServiceName};
use crate::model::tree::{Listing, ObjectFormat};

/// All that fingerprints are made of.
///
/// The `global` filter's paths are part of a service that takes part in it: a match there affects the service, so it
/// must give it another fingerprint.
pub struct Content<'a> {
    /// Every pattern list, compiled together.
    pub filters: &'a Filters,
    /// What each service looks out for, by its id.
    pub watches: &'a [Watch],
    /// The resolved definitions of all services.
    pub definitions: &'a Definitions,
    /// What is built from what.
    pub graph: &'a Graph,
    /// What the tree holds, in the order of bytes; at least all that the services asked about could match.
    pub entries: &'a Listing,
    /// What the ids of entries are made with.
    pub objects: ObjectFormat,
    /// What the entries have that no commit has: the work tree's changes.
    pub uncommitted: &'a ChangeSet,
    /// Where the definitions come from.
    pub defined: Defined,
}

/// Where the definitions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// From the commit, or from outside of the repository.
    Committed,
    /// From the work tree alone.
    Uncommitted,
}

/// The fingerprints of services, and what they were made of.
pub struct Fingerprints<'a> {
    content: &'a Content<'a>,
    /// Which entries belong to each filter.
    entries: Members,
    /// Which of the uncommitted changes do.
    uncommitted: Members,
    by_service: Vec<Option<Fingerprint>>,
}

impl<'a> Fingerprints<'a> {
    /// Returns the fingerprints of services and of all that they are built from: every path is matched once, whatever
    /// the number of services.
    #[must_use]
    pub fn of(content: &'a Content<'a>, services: &[ServiceId]) -> Self {
        let entry = |at| content.entries.get(at);
        let entries = members(content.filters, content.entries.len(), |at| (entry(at).path, entry(at).extent()));
        let changes = content.uncommitted.as_slice();
        let uncommitted =
            members(content.filters, changes.len(), |at| (changes[at].path.as_bytes(), changes[at].extent));
        let mut prints = Self { content, entries, uncommitted, by_service: vec![None; content.graph.len()] };
        let wanted = content.graph.with_dependencies(services);
        let levels = content.graph.levels(|service| wanted[service.0]);
        let highest = levels.iter().flatten().max().copied().unwrap_or_default();
        for level in 0..=highest {
            let at_level: Vec<ServiceId> =
                content.graph.services().filter(|service| levels[service.0] == Some(level)).collect();
            let made: Vec<Fingerprint> = at_level.par_iter().map(|service| prints.make(*service)).collect();
            for (service, fingerprint) in at_level.into_iter().zip(made) {
                prints.by_service[service.0] = Some(fingerprint);
            }
        }
        prints
    }

    /// Returns a service's fingerprint; none when it was not asked for.
    #[must_use]
    pub fn get(&self, service: ServiceId) -> Option<&Fingerprint> {
        self.by_service[service.0].as_ref()
    }

    /// Returns what a service's fingerprint is made of, in order.
    pub fn records(&self, service: ServiceId) -> impl Iterator<Item = Record<'_>> {
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
        [Record::Format(self.content.objects), Record::Service(name)]
            .into_iter()
            .chain(self.positions(&self.entries, service).map(|at| Record::File(self.content.entries.get(at))))
            .chain(own.map(Record::Definition))
            .chain(global.map(Record::Global))
            .chain(dependencies.into_iter().map(|(name, fingerprint)| Record::Dependency(name, fingerprint)))
    }

    /// What belongs to a service, through any of its filters: ascending positions, each once.
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
            || dependencies.iter().any(|dependency| self.get(*dependency).is_some_and(Fingerprint::is_dirty));
        Fingerprint::of(self.records(service), if dirty { State::Dirty } else { State::Committed })
    }
}
