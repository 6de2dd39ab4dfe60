use std::cell::Cell;
use std::collections::BTreeSet;

use crate::model::diagnostic::{Diagnostic, Located, SourceFile, Span};
use crate::model::name::{Escaped, nearest};

/// Returns a text of the file for a message: escaped, and cut to a readable length.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", Escaped::new(&text[..end])),
        None => Escaped::new(text).to_string(),
    }
}

/// The maximum number of characters that a message shows of a name. For longer words, no "did you mean" is searched.
const LONG: usize = 100;

/// The problems found in a file so far.
///
/// A problem in a text that several aliases use is reported once. After [`Problems::SHOWN`] problems, further ones are
/// only counted: a hostile file could have hundreds of thousands.
pub(super) struct Problems<'f> {
    file: &'f SourceFile,
    found: Vec<Diagnostic>,
    known: BTreeSet<(&'static str, Option<Span>, String)>,
    withheld: usize,
    compared: Cell<usize>,
    errors: bool,
}

impl<'f> Problems<'f> {
    /// The maximum number of problems that are reported.
    const SHOWN: usize = 100;
    /// The maximum number of pairs of words that are compared to find a "did you mean".
    const COMPARED: usize = 50_000;

    pub(super) fn new(file: &'f SourceFile) -> Self {
        Self { file, found: Vec::new(), known: BTreeSet::new(), withheld: 0, compared: Cell::new(0), errors: false }
    }

    /// Adds the problems that another list has.
    pub(super) fn append(&mut self, other: Self) {
        self.errors |= other.errors;
        self.withheld += other.withheld;
        other.found.into_iter().for_each(|problem| self.push(problem));
    }

    /// Returns the file in which the problems were found.
    pub(super) fn file(&self) -> &'f SourceFile {
        self.file
    }

    /// Adds a problem, unless it is known already. After [`Problems::SHOWN`] problems, a further one is only counted.
    pub(super) fn push(&mut self, problem: Diagnostic) {
        self.errors |= problem.is_error();
        if self.found.len() >= Self::SHOWN {
            self.withheld += 1;
            return;
        }
        let place = problem.labels.first().map(|label| label.span);
        if self.known.insert((problem.code, place, problem.message.clone())) {
            self.found.push(problem);
        }
    }

    /// Adds an error about a value.
    pub(super) fn error<T>(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        value: &Located<T>,
        label: impl Into<String>,
    ) {
        self.push(Diagnostic::error(code, message).located(self.file, value, label));
    }

    /// Returns the candidate that is most similar to a mistyped word, if one is similar enough.
    pub(super) fn did_you_mean<'a>(
        &self,
        word: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if word.len() > LONG {
            return None;
        }
        let left = Self::COMPARED.saturating_sub(self.compared.get());
        let candidates = candidates.into_iter().filter(|candidate| candidate.len() <= LONG);
        nearest(word, candidates.take(left).inspect(|_| self.compared.update(|compared| compared + 1)))
    }

    /// Whether one of the problems is an error.
    pub(super) fn has_errors(&self) -> bool {
        self.errors
    }

    /// Returns the problems in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        let place = |problem: &Diagnostic| problem.labels.first().map(|label| label.span);
        self.found.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.message.cmp(&b.message)));
        if self.withheld > 0 {
            let severity = if self.errors { Diagnostic::error } else { Diagnostic::warning };
            let message = format!("{} more problems of this file are not shown", self.withheld);
            self.found.push(severity("too-many-problems", message));
        }
        self.found
    }
}
