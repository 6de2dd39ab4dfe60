use unicode_width::UnicodeWidthChar as _;

/// Returns a text with its lines broken between words, so that they fit into `most` columns of a terminal. Each line
/// that continues a broken line is indented. In a row of a table, it begins at the last column of the table that begins
/// in the left half of the terminal. If there is no such column, or the line is not a row, it begins two columns to the
/// right of the beginning of the broken line.
///
/// A word that is wider than the terminal stays whole. Escape codes have no width.
#[must_use]
pub fn word_wrap(text: &str, most: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        push_line(&mut wrapped, line, most);
    }
    wrapped
}

fn push_line(wrapped: &mut String, mut line: &str, most: usize) {
    let mut indent = 0;
    while let Some(Break { at, column }) = last_break(line, most.saturating_sub(indent), indent == 0) {
        wrapped.push_str(line[..at].trim_end_matches(' '));
        wrapped.push('\n');
        if indent == 0 {
            indent = column;
        }
        wrapped.push_str(&" ".repeat(indent));
        line = line[at..].trim_start_matches(' ');
    }
    wrapped.push_str(line);
}

/// Where a line is broken.
struct Break {
    /// The position of the break in the line, in bytes.
    at: usize,
    /// The column in which the next line begins.
    column: usize,
}

/// Returns the last break between words such that the text before it fits into `most` columns; `None` if the whole line
/// fits. `is_first` says that the line does not continue another one, so blanks at its beginning are kept.
fn last_break(line: &str, most: usize, is_first: bool) -> Option<Break> {
    let margin = if is_first { line.len() - line.trim_start_matches(' ').len() } else { 0 };
    let (mut width, mut blanks, mut is_code) = (0, 0, false);
    let (mut found, mut column) = (None, margin + 2);
    for (at, character) in line.char_indices() {
        match character {
            '\n' => return None,
            '\u{1b}' => is_code = true,
            _ if is_code => is_code = !character.is_ascii_alphabetic(),
            ' ' => {
                if at >= margin && width > 0 {
                    found = Some(at);
                }
                (width, blanks) = (width + 1, blanks + 1);
            }
            _ => {
                if blanks > 1 && width > margin && width <= most / 2 {
                    column = width;
                }
                (width, blanks) = (width + character.width().unwrap_or_default(), 0);
                if let (Some(at), true) = (found, width > most) {
                    return Some(Break { at, column });
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn wraps(text: &str, most: usize, expected: &str) {
        assert_eq!(word_wrap(text, most), expected);
    }

    #[test]
    fn a_line_is_broken_between_words() {
        wraps("one two three\nfour\n", 8, "one two\n  three\nfour\n");
        wraps("one two\n", 7, "one two\n");
        wraps("  one two three", 9, "  one two\n    three");
        wraps("incomprehensibilities are words\n", 6, "incomprehensibilities\n  are\n  words\n");
    }

    #[test]
    fn it_goes_on_below_its_last_column() {
        wraps("api   1.0.0  by its commits and more\n", 28, "api   1.0.0  by its commits\n             and more\n");
        wraps("a long sentence of words  filters.yaml:1:1\n", 30, "a long sentence of words\n  filters.yaml:1:1\n");
    }

    #[test]
    fn codes_have_no_width_and_some_characters_have_two() {
        wraps("\u{1b}[1mone\u{1b}[0m two", 7, "\u{1b}[1mone\u{1b}[0m two");
        wraps("服务 服务 x", 9, "服务 服务\n  x");
    }
}
