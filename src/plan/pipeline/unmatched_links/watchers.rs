//! Finds the services that a change of a link's target would affect.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::filter::{FilterId, Filters, matches_of};
use crate::config::{Config, Global};
use crate::glob::{Pattern, Verdict};
use crate::model::change::{Change, Extent, Status};
use crate::model::name::{RepoPath, ServiceId};

/// A file name that only a wildcard matches, since no pattern contains it.
const ANY: &[u8] = b"\x01";

/// The services that a change of a link's target would affect.
pub(super) enum Watched {
    /// No service needs to be affected, since `unowned` matches the target.
    Unowned,
    /// These services, through their own filters, the `global` filter or their dependencies.
    By(BTreeSet<ServiceId>),
}

/// The filters of all services, prepared to be asked about many paths.
pub(super) struct Watchers<'a> {
    config: &'a Config,
    of: BTreeMap<FilterId, ServiceId>,
    /// The directories with which patterns begin, each with the filter of the pattern.
    begins: BTreeSet<(&'a [u8], FilterId)>,
}

impl<'a> Watchers<'a> {
    pub(super) fn of(config: &'a Config) -> Self {
        let own = |service: ServiceId| config.services[service.0].own_filters().map(move |filter| (filter, service));
        let of: BTreeMap<FilterId, ServiceId> = config.graph.services().flat_map(own).collect();
        let directories = |filter: &FilterId| {
            let filter = *filter;
            config.filters.get(filter).directories().map(move |directory| (directory.as_bytes(), filter))
        };
        // Only the filters of the services themselves are used. The filter of an image's inputs may name a file behind
        // a link, and does not match everything behind the link.
        let written = config.graph.services().map(|service| config.services[service.0].filter);
        let begins = written.collect::<BTreeSet<_>>().iter().flat_map(directories).collect();
        Self { config, of, begins }
    }

    /// Returns the services whose own patterns match a link, or begin with a path through the link.
    pub(super) fn holding(&self, link: &RepoPath) -> BTreeSet<ServiceId> {
        let matching = self.filters_of(link.clone()).into_iter();
        let first = Filters::id(0);
        let at = self.begins.range((link.as_bytes(), first)..).take_while(|(begin, _)| *begin == link.as_bytes());
        let start = [link.as_bytes(), b"/"].concat();
        let below = self.begins.range((start.as_slice(), first)..);
        let below = below.take_while(|(begin, _)| begin.starts_with(&start));
        let leading = at.chain(below).map(|(_, filter)| *filter);
        matching.chain(leading).filter_map(|filter| self.of.get(&filter)).copied().collect()
    }

    /// Returns the filters that match a path.
    fn filters_of(&self, path: RepoPath) -> BTreeSet<FilterId> {
        let change = Change::new(path, Status::Modified);
        matches_of(&self.config.filters, &change).into_iter().map(|(filter, _)| filter).collect()
    }

    /// Returns the services that a change of a target, or of a path below the target, would affect.
    pub(super) fn watched(&self, path: &RepoPath, extent: Extent) -> Watched {
        let matching = self.filters_of(path.clone());
        if matching.contains(&self.config.unowned) {
            return Watched::Unowned;
        }
        let holder = |filter: &FilterId| self.of.get(filter).copied();
        let mut by: BTreeSet<ServiceId> = matching.iter().filter_map(holder).collect();
        if extent == Extent::Below {
            // The filter of an image's inputs also matches their directories, but covers a directory only if it matches
            // all files in it.
            let directory: &[&[u8]] = if path.as_bytes().is_empty() { &[] } else { &[path.as_bytes(), b"/"] };
            let any_in_it = self.filters_of(RepoPath::from_git([&directory.concat(), ANY].concat()));
            by.retain(|service| {
                let service = &self.config.services[service.0];
                matching.contains(&service.filter) || service.inputs.is_some_and(|inputs| any_in_it.contains(&inputs))
            });
            by.extend(self.leading_below(path).iter().map(|filter| self.of[filter]));
        }
        if matching.contains(&self.config.global) {
            let heeds = |service: &ServiceId| self.config.services[service.0].global == Global::Affects;
            by.extend(self.config.graph.services().filter(heeds));
        }
        self.config.graph.add_dependents(&mut by);
        Watched::By(by)
    }

    /// Returns the filters with a pattern that may match a path below a directory. Only patterns that begin with a
    /// literal directory count: this directory, one that contains it, or one in it. `**/*.md` does not count.
    fn leading_below(&self, path: &RepoPath) -> Vec<FilterId> {
        let path = path.as_bytes();
        let first = Filters::id(0);
        let leads =
            |pattern: &Pattern| !pattern.directory().is_empty() && pattern.matches_or_leads_below(path) != Verdict::No;
        let mut leading = Vec::new();
        for directory in ancestors(path) {
            let begin = self.begins.range((directory, first)..).take_while(|(begin, _)| *begin == directory);
            let leads_below =
                |filter: &FilterId| self.config.filters.get(*filter).including().any(|at| leads(&at.value));
            leading.extend(begin.map(|(_, filter)| *filter).filter(leads_below));
        }
        let start = [path, b"/"].concat();
        let below = self.begins.range((start.as_slice(), first)..);
        leading.extend(below.take_while(|(begin, _)| begin.starts_with(&start)).map(|(_, filter)| *filter));
        leading
    }
}

/// Returns a path and the directories that contain it, without the root.
pub(super) fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| &path[..at]).chain((!path.is_empty()).then_some(path))
}
