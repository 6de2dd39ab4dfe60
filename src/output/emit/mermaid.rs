//! The dependency graph as Mermaid text, which GitHub draws.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::name::Escaped;
use crate::plan::Plan;

/// The most edges that Mermaid draws by default.
pub(super) const MOST_EDGES: usize = 500;
pub(super) const MOST_CHARACTERS: usize = 50_000;

/// Returns the dependency graph in Mermaid's language, in build order from left to right. It has only services with
/// dependencies or dependents. `None` if no service of the plan depends on another one, or if the graph is too large
/// for Mermaid.
#[must_use]
pub fn mermaid(plan: &Plan) -> Option<String> {
    let names = plan.services.iter().enumerate().map(|(place, service)| (service.service.as_str(), place));
    let places: BTreeMap<&str, usize> = names.collect();
    let edges: Vec<(usize, usize)> = plan
        .services
        .iter()
        .enumerate()
        .flat_map(|(place, service)| service.needs.iter().map(move |need| (need, place)))
        .filter_map(|(need, place)| Some((*places.get(need.as_str())?, place)))
        .collect();
    if edges.is_empty() || edges.len() > MOST_EDGES {
        return None;
    }
    let mut text = "graph LR\n".to_owned();
    for place in edges.iter().flat_map(|(need, by)| [*need, *by]).collect::<BTreeSet<usize>>() {
        let _ = writeln!(text, "  s{place}[\"{}\"]", label(&plan.services[place].service));
    }
    for (need, by) in edges {
        let _ = writeln!(text, "  s{need} --> s{by}");
    }
    (text.len() <= MOST_CHARACTERS).then_some(text)
}

/// Escapes a name for Mermaid, Markdown and HTML.
pub(super) fn label(name: &str) -> String {
    let mut label = String::new();
    for c in Escaped::new(name).to_string().chars() {
        if c.is_alphanumeric() || "._/- ".contains(c) {
            label.push(c);
        } else {
            let _ = write!(label, "#{};", u32::from(c));
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_nothing_but_a_label() {
        assert_eq!(label("api-1.go/x größe"), "api-1.go/x größe");
        assert_eq!(label("a\"]\n```%%{init}<b>"), "a#34;#93;#92;n#96;#96;#96;#37;#37;#123;init#125;#60;b#62;");
    }
}
