use super::Shape;
use super::problems::{Problems, shown};
use super::yaml::View;
use crate::analysis::filter::Statuses;
use crate::model::diagnostic::{Diagnostic, Span};
use crate::model::name::nearest;

/// Returns the shape of a file.
///
/// If there is no `services`, but a key with a similar name and a value that only `services` can have, reports the
/// misspelt key and returns `None`.
///
/// A file is structured when its top-level `services` is a mapping, or empty. It is flat when there is no such key, and
/// also when paths-filter would read `services` as a filter: when its value is a pattern, a list, or a mapping that has
/// a status word as a key (`added: src/**`) and only patterns and lists as values.
pub(super) fn of(root: View<'_>, problems: &mut Problems<'_>) -> Option<Shape> {
    let Some(services) = root.get("services") else {
        return if misspelt(root, problems) { None } else { Some(Shape::Flat) };
    };
    let structured = services.is_null() || services.mapping().is_some() && !is_by_status(services);
    Some(if structured { Shape::Structured } else { Shape::Flat })
}

/// Reports a misspelt `services`: a key with a similar name, whose value is a mapping that contains a mapping, unlike
/// the value of any filter. Returns whether there is such a key.
fn misspelt(root: View<'_>, problems: &mut Problems<'_>) -> bool {
    let holds_services = |value: View<'_>| {
        value.mapping().is_some_and(|mut entries| entries.any(|(_, value)| value.mapping().is_some()))
    };
    let near = |key: &str| key.len() <= 2 * "services".len() && nearest(key, ["services"]).is_some();
    let mut entries = root.mapping().into_iter().flatten();
    let Some((key, _)) = entries.find(|(key, value)| near(key.text()) && holds_services(*value)) else { return false };
    let problem = Diagnostic::error("unknown-key", format!("unknown key `{}`", shown(key.text())));
    let problem = problem.located(problems.file(), &key.locate(()), "holds services");
    problems.push(problem.help("did you mean `services`?"));
    true
}

fn is_by_status(services: View<'_>) -> bool {
    let mut entries = services.mapping().into_iter().flatten();
    let is_status = |word: &str| Statuses::word(&word.trim().to_lowercase()).is_some();
    let named = entries.clone().any(|(key, _)| key.text().split('|').any(is_status));
    named && entries.all(|(_, value)| value.mapping().is_none() && !value.is_null())
}

/// Reports that a file has no content, unless another problem was reported.
pub(super) fn nothing(problems: &mut Problems<'_>) {
    if !problems.has_errors() {
        let problem = Diagnostic::error("empty-file", "this file has only blank lines and comments");
        let problem = problem.label(problems.file(), Span::default(), "");
        problems.push(problem.help("list what is built under `services:`; `rebake init` prints an example"));
    }
}
