use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::analysis::filter::{Effect, Filter, FilterId, Quantifier, Statuses, matches_of};
use crate::config::{Config, Global, Service};
use crate::glob::{Pattern, Verdict};
use crate::model::change::{Change, ChangeSet};
use crate::model::diagnostic::Located;
use crate::model::name::{ServiceId, quoted};

/// A changed path that nearly affected a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Miss {
    /// A pattern matches the path, but a later pattern, or one in `exclude`, excludes it.
    TakenBack {
        /// The path, quoted as git quotes it if it is not UTF-8.
        path: String,
        /// The two patterns.
        #[serde(flatten)]
        taken: TakenBack,
    },
    /// A pattern matches the path, but applies only to other statuses than the one of the change.
    Status {
        /// The path, quoted as git quotes it if it is not UTF-8.
        path: String,
        /// The pattern that matches.
        by: PatternPlace,
    },
    /// A pattern matches the path, but every rule of the filter must match, and another rule does not.
    Unmet {
        /// The path, quoted as git quotes it if it is not UTF-8.
        path: String,
        /// The pattern that matches.
        by: PatternPlace,
        /// A pattern of the rule that does not match.
        unmet: PatternPlace,
    },
    /// The path begins with the same text as a pattern.
    Near {
        /// The path, quoted as git quotes it if it is not UTF-8.
        path: String,
        /// The pattern.
        by: PatternPlace,
        /// The beginning that both share.
        shared: String,
    },
}

/// The pattern that matches a path, and the pattern that excludes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenBack {
    /// The pattern that matches.
    pub by: PatternPlace,
    /// The pattern that excludes the path.
    pub back: PatternPlace,
    /// The way in which that pattern excludes paths.
    pub how: Exclusion,
}

/// The way in which a pattern excludes paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exclusion {
    /// The pattern has a leading `!`, and is in the same list as the patterns that match. Or rebake added the pattern,
    /// since the path belongs to another service.
    Negated,
    /// The pattern is one of the service's `exclude`.
    Exclude,
    /// The path is a lockfile, of which only the service's packages count.
    Lockfile,
}

/// A pattern, and where the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatternPlace {
    /// The pattern, without the `!` of an exclusion in an ordered list.
    pub pattern: String,
    /// The position of the pattern, as file, line and column: `filters.yaml:3:9`.
    pub at: String,
}

/// The greatest number of misses that are listed.
const MOST_MISSES: usize = 3;

/// Returns the changes that came nearest to affecting a service: those whose paths a pattern matches. If there are
/// none, these are the changes whose paths share the longest beginning with a pattern. The caller passes only changes
/// that do not affect the service.
#[must_use]
pub fn misses(config: &Config, service: ServiceId, changes: &ChangeSet) -> Vec<Miss> {
    let service = &config.services[service.0];
    let global = (service.global == Global::Affects).then_some(config.global);
    let filters: Vec<FilterId> = std::iter::once(service.filter).chain(global).collect();
    let judge = |change| filters.iter().find_map(|id| matched(config, config.filters.get(*id), change));
    let matched: Vec<Miss> = changes.as_slice().iter().filter_map(judge).take(MOST_MISSES).collect();
    if matched.is_empty() { near(config, &filters, changes) } else { matched }
}

