//! The dependency graph, as published: the services of a configuration, and the services that each is built from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analysis::filter::FilterId;
use crate::config::{Config, ServiceOrigin};
use crate::model::name::{RepoDir, ServiceId};

/// Services and their dependencies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceGraph {
    /// The version of this JSON.
    pub schema: u32,
    /// The services, in the order of the configuration.
    pub services: Vec<GraphService>,
}

/// A service, and the services that it is built from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GraphService {
    /// Its name.
    pub service: String,
    /// Its directory, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it is a library, which is never built itself.
    pub library: bool,
    /// The position of its declaration, as file, line and column: `filters.yaml:3:3`.
    pub at: String,
    /// 0 for a service that needs no other, else one more than the highest level of the services that it needs.
    pub level: usize,
    /// If this is the library that rebake adds for a circle (services that are built from each other), the services of
    /// the circle; else empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circle: Vec<String>,
    /// The services that it is built from directly, in the order of the configuration.
    pub needs: Vec<GraphEdge>,
}

/// An edge to a service that this one is built from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GraphEdge {
    /// The name of the service to which the edge leads.
    pub service: String,
    /// The position of the edge's declaration, as file, line and column: `apps/web/package.json:5:16`.
    pub at: String,
}

impl ServiceGraph {
    /// Returns the graph of the named services, of all services that they are built from, and of all services that are
    /// built from them. If none is named, it returns the graph of all services.
    #[must_use]
    pub fn of(config: &Config, named: &[ServiceId]) -> Self {
        let graph = &config.graph;
        let mut wanted = vec![named.is_empty(); graph.len()];
        if !named.is_empty() {
            let mut dependents: BTreeSet<ServiceId> = named.iter().copied().collect();
            graph.add_dependents(&mut dependents);
            wanted = graph.with_dependencies(named);
            for dependent in dependents {
                wanted[dependent.0] = true;
            }
        }
        let levels = graph.levels(|_| true);
        let mut circles: BTreeMap<FilterId, Vec<String>> = BTreeMap::new();
        for (name, service) in &config.services {
            if let Some(circle) = service.circle {
                circles.entry(circle).or_default().push(name.to_string());
            }
        }
        let services = graph.services().filter(|service| wanted[service.0]).map(|id| {
            let service = &config.services[id.0];
            let mut needs: Vec<_> = service.depends_on.iter().filter(|need| wanted[need.value.0]).collect();
            needs.sort_by_key(|need| need.value);
            let is_circle = service.origin == ServiceOrigin::Circle;
            GraphService {
                service: graph.name(id).to_string(),
                path: service.path.as_ref().map(RepoDir::to_string),
                library: service.is_library(),
                at: config.source.at(service.name.defined),
                level: levels[id.0].unwrap_or_default(),
                circle: if is_circle { circles.remove(&service.filter).unwrap_or_default() } else { Vec::new() },
                needs: needs
                    .into_iter()
                    .map(|need| GraphEdge {
                        service: graph.name(need.value).to_string(),
                        at: config.source.at(need.defined),
                    })
                    .collect(),
            }
        });
        Self { schema: 1, services: services.collect() }
    }

    /// Returns all edges. An edge has the position of a service in `services`, the position of a service that it is
    /// built from, and the position of the edge's declaration in a file.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize, &str)> {
        let names = self.services.iter().enumerate().map(|(position, service)| (service.service.as_str(), position));
        let positions: BTreeMap<&str, usize> = names.collect();
        self.services.iter().enumerate().flat_map(move |(from, service)| {
            let to = |need: &GraphEdge| positions.get(need.service.as_str()).copied();
            service.needs.iter().filter_map(|need| Some((from, to(need)?, need.at.as_str()))).collect::<Vec<_>>()
        })
    }
}
