//! Patterns that findings propose.

use super::Fix;
use super::ground::Ground;
use crate::analysis::filter::{Filter, Quantifier};
use crate::config::copied_patterns;
use crate::model::name::{RepoDir, ServiceId};

/// How many files a proposal names one by one.
const MOST_FILES: usize = 5;

/// Returns patterns of files that a source of a Dockerfile means.
pub(super) fn of_files(ground: &Ground<'_>, context: &RepoDir, source: &str, files: &[usize]) -> Vec<String> {
    let made = copied_patterns(context, source);
    match made {
        Some([below, _]) if ground.is_directory(&context.join(source)) => vec![below],
        Some([_, path]) if ground.tree.has(&context.join(source)) => vec![path],
        Some(both) if files.len() > MOST_FILES => both.into(),
        _ => {
            let one =
                |position: &usize| copied_patterns(&RepoDir::root(), &ground.path(*position)).map(|[_, path]| path);
            files.iter().filter_map(one).take(100).collect()
        }
    }
}

/// Returns the pattern of everything below a directory.
pub(super) fn below(directory: &RepoDir) -> String {
    copied_patterns(directory, "**").map_or_else(|| "**".to_owned(), |[_, pattern]| pattern)
}

/// Returns the addition of patterns to those of a service; none where these are not a list of its own in the file.
pub(super) fn addition(ground: &Ground<'_>, set: usize, service: ServiceId, patterns: Vec<String>) -> Option<Fix> {
    let config = ground.config(set);
    let filter = config.filters.get(config.services[service.0].filter);
    // One more pattern of which each must match makes a filter narrower.
    if matches!(filter, Filter::PathsFilter { quantifier: Quantifier::Every, .. }) {
        return None;
    }
    let is_there = |text: &String| filter.patterns().any(|(_, _, pattern)| pattern.value.text() == text);
    let patterns: Vec<String> = patterns.into_iter().filter(|text| !is_there(text)).collect();
    if patterns.is_empty() {
        return None;
    }
    let own = filter.patterns().filter(|(_, _, pattern)| pattern.used == pattern.defined);
    let last = own.map(|(_, _, pattern)| pattern.defined).max_by_key(|at| at.start)?;
    let text = config.source.text();
    let begin = text.get(..last.start)?.rfind('\n').map_or(0, |end| end + 1);
    let before = text.get(begin..last.start)?.trim();
    // An item of a list, on a line of its own.
    let is_item = before == "-" && text.get(last.start..last.end).is_some_and(|item| !item.contains('\n'));
    is_item.then_some(Fix::Add { behind: last, patterns })
}
