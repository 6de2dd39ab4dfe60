use super::{Cause, Degraded};
use crate::analysis::definition::{Definitions, Difference};
use crate::analysis::filter::{FilterId, Match, Matches};
use crate::analysis::graph::Graph;
use crate::model::name::ServiceId;

/// The causes of each service itself, before causes spread from services to their dependents.
#[derive(Debug, Clone)]
pub struct Direct<'a>(Vec<Vec<Cause<'a>>>);

/// The filters that affect a service.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// The service's own filter.
    pub own: FilterId,
    /// The filter of the files that the service's image is built from; `None` if the service has no such files. The
    /// service's own filter may match some of these files too.
    pub inputs: Option<FilterId>,
    /// The `global` filter, unless the service opts out of it.
    pub global: Option<FilterId>,
}

impl Watch {
    /// Returns the filters, the service's own first.
    pub fn filters(self) -> impl Iterator<Item = FilterId> {
        std::iter::once(self.own).chain(self.inputs).chain(self.global)
    }
}

impl<'a> Direct<'a> {
    /// Returns an empty list of causes for each of this many services.
    #[must_use]
    pub fn none(services: usize) -> Self {
        Self(vec![Vec::new(); services])
    }

    /// Adds a cause.
    pub fn add(&mut self, service: ServiceId, cause: Cause<'a>) {
        self.0[service.0].push(cause);
    }

    /// Adds a change that the patterns of a service match, unless the service already has a [`Cause::File`] or
    /// [`Cause::Input`] with the same path.
    pub fn add_match(&mut self, service: ServiceId, found: Match<'a>) {
        let names = |cause: &Cause| matches!(cause, Cause::File(known) | Cause::Input(known) if known.change.path == found.change.path);
        if self.0[service.0].iter().any(names) {
            return;
        }
        self.add(service, Cause::of_match(found, Cause::File));
    }

    /// Adds the changes that affect a service as its causes: changes that its own filter matches, changes of other
    /// files that its image is built from, and changes that the `global` filter matches.
    pub fn add_matches(&mut self, service: ServiceId, watch: Watch, matches: &Matches<'a>) {
        let own = matches.of(watch.own);
        let of = |filter: Option<FilterId>| filter.into_iter().flat_map(|filter| matches.of(filter)).copied();
        let is_own = |input: &Match| own.binary_search_by(|found| found.change.path.cmp(&input.change.path)).is_ok();
        let inputs = of(watch.inputs).filter(|input| !is_own(input)).map(|found| (found, Cause::Input as fn(_) -> _));
        let files = own.iter().map(|found| (*found, Cause::File as fn(_) -> _));
        let all = files.chain(inputs).chain(of(watch.global).map(|found| (found, Cause::Global as fn(_) -> _)));
        self.0[service.0].extend(all.map(|(found, certain)| Cause::of_match(found, certain)));
    }

    /// Adds a cause for each difference between a service's definition at head and its definition at base.
    pub fn add_differences(&mut self, service: ServiceId, graph: &Graph, head: &Definitions, base: &Definitions) {
        for difference in head.differences(base, graph.name(service)) {
            match difference {
                Difference::New => self.add(service, Cause::NewService),
                Difference::Changed(keys) => self.add(service, Cause::Definition(keys)),
                Difference::DependencyRemoved(gone) => {
                    for dependency in gone {
                        self.add(service, Cause::DependencyRemoved(dependency));
                    }
                }
            }
        }
    }

    /// Adds a cause to the library that stands for a circle (services that are built from each other), if a service of
    /// the circle has a cause and the library has none. A change of one service of the circle affects all of them. A
    /// `global` match does not count, since each of these services already has it as a cause.
    pub fn add_circle(&mut self, library: ServiceId, members: &[ServiceId]) {
        let spreads = |cause: &Cause| !matches!(cause, Cause::Global(_));
        let affected = members.iter().find(|member| self.of(**member).iter().any(spreads));
        if let (Some(member), true) = (affected, self.of(library).is_empty()) {
            self.add(library, Cause::Dependency(vec![*member]));
        }
    }

    /// Returns the first match that is uncertain because matching took too long, of all services; `None` if there is
    /// none.
    #[must_use]
    pub fn gave_up(&self) -> Option<&Match<'a>> {
        self.0.iter().flatten().find_map(|cause| match cause {
            Cause::Degraded(Degraded::Pattern(found)) => Some(found),
            _ => None,
        })
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
