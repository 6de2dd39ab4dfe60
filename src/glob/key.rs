//! What a path must have so that a pattern can match it at all: the keys by which an index files patterns.

use super::term::Times;
use super::tree::Node;

/// How many texts a group of alternatives may stand for before it counts as unknown.
const MAX_TEXTS: usize = 64;

/// What an expression demands of a path. Each demand is met by any one of its texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Demands {
    /// The path has one of these segments; a demand for each segment of the pattern that is literal.
    pub(super) segments: Vec<Vec<String>>,
    /// The path ends in one of these extensions (what stands behind the last dot).
    pub(super) extension: Option<Vec<String>>,
}

impl Demands {
    pub(super) fn of(tree: &Node) -> Self {
        let nodes = match tree {
            Node::Sequence(nodes) => &nodes[..],
            node => std::slice::from_ref(node),
        };
        // A slash that may follow a path makes no difference to its segments.
        let nodes = match nodes {
            [nodes @ .., Node::Repeat(node, Times::Optional)] if **node == Node::Literal("/".to_owned()) => nodes,
            nodes => nodes,
        };
        let mut walk = Walk { demands: Self::default(), whole: true, texts: vec![String::new()] };
        for node in nodes {
            walk.node(node);
        }
        walk.end()
    }
}

/// The extension of a path: what stands behind the last dot of its last segment.
pub(super) fn extension(path: &str) -> Option<&str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    Some(name.rsplit_once('.')?.1)
}

/// A walk over the nodes of an expression, from left to right.
struct Walk {
    demands: Demands,
    /// Whether the texts begin where a segment does.
    whole: bool,
    /// What may stand between the last place that is not literal, or the last slash, and here.
    texts: Vec<String>,
}

impl Walk {
    fn node(&mut self, node: &Node) {
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
            node => match literals(node) {
                Some(texts) => self.append(&texts),
                None => {
                    if begins_at_slash(node) {
                        self.slash();
                    }
                    self.unknown(ends_at_slash(node));
                }
            },
        }
    }

    fn at_slash(&self) -> bool {
        self.whole && self.texts == [""]
    }

    fn append(&mut self, more: &[&str]) {
        if self.texts.len() * more.len() > MAX_TEXTS {
            return self.unknown(false);
        }
        self.texts = self.texts.iter().flat_map(|text| more.iter().map(move |more| format!("{text}{more}"))).collect();
    }

    fn slash(&mut self) {
        if self.whole && !self.at_slash() {
            self.demands.segments.push(std::mem::take(&mut self.texts));
        }
        self.unknown(true);
    }

    fn unknown(&mut self, at_slash: bool) {
        self.whole = at_slash;
        self.texts = vec![String::new()];
    }

    fn end(mut self) -> Demands {
        if self.whole {
            self.slash();
        } else {
            let extension = |text: &String| text.rsplit_once('.').map(|(_, extension)| extension.to_owned());
            self.demands.extension = self.texts.iter().map(extension).collect();
        }
        self.demands
    }
}

/// The texts of alternatives that are all literal and stay in one segment.
fn literals(node: &Node) -> Option<Vec<&str>> {
    let Node::Either(arms) = node else { return None };
    arms.iter()
        .map(|arm| match arm {
            Node::Literal(text) if !text.contains('/') => Some(text.as_str()),
            Node::Sequence(nodes) if nodes.is_empty() => Some(""),
            _ => None,
        })
        .collect()
}

fn takes_something(node: &Node) -> bool {
    !matches!(node, Node::Guard(_) | Node::Ahead(..) | Node::Boundary(_))
}

/// Whether a segment of the path ends where a node begins.
fn begins_at_slash(node: &Node) -> bool {
    match node {
        Node::Literal(text) => text.starts_with('/'),
        Node::End => true,
        Node::Sequence(nodes) => nodes.iter().find(|node| takes_something(node)).is_some_and(begins_at_slash),
        Node::Either(arms) => arms.iter().all(begins_at_slash),
        _ => false,
    }
}

/// Whether a segment of the path begins, or the path ends, where a node ends.
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

    fn demands(pattern: &str) -> String {
        let demands = Demands::of(Pattern::parse(pattern).unwrap().tree());
        let segments = demands.segments.iter().map(|texts| texts.join("|"));
        let extension = demands.extension.iter().map(|texts| format!(".{}", texts.join("|")));
        segments.chain(extension).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literal_segments_and_extensions_are_demanded() {
        for (pattern, demanded) in [
            ("services/api/**", "services api"),
            ("services/api/**/*.rs", "services api .rs"),
            ("a/**/b/*/c", "a b c"),
            ("**/node_modules/**", "node_modules"),
            ("**/*.md", ".md"),
            ("*.md", ".md"),
            ("**/*", ""),
            ("**", ""),
            ("a*/b?/[cd]/e", "e"),
            ("src/{a,b}/x.{js,ts}", "src a|b x.js|x.ts"),
            ("**/*.{js,ts}", ".js|ts"),
            ("@(api|web)/main", "api|web main"),
            ("a+(b)/c", "c"),
            ("{a/b,c}/d", "d"),
            ("!(a)/b.go", "b.go"),
            ("\\*/\"x y\"", "* x y"),
            ("a|b", "a|b"),
            ("a/b|c", ""),
            ("(a/|)b", ""),
        ] {
            assert_eq!(demands(pattern), demanded, "{pattern}");
        }
    }

    #[test]
    fn too_many_alternatives_are_not_demanded() {
        let pattern = format!("a/{}/b", "{x,y}".repeat(7));
        assert_eq!(demands(&pattern), "a b");
    }

    #[test]
    fn the_extension_is_behind_the_last_dot() {
        for (path, expected) in [
            ("a/b.test.ts", Some("ts")),
            ("a.b/c", None),
            (".env", Some("env")),
            ("a.js/", Some("js")),
            ("a.", Some("")),
        ] {
            assert_eq!(extension(path), expected, "{path}");
        }
    }
}