/// Returns why a change does not match a filter although one of the filter's patterns matches the path; `None` if no
/// pattern does, or if none of the known reasons applies.
pub(super) fn matched(config: &Config, filter: &Filter, change: &Change) -> Option<Miss> {
    let matches = |pattern: &Located<Pattern>| pattern.value.matches(change.path.as_bytes()) != Verdict::No;
    let place = |pattern| place(config, pattern);
    let path = quoted(change.path.as_bytes()).into_owned();
    match filter {
        Filter::Ordered(entries) => {
            let at = entries.iter().position(|entry| entry.effect == Effect::Include && matches(&entry.pattern))?;
            let by = place(&entries[at].pattern);
            let looks = |entry: &crate::analysis::filter::FilterEntry| entry.statuses.contains(change.status);
            let taken = |entry: &&crate::analysis::filter::FilterEntry| {
                entry.effect != Effect::Include && looks(entry) && matches(&entry.pattern)
            };
            match entries[at..].iter().rfind(taken) {
                _ if !looks(&entries[at]) => Some(Miss::Status { path, by }),
                Some(back) => {
                    let how = match back.effect {
                        Effect::ExcludeWildcards => Exclusion::Exclude,
                        Effect::Lockfile => Exclusion::Lockfile,
                        Effect::Include | Effect::Exclude | Effect::Cede => Exclusion::Negated,
                    };
                    Some(Miss::TakenBack { path, taken: TakenBack { by, back: place(&back.pattern), how } })
                }
                None => None,
            }
        }
        Filter::PathsFilter { quantifier, rules } => {
            let all = || rules.iter().flat_map(|rule| rule.patterns.iter().map(move |pattern| (rule, pattern)));
            let (rule, by) = all().find(|(_, pattern)| !pattern.value.is_negated() && matches(pattern))?;
            let looks = |statuses: Statuses| statuses.contains(change.status);
            let by = place(by);
            Some(match quantifier {
                _ if !looks(rule.statuses) => Miss::Status { path, by },
                Quantifier::Some => return None,
                Quantifier::Every => {
                    let unmet = rules.iter().find(|rule| !looks(rule.statuses) || !rule.patterns.iter().any(matches));
                    Miss::Unmet { path, by, unmet: place(unmet?.patterns.first()?) }
                }
                Quantifier::SomeWithExcludes => {
                    let (_, back) = all().find(|(_, pattern)| pattern.value.is_negated() && !matches(pattern))?;
                    Miss::TakenBack { path, taken: TakenBack { by, back: place(back), how: Exclusion::Negated } }
                }
            })
        }
    }
}

/// Returns the changes that affect no service and share the longest beginning with a pattern. The shared beginning has
/// at least three quarters of the pattern's literal part. Case is ignored, since it is often mistaken.
fn near(config: &Config, filters: &[FilterId], changes: &ChangeSet) -> Vec<Miss> {
    let patterns: Vec<&Located<Pattern>> = filters
        .iter()
        .flat_map(|id| config.filters.get(*id).patterns())
        .map(|(_, _, pattern)| pattern)
        .filter(|pattern| !pattern.value.is_negated())
        .collect();
    let nearest = |change: &Change| {
        let path = change.path.as_bytes();
        let shared = |pattern: &&Located<Pattern>| {
            let literal = literal(pattern.value.text()).as_bytes();
            let shared = literal.iter().zip(path).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
            if shared * 4 >= literal.len() * 3 { shared } else { 0 }
        };
        // Of equally near patterns, the first one in the file.
        let best = patterns.iter().rev().max_by_key(|pattern| shared(pattern))?;
        let length = shared(best);
        let near = Miss::Near {
            path: quoted(path).into_owned(),
            by: place(config, best),
            shared: quoted(&path[..length]).into_owned(),
        };
        (length > 0).then_some((length, near))
    };
    let owned: BTreeSet<FilterId> = config.services.values().flat_map(Service::own_filters).collect();
    let is_free = |change: &&Change| matches_of(&config.filters, change).iter().all(|(id, _)| !owned.contains(id));
    let free = changes.as_slice().iter().filter(is_free);
    let mut near: Vec<(usize, Miss)> = free.filter_map(nearest).collect();
    near.sort_by_key(|(shared, _)| Reverse(*shared));
    near.into_iter().take(MOST_MISSES).map(|(_, miss)| miss).collect()
}

/// Returns the literal part of a pattern: its beginning up to the first special character.
fn literal(text: &str) -> &str {
    text.find(|c| "*?[]{}()!+@|\\".contains(c)).map_or(text, |end| &text[..end])
}

pub(super) fn place(config: &Config, pattern: &Located<Pattern>) -> PatternPlace {
    PatternPlace { pattern: pattern.value.text().to_owned(), at: config.source.at(pattern.defined) }
}
