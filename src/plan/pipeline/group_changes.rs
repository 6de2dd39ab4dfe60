//! Finds the changes since each base, and which of the services with this base the changes affect. Bases are processed
//! one after the other, and only changes that the plan may name are kept.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};

use super::base_config::{self, BaseConfig};
use super::base_groups::Group;
use super::lockfiles::LockfileChanges;
use super::{ConfigFile, WorkspaceView, snapshot};
use crate::analysis::affected::{Cause, Degraded, Direct, NoRecord, spread};
use crate::analysis::base::{AllAffected, Changes, Comparison, Doubt, Notes, Tip};
use crate::analysis::filter::{self, FilterId, Matches};
use crate::config::{Config, Service, Shape};
use crate::inputs::git::{self, Differ};
use crate::model::change::{Change, ChangeSet};
use crate::model::name::{RepoPath, ServiceId, ServiceName};

/// A group of services, and the changes since their common base.
pub(super) struct GroupChanges {
    group: Group,
    changes: ChangeSet,
    at_base: Vec<BaseConfig>,
    lockfiles: LockfileChanges,
    /// The paths from which the configurations at bases were read.
    former: BTreeSet<RepoPath>,
    /// How many pairs of trees were compared.
    tree_diffs: usize,
}

/// The changes that are kept for each group. They live as long as the plan's causes, which refer to them.
pub(super) struct Kept(Vec<OnceCell<ChangeSet>>);

/// The combined results of the comparisons of all groups.
pub(super) struct Findings<'a> {
    config: &'a Config,
    file: &'a ConfigFile,
    kept: &'a Kept,
    /// The filters for the services' own files.
    own: BTreeSet<FilterId>,
    /// The causes of each service since its base.
    direct: Direct<'a>,
    /// The changes since every base that no filter matches; `None` before the first group with a base was added.
    unmatched: Option<Vec<&'a Change>>,
    /// The changes that no filter matches in groups without a base; `None` before the first such group was added.
    unmatched_without_base: Option<Vec<&'a Change>>,
    /// The services with changes since their base that no filter matches, each with the first such change.
    pub(super) beside_unmatched: Vec<(ServiceId, &'a Change)>,
    /// The changes that each named filter matches. For a filter of a flat file, these are the changes since the base of
    /// the filter itself; for any other filter, the changes since any base.
    named: IndexMap<&'a str, BTreeSet<&'a Change>>,
    /// The services that the configuration at any base has and head's does not have.
    removed: IndexSet<ServiceName>,
    /// The changes since any of the bases.
    pub(super) changes: ChangeSet,
    /// How many pairs of trees were compared.
    pub(super) tree_diffs: usize,
}

impl Kept {
    /// Returns empty slots for this many groups.
    pub(super) fn of_groups(count: usize) -> Self {
        Self(std::iter::repeat_with(OnceCell::new).take(count).collect())
    }

    /// Returns how many changes are kept.
    pub(super) fn count(&self) -> usize {
        self.0.iter().filter_map(OnceCell::get).map(|kept| kept.as_slice().len()).sum()
    }
}

