use std::collections::BTreeMap;

use crate::inputs::source::declared_build::Filled;

/// Fills in each `${{ … }}` that names a known value, such as `matrix.service`. Any other expression makes the text
/// unknown.
pub(super) fn filled(text: &str, known: &BTreeMap<String, String>) -> Filled {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, expression)) = rest.split_once("${{") {
        filled.push_str(before);
        let Some((name, after)) = expression.split_once("}}") else { return Filled::Unknown(text.to_owned()) };
        let name = name.trim();
        // `github.workspace` is the root of the checkout, from which relative paths start.
        if name == "github.workspace" && filled.is_empty() {
            filled.push('.');
        } else if let Some(value) = known.get(name) {
            filled.push_str(value);
        } else {
            return Filled::Unknown(text.to_owned());
        }
        rest = after;
    }
    filled.push_str(rest);
    Filled::Known(filled)
}
