//! The grammar that go.mod and go.work share: one directive per line, or a block of them in parentheses.

use std::borrow::Cow;

use crate::model::diagnostic::{Located, Span};

/// A directive: its verb, and the words after it.
#[derive(Debug)]
pub(super) struct Directive<'t> {
    pub(super) verb: &'t str,
    /// The words after the verb; at least one.
    pub(super) words: Vec<Located<Cow<'t, str>>>,
}

/// Returns the directives of a file. Each directive of a block has the block's verb.
pub(super) fn read(text: &str) -> Vec<Directive<'_>> {
    let mut directives = Vec::new();
    let mut block = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut words = words(line, start);
        start += line.len();
        let Some(first) = words.first() else { continue };
        match (block, &*first.value) {
            (Some(_), ")") => block = None,
            (Some(verb), _) => directives.push(Directive { verb, words }),
            (None, _) => {
                let verb = text.get(first.defined.start..first.defined.end).unwrap_or_default();
                words.remove(0);
                match words.first() {
                    Some(open) if open.value == "(" => block = Some(verb),
                    Some(_) => directives.push(Directive { verb, words }),
                    None => {}
                }
            }
        }
    }
    directives
}

/// Returns the words of a line, without comments and quotes. `start` is the offset of the line in the file.
fn words(line: &str, start: usize) -> Vec<Located<Cow<'_, str>>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped = rest.len() - rest.trim_start().len();
        let rest = &rest[skipped..];
        at += skipped;
        if rest.is_empty() || rest.starts_with("//") {
            break;
        }
        let (length, word) = super::literal::read(rest).unwrap_or_else(|| bare(rest));
        words.push(Located::new(word, Span { start: start + at, end: start + at + length }));
        at += length;
    }
    words
}

/// Returns the length and the text of an unquoted word. The word ends before white space, a parenthesis, a comma or a
/// comment.
fn bare(rest: &str) -> (usize, Cow<'_, str>) {
    let ends = |(at, c): (usize, char)| c.is_whitespace() || "(),".contains(c) || rest[at..].starts_with("//");
    let length = match rest.char_indices().find(|place| ends(*place)) {
        // A parenthesis or a comma is a word of its own.
        Some((0, c)) => c.len_utf8(),
        Some((at, _)) => at,
        None => rest.len(),
    };
    (length, Cow::Borrowed(&rest[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let shown = |directive: &Directive<'_>| {
            let words: Vec<&str> = directive.words.iter().map(|word| &*word.value).collect();
            format!("{} {}", directive.verb, words.join("|"))
        };
        read(text).iter().map(shown).collect()
    }

    #[test]
    fn blocks_comments_and_quotes_are_read() {
        let text = "// a comment\nmodule \"example.com/m\" // indirect\nrequire (\n\ta v1 // indirect\n\n\t`b c` v2//x\n)\n\
                    retract [v1, v2]\nreplace a => ../a\nuse(\n./x\n)\ngo";
        assert_eq!(
            shown(text),
            [
                "module example.com/m",
                "require a|v1",
                "require b c|v2",
                "retract [v1|,|v2]",
                "replace a|=>|../a",
                "use ./x",
            ]
        );
    }

    #[test]
    fn a_word_knows_its_place() {
        let text = "module m\nreplace (\n\ta => \"../a\"\n)\n";
        let directives = read(text);
        let place = directives[1].words[2].defined;
        assert_eq!(&text[place.start..place.end], "\"../a\"");
    }
}
