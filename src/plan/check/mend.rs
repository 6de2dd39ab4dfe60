//! Changes of patterns in the text of a file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Fix;

/// Returns a text with changes of its patterns: lines are added, and patterns are replaced; all else stays as it is.
#[must_use]
pub fn mended<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> String {
    let mut edits: BTreeMap<(usize, usize), String> = BTreeMap::new();
    let mut lists: BTreeMap<usize, (Range<usize>, Vec<&str>)> = BTreeMap::new();
    for fix in fixes {
        match fix {
            Fix::Replace { at, pattern } => {
                let old = text.get(at.start..at.end).unwrap_or_default();
                _ = edits.insert((at.start, at.end), scalar(pattern, old, Within::Anything));
            }
            Fix::Add { behind, patterns } => {
                let (_, list) = lists.entry(behind.start).or_insert_with(|| (behind.start..behind.end, Vec::new()));
                for pattern in patterns {
                    if !list.contains(&pattern.as_str()) {
                        list.push(pattern);
                    }
                }
            }
        }
    }
    for (behind, patterns) in lists.into_values() {
        let Some((at, lines)) = lines(text, &behind, &patterns) else { continue };
        edits.insert((at, at), lines);
    }
    let mut mended = text.to_owned();
    for ((start, end), new) in edits.into_iter().rev() {
        if mended.is_char_boundary(start) && mended.is_char_boundary(end) {
            mended.replace_range(start..end, &new);
        }
    }
    mended
}

/// Returns the lines of more patterns, as the line of the pattern before them is written, and where they go.
fn lines(text: &str, behind: &Range<usize>, patterns: &[&str]) -> Option<(usize, String)> {
    let begin = text.get(..behind.start)?.rfind('\n').map_or(0, |end| end + 1);
    let dash = &text[begin..behind.start];
    let rest = text.get(behind.end..)?;
    let end = behind.end + rest.find('\n').unwrap_or(rest.len());
    let (end, line_end) = if text[..end].ends_with('\r') { (end - 1, "\r\n") } else { (end, "\n") };
    let old = text.get(behind.clone())?;
    let line = |pattern: &&str| format!("{line_end}{dash}{}", scalar(pattern, old, Within::Lines));
    Some((end, patterns.iter().map(line).collect()))
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// On a line of its own.
    Lines,
    /// Perhaps between brackets, where commas and braces mean something.
    Anything,
}

/// Writes a text as YAML, in the quotes of another one.
fn scalar(text: &str, like: &str, within: Within) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric() || "._/@-*+()|".contains(c) || within == Within::Lines && "{},[]".contains(c)
    };
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '/' | '_'));
    let is_word = ["null", "true", "false", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    let is_safe = begins && text.chars().all(is_plain) && !is_word && text.parse::<f64>().is_err() && text != ".";
    if like.starts_with('"') && !text.contains(['\\', '"']) && !text.chars().any(char::is_control) {
        format!("\"{text}\"")
    } else if !like.starts_with(['"', '\'']) && is_safe {
        text.to_owned()
    } else if text.chars().any(char::is_control) {
        serde_json::Value::String(text.to_owned()).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::Span;

    fn span(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span { start, end: start + part.len() }
    }

    #[test]
    fn lines_are_added_as_the_last_one_is_written() {
        let text = "a:\n  - 'x/**' # why\r\n  - \"y\"\nb:\n- z";
        let add = |part: &str, patterns: &[&str]| Fix::Add {
            behind: span(text, part),
            patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        };
        let fixes = [
            add("'x/**'", &["it's", "q"]),
            add("\"y\"", &["m\\n", "n"]),
            add("z", &["*x", "r/{a,b}"]),
            add("z", &["*x", "w"]),
        ];
        assert_eq!(
            mended(text, &fixes),
            "a:\n  - 'x/**' # why\r\n  - 'it''s'\r\n  - 'q'\r\n  - \"y\"\n  - 'm\\n'\n  - \"n\"\nb:\n- z\n- '*x'\n- r/{a,b}\n- w"
        );
    }

    #[test]
    fn a_pattern_is_replaced_where_it_stands() {
        let text = "a: [x.yml, 'é', \"z\"]\n";
        let replace = |part: &str, pattern: &str| Fix::Replace { at: span(text, part), pattern: pattern.to_owned() };
        let fixes = [replace("x.yml", "x.yaml"), replace("'é'", "b/{c,d}"), replace("\"z\"", "z/**")];
        assert_eq!(mended(text, &fixes), "a: [x.yaml, 'b/{c,d}', \"z/**\"]\n");
    }
}
