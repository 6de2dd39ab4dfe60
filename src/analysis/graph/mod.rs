//! The dependency graph: an edge leads from a dependent to its dependency.

mod cycle;
mod cyclic_components;
mod longest_chain;
mod order;

pub use cycle::Cycle;
pub use cyclic_components::cyclic_components;
pub use longest_chain::longest_chain;

use std::collections::BTreeSet;

use indexmap::IndexSet;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::name::{ServiceId, ServiceName};

/// The services and their `depends_on` edges, without cycles.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    names: IndexSet<ServiceName>,
    edges: DiGraph<(), ()>,
    order: Vec<ServiceId>,
}

impl Graph {
    /// Builds the graph of services in the order of the file, each with the names of its dependencies.
    ///
    /// A dependency that is not a service is left out, since the configuration has reported it.
    ///
    /// # Errors
    /// When services depend on each other in a circle. There is one [`Cycle`] for each group of such services.
    pub fn new(services: &[(ServiceName, Vec<ServiceName>)]) -> Result<Self, Vec<Cycle>> {
        let names: IndexSet<ServiceName> = services.iter().map(|(name, _)| name.clone()).collect();
        let mut edges = DiGraph::with_capacity(names.len(), 0);
        for _ in &names {
            edges.add_node(());
        }
        for (name, dependencies) in services {
            for dependency in dependencies {
                if let (Some(from), Some(to)) = (names.get_index_of(name), names.get_index_of(dependency)) {
                    edges.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
                }
            }
        }
        match order::build_order(&edges) {
            Some(order) => Ok(Self { names, edges, order }),
            None => Err(cycle::find(&edges, &names)),
        }
    }

    /// Returns how many services there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no service.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the services in file order.
    pub fn services(&self) -> impl Iterator<Item = ServiceId> {
        (0..self.len()).map(ServiceId)
    }

    /// Returns a service's name.
    ///
    /// # Panics
    /// When the graph has no service with this id.
    #[must_use]
    pub fn name(&self, service: ServiceId) -> &ServiceName {
        &self.names[service.0]
    }

    /// Returns the service with this name; `None` if there is none.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<ServiceId> {
        self.names.get_index_of(name).map(ServiceId)
    }

    /// Returns all services, each after its dependencies; services that do not depend on each other are in file order
    /// where possible.
    #[must_use]
    pub fn build_order(&self) -> &[ServiceId] {
        &self.order
    }

    /// Returns the services on which a service depends directly, in file order.
    #[must_use]
    pub fn dependencies(&self, service: ServiceId) -> Vec<ServiceId> {
        self.neighbours(service, Direction::Outgoing)
    }

    /// Returns the services that depend directly on a service, in file order.
    #[must_use]
    pub fn dependents(&self, service: ServiceId) -> Vec<ServiceId> {
        self.neighbours(service, Direction::Incoming)
    }

    /// Adds all services that are built from these, directly or not.
    pub fn add_dependents(&self, services: &mut BTreeSet<ServiceId>) {
        let mut left: Vec<ServiceId> = services.iter().copied().collect();
        while let Some(service) = left.pop() {
            left.extend(self.dependents(service).into_iter().filter(|dependent| services.insert(*dependent)));
        }
    }

    /// Returns a service and all services that it is built from, directly or not, the service first.
    #[must_use]
    pub fn built_from(&self, service: ServiceId) -> Vec<ServiceId> {
        let (mut found, mut at) = (vec![service], 0);
        let mut seen = BTreeSet::from([service]);
        while let Some(next) = found.get(at).copied() {
            found.extend(self.dependencies(next).into_iter().filter(|dependency| seen.insert(*dependency)));
            at += 1;
        }
        found
    }

    /// Returns, for each service, whether it is in `services`, or a service in `services` is built from it, directly or
    /// not.
    #[must_use]
    pub fn with_dependencies(&self, services: &[ServiceId]) -> Vec<bool> {
        let mut wanted = vec![false; self.len()];
        for service in services {
            wanted[service.0] = true;
        }
        // Dependents come first, so all dependents of a service are handled before the service itself.
        for service in self.order.iter().rev() {
            if wanted[service.0] {
                self.dependencies(*service).into_iter().for_each(|dependency| wanted[dependency.0] = true);
            }
        }
        wanted
    }

    /// Returns the [`level`] of each selected service, counting only selected dependencies; `None` for other services.
    #[must_use]
    pub fn levels(&self, selected: impl Fn(ServiceId) -> bool) -> Vec<Option<usize>> {
        let mut levels = vec![None; self.len()];
        for service in self.order.iter().copied().filter(|service| selected(*service)) {
            let dependencies = self.dependencies(service);
            levels[service.0] = Some(level(dependencies.iter().filter_map(|dependency| levels[dependency.0])));
        }
        levels
    }

    fn neighbours(&self, service: ServiceId, direction: Direction) -> Vec<ServiceId> {
        let mut found: Vec<ServiceId> = self
            .edges
            .neighbors_directed(NodeIndex::new(service.0), direction)
            .map(|node| ServiceId(node.index()))
            .collect();
        found.sort_unstable();
        found
    }
}