impl<'a> Findings<'a> {
    /// Compares the groups with the tip, one after the other. Also returns how many configurations at bases were read.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub(super) fn read(
        workspace: &WorkspaceView<'a>,
        tip: &Tip,
        groups: Vec<Group>,
        kept: &'a Kept,
    ) -> Result<((Self, usize), Notes), git::GitError> {
        let WorkspaceView { repository, file, config, .. } = *workspace;
        let mut notes = Notes::default();
        // Most trees are equal at several bases, so an object cache saves time.
        let caching = (groups.len() > 1).then(|| repository.with_object_cache());
        let mut differ = caching.as_ref().unwrap_or(repository).differ();
        let mut reader = base_config::Reader::new(repository, file);
        let mut findings = Self::none(config, file, kept);
        for (position, group) in groups.into_iter().enumerate() {
            let compared = GroupChanges::of(&mut differ, &mut reader, config, tip, group)?;
            findings.add(position, notes.keep(compared));
        }
        notes.warnings.extend(reader.note());
        Ok(((findings, reader.count()), notes))
    }

    /// Returns the state before any comparison is added.
    fn none(config: &'a Config, file: &'a ConfigFile, kept: &'a Kept) -> Self {
        Self {
            config,
            file,
            kept,
            own: config.services.values().flat_map(Service::own_filters).collect(),
            direct: Direct::none(config.services.len()),
            unmatched: None,
            unmatched_without_base: None,
            beside_unmatched: Vec::new(),
            named: config.named.keys().map(|name| (name.as_str(), BTreeSet::new())).collect(),
            removed: IndexSet::new(),
            changes: ChangeSet::default(),
            tree_diffs: 0,
        }
    }

    /// Adds the comparison of the group at a position.
    ///
    /// The dependencies of a service are compared with the *service's* base too. If a dependency was built after this
    /// base, the dependency itself need not be built again. The service must be, since its last build used the
    /// dependency's older content.
    fn add(&mut self, position: usize, compared: GroupChanges) {
        let config = self.config;
        let room = &self.kept.0[position];
        if self.kept.0.len() == 1 {
            let changes = room.get_or_init(|| compared.changes.clone());
            let matches = filter::matches(&config.filters, changes);
            self.note(&compared, &matches, &matches);
            self.direct = of_group(config, &compared, changes, &matches);
        } else {
            let whole = compared.matches(config);
            let kept = self.worth_keeping(&compared, &whole);
            let changes = room.get_or_init(|| kept);
            let matches = filter::matches(&config.filters, changes);
            self.note(&compared, &matches, &whole);
            let affected = spread(of_group(config, &compared, changes, &matches), &config.graph);
            for service in compared.services() {
                affected.causes(*service).iter().for_each(|cause| self.direct.add(*service, cause.clone()));
            }
        }
        let GroupChanges { changes, at_base, tree_diffs, .. } = compared;
        self.removed.extend(base_config::removed(config, at_base.iter()));
        self.changes = std::mem::take(&mut self.changes).or(changes);
        self.tree_diffs += tree_diffs;
    }

    /// Returns the causes of each service since its base.
    pub(super) fn direct(&mut self) -> Direct<'a> {
        std::mem::replace(&mut self.direct, Direct::none(0))
    }

    /// Returns the changes since every base that no filter matches. The configuration itself is not among them, since
    /// it is compared service by service.
    ///
    /// A path that changed since an older base, but not since a newer one, was reported in the plan for the newer one.
    pub(super) fn unmatched(&mut self) -> Vec<&'a Change> {
        self.unmatched.take().or(self.unmatched_without_base.take()).unwrap_or_default()
    }

    /// Returns the changes that each named filter matches.
    pub(super) fn named(&mut self) -> IndexMap<&'a str, Vec<&'a Change>> {
        std::mem::take(&mut self.named).into_iter().map(|(name, found)| (name, found.into_iter().collect())).collect()
    }

    /// Returns the services that the configuration at any base has and head's does not have.
    pub(super) fn removed(&mut self) -> Vec<ServiceName> {
        std::mem::take(&mut self.removed).into_iter().collect()
    }

    /// Records the kept changes that named filters match, and the changes that no filter matches. `kept` has the
    /// matches of the kept changes, `whole` those of all changes.
    fn note(&mut self, compared: &GroupChanges, kept: &Matches<'a>, whole: &Matches) {
        let about_none = self.about_none(compared, kept);
        if let Some(first) = about_none.first() {
            self.beside_unmatched.extend(compared.services().iter().map(|service| (*service, *first)));
        }
        let unmatched = self.unmatched_of(compared);
        match unmatched {
            None => *unmatched = Some(about_none),
            Some(found) => {
                let is_there =
                    |change: &&Change| whole.unmatched.binary_search_by(|other| other.path.cmp(&change.path));
                found.retain(|change| is_there(change).is_ok());
            }
        }
        for (name, filter) in self.config.named.iter().filter(|(name, _)| is_for(self.config, compared, name)) {
            let found = kept.of(*filter).iter().map(|found| found.change);
            self.named.entry(name.as_str()).or_default().extend(found);
        }
    }

    /// Returns the changes that no pattern of a service matches or excludes. Changes of the configuration, and of
    /// lockfiles that were compared by their packages, are not among them.
    fn about_none<'m>(&self, compared: &GroupChanges, matches: &Matches<'m>) -> Vec<&'m Change> {
        let taken_back: BTreeSet<&RepoPath> = matches
            .taken_back
            .iter()
            .filter(|(filter, _)| self.own.contains(filter))
            .map(|(_, change)| &change.path)
            .collect();
        let is_config = |path: &RepoPath| self.file.is_made_of(path) || compared.former.contains(path);
        let is_about_none = |change: &&Change| {
            let path = &change.path;
            !is_config(path) && !taken_back.contains(path) && !compared.lockfiles.has_read(path)
        };
        matches.unmatched.iter().copied().filter(is_about_none).collect()
    }

    /// Returns the unmatched changes of all groups with a base if this group has one, else those of all groups without
    /// a base.
    fn unmatched_of(&mut self, compared: &GroupChanges) -> &mut Option<Vec<&'a Change>> {
        if compared.group.comparison.bases.is_empty() { &mut self.unmatched_without_base } else { &mut self.unmatched }
    }

    /// Returns the changes of a group that are kept: changes that affect its services, changes that a named filter
    /// matches and no earlier group has, and changes that no filter matches. For each filter of a dependency, only one
    /// change is kept, since one change is enough to affect the dependency. After the first group, only one unmatched
    /// change is kept.
    fn worth_keeping(&mut self, compared: &GroupChanges, matches: &Matches) -> ChangeSet {
        let config = self.config;
        let mut kept: BTreeSet<&Change> = BTreeSet::new();
        let wanted = config.graph.with_dependencies(compared.services());
        for service in config.graph.services().filter(|service| wanted[service.0]) {
            let most = if compared.services().binary_search(&service).is_ok() { usize::MAX } else { 1 };
            for filter in snapshot::watch(config, service).filters() {
                kept.extend(matches.of(filter).iter().take(most).map(|found| found.change));
            }
        }
        kept.extend(compared.lockfiles.plain(config, &compared.changes).map(|(_, change)| change));
        let about_none = self.about_none(compared, matches);
        let most = if self.unmatched_of(compared).is_none() { usize::MAX } else { 1 };
        kept.extend(about_none.into_iter().take(most));
        for (name, filter) in config.named.iter().filter(|(name, _)| is_for(config, compared, name)) {
            let known = &self.named[name.as_str()];
            kept.extend(matches.of(*filter).iter().map(|found| found.change).filter(|change| !known.contains(change)));
        }
        ChangeSet::new(kept.into_iter().cloned().collect())
    }
}

