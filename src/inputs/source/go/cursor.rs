//! A cursor in the text of a Go file, which skips white space and comments.

use super::literal;

/// A position in the text of a Go file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

/// A line comment.
pub(super) struct Comment<'t> {
    /// From its `//` to the end of the line.
    pub(super) text: &'t str,
    /// The offset of its `//`.
    pub(super) start: usize,
}

impl<'t> Cursor<'t> {
    /// Returns a cursor at the beginning of a text, after its byte-order mark if it has one.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 } }
    }

    /// Returns how many bytes are before the cursor.
    pub(super) fn offset(self) -> usize {
        self.at
    }

    /// Returns the text after the cursor.
    pub(super) fn rest(self) -> &'t str {
        &self.text[self.at..]
    }

    /// Moves the cursor forward by a number of bytes.
    pub(super) fn pass(&mut self, length: usize) {
        self.at += length;
    }

    /// Skips white space, block comments, semicolons and line comments. Calls `comment` with each line comment.
    pub(super) fn pass_blank(&mut self, mut comment: impl FnMut(Comment<'t>)) {
        loop {
            let rest = self.rest();
            let blank = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';');
            self.at += rest.len() - blank.len();
            if blank.starts_with("//") {
                let text = blank.lines().next().unwrap_or_default();
                comment(Comment { text, start: self.at });
                self.at += text.len();
            } else if blank.starts_with("/*") {
                self.at += blank.find("*/").map_or(blank.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    /// Reads a word of letters, digits and `_`; empty if there is none.
    pub(super) fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Skips one token of any kind. If no token begins with the next character, skips that character.
    pub(super) fn token(&mut self) {
        if !self.word().is_empty() {
            return;
        }
        let rest = self.rest();
        self.at += match rest.chars().next() {
            Some('"' | '`') => literal::read(rest).map_or(1, |(length, _)| length),
            Some('\'') => rune(rest),
            Some(other) => other.len_utf8(),
            None => 0,
        };
    }
}

/// Returns the length of a rune literal such as `'"'` or `'\''`; 1 if it does not end on its line.
fn rune(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return at + 1,
            _ => {}
        }
    }
    1
}
