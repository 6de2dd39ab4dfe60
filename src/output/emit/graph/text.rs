use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::table::services;
use super::super::{Column, Palette};
use crate::model::name::Escaped;
use crate::plan::graph::{GraphEdge, ServiceGraph};

/// Returns a graph as text. First comes each service that has dependencies, and below it each dependency with the
/// position of its declaration, such as `filters.yaml:3:9`. Then come the services that have neither dependencies nor
/// dependents.
#[must_use]
pub fn text(graph: &ServiceGraph, palette: Palette) -> String {
    let edges: Vec<(usize, usize, &str)> = graph.edges().collect();
    let joined: BTreeSet<usize> = edges.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    let shown = |name: &str| Escaped::new(name).to_string();
    let mut text = String::new();
    for service in &graph.services {
        if service.needs.is_empty() && service.circle.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{}", palette.name(&shown(&service.service)));
        if !service.circle.is_empty() {
            let members: Vec<String> = service.circle.iter().map(|member| shown(member)).collect();
            let _ = writeln!(text, "  {}", palette.faint("has the files of services that are built from each other:"));
            list(&mut text, &members);
        }
        let column = Column::of(service.needs.iter().map(|need| shown(&need.service)));
        for GraphEdge { service, at } in &service.needs {
            let _ = writeln!(text, "  {}  {}", column.pad(&shown(service)), palette.faint(&shown(at)));
        }
    }
    let alone = graph.services.iter().enumerate().filter(|(position, _)| !joined.contains(position));
    let alone: Vec<String> = alone.map(|(_, service)| shown(&service.service)).collect();
    if !alone.is_empty() {
        text.push_str(if joined.is_empty() { "On their own:\n" } else { "\nOn their own:\n" });
        list(&mut text, &alone);
    }
    let levels = graph.services.iter().map(|service| service.level + 1).max().unwrap_or_default();
    let edges = match edges.len() {
        0 => "no dependencies".to_owned(),
        1 => "1 dependency".to_owned(),
        many => format!("{many} dependencies"),
    };
    let depth = if levels > 1 { format!(", {levels} levels") } else { String::new() };
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}{}, {edges}{depth}.", services(graph.services.len()));
    text
}

/// How wide a line of names may be.
const WIDTH: usize = 80;

/// Writes names, separated by commas, in lines of at most [`WIDTH`] columns.
fn list(text: &mut String, names: &[String]) {
    let mut line = String::new();
    for (position, name) in names.iter().enumerate() {
        let comma = if position + 1 < names.len() { "," } else { "" };
        if !line.is_empty() && line.chars().count() + name.chars().count() + 4 > WIDTH {
            let _ = writeln!(text, " {line}");
            line.clear();
        }
        let _ = write!(line, " {name}{comma}");
    }
    let _ = writeln!(text, " {line}");
}
