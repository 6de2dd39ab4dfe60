//! Whole patterns that picomatch handles as special cases: `*.js`, `**/*`, …

use crate::glob::term::{self, Guard, Opening, Term, Times, Word};

/// Reads a pattern that picomatch handles as a special case, with or without extensions after it: `**/*`,
/// `**/*.test.js`. Returns `None` for any other pattern.
pub(super) fn read(text: &str) -> Option<Vec<Term>> {
    if !text.starts_with(['.', '*']) {
        return None;
    }
    let mut words = stem(text.strip_prefix("./").unwrap_or(text))?;
    words.extend([Word::Char('/'), Word::Repeat(Times::Optional)]);
    Some(term::at(0, words))
}

fn stem(text: &str) -> Option<Vec<Word>> {
    use Guard::{NotDotSegment, NotDots, Something};
    use Word::{Char, Globstar, Star};
    let dot = Char('.');
    let any_directory = || {
        let open = Word::Open(Opening::Group);
        vec![open, Word::Guard(NotDotSegment), Globstar, Char('/'), Word::Close, Word::Repeat(Times::Optional)]
    };
    let mut words = match text {
        "*" => vec![Word::Guard(NotDotSegment), Word::Guard(Something), Star],
        ".*" => vec![dot, Word::Guard(Something), Star],
        "*.*" => vec![Word::Guard(NotDotSegment), Star, dot, Word::Guard(Something), Star],
        "*/*" => vec![Word::Guard(NotDotSegment), Star, Char('/'), Word::Guard(Something), Word::Guard(NotDots), Star],
        "**" => vec![Word::Guard(NotDotSegment), Globstar],
        "**/*" => [any_directory(), vec![Word::Guard(NotDots), Word::Guard(Something), Star]].concat(),
        "**/*.*" => [any_directory(), vec![Word::Guard(NotDots), Star, dot, Word::Guard(Something), Star]].concat(),
        "**/.*" => [any_directory(), vec![dot, Word::Guard(Something), Star]].concat(),
        _ => {
            let (stem_text, extension) = text.rsplit_once('.')?;
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if extension.is_empty() || !extension.chars().all(is_word) {
                return None;
            }
            let mut words = stem(stem_text)?;
            words.push(dot);
            words.extend(extension.chars().map(Char));
            words
        }
    };
    words.shrink_to_fit();
    Some(words)
}
