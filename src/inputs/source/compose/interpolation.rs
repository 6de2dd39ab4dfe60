//! Variables in texts of compose files.

use std::collections::BTreeMap;

use super::super::declared_build::Filled;

/// Returns a text with its variables filled in, from `variables` or else from the defaults in the text. The environment
/// of a build may set other values.
pub(super) fn filled(text: &str, variables: &BTreeMap<String, String>) -> Filled {
    interpolated(text, variables).map_or_else(|| Filled::Unknown(text.to_owned()), Filled::Known)
}

/// Returns a text that uses no variables, with `$$` replaced by `$`. The environment of a build cannot change such a
/// text. `None` if the text uses variables.
pub(super) fn sure(text: &str) -> Option<String> {
    if text.replace("$$", "").contains('$') { None } else { Some(text.replace("$$", "$")) }
}

/// Fills in `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?error}`, `${NAME:+text}`, and the same without the colon.
/// `None` if a variable has neither a value nor a default, or if the text has any other form of `${…}`.
fn interpolated(text: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, variable)) = rest.split_once('$') {
        filled.push_str(before);
        if let Some(escaped) = variable.strip_prefix('$') {
            filled.push('$');
            rest = escaped;
            continue;
        }
        let name_of = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let Some(inner) = variable.strip_prefix('{') else {
            let end = name_of(variable);
            filled.push_str(variables.get(&variable[..end])?);
            rest = &variable[end..];
            continue;
        };
        let end = closing_brace(inner)?;
        let name = name_of(&inner[..end]);
        let (value, operator) = (variables.get(&inner[..name]), &inner[name..end]);
        let (operator, value) = match operator.strip_prefix(':') {
            Some("") => return None,
            Some(behind) => (behind, value.filter(|value| !value.is_empty())),
            None => (operator, value),
        };
        let (value, default) = match operator.chars().next() {
            // The text after `?` is the error with which compose ends if there is no value.
            None | Some('?') => (value, None),
            Some('-') => (value, Some(&operator[1..])),
            Some('+') => (None, Some(value.map_or("", |_| &operator[1..]))),
            Some(_) => return None,
        };
        match value {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&interpolated(default?, variables)?),
        }
        rest = &inner[end + 1..];
    }
    filled.push_str(rest);
    Some(filled)
}

/// Returns the offset of the closing brace of a `${…}`. `text` begins after its opening brace.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_may_hold_defaults() {
        let none = BTreeMap::new();
        assert_eq!(interpolated("a${B:-${C-d}e}f$$", &none).as_deref(), Some("adef$"));
        for text in ["$A", "${A", "${A}", "${A:?no}", "${A?no}", "${A!b}", "${A:}", "$"] {
            assert_eq!(interpolated(text, &none), None, "{text}");
        }
        let known = BTreeMap::from([("A".to_owned(), "x".to_owned()), ("E".to_owned(), String::new())]);
        assert_eq!(interpolated("$A/${A}/${A:-d}/${E:-d}/${E-d}|$B", &known), None);
        assert_eq!(interpolated("$A/${A}/${A:-d}/${E:-d}/${E-d}|", &known).as_deref(), Some("x/x/x/d/|"));
        assert_eq!(
            interpolated("${A:?no}/${A?no}/${E?no}/${A:+b}/${E:+b}/${E+b}/${B+b}", &known).as_deref(),
            Some("x/x//b//b/")
        );
        assert_eq!(interpolated("${E:?no}", &known), None);
    }
}
