//! Reads patterns without slashes, groups and classes. picomatch makes their regular expression by one substitution.

use crate::glob::term::{Term, verbatim};

/// Reads a pattern without slashes, groups and classes. Returns `None` if the pattern begins with `*` or `!`, or
/// contains a slash, a quote or one of `()[]{}`.
pub(super) fn read(text: &str) -> Option<Vec<Term>> {
    if text.starts_with(['*', '!']) || text.contains(|c| "/()[]{}\"".contains(c)) {
        return None;
    }
    let substituted = substitute(text);
    Some(verbatim(&substituted, text.find('\\').unwrap_or_default()))
}

/// Makes the regular expression: rewrites each run of the same special character, with or without a backslash before
/// it. Special are all characters except letters, digits and `_`.
fn substitute(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let special = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let mut output = String::new();
    let mut backslashes = false;
    let mut rest = &chars[..];
    while let [first, behind @ ..] = rest {
        let escaped = *first == '\\' && behind.first().is_some_and(|c| special(*c));
        let run = if escaped { behind } else { rest };
        let c = run[0];
        if !special(c) {
            output.push(c);
            rest = behind;
            continue;
        }
        let length = run.iter().take_while(|other| **other == c).count();
        rest = &run[length..];
        let mark = if escaped { "\\" } else { "" };
        let more = length - 1;
        match c {
            '\\' => {
                backslashes = true;
                output += mark;
                output += &"\\".repeat(length);
            }
            '?' if escaped => {
                output += "\\?";
                output += &"[^/]".repeat(more);
            }
            '?' => output += &"[^/]".repeat(length),
            '.' => output += &"\\.".repeat(length),
            '*' if escaped => output += if more > 0 { "\\*[^/]*?" } else { "\\*" },
            '*' => output += "[^/]*?",
            c => {
                output.push('\\');
                output.extend(std::iter::repeat_n(c, length));
            }
        }
    }
    if backslashes { collapse(&output) } else { output }
}

/// Shortens each run of backslashes: to two if the run has an even length, otherwise to one.
fn collapse(text: &str) -> String {
    let mut output = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('\\') {
        let run = rest[start..].len() - rest[start..].trim_start_matches('\\').len();
        output += &rest[..start];
        output += if run.is_multiple_of(2) { "\\\\" } else { "\\" };
        rest = &rest[start + run..];
    }
    output + rest
}