/// Whether the changes of a group count for a named filter. For a filter of a flat file, only the changes of the
/// filter's own group count.
fn is_for(config: &Config, compared: &GroupChanges, name: &str) -> bool {
    match (config.shape, config.graph.id(name)) {
        (Shape::Flat, Some(service)) => compared.services().binary_search(&service).is_ok(),
        _ => true,
    }
}

impl GroupChanges {
    /// Compares the tip with the bases of a group: their trees, configurations and lockfiles. If this clone lacks a
    /// tree, all services of the group are affected.
    pub(super) fn of(
        differ: &mut Differ,
        reader: &mut base_config::Reader,
        config: &Config,
        tip: &Tip,
        mut group: Group,
    ) -> Result<(Self, Notes), git::GitError> {
        let mut notes = Notes::default();
        let found = differ.repository().with_fetching(|| changes(differ, tip, &group.comparison));
        let (changes, tree_diffs) = match found {
            Err(error) if error.is_doubt() => {
                notes.extend(Doubt::base_unreachable(&error).into());
                group.comparison = group.comparison.out_of_reach();
                (tip.on_top.clone(), 0)
            }
            found => found?,
        };
        let at_base = reader.read(tip, &group.comparison.bases, &changes)?;
        notes.doubts.extend(at_base.iter().filter_map(BaseConfig::doubt));
        let (repository, cache) = (differ.repository(), &reader.file().lockfiles);
        let lockfiles = LockfileChanges::of(repository, cache, config, tip, &group.comparison.bases, &changes)?;
        notes.doubts.extend(lockfiles.doubts.iter().cloned());
        Ok((Self { group, changes, at_base, lockfiles, former: reader.paths().clone(), tree_diffs }, notes))
    }

