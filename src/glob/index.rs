use super::{Pattern, Verdict};

/// Many patterns at once.
#[derive(Debug, Clone, Default)]
pub struct GlobIndex {
    patterns: Vec<Pattern>,
}

/// A pattern that matches a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The pattern's position in what the index was built from.
    pub pattern: usize,
    /// Whether matching gave up: the pattern counts as matching, and that is said.
    pub doubt: bool,
}

impl GlobIndex {
    /// Builds the index; positions count from 0 in the order of `patterns`.
    #[must_use]
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        Self { patterns: patterns.into_iter().collect() }
    }

    /// Returns the pattern at a position.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn pattern(&self, position: usize) -> &Pattern {
        &self.patterns[position]
    }

    /// Puts the patterns that match a path into `hits`, in ascending order, after emptying it.
    pub fn matches(&self, path: &[u8], hits: &mut Vec<Hit>) {
        hits.clear();
        for (position, pattern) in self.patterns.iter().enumerate() {
            match pattern.matches(path) {
                Verdict::No => {}
                verdict => hits.push(Hit { pattern: position, doubt: verdict == Verdict::Doubt }),
            }
        }
    }
}
