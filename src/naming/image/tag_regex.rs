use regex::{Regex, RegexBuilder};

use super::rule_error::Problem;

/// The size limit of a compiled regular expression, in bytes. Larger ones are refused.
const REGEX_SIZE: usize = 1 << 20;

/// Reads a regular expression, such as `\d+`, or, with flags, `/\d+/i`.
pub(super) fn slashed_regex(text: &str) -> Result<Regex, Problem> {
    match text.strip_prefix('/').and_then(|inside| inside.rsplit_once('/')) {
        Some((pattern, flags)) if !pattern.is_empty() => regex(pattern, flags).map_err(|problem| problem.moved(1)),
        _ => regex(text, ""),
    }
}

/// Reads a regular expression with JavaScript's flags.
pub(super) fn regex(text: &str, flags: &str) -> Result<Regex, Problem> {
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(REGEX_SIZE);
    for (at, flag) in flags.char_indices() {
        match flag {
            'i' => builder.case_insensitive(true),
            'm' => builder.multi_line(true),
            's' => builder.dot_matches_new_line(true),
            // These change nothing: only the first match is used, and it consists of whole characters.
            'g' | 'u' => &mut builder,
            _ => {
                let problem = Problem::at(text.len() + 1 + at, format!("there is no flag `{flag}`"));
                return Err(problem.help("there are `i`, `m` and `s`"));
            }
        };
    }
    builder.build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let problem = Problem::at(0, format!("`{text}` is not a regular expression: {reason}"));
        problem.help("look-around and back-references are not supported; a pattern with a comma is quoted as a whole")
    })
}