    /// Returns the services of the group.
    pub(super) fn services(&self) -> &[ServiceId] {
        &self.group.services
    }

    /// Returns the changes since the base.
    pub(super) fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    pub(super) fn matches<'a>(&'a self, config: &'a Config) -> Matches<'a> {
        filter::matches(&config.filters, &self.changes)
    }
}

/// Returns the changes since the bases of a comparison, with the tip's changes on top, and the number of pairs of trees
/// that were compared.
fn changes(differ: &mut Differ, tip: &Tip, comparison: &Comparison) -> Result<(ChangeSet, usize), git::GitError> {
    let Some(head) = tip.commit.as_ref().filter(|_| comparison.changes == Changes::Compared) else {
        return Ok((tip.on_top.clone(), 0));
    };
    let between = comparison
        .bases
        .iter()
        .map(|base| differ.diff(base.as_ref(), head))
        .reduce(|a, b| Ok(a?.or(b?)))
        .unwrap_or_else(|| Ok(ChangeSet::default()))?;
    Ok((between.then(tip.on_top.clone()), comparison.bases.len()))
}

/// Returns the services' own causes since the base of a group.
pub(super) fn of_group<'a>(
    config: &'a Config,
    compared: &GroupChanges,
    changes: &'a ChangeSet,
    matches: &Matches<'a>,
) -> Direct<'a> {
    let mut direct = Direct::none(config.services.len());
    compared.lockfiles.add(&mut direct);
    for service in config.graph.services() {
        direct.add_matches(service, snapshot::watch(config, service), matches);
        for at_base in &compared.at_base {
            match at_base {
                BaseConfig::Unchanged => {}
                BaseConfig::Read(base) => direct.add_differences(service, &config.graph, config.definitions(), base),
                BaseConfig::Unknown(None) => direct.add(service, Cause::Definition(Vec::new())),
                BaseConfig::Unknown(Some(_)) => direct.add(service, Cause::Degraded(Degraded::ConfigAtBase)),
            }
        }
    }
    compared.lockfiles.add_plain(&mut direct, config, changes);
    if let Some(everyone) = compared.group.comparison.everyone {
        for service in &compared.group.services {
            direct.add(
                *service,
                match everyone {
                    AllAffected::Forced => Cause::Forced,
                    AllAffected::NoRecord => Cause::NoRecord(NoRecord::NoBase),
                    AllAffected::NeverReleased => Cause::NoRecord(NoRecord::NeverReleased),
                    AllAffected::NeverBuilt => Cause::NoRecord(NoRecord::NeverBuilt),
                    AllAffected::NeverPublished => Cause::NoRecord(NoRecord::NeverPublished),
                    AllAffected::BaseUnreachable => Cause::BaseUnreachable,
                    AllAffected::UnknownRange => Cause::Degraded(Degraded::UnknownRange),
                },
            );
        }
    }
    direct
}
