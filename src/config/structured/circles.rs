//! Circles: services that are built from each other, as their manifests declare.
//!
//! rebake adds a library for each circle. The library has the files of all services in the circle, and depends on every
//! service outside of the circle that a service in the circle depends on. Each service in the circle depends on the
//! library. So the number of dependencies grows with the number of services, not with its square.

use std::collections::{BTreeMap, BTreeSet};

use super::build_files::{below_directory, entry};
use super::discovered_services::{Added, Written, free_name, given};
use crate::analysis::filter::{Effect, FilterEntry};
use crate::analysis::graph::cyclic_components;
use crate::config::problems::Problems;
use crate::config::raw::{self, Patterns};
use crate::config::read::{List, Named, Text};
use crate::model::diagnostic::{Located, Span};
use crate::model::recipe::Builder;

/// A dependency between two services, which are given by their positions.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) at: Span,
    /// Whether it was discovered, and not read from filters.yaml.
    pub(super) is_discovered: bool,
}

/// The circles of a graph.
pub(super) struct Circles {
    pub(super) list: Vec<Circle>,
    /// For each edge, whether it lies within a circle.
    pub(super) closes: Vec<bool>,
}

/// Services that are built from each other.
pub(super) struct Circle {
    /// Their positions, in order.
    pub(super) members: Vec<usize>,
    /// For each member, the place of its first edge to another member.
    pub(super) inward: Vec<Span>,
    /// The place of the first discovered edge within the circle.
    pub(super) at: Span,
    /// The services outside of the circle that its members are built from, each with the place of the first edge.
    outward: BTreeMap<usize, Span>,
}

/// Finds the circles with a discovered edge. Other circles are errors of the file, which are reported elsewhere.
pub(super) fn of(services: &Written, edges: &[Edge]) -> Circles {
    let components = cyclic_components(services.len(), edges.iter().map(|edge| (edge.from, edge.to)));
    let mut component_of = vec![None; services.len()];
    for (component, members) in components.iter().enumerate() {
        for member in members {
            component_of[*member] = Some(component);
        }
    }
    let is_within = |edge: &Edge| component_of[edge.from].is_some() && component_of[edge.from] == component_of[edge.to];
    let mut first: Vec<Option<Span>> = vec![None; components.len()];
    let mut inward: Vec<Span> = vec![Span::default(); services.len()];
    let mut outward: Vec<BTreeMap<usize, Span>> = vec![BTreeMap::new(); components.len()];
    for edge in edges {
        let Some(component) = component_of[edge.from] else { continue };
        if is_within(edge) {
            if inward[edge.from] == Span::default() {
                inward[edge.from] = edge.at;
            }
            if edge.is_discovered {
                first[component].get_or_insert(edge.at);
            }
        } else {
            outward[component].entry(edge.to).or_insert(edge.at);
        }
    }
    let closes = edges.iter().map(is_within).collect();
    let circle = |((members, at), outward): ((Vec<usize>, Option<Span>), _)| {
        let inward = members.iter().map(|member| inward[*member]).collect();
        Some(Circle { members, inward, at: at?, outward })
    };
    Circles { list: components.into_iter().zip(first).zip(outward).filter_map(circle).collect(), closes }
}

/// Returns a name for the library of a circle, after the first service in it, and adds its slug to `slugs`.
pub(in crate::config) fn circle_name(first: &str, slugs: &mut BTreeSet<String>) -> String {
    free_name([format!("{first}-circle")], slugs)
}

/// Returns the library that is added for a circle, in the form of a service of filters.yaml.
pub(super) fn library(
    services: &Written,
    circle: &Circle,
    added: &Added,
    problems: &mut Problems<'_>,
) -> Named<Box<raw::Service>> {
    let at = circle.at;
    let named = |(to, at): (&usize, &Span)| Located::new(Text(services.keys()[*to].clone()), *at);
    let library = raw::Service {
        filters: given(Patterns(files(services, circle, added, problems)), at),
        depends_on: given(List(circle.outward.iter().map(named).collect()), at),
        // The `global` patterns of the file affect the services of the circle directly, not through the library.
        global: given(raw::Flag(false), at),
        // The library has no releases.
        tag: given(List(Vec::new()), at),
        builder: given(raw::Choice(Builder::Nothing), at),
        ..raw::Service::default()
    };
    Named { name: Located::new((), at), value: Located::new(Box::new(library), at) }
}

/// Returns the filter entries of all services of a circle, for the circle's library.
///
/// The entries of a package exclude the directories of other packages within its own directory. Such a package may
/// belong to the circle too, so its entries come after the entries of the package that contains it. All entries that
/// are not about a package's directory come last. Exclusions that filters.yaml contains are left out, since each
/// applies to one service only.
fn files(services: &Written, circle: &Circle, added: &Added, problems: &mut Problems<'_>) -> Vec<FilterEntry> {
    let mut directories: Vec<(usize, &[FilterEntry])> = Vec::new();
    let mut others: Vec<FilterEntry> = Vec::new();
    // For each pattern, the discovered packages that have it. Services of the file do not count, since a later pattern
    // there may exclude what an earlier one matches.
    let mut takers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for member in &circle.members {
        let Some((name, named)) = services.get_index(*member) else { continue };
        let service = &*named.value.value;
        match (service.filters.value(), service.path.given()) {
            (Some(patterns), Some(path)) if added.origins.contains_key(name) => {
                let ceded = patterns.0.iter().skip(1).take_while(|entry| entry.effect == Effect::Cede).count();
                let (directory, rest) = patterns.0.split_at(patterns.0.len().min(1 + ceded));
                directories.push((path.value.0.depth(), directory));
                for entry in rest {
                    takers.entry(entry.pattern.value.text().to_owned()).or_default().insert(*member);
                }
                others.extend_from_slice(rest);
            }
            (Some(patterns), _) => {
                others.extend(patterns.0.iter().filter(|entry| entry.effect == Effect::Include).cloned());
            }
            (None, Some(path)) => others.extend(entry(path, &below_directory(&path.value.0), problems)),
            (None, None) => {}
        }
        others.extend(added.besides.get(name).into_iter().flatten().cloned());
    }
    // A pattern that all services of the circle have is left out of the library. The services of a workspace share
    // lockfiles in this way, and each service decides how the lockfiles affect it.
    let is_of_some = |entry: &FilterEntry| {
        takers.get(entry.pattern.value.text()).is_none_or(|takers| takers.len() < circle.members.len())
    };
    others.retain(is_of_some);
    directories.sort_by_key(|(depth, _)| *depth);
    directories.into_iter().flat_map(|(_, entries)| entries).cloned().chain(others).collect()
}
