//! Explains how a pattern was read.

use super::Pattern;
use super::character_set::Set;
use super::expression_tree::Node;
use super::key::Part;
use super::term::{Guard, Times};
use std::fmt;

/// An explanation of how a pattern was read, in lines of text.
pub struct Explanation<'a> {
    pattern: &'a Pattern,
}

impl Pattern {
    /// Explains how the pattern was read: its parts, and the segments that a path must have so that an index tries the
    /// pattern.
    #[must_use]
    pub fn explain(&self) -> Explanation<'_> {
        Explanation { pattern: self }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.pattern.text())?;
        if self.pattern.is_negated() {
            writeln!(f, "  matches every path that is not:")?;
        } else {
            writeln!(f, "  matches a path that is:")?;
        }
        lines(f, self.pattern.tree(), 4)?;
        let demands = self.pattern.demands();
        if demands.is_empty() {
            writeln!(f, "  tried for every path")?;
        }
        demands.iter().try_for_each(|demand| {
            let part = match demand.part {
                Part::Whole => "is",
                Part::Beginning => "begins with",
                Part::Ending => "ends in",
            };
            let texts = demand.texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" or ");
            writeln!(f, "  tried only when a segment {part} {texts}")
        })
    }
}

/// Writes a line for the node, indented by `indent` spaces, and below it the lines of the node's children.
fn lines(f: &mut fmt::Formatter<'_>, node: &Node, indent: usize) -> fmt::Result {
    let (line, inner): (String, &[Node]) = match node {
        Node::Sequence(nodes) if nodes.is_empty() => ("nothing".to_owned(), &[]),
        Node::Sequence(nodes) => return nodes.iter().try_for_each(|node| lines(f, node, indent)),
        Node::Literal(text) => (format!("the text {text:?}"), &[]),
        Node::Set(set) if *set == Set::not_slash() => ("a character that is no slash".to_owned(), &[]),
        Node::Set(set) => (set_line(set), &[]),
        Node::Any => ("a character that does not end a line".to_owned(), &[]),
        Node::Star => ("any characters up to the next slash".to_owned(), &[]),
        Node::Globstar => ("any characters, also over slashes, but no segment `.` or `..`".to_owned(), &[]),
        Node::Guard(Guard::NotDots | Guard::NotLoneDot | Guard::NotDotSegment) => {
            ("(no segment `.` or `..` here)".to_owned(), &[])
        }
        Node::Guard(Guard::Something) => ("(at least one character more)".to_owned(), &[]),
        Node::Start => ("the beginning of the path".to_owned(), &[]),
        Node::End => ("the end of the path".to_owned(), &[]),
        Node::Boundary(true) => ("(a word begins or ends here)".to_owned(), &[]),
        Node::Boundary(false) => ("(no word begins or ends here)".to_owned(), &[]),
        Node::Either(arms) => {
            writeln!(f, "{:indent$}either", "")?;
            for (index, arm) in arms.iter().enumerate() {
                if index > 0 {
                    writeln!(f, "{:indent$}or", "")?;
                }
                lines(f, arm, indent + 2)?;
            }
            return Ok(());
        }
        Node::Repeat(node, times) => (
            match times {
                Times::Optional => "once or not at all:",
                Times::Any => "any number of times:",
                Times::Many => "at least once:",
            }
            .to_owned(),
            std::slice::from_ref(&**node),
        ),
        Node::Ahead(node, true) => ("(this is ahead:".to_owned(), std::slice::from_ref(&**node)),
        Node::Ahead(node, false) => ("(this is not ahead:)".to_owned(), std::slice::from_ref(&**node)),
    };
    writeln!(f, "{:indent$}{line}", "")?;
    inner.iter().try_for_each(|node| lines(f, node, indent + 2))
}

fn set_line(set: &Set) -> String {
    let range =
        |(low, high): &(char, char)| if low == high { format!("{low:?}") } else { format!("{low:?} to {high:?}") };
    let ranges = set.ranges().iter().map(range).collect::<Vec<_>>().join(", ");
    if set.is_negated() {
        format!("a character other than {ranges}")
    } else {
        format!("one of the characters {ranges}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_explained_part_by_part() {
        let pattern = Pattern::parse("!src/**/[a-c]?(x).md").unwrap();
        assert_eq!(
            pattern.explain().to_string(),
            r#""!src/**/[a-c]?(x).md"
  matches every path that is not:
    the text "src"
    either
      the text "/"
      (no segment `.` or `..` here)
      any characters, also over slashes, but no segment `.` or `..`
      the text "/"
    or
      the text "/"
    or
      the end of the path
    one of the characters 'a' to 'c'
    once or not at all:
      the text "x"
    the text ".md"
  tried for every path
"#
        );
        let demands = Pattern::parse("{a,b}/**/*.md").unwrap().explain().to_string();
        assert!(
            demands.ends_with(
                "  tried only when a segment is \"a\" or \"b\"\n  tried only when a segment ends in \".md\"\n"
            )
        );
    }
}
