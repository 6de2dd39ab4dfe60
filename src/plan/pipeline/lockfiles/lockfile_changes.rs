use std::collections::{BTreeMap, BTreeSet};

use super::LockfileCache;
use super::locked::{Closure, Locked, LockedFile, Means, Revision};
use crate::analysis::affected::{Cause, Direct, LockfileChange};
use crate::analysis::base::{Doubt, Tip};
use crate::analysis::closure::{ClosureComparison, Resolution, WithDevelopment};
use crate::config::{Config, LockedClosure};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::{LockfileFormat, SETTINGS_FILES};
use crate::model::change::{Change, ChangeSet};
use crate::model::name::{CommitId, Escaped, RepoDir, RepoPath, ServiceId};

/// How many packages a cause names.
const NAMED: usize = 5;

/// What changed in the lockfiles of services since a base.
#[derive(Default)]
pub(in crate::plan::pipeline) struct LockfileChanges {
    causes: Vec<(ServiceId, LockfileChange)>,
    /// The changed lockfiles that mean to a service what its package gets, so that its patterns do not say what they mean.
    replaced: BTreeSet<(ServiceId, String)>,
    /// The changed lockfiles of which some package's part was read.
    read: BTreeSet<RepoPath>,
    /// Why lockfiles count as a whole.
    pub(in crate::plan::pipeline) doubts: Vec<Doubt>,
}

impl LockfileChanges {
    /// Compares the lockfiles of services at each base with those at the tip, as far as something that they tell may have
    /// changed.
    pub(in crate::plan::pipeline) fn of(
        repository: &Repository,
        cache: &LockfileCache,
        config: &Config,
        tip: &Tip,
        bases: &[Option<CommitId>],
        changes: &ChangeSet,
    ) -> Result<Self, GitError> {
        let services = touched(config, changes);
        let mut found = Self::default();
        if services.is_empty() {
            return Ok(found);
        }
        let none = ChangeSet::default();
        let bases: Vec<&CommitId> = bases.iter().flatten().collect();
        let (Some(head), false) = (&tip.commit, bases.is_empty()) else {
            let why = "what it was before is not known";
            for service in &services {
                found.add_whole(config, *service, changes, why);
            }
            return Ok(found);
        };
        let read = |commit, on_top| {
            let revision = Revision { commit, on_top };
            repository.with_fetching(|| Locked::read(repository, cache, config, &services, revision))
        };
        let work_tree = tip.work_tree();
        let both = || -> Result<_, GitError> {
            let after = read(head, &work_tree)?;
            let before: Vec<Locked> = bases.iter().map(|base| read(base, &none)).collect::<Result<_, _>>()?;
            Ok((after, before))
        };
        let (after, before) = match both() {
            Err(error) if error.is_doubt() || matches!(error, GitError::MissingBlob { .. }) => {
                for service in &services {
                    found.add_whole(config, *service, changes, "this clone does not hold all that it takes to tell");
                }
                return Ok(found);
            }
            both => both?,
        };
        for before in &before {
            let mut pairs = Pairs::default();
            for service in &services {
                let Some(closure) = config.services[service.0].closure() else { continue };
                found.compare(*service, closure, [before.of(*service), after.of(*service)], &mut pairs, changes);
            }
        }
        Ok(found)
    }

    fn compare<'l>(
        &mut self,
        service: ServiceId,
        closure: &LockedClosure,
        [before, after]: [&'l [LockedFile]; 2],
        pairs: &mut Pairs<'l>,
        changes: &ChangeSet,
    ) {
        let mut files: BTreeMap<&str, [Option<&'l Means>; 2]> = BTreeMap::new();
        for (time, listed) in [before, after].into_iter().enumerate() {
            for file in listed.iter().filter(|file| !matches!(file.means, Means::Plain)) {
                files.entry(&file.path).or_default()[time] = Some(&file.means);
            }
        }
        for (path, means) in files {
            let is_changed = changes.is_about(path.as_bytes());
            if is_changed {
                self.replaced.insert((service, path.to_owned()));
                self.read.insert(RepoPath::from_git(path));
            }
            let doubt = means.iter().rev().flatten().find_map(|means| match means {
                Means::Doubt(why) => Some(why),
                Means::Closure(_) | Means::Plain => None,
            });
            if let Some(why) = doubt {
                if is_changed {
                    self.add_doubt(service, path, why);
                }
                continue;
            }
            let [before, after] = means.map(|means| match means {
                Some(Means::Closure(closure)) => Some(closure),
                _ => None,
            });
            if before.map(|before| before.digest(closure)) != after.map(|after| after.digest(closure)) {
                let change = pairs.change(path, before, after, closure.with);
                self.causes.push((service, change));
            }
        }
    }

    /// Adds that each changed lockfile of a service counts as a whole.
    fn add_whole(&mut self, config: &Config, service: ServiceId, changes: &ChangeSet, why: &str) {
        for change in changes.as_slice() {
            let Ok(path) = std::str::from_utf8(change.path.as_bytes()) else { continue };
            if config.services[service.0].may_lock(path) {
                self.replaced.insert((service, path.to_owned()));
                self.read.insert(change.path.clone());
                self.add_doubt(service, path, why);
            }
        }
    }

    fn add_doubt(&mut self, service: ServiceId, path: &str, why: &str) {
        let change = LockfileChange { file: path.to_owned(), whole: Some(why.to_owned()), ..LockfileChange::default() };
        self.causes.push((service, change));
        let message = format!("`{}` counts as a whole: {why}", Escaped::new(path));
        if self.doubts.iter().all(|doubt| doubt.message != message) {
            self.doubts.push(Doubt { kind: "lockfile", message, help: None, cure: None });
        }
    }

    /// Adds what the lockfiles mean to services: what their packages get, or what their patterns say.
    pub(in crate::plan::pipeline) fn add<'a>(
        &self,
        direct: &mut Direct<'a>,
        config: &'a Config,
        changes: &'a ChangeSet,
    ) {
        for (service, change) in &self.causes {
            direct.add(*service, Cause::Lockfile(change.clone()));
        }
        for (service, change) in self.plain(config, changes) {
            if let Some(found) = config.plain_match(service, change) {
                direct.add_match(service, found);
            }
        }
    }

