use super::PatternError;
use super::character_set::ends_line;
use super::expression_tree::Node;
use super::linear;
use super::machine::{GaveUp, Machine};
use super::parse::read;
use super::subject::Subject;
use regex::bytes::Regex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The most steps that [`Machine`] may take for one path. A step enters one state.
const MAX_STEPS: usize = 5_000_000;

/// The number of plain paths ([`Subject::plain`]) that [`Machine`] matches with a pattern before the linear engine
/// takes over. `Machine` compiles in about 2 µs and matches a path in 2 µs; the linear engine compiles in 30 µs and
/// matches a path in 0.1 µs.
pub(super) const SELDOM: u32 = 256;

/// A parsed pattern, and the two engines that match it.
pub(super) struct Expression {
    /// Whether the pattern is negated: it matches the paths that the tree does not match.
    pub(super) negated: bool,
    /// Whether the text is taken literally because its brackets are not valid. The pattern then only matches the path
    /// with the same text.
    pub(super) spelled_out: bool,
    pub(super) tree: Node,
    machine: OnceLock<Machine>,
    /// The tree as compiled for the linear engine; the inner value is `None` if that engine cannot express the tree.
    pub(super) linear: OnceLock<Option<Regex>>,
    /// The number of plain paths that were matched before the linear engine took over.
    asked: AtomicU32,
}

impl Expression {
    /// Reads a pattern's text.
    pub(super) fn read(text: &str) -> Result<Self, PatternError> {
        let reading = read(text)?;
        Ok(Self { negated: reading.negated, ..Self::of(Node::build(&reading.terms)?) })
    }

    /// Returns an expression that only matches the path with exactly this text.
    pub(super) fn spelled_out(text: &str) -> Self {
        Self { spelled_out: true, ..Self::of(Node::Literal(text.to_owned())) }
    }

    fn of(tree: Node) -> Self {
        let (machine, linear, asked) = (OnceLock::new(), OnceLock::new(), AtomicU32::new(0));
        Self { negated: false, spelled_out: false, tree, machine, linear, asked }
    }

    /// Returns whether the pattern matches a path, or an error if matching gave up.
    pub(super) fn takes(&self, path: &Subject<'_>) -> Result<bool, GaveUp> {
        // A negated expression ends in `.*`, which matches no line break.
        if self.negated && path.text.contains(ends_line) {
            return Ok(false);
        }
        let takes = self.tree.may_take(&path.text) && self.tree_takes(path)?;
        Ok(takes != self.negated)
    }

    /// Returns whether the tree matches a path, or an error if matching gave up. A tree that is used often is compiled
    /// for the linear engine.
    fn tree_takes(&self, path: &Subject<'_>) -> Result<bool, GaveUp> {
        let often = || self.linear.get().is_some() || self.asked.fetch_add(1, Ordering::Relaxed) >= SELDOM;
        if path.plain
            && often()
            && let Some(linear) = self.linear.get_or_init(|| linear::compile(&self.tree))
        {
            return Ok(linear.is_match(path.text.as_bytes()));
        }
        self.machine.get_or_init(|| Machine::new(&self.tree)).run(&path.text, MAX_STEPS).map(|run| run.matches)
    }
}
