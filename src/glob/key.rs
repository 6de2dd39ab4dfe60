//! The segments that a path must have for a pattern to match it. An index files patterns by these segments.

use super::expression_tree::Node;
use super::term::Times;
use std::borrow::Cow;

/// The most literal texts that are collected for one segment. If alternatives make more, the segment counts as unknown.
const MAX_TEXTS: usize = 64;

/// A requirement of an expression: a path must have a segment that equals, begins with or ends in one of `texts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand<'t> {
    pub(super) part: Part,
    pub(super) texts: Vec<Cow<'t, str>>,
}

/// Which part of a segment has to be one of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Whole,
    Beginning,
    Ending,
}

/// Returns requirements that a path fulfils if the expression matches it.
pub(super) fn demands(tree: &Node) -> Vec<Demand<'_>> {
    let nodes = match tree {
        Node::Sequence(nodes) => &nodes[..],
        node => std::slice::from_ref(node),
    };
    // An optional slash at the end does not change the segments of a path.
    let nodes = match nodes {
        [nodes @ .., Node::Repeat(node, Times::Optional)] if **node == Node::Literal("/".to_owned()) => nodes,
        nodes => nodes,
    };
    let mut walk = Walk::default();
    for node in nodes {
        walk.node(node);
    }
    walk.finish()
}

/// A walk over an expression, from left to right, that collects demands.
pub(super) struct Walk<'t> {
    demands: Vec<Demand<'t>>,
    /// Whether `texts` begin at the beginning of a segment.
    whole: bool,
    /// The possible literal texts since the last slash, or since the last node that is not literal; empty if none are
    /// known.
    texts: Vec<Cow<'t, str>>,
}

impl Default for Walk<'_> {
    fn default() -> Self {
        Self { demands: Vec::new(), whole: true, texts: Vec::new() }
    }
}

impl<'t> Walk<'t> {
    /// Ends the walk, and returns all demands.
    pub(super) fn finish(mut self) -> Vec<Demand<'t>> {
        self.slash();
        self.demands
    }

    fn node(&mut self, node: &'t Node) {
        match node {
            Node::Guard(_) | Node::Ahead(..) | Node::Boundary(_) | Node::Start => {}
            Node::Literal(text) => {
                for (index, part) in text.split('/').enumerate() {
                    if index > 0 {
                        self.slash();
                    }
                    self.append(&[part]);
                }
            }
            Node::Repeat(inner, Times::Optional) if self.at_slash() && ends_at_slash(inner) => {}
            node => {
                if let Some(texts) = literals(node) {
                    return self.append(&texts);
                }
                if begins_at_slash(node) {
                    self.slash();
                }
                self.unknown();
                if ends_at_slash(node) {
                    self.slash();
                }
            }
        }
    }

    fn at_slash(&self) -> bool {
        self.whole && self.texts.iter().all(|text| text.is_empty())
    }

    /// Appends literal text: one of these alternatives.
    pub(super) fn append(&mut self, more: &[&'t str]) {
        if self.texts.len().max(1) * more.len() > MAX_TEXTS {
            return self.unknown();
        }
        self.texts = if self.texts.is_empty() {
            more.iter().map(|more| Cow::Borrowed(*more)).collect()
        } else {
            let both = |text: &Cow<'t, str>, more: &str| Cow::Owned([text, more].concat());
            self.texts.iter().flat_map(|text| more.iter().map(move |more| both(text, more))).collect()
        };
    }

    /// Appends a slash. It ends a segment, so the texts before it become a demand.
    pub(super) fn slash(&mut self) {
        self.demand(if self.whole { Part::Whole } else { Part::Ending });
        self.whole = true;
    }

    /// Appends something that is not literal. The texts before it become a demand if they begin a segment; otherwise
    /// they are dropped.
    pub(super) fn unknown(&mut self) {
        if self.whole {
            self.demand(Part::Beginning);
        }
        (self.whole, self.texts) = (false, Vec::new());
    }

    fn demand(&mut self, part: Part) {
        let texts = std::mem::take(&mut self.texts);
        // A text that may be empty requires nothing: `**/` also matches at the end of the path.
        if !texts.is_empty() && !texts.iter().any(|text| text.is_empty()) {
            self.demands.push(Demand { part, texts });
        }
    }
}

