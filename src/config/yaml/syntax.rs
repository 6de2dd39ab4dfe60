use granit_parser::{ErrorKind, ScanError};

use super::composer::MAX_DEPTH;
use crate::config::problems::shown;
use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

const QUOTE: &str = "quote this pattern";

/// Returns the diagnostic of a syntax error.
pub(super) fn problem(file: &SourceFile, error: &ScanError) -> Diagnostic {
    let mut start = error.marker().byte_offset().unwrap_or_default().min(file.text().len());
    while !file.text().is_char_boundary(start) {
        start -= 1;
    }
    let end = start + file.text()[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let at = Span { start, end };
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        let message = format!("lists and mappings are nested more than {MAX_DEPTH} deep");
        return Diagnostic::error("too-deep", message).label(file, at, "too deep");
    }
    if let Some(at) = pattern_of_line(file, start) {
        let begins = file.slice(at).chars().next().unwrap_or_default();
        return unquoted_pattern(file, at, &format!("`{begins}` has a meaning of its own in YAML"));
    }
    let what = match error.kind() {
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockSequenceEntry => {
            "the indentation of this line fits no line above it".to_owned()
        }
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::UnclosedQuotedScalar => {
            "a quoted text does not end".to_owned()
        }
        ErrorKind::MappingValueNotAllowed => "a second `: ` in one line".to_owned(),
        _ => shown(&error.info()),
    };
    let message = format!("this is not YAML: {what}");
    let problem = Diagnostic::error("yaml-syntax", message).label(file, at, "");
    match error.kind() {
        ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed | ErrorKind::TabInIndentation => {
            problem.help("indent with blanks; YAML takes no tabs there")
        }
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::UnclosedQuotedScalar => problem.help("close the quotes"),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockSequenceEntry => {
            problem.help("indent it like the lines that it belongs to")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            problem.help("quote a text that holds `: `")
        }
        _ => problem,
    }
}

/// Returns the place of the value on the line of `offset`, if the value looks like an unquoted pattern that YAML reads
/// differently, such as `!docs/**`.
fn pattern_of_line(file: &SourceFile, offset: usize) -> Option<Span> {
    let text = file.text();
    let line_start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let value = line.trim_start_matches(|c: char| c.is_whitespace());
    let value = match value.strip_prefix("- ") {
        Some(item) => item.trim_start(),
        None => value.split_once(": ").map_or(value, |(_, value)| value.trim_start()),
    };
    let pattern = value.split(" #").next().unwrap_or_default().trim_end();
    let special = pattern.starts_with(['!', '*', '{', '[', '@', '`', '%']);
    let closed = pattern.ends_with(['}', ']', ',']);
    if !special || closed || !is_pattern(&pattern[1..]) || pattern.contains([' ', '"', '\'']) {
        return None;
    }
    let start = line_start + (line.len() - value.len());
    Some(Span { start, end: start + pattern.len() })
}

/// Whether a text looks like a path or a pattern, and not like a name. The text is given without its first character.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['/', '*', '.', '?'])
}

/// Returns the diagnostic of an unquoted pattern whose first character has a special meaning in YAML.
pub(super) fn unquoted_pattern(file: &SourceFile, at: Span, label: &str) -> Diagnostic {
    let written = file.slice(at);
    let problem = Diagnostic::error("unquoted-pattern", "a pattern is not quoted").label(file, at, label);
    if written.contains(['"', '\\']) || written.chars().any(char::is_control) {
        problem.help(QUOTE)
    } else {
        problem.help(format!("{QUOTE}: \"{written}\""))
    }
}

/// Returns the diagnostic of a tag outside the core schema. Such a tag is mostly an unquoted pattern that begins with
/// `!`.
pub(super) fn unknown_tag(file: &SourceFile, tag: &str, at: Span) -> Diagnostic {
    if is_pattern(tag) {
        return unquoted_pattern(file, at, "`!` begins a tag here");
    }
    let message = format!("the tag `{}` does not fit here", shown(tag));
    let problem = Diagnostic::error("unknown-tag", message).label(file, at, "");
    problem.help("leave the tag off, or quote a text that begins with `!`")
}
