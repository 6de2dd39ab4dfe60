use std::fmt::Write as _;

use super::super::EmitError;
use super::super::mermaid::{MOST_CHARACTERS, MOST_EDGES, label};
use crate::plan::graph::ServiceGraph;

/// Returns a graph in Mermaid's language, in build order from left to right. The label of an edge is the position of
/// its declaration, such as `filters.yaml:3:9`. Libraries have round ends.
///
/// # Errors
/// When the graph has more edges or more characters than Mermaid allows by default.
pub fn mermaid(graph: &ServiceGraph) -> Result<String, EmitError> {
    let limit = |what, size: usize, most: usize| EmitError::Limit {
        engine: "Mermaid",
        what,
        size: size.to_string(),
        limit: most.to_string(),
        cure: "name some of the services, or use `--format dot`",
    };
    let mut text = "graph LR\n".to_owned();
    for (position, service) in graph.services.iter().enumerate() {
        let name = label(&service.service);
        let [open, close] = if service.library { ["([", "])"] } else { ["[", "]"] };
        let _ = writeln!(text, "  s{position}{open}\"{name}\"{close}");
    }
    let mut count = 0;
    for (from, to, at) in graph.edges() {
        let _ = writeln!(text, "  s{to} -->|\"{}\"| s{from}", label(at));
        count += 1;
    }
    if count > MOST_EDGES {
        return Err(limit("the number of dependencies", count, MOST_EDGES));
    }
    if text.len() > MOST_CHARACTERS {
        return Err(limit("the number of characters", text.len(), MOST_CHARACTERS));
    }
    Ok(text)
}
