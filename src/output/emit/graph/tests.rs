use super::super::{EmitError, Palette};
use super::*;
use crate::plan::graph::{GraphEdge, GraphService, ServiceGraph};

fn service(name: &str, library: bool, needs: &[(&str, &str)]) -> GraphService {
    let edge = |(service, at): &(&str, &str)| GraphEdge { service: (*service).to_owned(), at: (*at).to_owned() };
    GraphService {
        service: name.to_owned(),
        path: None,
        library,
        at: "f:1:1".to_owned(),
        level: needs.len(),
        circle: Vec::new(),
        needs: needs.iter().map(edge).collect(),
    }
}

fn graph(services: Vec<GraphService>) -> ServiceGraph {
    ServiceGraph { schema: 1, services }
}

#[test]
fn names_are_harmless_in_each_format() {
    let graph = graph(vec![service("a\"\\b", false, &[("x\n", "p\":1:2")]), service("x\n", true, &[])]);
    assert_eq!(
        dot(&graph),
        "digraph services {\n  rankdir=LR;\n  node [shape=box];\n  \"a\\\"\\\\b\" [tooltip=\"f:1:1\"];\n  \
         \"x\\\\n\" [tooltip=\"f:1:1\", shape=oval];\n  \"x\\\\n\" -> \"a\\\"\\\\b\" [edgetooltip=\"p\\\":1:2\"];\n}\n"
    );
    assert_eq!(
        mermaid_graph(&graph).unwrap(),
        "graph LR\n  s0[\"a#34;#92;b\"]\n  s1([\"x#92;n\"])\n  s1 -->|\"p#34;#58;1#58;2\"| s0\n"
    );
}

#[test]
fn lists_of_names_are_no_wider_than_a_terminal() {
    let mut services: Vec<_> = (0..60).map(|number| service(&format!("service-{number}"), false, &[])).collect();
    services.push(service("last", false, &[("service-0", "f:2:2")]));
    let mut circle = service("circle", true, &[]);
    circle.circle = (0..30).map(|number| format!("service-{number}")).collect();
    services.push(circle);
    let text = graph_text(&graph(services), Palette::Plain);
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert!(text.contains("last\n  service-0  f:2:2\n"), "{text}");
    assert!(text.ends_with("62 services, 1 dependency, 2 levels.\n"), "{text}");
    assert_eq!(graph_text(&graph(Vec::new()), Palette::Plain), "0 services, no dependencies.\n");
}

#[test]
fn what_mermaid_cannot_draw_is_an_error() {
    let needs: Vec<(String, String)> = (0..501).map(|number| (format!("s{number}"), "f:1:1".to_owned())).collect();
    let needs: Vec<(&str, &str)> = needs.iter().map(|(name, at)| (name.as_str(), at.as_str())).collect();
    let mut services = vec![service("a", false, &needs)];
    services.extend(needs.iter().map(|(name, _)| service(name, false, &[])));
    let error = mermaid_graph(&graph(services)).unwrap_err();
    assert!(matches!(error, EmitError::Limit { what: "the number of dependencies", .. }), "{error}");
}
