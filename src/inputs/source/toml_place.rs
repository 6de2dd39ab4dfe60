//! Values of TOML with their places.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::unreadable;
use crate::model::diagnostic::{Diagnostic, Located, SourceFile, Span};

/// Reads a file.
///
/// # Errors
/// When it is not TOML.
pub(super) fn parse(file: &SourceFile) -> Result<DeTable<'_>, Diagnostic> {
    DeTable::parse(file.text()).map(Spanned::into_inner).map_err(|error| {
        let at = error.span().map_or_else(Span::default, |range| Span { start: range.start, end: range.end });
        unreadable(file, at, error.message())
    })
}

/// Returns the table at a path of keys, such as `["tool", "uv"]` for `[tool.uv]`; `None` if there is none.
pub(super) fn table<'v, 't>(root: &'v DeTable<'t>, path: &[&str]) -> Option<&'v DeTable<'t>> {
    path.iter().try_fold(root, |table, key| table.get(*key)?.get_ref().as_table())
}

/// Returns the value if it is a text.
pub(super) fn text(value: &Spanned<DeValue<'_>>) -> Option<Located<String>> {
    value.get_ref().as_str().map(|text| Located::new(text.to_owned(), span(value)))
}

/// Returns the texts in a list. Any other value has none.
pub(super) fn texts(value: Option<&Spanned<DeValue<'_>>>) -> Vec<Located<String>> {
    value.and_then(|value| value.get_ref().as_array()).into_iter().flatten().filter_map(text).collect()
}

/// Returns the span of a value or a key.
pub(super) fn span<T>(value: &Spanned<T>) -> Span {
    let range = value.span();
    Span { start: range.start, end: range.end }
}
