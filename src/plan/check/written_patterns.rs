//! The patterns as written in files, and how many tracked files each matches by itself.

use std::collections::BTreeSet;

use super::ground::Ground;
use crate::analysis::filter::{Effect, Filter, FilterEntry, FilterId, Filters, Statuses, members_of_listing};
use crate::glob::Pattern;
use crate::model::change::Status;
use crate::model::diagnostic::{Located, Span};
use crate::model::name::ServiceName;

/// A pattern of a filter, as written in the file.
pub(super) struct WrittenPattern<'a> {
    pub(super) set: usize,
    /// The first service or filter that has the pattern.
    pub(super) name: Option<&'a ServiceName>,
    pub(super) filter: FilterId,
    pub(super) pattern: &'a Located<Pattern>,
    /// Whether the pattern was made from a directory: a service's `path`.
    pub(super) of_path: bool,
    /// How many tracked files the pattern matches.
    pub(super) files: usize,
}

/// Returns the patterns that can include a path, each once. Patterns that are computed when a workflow runs are left
/// out.
pub(super) fn all<'a>(ground: &Ground<'a>) -> Vec<WrittenPattern<'a>> {
    let mut found = Vec::new();
    for set in 0..ground.sets.len() {
        let config = ground.config(set);
        let services = config.services.values().map(|service| (Some(&service.name.value), service.filter));
        let known: Vec<FilterId> = config.services.values().map(|service| service.filter).collect();
        let others = config.named.values().copied().chain([config.global]).filter(|filter| !known.contains(filter));
        let mut seen: BTreeSet<Span> = BTreeSet::new();
        let mut of_set = Vec::new();
        for (name, filter) in services.chain(others.map(|filter| (None, filter))) {
            for pattern in including(config.filters.get(filter)) {
                let written = config.source.slice(pattern.defined).trim_matches(['"', '\'']);
                let text = pattern.value.text();
                let of_path =
                    text == "**" && written == "." || text.strip_suffix("/**") == Some(written.trim_matches('/'));
                if (written == text || of_path) && !text.contains("${{") && seen.insert(pattern.defined) {
                    of_set.push(WrittenPattern { set, name, filter, pattern, of_path, files: 0 });
                }
            }
        }
        let counts = counts(ground, of_set.iter().map(|written| written.pattern.value.clone()));
        for (written, count) in of_set.iter_mut().zip(counts) {
            written.files = count;
        }
        found.extend(of_set);
    }
    found
}

/// Returns the patterns that can match a modification of an existing file.
pub(super) fn including(filter: &Filter) -> Vec<&Located<Pattern>> {
    match filter {
        Filter::Ordered(entries) => {
            let include =
                |entry: &&FilterEntry| entry.effect == Effect::Include && entry.statuses.contains(Status::Modified);
            entries.iter().filter(include).map(|entry| &entry.pattern).collect()
        }
        Filter::PathsFilter { rules, .. } => {
            let rules = rules.iter().filter(|rule| rule.statuses.contains(Status::Modified));
            rules.flat_map(|rule| &rule.patterns).filter(|pattern| !pattern.value.is_negated()).collect()
        }
    }
}

/// Returns, for each of these patterns, how many tracked files it matches.
pub(super) fn counts(ground: &Ground<'_>, patterns: impl Iterator<Item = Pattern>) -> Vec<usize> {
    let filters = alone(patterns);
    let listing = ground.listing();
    let found = members_of_listing(&filters, listing);
    (0..filters.len()).map(|at| found.of(Filters::id(at)).len()).collect()
}

/// Returns filters with one pattern each.
pub(super) fn alone(patterns: impl Iterator<Item = Pattern>) -> Filters {
    let entry = |pattern| FilterEntry {
        effect: Effect::Include,
        statuses: Statuses::ANY,
        pattern: Located::new(pattern, Span::default()),
    };
    Filters::new(patterns.map(|pattern| Filter::Ordered(vec![entry(pattern)])).collect())
}
