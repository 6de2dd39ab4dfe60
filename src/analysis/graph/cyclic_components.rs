use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Returns the cycles of a graph with `nodes` nodes: sorted sets of nodes that can all reach each other (strongly
/// connected components). A set of a single node is left out.
#[must_use]
pub fn cyclic_components(nodes: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(nodes, 0);
    for _ in 0..nodes {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    let components = tarjan_scc(&graph).into_iter().filter(|members| members.len() > 1);
    let sorted = components.map(|members| {
        let mut members: Vec<usize> = members.into_iter().map(NodeIndex::index).collect();
        members.sort_unstable();
        members
    });
    let mut components: Vec<Vec<usize>> = sorted.collect();
    components.sort();
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cycles_are_components() {
        let edges = [(0, 1), (1, 2), (2, 0), (3, 0), (4, 4), (5, 6), (6, 5)];
        assert_eq!(cyclic_components(7, edges), [vec![0, 1, 2], vec![5, 6]]);
        assert_eq!(cyclic_components(2, [(0, 1), (0, 1)]), Vec::<Vec<usize>>::new());
    }
}
