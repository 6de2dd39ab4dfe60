//! Problems as values: what is wrong, where, why, and what to do. `cli` prints them.
//!
//! A [`Diagnostic`] points into a [`SourceFile`] by byte [`Span`]s. A value that was read from such a file is
//! [`Located`]: it has the place where it is *used* and the place where it is *defined*. The two places differ if it is
//! used through a YAML alias or merge key.

use std::fmt;
use std::sync::Arc;

/// The text of a file, and its name in messages. Cheap to clone.
#[derive(Clone)]
pub struct SourceFile(Arc<Source>);

struct Source {
    name: String,
    text: String,
    /// Byte offset of the first character of each line.
    lines: Vec<usize>,
    /// The files that are joined to the end of this file, sorted by name. Their offsets continue after the end of
    /// `text`.
    behind: Vec<Behind>,
}

/// A joined file, and the offset at which its text begins.
struct Behind {
    start: usize,
    file: SourceFile,
}

/// A range of bytes in a [`SourceFile`]; empty ranges are places between characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte; never less than `start`.
    pub end: usize,
}

/// A line and a column as messages show them: both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A value that was read from a file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value itself.
    pub value: T,
    /// The place where the value takes effect: the alias or merge key through which the file uses the value. Without an
    /// alias or merge key, this is the same place as `defined`.
    pub used: Span,
    /// The place where the value is written.
    pub defined: Span,
}

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Information: nothing is wrong.
    Note,
    /// A probable mistake. rebake continues.
    Warning,
    /// An error. rebake cannot do what it was told to do.
    Error,
}

/// A place that a diagnostic points at, with a few words about it.
#[derive(Debug, Clone)]
pub struct Label {
    /// The file that contains the place.
    pub file: SourceFile,
    /// The place.
    pub span: Span,
    /// A few words, without a full stop; may be empty.
    pub text: String,
}

/// One problem: what, where, why, and what to do.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its severity.
    pub severity: Severity,
    /// A stable short name of this kind of problem, such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong: a sentence without a full stop that begins in lower case.
    pub message: String,
    /// The places. The first label is the place of the problem; the others are related places.
    pub labels: Vec<Label>,
    /// Suggestions on what to do.
    pub help: Vec<String>,
}

impl SourceFile {
    /// Creates a file with this text. Messages call it `name`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self(Arc::new(Source { name: name.into(), text, lines, behind: Vec::new() }))
    }

    /// Returns this file with other files joined to its end, so that a span of the result can lie in any of these
    /// files. [`SourceFile::at`] finds the file of a span. Of two files with the same name, only the first is joined.
    #[must_use]
    pub fn joined(&self, others: impl IntoIterator<Item = Self>) -> Self {
        let mut others: Vec<Self> = others.into_iter().collect();
        if others.is_empty() {
            return self.clone();
        }
        others.sort_by(|a, b| a.name().cmp(b.name()));
        others.dedup_by(|next, kept| next.name() == kept.name());
        let Source { name, text, lines, .. } = &*self.0;
        let mut end = text.len();
        let place = |file: Self| {
            let start = end + 1;
            end = start + file.text().len();
            Behind { start, file }
        };
        let behind = others.into_iter().map(place).collect();
        Self(Arc::new(Source { name: name.clone(), text: text.clone(), lines: lines.clone(), behind }))
    }

    /// Converts a span of a joined file into a span of this file. Returns an empty span if that file was not joined.
    #[must_use]
    pub fn span_behind(&self, file: &Self, span: Span) -> Span {
        let behind = &self.0.behind;
        let found = behind.binary_search_by(|behind| behind.file.name().cmp(file.name()));
        let Ok(start) = found.map(|at| behind[at].start) else { return Span::default() };
        Span { start: start + span.start, end: start + span.end }
    }

    /// Returns the file that a span lies in, and the span's place in that file.
    fn resolve(&self, span: Span) -> (&Self, Span) {
        let behind = &self.0.behind;
        match behind.partition_point(|behind| behind.start <= span.start).checked_sub(1) {
            None => (self, span),
            Some(at) => {
                let Behind { start, file } = &behind[at];
                (file, Span { start: span.start - start, end: span.end.max(span.start) - start })
            }
        }
    }

    /// Returns the name that messages use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Returns the line and column of a byte offset, or of the end of the text if the offset lies after it.
    #[must_use]
    pub fn place(&self, offset: usize) -> LineColumn {
        let mut offset = offset.min(self.text().len());
        while !self.text().is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.0.lines.partition_point(|start| *start <= offset) - 1;
        let column = self.text()[self.0.lines[line]..offset].chars().count();
        LineColumn { line: line + 1, column: column + 1 }
    }

    /// Returns `name:line:column` of a span's start, the form that editors and terminals open.
    #[must_use]
    pub fn at(&self, span: Span) -> String {
        let (file, span) = self.resolve(span);
        let LineColumn { line, column } = file.place(span.start);
        format!("{}:{line}:{column}", file.name())
    }

    /// Returns the text of a span; empty if the span lies outside of the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        let (file, span) = self.resolve(span);
        file.text().get(span.start..span.end).unwrap_or_default()
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({:?})", self.name())
    }
}