    /// Returns the changed lockfiles of which the patterns of a service say what they mean.
    pub(in crate::plan::pipeline) fn plain<'c>(
        &self,
        config: &Config,
        changes: &'c ChangeSet,
    ) -> impl Iterator<Item = (ServiceId, &'c Change)> {
        let of_change = |change: &'c Change| {
            let path = std::str::from_utf8(change.path.as_bytes()).ok().map(str::to_owned);
            let services = config.graph.services().filter_map(move |service| {
                let path = path.as_deref()?;
                let is_plain =
                    config.services[service.0].may_lock(path) && !self.replaced.contains(&(service, path.to_owned()));
                is_plain.then_some((service, change))
            });
            services.collect::<Vec<_>>()
        };
        let lockfiles = changes.as_slice().iter().filter(|change| is_lockfile(config, change));
        lockfiles.flat_map(of_change).collect::<Vec<_>>().into_iter()
    }

    /// Whether a changed path is a lockfile of which some package's part was read.
    pub(in crate::plan::pipeline) fn has_read(&self, path: &RepoPath) -> bool {
        self.read.contains(path)
    }
}

/// Returns the services to which a change may mean something through a lockfile.
fn touched(config: &Config, changes: &ChangeSet) -> Vec<ServiceId> {
    let may = |change: &&Change| {
        let name = change.path.file_name();
        is_lockfile(config, change)
            || SETTINGS_FILES
                .iter()
                .any(|(file, _)| file.rsplit('/').next().is_some_and(|file| file.as_bytes() == name))
    };
    let near: Vec<(RepoDir, &[u8])> = changes
        .as_slice()
        .iter()
        .filter(may)
        .filter_map(|change| {
            let path = std::str::from_utf8(change.path.as_bytes()).ok()?;
            Some((RepoDir::of_file(path), change.path.file_name()))
        })
        .collect();
    if near.is_empty() {
        return Vec::new();
    }
    let is_touched = |service: &ServiceId| {
        let directories = config.services[service.0].lockfile_directories();
        directories.iter().any(|own| {
            // A yarn.lock does not say what the packages of its workspace need; their package.json do.
            let is_near = |(directory, name): &(RepoDir, &[u8])| {
                directory == own
                    || own.holds(directory) && *name == b"package.json"
                    || directory.as_str().ends_with(".cargo")
            };
            near.iter().any(is_near)
        })
    };
    config.graph.services().filter(is_touched).collect()
}

fn is_lockfile(config: &Config, change: &Change) -> bool {
    let is_named = || {
        let path = change.path.as_bytes();
        let mut closures = config.services.values().filter_map(|service| service.closure()?.file.as_deref());
        closures.any(|file| file.as_bytes() == path)
    };
    LockfileFormat::of(change.path.file_name()).is_some() || is_named()
}

/// Comparisons of lockfiles, each made once for all services.
#[derive(Default)]
struct Pairs<'r>(BTreeMap<[*const Resolution; 2], BTreeMap<WithDevelopment, ClosureComparison<'r>>>);

impl<'r> Pairs<'r> {
    fn change(
        &mut self,
        path: &str,
        before: Option<&'r Closure>,
        after: Option<&'r Closure>,
        with: WithDevelopment,
    ) -> LockfileChange {
        let resolutions = [before, after].map(|closure| closure.map(|closure| &*closure.resolution));
        let key = resolutions.map(|resolution| resolution.map_or(std::ptr::null(), std::ptr::from_ref));
        let of_pair = self.0.entry(key).or_default();
        let comparison =
            of_pair.entry(with).or_insert_with(|| ClosureComparison::new(resolutions[0], resolutions[1], with));
        let mut packages =
            comparison.changes(before.map(|closure| closure.package), after.map(|closure| closure.package));
        let more = packages.len().saturating_sub(NAMED);
        packages.truncate(NAMED);
        let settings = match (before, after) {
            (Some(before), Some(after)) => {
                let keys: BTreeSet<&String> = before.settings.keys().chain(after.settings.keys()).collect();
                let differ = keys.into_iter().filter(|key| before.settings.get(*key) != after.settings.get(*key));
                differ.cloned().collect()
            }
            _ => Vec::new(),
        };
        LockfileChange { file: path.to_owned(), packages, more, settings, whole: None }
    }
}
