use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Located, SourceFile, Span};
use crate::name::nearest;

/// What has been found wrong with a file so far.
///
/// A problem of a text that several aliases use is one problem. Behind [`Problems::SHOWN`] problems the others
/// are only counted: nobody reads them, and a hostile file could have hundreds of thousands.
pub(super) struct Problems<'f> {
    file: &'f SourceFile,
    found: Vec<Diagnostic>,
    known: BTreeSet<(&'static str, Option<Span>, String)>,
    withheld: usize,
    errors: bool,
}

impl<'f> Problems<'f> {
    /// So many problems are told.
    const SHOWN: usize = 100;
    /// So many problems get a "did you mean": looking for it costs time for each of a file's names.
    const SUGGESTED: usize = 25;

    pub(super) fn new(file: &'f SourceFile) -> Self {
        Self { file, found: Vec::new(), known: BTreeSet::new(), withheld: 0, errors: false }
    }

    /// The file that they are in.
    pub(super) fn file(&self) -> &'f SourceFile {
        self.file
    }

    /// Adds a problem, unless it is known already.
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

    /// Returns an advice that names the word most likely meant, if there is one.
    pub(super) fn did_you_mean<'a>(
        &self,
        word: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.found.len() < Self::SUGGESTED { nearest(word, candidates) } else { None }
    }

    /// Whether one of them is an error.
    pub(super) fn has_errors(&self) -> bool {
        self.errors
    }

    /// Returns them in the order of the file.
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
