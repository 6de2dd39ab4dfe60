use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use indexmap::IndexSet;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::name::ServiceName;

/// Services that depend on themselves in a circle.
///
/// `Display` is `a -> b -> a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(Vec<ServiceName>);

impl Cycle {
    /// Returns the members. Each depends on the next, and the last depends on the first.
    #[must_use]
    pub fn members(&self) -> &[ServiceName] {
        &self.0
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|member| write!(f, "{member} -> "))?;
        self.0.first().map_or(Ok(()), |first| write!(f, "{first}"))
    }
}

/// Returns one cycle for each group of services that depend on each other: a shortest cycle through one service of the
/// group.
pub(super) fn find(edges: &DiGraph<(), ()>, names: &IndexSet<ServiceName>) -> Vec<Cycle> {
    let mut cycles: Vec<Vec<usize>> = tarjan_scc(edges)
        .into_iter()
        .filter(|component| component.len() > 1 || edges.contains_edge(component[0], component[0]))
        .map(|component| shortest(edges, &component))
        .collect();
    cycles.sort();
    cycles.into_iter().map(|cycle| Cycle(cycle.into_iter().map(|node| names[node].clone()).collect())).collect()
}

fn shortest(edges: &DiGraph<(), ()>, component: &[NodeIndex]) -> Vec<usize> {
    let component: BTreeSet<usize> = component.iter().map(|node| node.index()).collect();
    let Some(start) = component.first().copied() else { return Vec::new() };
    let mut reached_from = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let next: BTreeSet<usize> = edges
            .neighbors(NodeIndex::new(node))
            .map(NodeIndex::index)
            .filter(|next| component.contains(next))
            .collect();
        if next.contains(&start) {
            let way_back = std::iter::successors(Some(node), |node| reached_from.get(node).copied());
            let mut cycle: Vec<usize> = way_back.collect();
            cycle.reverse();
            return cycle;
        }
        for neighbour in next {
            reached_from.entry(neighbour).or_insert_with(|| {
                queue.push_back(neighbour);
                node
            });
        }
    }
    Vec::new()
}
