//! Draws problems in the style of rustc.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::model::diagnostic::{Diagnostic, Label, Severity, SourceFile, Span};
use crate::model::name::{Escaped, escaped_lines, is_visible};

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// With ANSI escape codes.
    Always,
    /// Plain text.
    Never,
}

/// The width of the drawing in columns. It does not depend on the terminal, so the same problem always gives the same
/// text.
const WIDTH: usize = 120;
/// The longest line, in bytes, that is drawn whole. Longer lines are cut, since drawing them takes long and helps
/// little.
const LINE: usize = 4096;

/// Returns the problems as text for people, separated by blank lines.
#[must_use]
pub fn render(problems: &[Diagnostic], color: Color) -> String {
    let renderer = match color {
        Color::Always => Renderer::styled(),
        Color::Never => Renderer::plain(),
    };
    let renderer = renderer.term_width(WIDTH);
    let texts: Vec<String> = problems.iter().map(|problem| one(problem, &renderer)).collect();
    texts.into_iter().map(|text| text + "\n").collect::<Vec<_>>().join("\n")
}

fn one(problem: &Diagnostic, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(escaped_lines(&problem.message)).id(problem.code));
    let excerpts: Vec<Excerpt<'_>> = excerpts(&problem.labels);
    for excerpt in &excerpts {
        let annotations = excerpt.labels.iter().map(|(kind, label)| {
            let text = Some(label.text.as_str()).filter(|text| !text.is_empty());
            kind.span(excerpt.range(label.span)).label(text.map(escaped_lines))
        });
        let snippet = Snippet::source(excerpt.text.as_str()).line_start(excerpt.line).path(excerpt.name.as_str());
        group = group.element(snippet.annotations(annotations));
    }
    for help in &problem.help {
        group = group.element(Level::HELP.message(escaped_lines(help)));
    }
    renderer.render(&[group])
}

/// The lines of a file that contain the labels of a problem.
struct Excerpt<'a> {
    file: &'a SourceFile,
    name: String,
    /// The offset in the file of the excerpt's first byte.
    start: usize,
    /// The number of the excerpt's first line in the file.
    line: usize,
    text: String,
    labels: Vec<(AnnotationKind, &'a Label)>,
}

/// Returns one excerpt for each file, in the order of the labels.
fn excerpts(labels: &[Label]) -> Vec<Excerpt<'_>> {
    let mut excerpts: Vec<Excerpt<'_>> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let known = excerpts.iter_mut().find(|excerpt| {
            std::ptr::eq(excerpt.file.text(), label.file.text()) && excerpt.file.name() == label.file.name()
        });
        match known {
            Some(excerpt) => excerpt.labels.push((kind, label)),
            None => excerpts.push(Excerpt::new(kind, label)),
        }
    }
    excerpts.iter_mut().for_each(Excerpt::cut);
    excerpts
}

impl<'a> Excerpt<'a> {
    fn new(kind: AnnotationKind, label: &'a Label) -> Self {
        let name = Escaped::new(label.file.name()).to_string();
        Self { file: &label.file, name, start: 0, line: 1, text: String::new(), labels: vec![(kind, label)] }
    }

    /// Copies the lines that contain labels from the file.
    fn cut(&mut self) {
        let text = self.file.text();
        let spans = || self.labels.iter().map(|(_, label)| label.span);
        let first = floor(text, spans().map(|span| span.start).min().unwrap_or_default());
        let last = floor(text, spans().map(|span| span.end.max(span.start)).max().unwrap_or_default()).max(first);
        let begin = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[last..].find('\n').map_or(text.len(), |newline| last + newline);
        self.start = floor(text, begin.max(first.saturating_sub(LINE)));
        let end = floor(text, end.min(last + LINE));
        self.line = self.file.place(first).line;
        // Each character is replaced by as many bytes as it has, so that the labels stay where they are.
        self.text = String::with_capacity(end - self.start);
        text[self.start..end].chars().for_each(|c| push_harmless(&mut self.text, c));
    }

    /// Returns the range of a span in the excerpt.
    fn range(&self, span: Span) -> Range<usize> {
        let place = |offset: usize| floor(&self.text, offset.saturating_sub(self.start));
        let start = place(span.start);
        start..place(span.end).max(start)
    }
}

/// Appends a character. If the character is invisible, or a terminal might obey it, appends as many visible bytes
/// instead.
fn push_harmless(text: &mut String, c: char) {
    match (c, c.len_utf8()) {
        ('\n' | '\t', _) => text.push(c),
        (c, _) if is_visible(c) => text.push(c),
        (_, 1) => text.push('?'),
        (_, 2) => text.push('·'),
        (_, 3) => text.push(char::REPLACEMENT_CHARACTER),
        _ => text.push_str("··"),
    }
}

/// Returns the last boundary between characters at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, spans: &[(usize, usize)]) -> String {
        let file = SourceFile::new("f\n.yaml", text);
        let problem = Diagnostic::error("code", "message").help("help");
        let label = |problem: Diagnostic, (start, end): &(usize, usize)| {
            problem.label(&file, Span { start: *start, end: *end }, "label")
        };
        render(&[spans.iter().fold(problem, label)], Color::Never)
    }

    #[test]
    fn places_outside_of_the_text_do_no_harm() {
        for text in ["", "\n", "ü", "a\r\nb", "日本\n\t語"] {
            for spans in [&[(0, 0)][..], &[(1, 99)], &[(99, 100)], &[(2, 1)], &[(0, 1), (1, 2), (5, 7)]] {
                assert!(drawn(text, spans).contains("error[code]: message"), "{text:?} {spans:?}");
            }
        }
    }

    #[test]
    fn nothing_of_a_file_reaches_the_terminal_as_an_order() {
        let text = drawn("a: \x1b[31m \u{202e} \u{9b}31m \r \u{ad}\u{200b}\u{e0041} b", &[(3, 20)]);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!text.contains(['\u{202e}', '\u{ad}', '\u{200b}', '\u{e0041}']));
        assert!(text.contains(r"f\n.yaml:1:4"), "{text}");
    }

    #[test]
    fn long_lines_are_shown_in_part() {
        let text = drawn(&"[".repeat(1_000_000), &[(500_000, 500_001)]);
        assert!(text.len() < 2_000, "{}", text.len());
        assert!(text.contains(":1:"), "{text}");
    }
}
