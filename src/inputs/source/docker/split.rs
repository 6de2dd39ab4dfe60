//! Splits the text of an instruction into words.

use std::ops::Range;

/// A part of a line, and its text. In the words of [`words`], the text has its quotes and escapes; in those of
/// [`flags`] and [`json`], it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) range: Range<usize>,
}

/// The error for a JSON list with anything but strings. A builder refuses such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotOnlyStrings;

/// Whether a character separates unquoted words. Some Unicode spaces do not.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// Returns a range without the spaces at its ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + text[start..range.end].trim_end().len()
}

/// Returns the words between separators, without regard to quotes.
pub(super) fn separated(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let end = text[start..range.end].find(is_separator).map_or(range.end, |end| start + end);
        words.push(start..end);
        let rest = text[end..range.end].trim_start_matches(is_separator);
        start = range.end - rest.len();
    }
    words
}

/// Returns the words of a line, with their quotes and escapes. Spaces in quotes do not separate words.
pub(super) fn words(text: &str, range: Range<usize>, escape: char) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word { text: String::new(), range: range.clone() };
    let (mut in_word, mut quote) = (false, None);
    let mut characters = text[range.clone()].char_indices().map(|(at, c)| (range.start + at, c)).peekable();
    while let Some((at, c)) = characters.next() {
        if !in_word {
            if c.is_whitespace() {
                continue;
            }
            in_word = true;
            word = Word { text: String::new(), range: at..at };
        }
        if quote.is_none() && c.is_whitespace() {
            in_word = false;
            words.push(std::mem::replace(&mut word, Word { text: String::new(), range: at..at }));
            continue;
        }
        word.range.end = at + c.len_utf8();
        match quote {
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        if c == escape && quote != Some('\'') {
            // An escape character at the end escapes nothing, and is left out.
            let Some((at, escaped)) = characters.next() else { break };
            word.text.push(c);
            word.text.push(escaped);
            word.range.end = at + escaped.len_utf8();
            continue;
        }
        word.text.push(c);
    }
    if in_word && !word.text.is_empty() {
        words.push(word);
    }
    words
}

/// Returns the flags at the beginning of a range, and the rest of the range. The flags have no quotes and escapes.
pub(super) fn flags(text: &str, range: Range<usize>, escape: char) -> (Vec<Word>, Range<usize>) {
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        at = range.end - text[at..range.end].trim_start().len();
        if !text[at..range.end].starts_with("--") {
            return (flags, at..range.end);
        }
        let flag = flag(text, at..range.end, escape);
        at = flag.range.end;
        if flag.text == "--" {
            return (flags, at..range.end);
        }
        flags.push(flag);
    }
}

/// Reads one flag, up to an unquoted space.
fn flag(text: &str, range: Range<usize>, escape: char) -> Word {
    let mut flag = Word { text: String::new(), range: range.clone() };
    let mut quote = None;
    let mut characters = text[range.clone()].char_indices();
    while let Some((at, c)) = characters.next() {
        match quote {
            None if c.is_whitespace() => {
                flag.range.end = range.start + at;
                break;
            }
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ if c == escape => flag.text.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => flag.text.push(c),
        }
    }
    flag
}

/// Returns the strings of a JSON list. `None` if the range is not a JSON list. Then the caller reads the range as
/// words.
pub(super) fn json(text: &str, range: Range<usize>) -> Option<Result<Vec<Word>, NotOnlyStrings>> {
    let part = &text[range.clone()];
    if !part.starts_with('[') {
        return None;
    }
    let values: Vec<serde_json::Value> = serde_json::from_str(part).ok()?;
    let mut words = Vec::with_capacity(values.len());
    let mut at = 0;
    for value in values {
        let serde_json::Value::String(value) = value else { return Some(Err(NotOnlyStrings)) };
        let open = at + part[at..].find('"')?;
        let mut escaped = false;
        let close = part[open + 1..].find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        })?;
        at = open + 1 + close + 1;
        words.push(Word { text: value, range: range.start + open..range.start + at });
    }
    Some(Ok(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| &*word.text).collect()
    }

    #[test]
    fn quotes_hold_words_together() {
        let text = r#"a='b c'  "d e"f g\ h i\"#;
        let words = words(text, 0..text.len(), '\\');
        assert_eq!(texts(&words), ["a='b c'", r#""d e"f"#, r"g\ h", "i"]);
        assert_eq!(words[1].range, 9..15);
    }

    #[test]
    fn flags_come_first() {
        let text = r#"--from="a b" --chown=1\ 2 -- --x y"#;
        let (flags, rest) = flags(text, 0..text.len(), '\\');
        assert_eq!((texts(&flags), &text[rest]), (vec!["--from=a b", "--chown=1 2"], " --x y"));
        assert_eq!(&text[flags[0].range.clone()], r#"--from="a b""#);
    }

    #[test]
    fn lists_are_json_or_words() {
        let of = |text: &str| json(text, 0..text.len());
        let words = of(r#"[ "a", "b\"\\" , "c\u0041" ] "#).unwrap().unwrap();
        assert_eq!((texts(&words), words[1].range.clone()), (vec!["a", "b\"\\", "cA"], 7..14));
        assert_eq!((of("['a']"), of(r#"["a", 1]"#), of("[]")), (None, Some(Err(NotOnlyStrings)), Some(Ok(Vec::new()))));
    }
}
