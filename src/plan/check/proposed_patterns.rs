//! Patterns that findings propose.

use super::Fix;
use super::ground::Ground;
use super::mend::{is_in_brackets, is_item};
use crate::analysis::filter::{Effect, Filter, FilterEntry, Quantifier};
use crate::config::{Config, Service, copied_patterns};
use crate::glob::Pattern;
use crate::model::diagnostic::{Located, Span};
use crate::model::name::{RepoDir, ServiceId};

/// The greatest number of files that a proposal names one by one, if a pattern for all of them is possible.
const MOST_FILES: usize = 5;

/// Returns patterns for the files that a source of a Dockerfile's `COPY` matches.
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

/// Returns the fix that adds patterns to the list of a service. `None` if the service has no list of its own in the
/// file, has the patterns already, or matches a path only if every pattern does.
pub(super) fn addition(ground: &Ground<'_>, set: usize, service: ServiceId, patterns: Vec<String>) -> Option<Fix> {
    let config = ground.config(set);
    let filter = config.filters.get(config.services[service.0].filter);
    // If every pattern must match, one more makes the filter narrower.
    if matches!(filter, Filter::PathsFilter { quantifier: Quantifier::Every, .. }) {
        return None;
    }
    let is_there = |text: &String| filter.patterns().any(|(_, _, pattern)| pattern.value.text() == text);
    let patterns: Vec<String> = patterns.into_iter().filter(|text| !is_there(text)).collect();
    if patterns.is_empty() {
        return None;
    }
    // Patterns of `exclude` are left out, since they have a list of their own.
    let listed: Vec<&Located<Pattern>> = match filter {
        Filter::Ordered(entries) => {
            let is_listed = |entry: &&FilterEntry| matches!(entry.effect, Effect::Include | Effect::Exclude);
            entries.iter().filter(is_listed).map(|entry| &entry.pattern).collect()
        }
        Filter::PathsFilter { .. } => filter.patterns().map(|(_, _, pattern)| pattern).collect(),
    };
    let own = listed.into_iter().filter(|pattern| pattern.used == pattern.defined);
    let own = own.filter(|pattern| is_of(config, service, &pattern.defined));
    let last = own.map(|pattern| pattern.defined).max_by_key(|at| at.start)?;
    let (text, at) = (config.source.text(), last.start..last.end);
    (is_item(text, &at) || is_in_brackets(text, &at)).then_some(Fix::Add { behind: last, patterns })
}

/// Whether a pattern is written at a service, and not shared with another service by an anchor or by `defaults`.
fn is_of(config: &Config, service: ServiceId, at: &Span) -> bool {
    let others = || config.graph.services().filter(|id| *id != service).map(|id| &config.services[id.0]);
    let begin = config.services[service.0].name.defined.start;
    let is_between = |other: &Service| (begin..at.start).contains(&other.name.defined.start);
    let has_it = |other: &Service| config.filters.get(other.filter).patterns().any(|(.., own)| own.defined == *at);
    begin < at.start && !others().any(|other| is_between(other) || has_it(other))
}

/// Whether other services inherit the keys of a service through a YAML anchor.
fn is_merged(config: &Config, service: ServiceId, path: &Span) -> bool {
    let run = config.services[service.0].keys.find("run", "").map(|run| &run.defined);
    let others = config.graph.services().filter(|id| *id != service).map(|id| &config.services[id.0].keys);
    let mut places = others.flat_map(|keys| [keys.find("path", ""), keys.find("run", "")]).flatten();
    places.any(|place| place.used != place.defined && (place.defined == *path || Some(&place.defined) == run))
}

/// Returns the same fix as [`addition`], except for a service with a `path` and no list of patterns. For such a
/// service, the fix adds a list with a pattern for everything below `path`, and with the new patterns.
pub(super) fn addition_or_list(
    ground: &Ground<'_>,
    set: usize,
    service: ServiceId,
    patterns: Vec<String>,
) -> Option<Fix> {
    let definition = &ground.config(set).services[service.0];
    let place = definition.keys.find("path", "").filter(|at| at.used == at.defined);
    let (Some(path), Some(place), None) = (&definition.path, place, definition.keys.find("filters", "")) else {
        return addition(ground, set, service, patterns);
    };
    // Without a list, the files that the Dockerfile copies from elsewhere count too; with a list, they would not.
    let is_merged = is_merged(ground.config(set), service, &place.defined);
    if patterns.is_empty() || definition.wide_context.is_some() || is_merged {
        return None;
    }
    Some(Fix::Begin { behind: place.defined, patterns: std::iter::once(below(path)).chain(patterns).collect() })
}