/// Returns the literal texts that a node can match; `None` if it can match anything else, or a slash.
fn literals(node: &Node) -> Option<Vec<&str>> {
    match node {
        Node::Literal(text) if !text.contains('/') => Some(vec![text]),
        Node::Sequence(nodes) if nodes.is_empty() => Some(vec![""]),
        Node::Either(arms) => Some(arms.iter().map(literals).collect::<Option<Vec<_>>>()?.concat()),
        Node::Repeat(node, Times::Optional) => Some([literals(node)?, vec![""]].concat()),
        _ => None,
    }
}

fn takes_something(node: &Node) -> bool {
    !matches!(node, Node::Guard(_) | Node::Ahead(..) | Node::Boundary(_))
}

/// Whether a node begins with a slash, or only matches at the end of the path.
fn begins_at_slash(node: &Node) -> bool {
    match node {
        Node::Literal(text) => text.starts_with('/'),
        Node::End => true,
        Node::Sequence(nodes) => nodes.iter().find(|node| takes_something(node)).is_some_and(begins_at_slash),
        Node::Either(arms) => arms.iter().all(begins_at_slash),
        _ => false,
    }
}

/// Whether a node ends with a slash, or only matches at the beginning or the end of the path.
fn ends_at_slash(node: &Node) -> bool {
    match node {
        Node::Literal(text) => text.ends_with('/'),
        Node::Start | Node::End => true,
        Node::Sequence(nodes) => nodes.iter().rfind(|node| takes_something(node)).is_some_and(ends_at_slash),
        Node::Either(arms) => arms.iter().all(ends_at_slash),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Pattern;

    fn shown(pattern: &str) -> String {
        let show = |demand: &Demand| {
            let texts = demand.texts.join("|");
            match demand.part {
                Part::Whole => texts,
                Part::Beginning => texts + "…",
                Part::Ending => format!("…{texts}"),
            }
        };
        demands(Pattern::parse(pattern).unwrap().tree()).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literal_parts_of_segments_are_demanded() {
        for (pattern, demanded) in [
            ("services/api/**", "services api"),
            ("services/api/**/*.rs", "services api ….rs"),
            ("a/**/b/*/c", "a b c"),
            ("**/node_modules/**", "node_modules"),
            ("**/*.md", "….md"),
            ("*.md", "….md"),
            ("**/*", ""),
            ("**", ""),
            ("a*/b?/[cd]/e", "a… b… e"),
            ("docs/**/svc-1-*.md", "docs svc-1-… ….md"),
            ("src/{a,b}/x.{js,ts}", "src a|b x.js|x.ts"),
            ("**/*.{js,ts}", "….js|.ts"),
            ("@(api|web)/main", "api|web main"),
            ("a+(b)/c", "a… c"),
            ("{a/b,c}/d", "d"),
            ("!(a)/b.go", "b.go"),
            ("x.y?(a)ml", "x.yaml|x.yml"),
            ("a/**/?(b)", "a"),
            ("a/**b/c", "a …b c"),
            ("a/b**", "a b…"),
            ("\\*/\"x y\"", "* x y"),
            ("a|b", "a|b"),
            ("a/b|c", ""),
            ("(a/|)b", "…b"),
        ] {
            assert_eq!(shown(pattern), demanded, "{pattern}");
        }
    }

    #[test]
    fn too_many_alternatives_are_not_demanded() {
        let pattern = format!("a/x{}/b", "{y,z}".repeat(7));
        assert_eq!(shown(&pattern).split(' ').count(), 3);
        assert!(!shown(&pattern).contains(&"y".repeat(7)));
    }
}
