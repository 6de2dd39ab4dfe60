use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::name::ServiceId;

/// Returns the nodes in an order in which each node comes after its dependencies: the nodes to which its edges lead. If
/// several nodes can come next, the lowest one does. Returns `None` if there is a cycle.
///
/// petgraph's own `toposort` depends on the order in which edges were added, so an edited line elsewhere in the file
/// would reorder the plan.
pub(super) fn build_order(edges: &DiGraph<(), ()>) -> Option<Vec<ServiceId>> {
    let mut waits_for: Vec<usize> =
        edges.node_indices().map(|node| edges.neighbors_directed(node, Direction::Outgoing).count()).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        waits_for.iter().enumerate().filter(|(_, count)| **count == 0).map(|(node, _)| Reverse(node)).collect();
    let mut order = Vec::with_capacity(waits_for.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(ServiceId(node));
        for dependent in edges.neighbors_directed(NodeIndex::new(node), Direction::Incoming) {
            let count = &mut waits_for[dependent.index()];
            *count -= 1;
            if *count == 0 {
                ready.push(Reverse(dependent.index()));
            }
        }
    }
    (order.len() == waits_for.len()).then_some(order)
}
