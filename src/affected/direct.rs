use super::Cause;
use crate::definition::{Definitions, Difference};
use crate::filter::{FilterId, Matches};
use crate::graph::Graph;
use crate::name::ServiceId;

/// The causes that each service has of its own.
#[derive(Debug, Clone)]
pub struct Direct<'a>(Vec<Vec<Cause<'a>>>);

/// What a service looks out for.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// Its own filter.
    pub own: FilterId,
    /// The filter of paths that affect everything, unless the service stands aside.
    pub global: Option<FilterId>,
}

impl Watch {
    /// Returns the filters, the service's own first.
    pub fn filters(self) -> impl Iterator<Item = FilterId> {
        std::iter::once(self.own).chain(self.global)
    }
}

impl<'a> Direct<'a> {
    /// Returns the causes of so many services, none yet.
    #[must_use]
    pub fn none(services: usize) -> Self {
        Self(vec![Vec::new(); services])
    }

    /// Adds a cause.
    pub fn add(&mut self, service: ServiceId, cause: Cause<'a>) {
        self.0[service.0].push(cause);
    }

    /// Adds what a service's own filter and the global one match.
    pub fn add_matches(&mut self, service: ServiceId, watch: Watch, matches: &Matches<'a>) {
        let own = matches.of(watch.own).iter().copied().map(Cause::File);
        let global = watch.global.into_iter().flat_map(|global| matches.of(global)).copied().map(Cause::Global);
        self.0[service.0].extend(own.chain(global));
    }

    /// Adds how a service's definition differs from the one at base.
    pub fn add_differences(&mut self, service: ServiceId, graph: &Graph, head: &Definitions, base: &Definitions) {
        for difference in head.differences(base, graph.name(service)) {
            match difference {
                Difference::New => self.add(service, Cause::NewService),
                Difference::Changed => self.add(service, Cause::Definition),
                Difference::DependencyRemoved(gone) => {
                    for dependency in gone {
                        self.add(service, Cause::DependencyRemoved(dependency));
                    }
                }
            }
        }
    }

    /// Returns a service's own causes.
    #[must_use]
    pub fn of(&self, service: ServiceId) -> &[Cause<'a>] {
        &self.0[service.0]
    }

    pub(super) fn into_causes(self) -> Vec<Vec<Cause<'a>>> {
        self.0
    }
}
