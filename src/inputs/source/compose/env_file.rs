//! `.env` files, which compose reads beside its compose file for the values of variables.

use std::collections::BTreeMap;

/// Returns the variables of a `.env` file. Variables whose values use other variables or escapes are left out.
pub(super) fn variables(text: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for line in text.lines() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let name = name.trim();
        match plain(value.trim()) {
            Some(value) => _ = variables.insert(name.to_owned(), value.to_owned()),
            None => _ = variables.remove(name),
        }
    }
    variables
}

/// Returns a value without its quotes and comment; `None` if it uses variables or escapes, or its quotes do not end.
fn plain(value: &str) -> Option<&str> {
    if let Some(quoted) = value.strip_prefix('\'') {
        return quoted.split_once('\'').map(|(value, _)| value);
    }
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        // In a value without quotes, a comment begins after a blank.
        None if value.starts_with('#') => "",
        None => value.split_once(" #").map_or(value, |(value, _)| value).trim_end(),
    };
    (!value.contains(['$', '\\'])).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_are_read() {
        let text = "# A=0\nA=1\n  export B = two words # three\nC='$x # y'\nD=\"a b\"\nE=$A\nF=\"\\n\"\nG=\nH=#\nA=x#y\nI='open\nJ\nC=$D\n";
        let expected = [("A", "x#y"), ("B", "two words"), ("D", "a b"), ("G", ""), ("H", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables(text), BTreeMap::from(expected));
    }
}
