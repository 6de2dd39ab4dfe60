use super::Shape;
use super::problems::Problems;
use super::yaml::View;
use crate::diagnostic::{Diagnostic, Span};
use crate::filter::Statuses;

/// Tells the two shapes apart.
///
/// A file is structured when its top-level `services` is a mapping, or empty. It is flat when there is no such key,
/// and also when paths-filter would take `services` for a filter: a pattern, a list, or a mapping of status words.
pub(super) fn of(root: View<'_>) -> Shape {
    let Some(services) = root.get("services") else { return Shape::Flat };
    let by_status = services.mapping().is_some_and(|mut entries| {
        let mut any = false;
        entries.all(|(key, _)| {
            any = true;
            key.text().split('|').all(|word| Statuses::word(word.trim()).is_some())
        }) && any
    });
    if services.is_null() || (services.mapping().is_some() && !by_status) { Shape::Structured } else { Shape::Flat }
}

/// Tells that a file has no content, unless something else has been told.
pub(super) fn nothing(problems: &mut Problems<'_>) {
    if !problems.has_errors() {
        let problem = Diagnostic::error("empty-file", "there is nothing in this file but blanks and comments");
        let problem = problem.label(problems.file(), Span::default(), "");
        problems.push(problem.help("say under `services:` what is built; `rebake init` writes a first version"));
    }
}
