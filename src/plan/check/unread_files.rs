//! Patterns that cover only files that a build did not read. Changes of these files build a service for nothing.

use std::collections::BTreeMap;

use super::ground::Ground;
use super::positions::Positions;
use super::written_patterns::{alone, including};
use crate::analysis::filter::{Filters, members_of_listing};
use crate::model::name::ServiceId;

/// The files that a service's own patterns cover, but that its build did not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadFiles {
    /// The patterns that match only files that were not read.
    pub patterns: Vec<String>,
    /// Whether any of the files that the service's own patterns cover was read.
    pub own: OwnReads,
    /// The directories that have covered files, but none that was read, each with the number of its covered files. No
    /// directory contains another one.
    pub directories: Vec<(String, usize)>,
}

/// Whether a build read any of the files that its service's own patterns cover.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnReads {
    /// At least one was read.
    #[default]
    SomeRead,
    /// None was read.
    NoneRead,
    /// None was read, since none is tracked.
    NoneTracked,
}

/// Returns the files that a service's own patterns cover, but that its build did not read.
pub(super) fn of(ground: &Ground<'_>, set: usize, service: ServiceId, read: &Positions) -> UnreadFiles {
    let config = ground.config(set);
    let service = &config.services[service.0];
    let patterns = including(config.filters.get(service.filter));
    let filters = alone(patterns.iter().map(|pattern| pattern.value.clone()));
    let listing = ground.listing();
    let found = members_of_listing(&filters, listing);
    let is_unread = |at: &usize| {
        let files = found.of(Filters::id(*at));
        !files.is_empty() && !files.iter().any(|file| read.has(*file))
    };
    let unread: Vec<usize> = (0..patterns.len()).filter(is_unread).collect();
    let mut covered: Vec<usize> = service.own_filters().flat_map(|filter| ground.files(set, filter)).copied().collect();
    covered.sort_unstable();
    covered.dedup();
    let own = match covered.iter().any(|position| read.has(*position)) {
        true => OwnReads::SomeRead,
        false if covered.is_empty() => OwnReads::NoneTracked,
        false => OwnReads::NoneRead,
    };
    let said = unread.iter().flat_map(|at| found.of(Filters::id(*at))).copied();
    let said = Positions::of(listing.len(), said);
    // Files that one of these patterns matches are reported with the pattern.
    let others: Vec<usize> =
        covered.into_iter().filter(|position| own != OwnReads::SomeRead || !said.has(*position)).collect();
    UnreadFiles {
        patterns: unread.into_iter().map(|at| patterns[at].value.text().to_owned()).collect(),
        own,
        directories: directories(ground, &others, read),
    }
}

fn directories(ground: &Ground<'_>, covered: &[usize], read: &Positions) -> Vec<(String, usize)> {
    // How many files each directory holds, and how many of them were read.
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for position in covered {
        let path = ground.path(*position);
        for (end, _) in path.match_indices('/') {
            let (all, seen) = counts.entry(path[..end].to_owned()).or_default();
            *all += 1;
            *seen += usize::from(read.has(*position));
        }
    }
    let is_unread = |directory: &str| counts.get(directory).is_some_and(|(_, seen)| *seen == 0);
    let is_within = |directory: &str| directory.rsplit_once('/').is_some_and(|(above, _)| is_unread(above));
    let unread = counts.iter().filter(|(directory, _)| is_unread(directory) && !is_within(directory));
    unread.map(|(directory, (all, _))| (directory.clone(), *all)).collect()
}
