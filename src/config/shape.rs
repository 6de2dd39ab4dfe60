use super::Shape;
use super::problems::Problems;
use super::yaml::View;
use crate::diagnostic::{Diagnostic, Span};
use crate::filter::Statuses;

/// Tells the two shapes apart.
///
/// A file is structured when its top-level `services` is a mapping, or empty. It is flat when there is no such key,
/// and also when paths-filter would take `services` for a filter: a pattern, a list, or a mapping with a status word
/// (`added: src/**`) of patterns and lists.
pub(super) fn of(root: View<'_>) -> Shape {
    let Some(services) = root.get("services") else { return Shape::Flat };
    let structured = services.is_null() || services.mapping().is_some() && !is_by_status(services);
    if structured { Shape::Structured } else { Shape::Flat }
}

fn is_by_status(services: View<'_>) -> bool {
    let mut entries = services.mapping().into_iter().flatten();
    let is_status = |word: &str| Statuses::word(&word.trim().to_lowercase()).is_some();
    let named = entries.clone().any(|(key, _)| key.text().split('|').any(is_status));
    named && entries.all(|(_, value)| value.mapping().is_none() && !value.is_null())
}

/// Tells that a file has no content, unless something else has been told.
pub(super) fn nothing(problems: &mut Problems<'_>) {
    if !problems.has_errors() {
        let problem = Diagnostic::error("empty-file", "there is nothing in this file but blanks and comments");
        let problem = problem.label(problems.file(), Span::default(), "");
        problems.push(problem.help("say under `services:` what is built, as the README shows"));
    }
}
