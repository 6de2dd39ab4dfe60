use std::collections::VecDeque;

use super::{Cause, Direct};
use crate::analysis::graph::Graph;
use crate::model::name::ServiceId;

/// All causes of every service: its own causes, and those that spread from its dependencies. A service without causes
/// is not affected.
#[derive(Debug, Clone)]
pub struct Affected<'a>(Vec<Vec<Cause<'a>>>);

impl<'a> Affected<'a> {
    /// Whether a service is affected.
    #[must_use]
    pub fn contains(&self, service: ServiceId) -> bool {
        !self.0[service.0].is_empty()
    }

    /// Returns a service's causes: first its own, then the shortest chain to a dependency with causes of its own.
    #[must_use]
    pub fn causes(&self, service: ServiceId) -> &[Cause<'a>] {
        &self.0[service.0]
    }
}

/// Spreads causes from dependencies to dependents.
///
/// This is one breadth-first walk from all services with causes of their own, so the chain that reaches a service is a
/// shortest one. Of several shortest chains, it is the one through services that come first in the file.
#[must_use]
pub fn spread<'a>(direct: Direct<'a>, graph: &Graph) -> Affected<'a> {
    let mut causes = direct.into_causes();
    let roots = graph.services().filter(|service| !causes[service.0].is_empty());
    let mut queue: VecDeque<ServiceId> = roots.collect();
    let is_root: Vec<bool> = causes.iter().map(|causes| !causes.is_empty()).collect();
    let mut chains: Vec<Option<Vec<ServiceId>>> = vec![None; causes.len()];
    while let Some(service) = queue.pop_front() {
        let beyond = if is_root[service.0] { None } else { chains[service.0].as_ref() };
        let chain: Vec<ServiceId> = std::iter::once(service).chain(beyond.into_iter().flatten().copied()).collect();
        for dependent in graph.dependents(service) {
            if chains[dependent.0].is_none() {
                chains[dependent.0] = Some(chain.clone());
                if !is_root[dependent.0] {
                    queue.push_back(dependent);
                }
            }
        }
    }
    for (causes, chain) in causes.iter_mut().zip(chains) {
        // One chain is enough. The library of a circle may have one already, as its own cause.
        if !causes.iter().any(|cause| matches!(cause, Cause::Dependency(_))) {
            causes.extend(chain.map(Cause::Dependency));
        }
    }
    Affected(causes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::ServiceName;
    use proptest::prelude::*;

    fn graph(edges: &[&[usize]]) -> Graph {
        let name = |id: usize| ServiceName::parse(&format!("s{id}")).unwrap();
        let services: Vec<_> = edges
            .iter()
            .enumerate()
            .map(|(id, dependencies)| (name(id), dependencies.iter().map(|id| name(*id)).collect()))
            .collect();
        Graph::new(&services).unwrap()
    }

    fn forced<'a>(graph: &Graph, services: &[usize]) -> Direct<'a> {
        let mut direct = Direct::none(graph.len());
        for service in services {
            direct.add(ServiceId(*service), Cause::Forced);
        }
        direct
    }

    fn shown(graph: &Graph, affected: &Affected) -> Vec<String> {
        let cause = |cause: &Cause| match cause {
            Cause::Dependency(chain) => {
                chain.iter().fold(String::new(), |text, id| text + "<" + graph.name(*id).as_str())
            }
            Cause::Forced => "forced".to_owned(),
            other => format!("{other:?}"),
        };
        let service = |id: ServiceId| affected.causes(id).iter().map(cause).collect::<Vec<_>>().join(" ");
        graph.services().map(service).collect()
    }

    #[test]
    fn chains_are_the_shortest_and_lead_to_a_root() {
        // 0 <- 1 <- 2, and 3 depends on 2 and on 0.
        let graph = graph(&[&[], &[0], &[1], &[2, 0], &[]]);
        let affected = spread(forced(&graph, &[0]), &graph);
        assert_eq!(shown(&graph, &affected), ["forced", "<s0", "<s1<s0", "<s0", ""]);
    }

    #[test]
    fn of_two_ways_the_shorter_one_is_told() {
        // 0 <- 1 <- 4, and 0 <- 2 <- 3 <- 4.
        let graph = self::graph(&[&[], &[0], &[0], &[2], &[1, 3]]);
        let affected = spread(forced(&graph, &[0]), &graph);
        assert_eq!(shown(&graph, &affected), ["forced", "<s0", "<s0", "<s2<s0", "<s1<s0"]);
    }

    #[test]
    fn a_service_with_causes_of_its_own_says_its_dependency_too() {
        let graph = graph(&[&[], &[0], &[1]]);
        let affected = spread(forced(&graph, &[0, 1]), &graph);
        assert_eq!(shown(&graph, &affected), ["forced", "forced <s0", "<s1"]);
    }

    proptest! {
        #[test]
        fn affected_of_a_union_is_the_union_of_affected(
            edges in proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..4), 1..30),
            a in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
            b in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            // Edges lead to services that stand before, so that there is no cycle.
            let edges: Vec<Vec<usize>> = edges
                .iter()
                .enumerate()
                .map(|(id, to)| if id == 0 { vec![] } else { to.iter().map(|index| index.index(id)).collect() })
                .collect();
            let graph = graph(&edges.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let pick = |picks: &[prop::sample::Index]| picks.iter().map(|pick| pick.index(edges.len())).collect();
            let (a, b): (Vec<usize>, Vec<usize>) = (pick(&a), pick(&b));
            let affected = |services: &[usize]| spread(forced(&graph, services), &graph);
            let (of_a, of_b, of_both) = (affected(&a), affected(&b), affected(&[a.clone(), b.clone()].concat()));
            for service in graph.services() {
                prop_assert_eq!(of_both.contains(service), of_a.contains(service) || of_b.contains(service));
            }
        }
    }
}
