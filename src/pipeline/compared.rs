//! What changed since each base, and what that means for the services that have it.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::at_base::{self, AtBase};
use super::own_base::Group;
use super::{ConfigFile, snapshot};
use crate::affected::{Affected, Cause, Direct, spread};
use crate::base::{Chosen, Doubt, Everyone};
use crate::change::{Change, ChangeSet};
use crate::config::{Config, Shape};
use crate::filter::{self, Matches};
use crate::git::{self, Differ, Fetch};
use crate::name::{RepoPath, ServiceId};

/// A group of services, and what changed since their base.
pub(super) struct Compared {
    group: Group,
    pub(super) changes: ChangeSet,
    pub(super) at_base: Vec<AtBase>,
    /// How many pairs of trees were compared.
    pub(super) tree_diffs: usize,
}

impl Compared {
    /// Compares head with the bases of a group: one tree diff a base. Where a tree cannot be had, the group's services
    /// are affected, and `chosen` says so.
    pub(super) fn of(
        differ: &mut Differ,
        mut group: Group,
        chosen: &mut Chosen,
        fetch: &mut Fetch,
    ) -> Result<Self, git::Error> {
        let (changes, tree_diffs) = match fetch.until(|| changes(differ, &group.chosen)) {
            Err(error) if error.is_doubt() => {
                group.chosen = group.chosen.out_of_reach(&error);
                chosen.doubts.append(&mut group.chosen.doubts);
                (group.chosen.on_top.clone(), 0)
            }
            found => found?,
        };
        Ok(Self { group, changes, at_base: Vec::new(), tree_diffs })
    }

    /// Reads the configuration at the bases; what cannot be read is returned as doubts.
    pub(super) fn read_config(
        &mut self,
        reader: &mut at_base::Reader,
        fetch: &mut Fetch,
    ) -> Result<Vec<Doubt>, git::Error> {
        self.at_base = reader.read(&self.group.chosen, fetch)?;
        Ok(self.at_base.iter().filter_map(AtBase::doubt).collect())
    }

    /// Returns the services that have this base.
    pub(super) fn services(&self) -> &[ServiceId] {
        &self.group.services
    }

    pub(super) fn matches<'a>(&'a self, config: &'a Config) -> Matches<'a> {
        filter::matches(&config.filters, &self.changes)
    }
}

/// Returns what changed between the chosen trees, with what stands on top, and how many pairs of trees that took.
fn changes(differ: &mut Differ, chosen: &Chosen) -> Result<(ChangeSet, usize), git::Error> {
    let Some(head) = &chosen.range.head else { return Ok((chosen.on_top.clone(), 0)) };
    let between = chosen
        .bases
        .iter()
        .map(|base| differ.diff(base.as_ref(), head))
        .reduce(|a, b| Ok(a?.or(b?)))
        .unwrap_or_else(|| Ok(ChangeSet::default()))?;
    Ok((between.then(chosen.on_top.clone()), chosen.bases.len()))
}

/// Returns the causes that each service has since its own base.
///
/// What a service is built from is compared with *its* base too: a dependency that was built meanwhile is done, and
/// still makes what was built from its older content due.
pub(super) fn direct<'a>(config: &Config, compared: &'a [Compared], matches: &[Matches<'a>]) -> Direct<'a> {
    if let ([compared], [matches]) = (compared, matches) {
        return of_group(config, compared, matches);
    }
    let mut all = Direct::none(config.services.len());
    for (compared, matches) in compared.iter().zip(matches) {
        let direct = of_group(config, compared, matches);
        let affected: Affected = spread(direct, &config.graph);
        for service in &compared.group.services {
            affected.causes(*service).iter().for_each(|cause| all.add(*service, cause.clone()));
        }
    }
    all
}

/// Returns the causes that services have of their own since the base of a group.
pub(super) fn of_group<'a>(config: &Config, compared: &Compared, matches: &Matches<'a>) -> Direct<'a> {
    let mut direct = Direct::none(config.services.len());
    for service in config.graph.services() {
        direct.add_matches(service, snapshot::watch(config, service), matches);
        for at_base in &compared.at_base {
            match at_base {
                AtBase::Unchanged => {}
                AtBase::Read(base) => direct.add_differences(service, &config.graph, &config.definitions, base),
                AtBase::Unreadable(_) => direct.add(service, Cause::Definition),
            }
        }
    }
    if let Some(everyone) = compared.group.chosen.everyone {
        for service in &compared.group.services {
            direct.add(
                *service,
                match everyone {
                    Everyone::Forced => Cause::Forced,
                    Everyone::NoRecord => Cause::NoRecord,
                    Everyone::BaseUnreachable => Cause::BaseUnreachable,
                },
            );
        }
    }
    direct
}

/// Returns the paths that nothing matches and that changed since each of the bases. The configuration itself is no such
/// path: it is compared service by service.
///
/// A path that changed before one of the bases was there when that one was planned: once is enough to say it.
pub(super) fn unmatched<'a>(compared: &[Compared], matches: &[Matches<'a>], file: &ConfigFile) -> Vec<&'a Change> {
    let has_base = |compared: &&(&Compared, &Matches)| !compared.0.group.chosen.bases.is_empty();
    let all: Vec<_> = compared.iter().zip(matches).collect();
    let with_base: Vec<_> = all.iter().filter(has_base).collect();
    let counted = if with_base.is_empty() { all.iter().collect() } else { with_base };
    let own = |change: &&Change| Some(&change.path) == file.in_repository.as_ref();
    let mut found: BTreeMap<&RepoPath, (&Change, usize)> = BTreeMap::new();
    for change in counted.iter().flat_map(|(_, matches)| &matches.unmatched).filter(|change| !own(change)) {
        found.entry(&change.path).or_insert((change, 0)).1 += 1;
    }
    found.into_values().filter(|(_, times)| *times == counted.len()).map(|(change, _)| change).collect()
}

/// Returns the services since whose base a path changed that nothing matches.
pub(super) fn beside_unmatched(
    compared: &[Compared],
    matches: &[Matches],
    file: &ConfigFile,
) -> impl Iterator<Item = ServiceId> {
    let is_other = |change: &&Change| Some(&change.path) != file.in_repository.as_ref();
    let groups = compared.iter().zip(matches).filter(move |(_, matches)| matches.unmatched.iter().any(is_other));
    groups.flat_map(|(compared, _)| compared.services().iter().copied())
}

/// Returns what each named filter matches: that of a flat file's service since its own base, others since any.
pub(super) fn named<'a>(
    config: &'a Config,
    compared: &[Compared],
    matches: &[Matches<'a>],
) -> IndexMap<&'a str, Vec<&'a Change>> {
    let is_for = |compared: &Compared, name: &str| match (config.shape, config.graph.id(name)) {
        (Shape::Flat, Some(service)) => compared.group.services.binary_search(&service).is_ok(),
        _ => true,
    };
    let of = |(name, filter): (&'a String, &filter::FilterId)| {
        let groups = compared.iter().zip(matches).filter(|(compared, _)| is_for(compared, name));
        let changes = groups.flat_map(|(_, matches)| matches.of(*filter)).map(|found| found.change);
        (name.as_str(), changes.collect::<BTreeSet<_>>().into_iter().collect())
    };
    config.named.iter().map(of).collect()
}