impl<T> Located<T> {
    /// Returns a value that is defined where it is used.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, used: span, defined: span }
    }

    /// Returns the value that `f` makes of this value, at the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), used: self.used, defined: self.defined }
    }

    /// Returns this value by reference, at the same place.
    pub fn as_ref(&self) -> Located<&T> {
        Located { value: &self.value, used: self.used, defined: self.defined }
    }
}

/// A list of problems with at least one error.
#[derive(Debug, Clone)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<&str> = self.0.iter().map(|problem| problem.message.as_str()).collect();
        f.write_str(&messages.join("\n"))
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic {
    /// Returns an error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// Returns a warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Returns a problem without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), labels: Vec::new(), help: Vec::new() }
    }

    /// Adds a place. The first place that is added is the place of the problem.
    #[must_use]
    pub fn label(mut self, file: &SourceFile, span: Span, text: impl Into<String>) -> Self {
        let (file, span) = file.resolve(span);
        self.labels.push(Label { file: file.clone(), span, text: text.into() });
        self
    }

    /// Adds the place of a value: where it is defined and, if it is used through an alias, where it is used.
    #[must_use]
    pub fn located<T>(self, file: &SourceFile, value: &Located<T>, text: impl Into<String>) -> Self {
        let diagnostic = self.label(file, value.defined, text);
        if value.used == value.defined {
            diagnostic
        } else {
            diagnostic.label(file, value.used, "used here, through this alias")
        }
    }

    /// Adds a suggestion.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Whether its severity is [`Severity::Error`].
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let file = SourceFile::new("f", "ab\nüx\n");
        for (offset, line, column) in [(0, 1, 1), (2, 1, 3), (3, 2, 1), (4, 2, 1), (5, 2, 2), (7, 3, 1), (99, 3, 1)] {
            assert_eq!(file.place(offset), LineColumn { line, column }, "{offset}");
        }
    }

    #[test]
    fn places_behind_the_end_are_those_of_other_files() {
        let (a, b) = (SourceFile::new("a", "1\n23"), SourceFile::new("b", ""));
        let joined = SourceFile::new("f", "ab\n").joined([b.clone(), a.clone(), a.clone()]);
        let span = |start, end| Span { start, end };
        let in_a = joined.span_behind(&a, span(2, 4));
        assert_eq!((joined.at(in_a).as_str(), joined.slice(in_a)), ("a:2:1", "23"));
        assert_eq!(joined.at(joined.span_behind(&b, span(0, 0))), "b:1:1");
        assert_eq!((joined.at(span(1, 2)).as_str(), joined.at(span(3, 3)).as_str()), ("f:1:2", "f:2:1"));
        let problem = Diagnostic::error("x", "x").label(&joined, in_a, "");
        assert_eq!((problem.labels[0].file.name(), problem.labels[0].span), ("a", span(2, 4)));
    }
}
