//! Writes changes of patterns into the text of a file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Fix;

/// Returns the text of a file with fixes applied to its patterns. All other text stays unchanged.
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
            Fix::Begin { behind, patterns } => {
                let Some((at, list)) = list(text, &(behind.start..behind.end), patterns) else { continue };
                _ = edits.insert((at, at), list);
            }
        }
    }
    for (behind, patterns) in lists.into_values() {
        let added =
            if is_item(text, &behind) { lines(text, &behind, &patterns) } else { items(text, &behind, &patterns) };
        let Some((at, added)) = added else { continue };
        edits.insert((at, at), added);
    }
    let mut mended = text.to_owned();
    for ((start, end), new) in edits.into_iter().rev() {
        if mended.is_char_boundary(start) && mended.is_char_boundary(end) {
            mended.replace_range(start..end, &new);
        }
    }
    mended
}

/// Returns the lines that add patterns to a list, and the position where to insert them. They are indented like the
/// line of the pattern before them.
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

/// Whether a pattern is a list item on its own line, after a dash.
pub(super) fn is_item(text: &str, at: &Range<usize>) -> bool {
    let Some(before) = text.get(..at.start) else { return false };
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    before[begin..].trim() == "-" && text.get(at.clone()).is_some_and(|item| !item.contains('\n'))
}

/// Whether a pattern is an item of a list in brackets, such as `[a, b]`.
pub(super) fn is_in_brackets(text: &str, at: &Range<usize>) -> bool {
    let before = text.get(..at.start).unwrap_or_default().trim_end();
    let after = text.get(at.end..).unwrap_or_default().trim_start();
    before.ends_with(['[', ',']) && after.starts_with([']', ','])
}

/// Returns the text that adds patterns to a list in brackets, and the position where to insert it.
fn items(text: &str, behind: &Range<usize>, patterns: &[&str]) -> Option<(usize, String)> {
    let old = text.get(behind.clone()).filter(|_| is_in_brackets(text, behind))?;
    let item = |pattern: &&str| format!(", {}", scalar(pattern, old, Within::Anything));
    Some((behind.end, patterns.iter().map(item).collect()))
}

/// Returns the YAML of a new `filters` list, and the position where to insert it. The list comes after the `path` of a
/// service: on new lines, or in the same braces if the service is written in braces.
fn list(text: &str, behind: &Range<usize>, patterns: &[String]) -> Option<(usize, String)> {
    let begin = text.get(..behind.start)?.rfind('\n').map_or(0, |end| end + 1);
    let key = text[begin..behind.start].trim_end().strip_suffix("path:")?;
    let old = text.get(behind.clone()).filter(|old| !old.contains('\n'))?;
    if !key.trim().is_empty() {
        let is_in_braces = key.trim_end().ends_with(['{', ',']);
        let items: Vec<String> = patterns.iter().map(|pattern| scalar(pattern, old, Within::Anything)).collect();
        return is_in_braces.then(|| (behind.end, format!(", filters: [{}]", items.join(", "))));
    }
    let rest = &text[behind.end..];
    let end = behind.end + rest.find('\n').unwrap_or(rest.len());
    let (end, line_end) = if text[..end].ends_with('\r') { (end - 1, "\r\n") } else { (end, "\n") };
    let item = |pattern: &String| format!("{line_end}{key}  - {}", scalar(pattern, old, Within::Lines));
    Some((end, format!("{line_end}{key}filters:{}", patterns.iter().map(item).collect::<String>())))
}

/// Where a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// On a line of its own.
    Lines,
    /// Anywhere, also in brackets, where commas and braces have a meaning of their own.
    Anything,
}

/// Returns a text as a YAML scalar, in the quotes that the scalar `like` has, if these quotes can be used for the text.
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

    impl Span {
        /// Returns the span without its last character.
        fn shortened(self) -> Self {
            Self { end: self.end - 1, ..self }
        }
    }

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
    fn lists_in_brackets_get_more_items() {
        let text = "a: {path: x, filters: ['x/**', y]} # why\n";
        let add = Fix::Add { behind: span(text, "y]").shortened(), patterns: vec!["z".to_owned(), "{q}".to_owned()] };
        assert_eq!(mended(text, [&add]), "a: {path: x, filters: ['x/**', y, z, '{q}']} # why\n");
    }

    #[test]
    fn a_service_without_a_list_gets_one() {
        let patterns = || vec!["x/**".to_owned(), "y".to_owned()];
        let text = "services:\n  a:\n    path: 'x' # why\n    run: make\n";
        let begin = Fix::Begin { behind: span(text, "'x'"), patterns: patterns() };
        assert_eq!(
            mended(text, [&begin]),
            "services:\n  a:\n    path: 'x' # why\n    filters:\n      - 'x/**'\n      - 'y'\n    run: make\n"
        );
        let text = "services:\n  a: {run: make, path: x}\n";
        let begin = Fix::Begin { behind: span(text, "x}").shortened(), patterns: patterns() };
        assert_eq!(mended(text, [&begin]), "services:\n  a: {run: make, path: x, filters: [x/**, y]}\n");
    }

    #[test]
    fn a_pattern_is_replaced_where_it_stands() {
        let text = "a: [x.yml, 'é', \"z\"]\n";
        let replace = |part: &str, pattern: &str| Fix::Replace { at: span(text, part), pattern: pattern.to_owned() };
        let fixes = [replace("x.yml", "x.yaml"), replace("'é'", "b/{c,d}"), replace("\"z\"", "z/**")];
        assert_eq!(mended(text, &fixes), "a: [x.yaml, 'b/{c,d}', \"z/**\"]\n");
    }
}
