//! Notes that a stage of a plan returns with its answer.

use super::Doubt;
use crate::model::diagnostic::Diagnostic;

/// The doubts (facts that are not known) and warnings that a stage of a plan returns with its answer.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The facts that are not known, because of which the answer has more services than necessary.
    pub doubts: Vec<Doubt>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

impl Notes {
    /// Adds the notes of an answer, and returns the answer.
    pub fn keep<T>(&mut self, (answer, notes): (T, Self)) -> T {
        self.extend(notes);
        answer
    }

    /// Adds other notes.
    pub fn extend(&mut self, Self { doubts, warnings }: Self) {
        self.doubts.extend(doubts);
        self.warnings.extend(warnings);
    }
}

impl From<Doubt> for Notes {
    fn from(doubt: Doubt) -> Self {
        Self { doubts: vec![doubt], ..Self::default() }
    }
}

impl From<Diagnostic> for Notes {
    fn from(warning: Diagnostic) -> Self {
        Self { warnings: vec![warning], ..Self::default() }
    }
}
