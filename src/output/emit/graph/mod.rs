//! The graph of services, with one file for each format.

mod dot;
mod mermaid;
mod text;

pub use dot::dot;
pub use mermaid::mermaid as mermaid_graph;
pub use text::text as graph_text;

#[cfg(test)]
mod tests;
