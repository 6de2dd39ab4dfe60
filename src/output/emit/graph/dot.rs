use std::fmt::Write as _;

use crate::model::name::Escaped;
use crate::plan::graph::ServiceGraph;

/// Returns a graph in the language of Graphviz, in build order from left to right. The tooltip of an edge is the
/// position of its declaration, such as `filters.yaml:3:9`. Libraries are ovals.
#[must_use]
pub fn dot(graph: &ServiceGraph) -> String {
    let mut text = "digraph services {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for service in &graph.services {
        let shape = if service.library { ", shape=oval" } else { "" };
        let _ = writeln!(text, "  {} [tooltip={}{shape}];", quoted(&service.service), quoted(&service.at));
    }
    for (from, to, at) in graph.edges() {
        let [from, to] = [from, to].map(|position| quoted(&graph.services[position].service));
        let _ = writeln!(text, "  {to} -> {from} [edgetooltip={}];", quoted(at));
    }
    text + "}\n"
}

/// Returns a text as a string of Graphviz.
fn quoted(text: &str) -> String {
    format!("\"{}\"", Escaped::new(text).to_string().replace('\\', "\\\\").replace('"', "\\\""))
}
