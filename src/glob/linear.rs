//! The engine that matches [plain](super::subject) paths with the crate `regex`.
//!
//! picomatch's expressions are full of lookaheads, which `regex` does not have. Most of these lookaheads say that a
//! segment is not `.` or `..`, or that something follows a slash. For a plain path they always hold, so they are left
//! out here. Trees with other lookaheads, such as `!(…)`, are matched by [`Machine`](super::machine::Machine).

use super::character_set::Set;
use super::expression_tree::Node;
use super::term::{Guard, Times};
use regex::bytes::{Regex, RegexBuilder};
use std::fmt::Write as _;

/// The most memory that one compiled expression may take, in bytes.
const MAX_SIZE: usize = 1 << 17;

/// Returns an expression that matches the same plain paths as the tree. Returns `None` if `regex` cannot express the
/// tree, or needs more than [`MAX_SIZE`] for it.
pub(super) fn compile(tree: &Node) -> Option<Regex> {
    let text = match tree {
        Node::Sequence(nodes) => sequence(nodes, true),
        node => sequence(std::slice::from_ref(node), true),
    }?;
    RegexBuilder::new(&format!(r"\A(?:{text})\z")).size_limit(MAX_SIZE).build().ok()
}

fn expression(node: &Node) -> Option<String> {
    Some(match node {
        Node::Literal(text) => regex::escape(text),
        Node::Set(set) => class(set),
        // A plain path has no line breaks.
        Node::Any => "(?s:.)".to_owned(),
        Node::Star => "(?-u:[^/])*".to_owned(),
        Node::Globstar => "(?s-u:.)*".to_owned(),
        Node::Guard(Guard::NotDots | Guard::NotDotSegment) => String::new(),
        Node::Guard(Guard::NotLoneDot | Guard::Something) | Node::Boundary(_) | Node::Ahead(..) => return None,
        Node::Start => r"\A".to_owned(),
        Node::End => r"\z".to_owned(),
        Node::Sequence(nodes) => sequence(nodes, false)?,
        Node::Either(arms) => alternatives(arms.iter())?,
        Node::Repeat(node, times) => {
            let sign = match times {
                Times::Optional => '?',
                Times::Any => '*',
                Times::Many => '+',
            };
            format!("(?:{}){sign}", expression(node)?)
        }
    })
}

/// Translates successive nodes to the syntax of `regex`; `None` if it cannot express them. `first` says whether the
/// nodes begin at the beginning of the path.
fn sequence(nodes: &[Node], first: bool) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    // Whether a segment begins here, and so at least one character follows.
    let mut segment = first;
    for (index, node) in nodes.iter().enumerate() {
        if *node == Node::Guard(Guard::Something) {
            if !segment {
                return None;
            }
            continue;
        }
        let something = nodes[index + 1..].iter().take_while(|node| matches!(node, Node::Guard(_)));
        let something = something.into_iter().any(|node| *node == Node::Guard(Guard::Something));
        parts.push(match node {
            // If a character must follow the alternatives, none of them can be the end of the path.
            Node::Either(arms) if something => alternatives(arms.iter().filter(|arm| **arm != Node::End))?,
            node => expression(node)?,
        });
        segment = match node {
            Node::Guard(_) => segment,
            Node::Repeat(inner, Times::Optional) => segment && ends_in_slash(inner),
            node => ends_in_slash(node),
        };
    }
    Some(parts.concat())
}

fn alternatives<'a>(arms: impl Iterator<Item = &'a Node>) -> Option<String> {
    let arms: Vec<String> = arms.map(expression).collect::<Option<_>>()?;
    Some(format!("(?:{})", arms.join("|")))
}

/// Whether a segment begins after a node.
fn ends_in_slash(node: &Node) -> bool {
    // No segment begins after `End`. `End` still counts as an alternative, since `sequence` leaves it out if a
    // character must follow.
    let edge = |node: &Node| matches!(node, Node::Start | Node::End) || ends_in_slash(node);
    match node {
        Node::Literal(text) => text.ends_with('/'),
        Node::Sequence(nodes) => nodes.last().is_some_and(ends_in_slash),
        Node::Either(arms) => arms.iter().all(edge),
        _ => false,
    }
}

fn class(set: &Set) -> String {
    let mut text = String::from(if set.is_negated() { "[^" } else { "[" });
    if set.ranges().is_empty() {
        // `regex` has no empty class. `[a&&b]`, the class of the characters that are both `a` and `b`, matches nothing.
        text += "a&&b";
    }
    for (low, high) in set.ranges() {
        let (low, high) = (u32::from(*low), u32::from(*high));
        let _ = write!(text, r"\x{{{low:x}}}-\x{{{high:x}}}");
    }
    text + "]"
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::super::machine::Machine;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_looks_ahead_for_another_reason_is_left_out() {
        for (pattern, linear) in [
            ("src/**", true),
            ("**/*.md", true),
            ("a/**/*", true),
            ("a/*/b?/[c-e]/{f,g}/+(h)/*.@(js|ts)", true),
            ("*", true),
            ("!(a)", false),
            ("a.*/b", true),
            ("{a,.*}/b", false),
            ("(?=a)b", false),
            ("[^]/a", true),
        ] {
            assert_eq!(compile(Pattern::parse(pattern).unwrap().tree()).is_some(), linear, "{pattern}");
        }
    }

    #[test]
    fn the_end_of_the_path_is_no_begin_of_a_segment() {
        let linear = compile(Pattern::parse("a/**/*").unwrap().tree()).unwrap();
        assert!(!linear.is_match(b"a"));
        assert!(linear.is_match(b"a/b"));
        assert!(linear.is_match(b"a/b/c"));
    }

    fn fragment() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "a", "b", "/", "/", "*", "**", "**/", "/**", "?", ".", ".b", "[ab]", "[^a]", "{a,b}", "{a,b/}", "@(a|b/)",
            "+(a)", "?(/)", "*(ab)", "(a/|)", "(/**/)", "a/**/*", "x",
        ])
    }

    fn plain_path() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", ".b", "x", "...", "é"]), 1..5)
            .prop_map(|path| path.join("/"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn both_engines_agree(fragments in prop::collection::vec(fragment(), 1..6), path in plain_path()) {
            let Ok(pattern) = Pattern::parse(&fragments.concat()) else { return Ok(()) };
            let Some(linear) = compile(pattern.tree()) else { return Ok(()) };
            let run = Machine::new(pattern.tree()).run(&path, usize::MAX).unwrap();
            prop_assert_eq!(linear.is_match(path.as_bytes()), run.matches, "{} {}", pattern.text(), path);
        }
    }
}