/// Returns the level of a service whose dependencies have these levels: 0 without dependencies, else one more than the
/// highest.
#[must_use]
pub fn level(dependencies: impl IntoIterator<Item = usize>) -> usize {
    dependencies.into_iter().max().map_or(0, |highest| highest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ServiceName {
        ServiceName::parse(text).unwrap()
    }

    /// `"a: b c"` is service `a` that depends on `b` and `c`.
    fn graph(lines: &[&str]) -> Result<Graph, Vec<Cycle>> {
        let service = |line: &&str| {
            let (service, dependencies) = line.split_once(':').unwrap();
            (name(service), dependencies.split_whitespace().map(name).collect())
        };
        Graph::new(&lines.iter().map(service).collect::<Vec<_>>())
    }

    fn names(graph: &Graph, services: &[ServiceId]) -> Vec<String> {
        services.iter().map(|service| graph.name(*service).to_string()).collect()
    }

    #[test]
    fn dependencies_come_first_and_ties_keep_file_order() {
        let graph = graph(&["web: api", "api: lib db", "db:", "lib:", "docs:"]).unwrap();
        assert_eq!(names(&graph, graph.build_order()), ["db", "lib", "api", "web", "docs"]);
    }

    #[test]
    fn what_a_service_is_built_from_comes_with_it() {
        let graph = graph(&["web: api", "api: db", "db:", "docs: web"]).unwrap();
        assert_eq!(graph.with_dependencies(&[graph.id("api").unwrap()]), [false, true, true, false]);
        assert_eq!(graph.with_dependencies(&[graph.id("docs").unwrap()]), [true; 4]);
        assert_eq!(names(&graph, &graph.built_from(graph.id("docs").unwrap())), ["docs", "web", "api", "db"]);
    }

    #[test]
    fn levels_count_selected_dependencies_only() {
        let graph = graph(&["web: api", "api: db", "db:"]).unwrap();
        assert_eq!(graph.levels(|_| true), [Some(2), Some(1), Some(0)]);
        assert_eq!(graph.levels(|service| graph.name(service).as_str() != "api"), [Some(0), None, Some(0)]);
    }

    #[test]
    fn cycles_name_their_members() {
        let cycles = graph(&["a: b", "b: c x", "c: a", "x: x", "d: a", "e:"]).unwrap_err();
        let shown: Vec<String> = cycles.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a -> b -> c -> a", "x -> x"]);
    }

    #[test]
    fn neighbours_are_in_file_order() {
        let graph = graph(&["z:", "a:", "m: a z", "n: a"]).unwrap();
        let id = |name| graph.id(name).unwrap();
        assert_eq!(names(&graph, &graph.dependencies(id("m"))), ["z", "a"]);
        assert_eq!(names(&graph, &graph.dependents(id("a"))), ["m", "n"]);
    }
}
