//! The logical lines of a Dockerfile. Line continuations are joined, and comments are left out. Each part of a logical
//! line has its place in the file.

use std::ops::Range;

use crate::model::diagnostic::Span;

/// A line of the file, up to a line break.
#[derive(Debug, Clone, Copy)]
struct Physical<'a> {
    /// The text without the line break.
    text: &'a str,
    start: usize,
}

/// An instruction as one line.
#[derive(Debug, Default)]
pub(super) struct LogicalLine {
    pub(super) text: String,
    /// The parts of the text. Each part is from one line of the file. Its numbers are the offsets of its beginning in
    /// the text and in the file.
    parts: Vec<(usize, usize)>,
}

impl LogicalLine {
    fn push(&mut self, text: &str, start: usize) {
        if !text.is_empty() {
            self.parts.push((self.text.len(), start));
            self.text.push_str(text);
        }
    }

    /// Returns the span in the file of a range of the text, from the first byte of the range to its last byte.
    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        let start = self.offset(range.start);
        let end = if range.is_empty() { start } else { self.offset(range.end - 1) + 1 };
        Span { start, end: end.max(start) }
    }

    /// Returns the span of the whole line.
    pub(super) fn whole(&self) -> Span {
        self.span(&(0..self.text.len()))
    }

    fn offset(&self, at: usize) -> usize {
        let part = self.parts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.parts.get(part).map_or(0, |(start, offset)| offset + (at - start))
    }
}

/// Reads a Dockerfile line by line.
#[derive(Clone)]
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    pub(super) escape: char,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, escape: '\\' }
    }

    fn physical(&mut self) -> Option<Physical<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = Physical { text: rest[..length].trim_end_matches(['\r', '\n']), start: self.at };
        self.at += length;
        Some(line)
    }

    /// Returns the text after the `#` and its span if the next line is a comment; `None` if it is not.
    pub(super) fn comment(&mut self) -> Option<(&'a str, Span)> {
        let before = self.at;
        let comment = self.physical().and_then(|line| {
            let text = line.text.trim_start();
            let start = line.start + line.text.len() - text.len();
            Some((text.strip_prefix('#')?, Span { start, end: line.start + line.text.len() }))
        });
        if comment.is_none() {
            self.at = before;
        }
        comment
    }

    /// Returns the next instruction as one line; `None` at the end of the file.
    pub(super) fn logical(&mut self) -> Option<LogicalLine> {
        let mut logical = LogicalLine::default();
        let mut goes_on = false;
        while let Some(line) = self.physical() {
            let trimmed = line.text.trim_start();
            if trimmed.starts_with('#') || (trimmed.is_empty()) {
                continue;
            }
            // A continuation line keeps its leading spaces.
            let text = if goes_on { line.text } else { trimmed };
            let (text, more) = self.continued(text);
            logical.push(text, line.start + line.text.len() - if goes_on { line.text.len() } else { trimmed.len() });
            goes_on = true;
            if !more {
                break;
            }
        }
        goes_on.then_some(logical)
    }

    /// Returns a line without the escape character at its end, and whether there was such a character. If so, the next
    /// line continues this line.
    fn continued<'b>(&self, text: &'b str) -> (&'b str, bool) {
        let line = text.trim_end_matches([' ', '\t']);
        match line.strip_suffix(self.escape) {
            Some(before) if !before.ends_with(self.escape) => (before, true),
            _ => (text, false),
        }
    }

    /// Skips the lines of a heredoc, including the line that ends it. Returns `false` if there is no such line.
    pub(super) fn skip_heredoc(&mut self, terminator: &str, tabs: bool) -> bool {
        while let Some(line) = self.physical() {
            let text = if tabs { line.text.trim_start_matches('\t') } else { line.text };
            if text == terminator {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let mut lines = Lines::new(text);
        std::iter::from_fn(|| lines.logical()).map(|line| line.text).collect()
    }

    #[test]
    fn instructions_go_on_over_lines_comments_and_empty_lines() {
        let text = "\u{feff}# c\r\n  RUN a \\\r\n# c\n\n\\\n  b\\ \t\n  # c\n c\nRUN d\\\\\nRUN e \\";
        assert_eq!(lines(text), ["RUN a   b c", "RUN d\\\\", "RUN e "]);
        assert!(lines("\n# a\n \n").is_empty());
    }

    #[test]
    fn places_are_those_of_the_file() {
        let text = "\u{feff}COPY a \\\n# c\n  b c\n";
        let line = Lines::new(text).logical().unwrap();
        assert_eq!(line.text, "COPY a   b c");
        for word in ["COPY", "a", "b", "c"] {
            let at = line.text.find(&format!(" {word}")).map_or(0, |at| at + 1);
            let span = line.span(&(at..at + word.len()));
            assert_eq!(&text[span.start..span.end], word);
        }
        let whole = line.whole();
        assert_eq!(&text[whole.start..whole.end], "COPY a \\\n# c\n  b c");
    }

    #[test]
    fn a_heredoc_ends_with_its_name_alone() {
        let mut lines = Lines::new("a\n EOF\nEOF x\n\tEOF\r\nEOF\nRUN b\n");
        assert!(lines.skip_heredoc("EOF", false));
        assert_eq!(lines.logical().unwrap().text, "RUN b");
        assert!(!lines.skip_heredoc("EOF", true));
    }
}
