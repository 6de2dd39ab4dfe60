use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::LockfileCache;
use super::locked::{Closure, Locked, LockedFile, Means};
use super::revision_files::{Revision, SharedSettings};
use crate::analysis::affected::{Cause, Direct, LockfileChange};
use crate::analysis::base::{Doubt, Tip};
use crate::analysis::closure::{ClosureComparison, Resolution, WithDevelopment};
use crate::config::{Config, LockedClosure};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::{LockfileFormat, SettingsFile};
use crate::model::change::{Change, ChangeSet};
use crate::model::name::{CommitId, Escaped, RepoDir, RepoPath, ServiceId};

/// The greatest number of packages that a cause names.
const NAMED: usize = 5;

/// The changes in the lockfiles of services since the bases.
#[derive(Default)]
pub(in crate::plan::pipeline) struct LockfileChanges {
    causes: Vec<(ServiceId, LockfileChange)>,
    /// The changed lockfiles that affect a service through its packages, or by any change. The service's patterns do
    /// not count for these files.
    replaced: BTreeSet<(ServiceId, String)>,
    /// The changed lockfiles that were compared by the packages of any service, and the files with changed settings.
    read: BTreeSet<RepoPath>,
    /// The doubts about lockfiles whose packages are not known. Any change of such a lockfile affects its services.
    pub(in crate::plan::pipeline) doubts: Vec<Doubt>,
}

impl LockfileChanges {
    /// Compares the lockfiles of services at each base with the lockfiles at the tip. Only services that one of the
    /// changes may affect through a lockfile are compared.
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
        let read = |commit, on_top| {
            let revision = Revision { commit, on_top };
            repository.with_fetching(|| Locked::read(repository, cache, config, &services, revision))
        };
        let work_tree = tip.work_tree();
        let after = held(tip.commit.as_ref().map(|head| read(head, &work_tree)).transpose())?.flatten();
        let before = held(bases.iter().map(|base| read(base, &none)).collect::<Result<Vec<Locked>, _>>())?;
        let (Some(after), Some(before), false) = (&after, before, bases.is_empty()) else {
            let why = if bases.is_empty() {
                "what it was before is not known"
            } else {
                "this clone does not hold all that it takes to tell"
            };
            for service in &services {
                found.add_whole(config, *service, after.as_ref(), changes, why);
            }
            return Ok(found);
        };
        for before in &before {
            let (mut pairs, known) = (Pairs::default(), found.causes.len());
            for service in &services {
                let Some(closure) = config.services[service.0].closure() else { continue };
                found.compare(*service, closure, [before.of(*service), after.of(*service)], &mut pairs, changes);
            }
            found.causes.extend(pairs.changes());
            found.causes[known..].sort_by(|(one, a), (other, b)| (one, &a.file).cmp(&(other, &b.file)));
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
            let keys = differing(means.map(|means| means.and_then(Means::settings)));
            self.read.extend(settings_files(path, &keys));
            let doubts = means.map(|means| means.and_then(Means::doubt));
            if let Some(doubt) = doubts.into_iter().rev().flatten().next() {
                if is_changed || !keys.is_empty() || doubts.iter().any(Option::is_none) {
                    self.add_doubt(service, path, keys, &doubt.why);
                }
                continue;
            }
            let [before, after] = means.map(|means| match means {
                Some(Means::Closure(closure)) => Some(closure),
                _ => None,
            });
            let digests = [before, after].map(|found| found.map(|found| found.digest(closure)));
            if digests[0] != digests[1] || !keys.is_empty() {
                let change = LockfileChange { file: path.to_owned(), settings: keys, ..LockfileChange::default() };
                pairs.add((service, change), [before, after], closure.with);
            }
        }
    }

    /// Adds a cause for each lockfile of a service whose packages may have changed, without comparing the packages.
    /// `after` has the lockfiles at the tip, if they could be read.
    fn add_whole(
        &mut self,
        config: &Config,
        service: ServiceId,
        after: Option<&Locked>,
        changes: &ChangeSet,
        why: &str,
    ) {
        let paths = || changes.as_slice().iter().filter_map(|change| std::str::from_utf8(change.path.as_bytes()).ok());
        let definition = &config.services[service.0];
        for path in paths().filter(|path| definition.may_lock(path)) {
            self.replaced.insert((service, path.to_owned()));
            self.read.insert(RepoPath::from_git(path));
            self.add_doubt(service, path, Vec::new(), why);
        }
        let Some(after) = after else {
            let directories = definition.lockfile_directories();
            for path in paths().filter(|path| directories.iter().any(|own| Beside::of(path).may_matter_in(own))) {
                self.read.insert(RepoPath::from_git(path));
                self.add_doubt(service, path, Vec::new(), why);
            }
            return;
        };
        for file in after.of(service).iter().filter(|file| !matches!(file.means, Means::Plain)) {
            let beside: Vec<&str> = paths().filter(|path| Beside::of(path).may_matter_to(&file.path)).collect();
            if !changes.is_about(file.path.as_bytes()) && !beside.is_empty() {
                self.read.extend(beside.into_iter().map(RepoPath::from_git));
                self.add_doubt(service, &file.path, Vec::new(), why);
            }
        }
    }

    fn add_doubt(&mut self, service: ServiceId, path: &str, settings: Vec<String>, why: &str) {
        let whole = Some(why.to_owned());
        let change = LockfileChange { file: path.to_owned(), settings, whole, ..LockfileChange::default() };
        self.causes.push((service, change));
        let message = format!("`{}` counts as a whole: {why}", Escaped::new(path));
        if self.doubts.iter().all(|doubt| doubt.message != message) {
            self.doubts.push(Doubt { kind: "lockfile", message, help: None, cure: None });
        }
    }

    /// Adds the causes of services whose packages differ, or may differ.
    pub(in crate::plan::pipeline) fn add(&self, direct: &mut Direct<'_>) {
        for (service, change) in &self.causes {
            direct.add(*service, Cause::Lockfile(change.clone()));
        }
    }

    /// Adds the causes of services whose patterns match a changed lockfile that affects them as a file.
    pub(in crate::plan::pipeline) fn add_plain<'a>(
        &self,
        direct: &mut Direct<'a>,
        config: &'a Config,
        changes: &'a ChangeSet,
    ) {
        for (service, change) in self.plain(config, changes) {
            if let Some(found) = config.plain_match(service, change) {
                direct.add_match(service, found);
            }
        }
    }

    /// Returns pairs of a service and a changed lockfile that affects the service as a file, if the service's patterns
    /// match the lockfile.
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

    /// Whether a path is a changed lockfile that was compared by the packages of any service, or a file with changed
    /// settings.
    pub(in crate::plan::pipeline) fn has_read(&self, path: &RepoPath) -> bool {
        self.read.contains(path)
    }
}

/// Returns the result of reading; `None` if this clone lacks an object that had to be read. Any other error is returned
/// unchanged.
fn held<T>(read: Result<T, GitError>) -> Result<Option<T>, GitError> {
    match read {
        Err(error) if error.is_doubt() || matches!(error, GitError::MissingBlob { .. }) => Ok(None),
        read => read.map(Some),
    }
}

/// Returns the services that one of the changes may affect through a lockfile.
fn touched(config: &Config, changes: &ChangeSet) -> Vec<ServiceId> {
    let path = |change: &'_ Change| std::str::from_utf8(change.path.as_bytes()).ok().map(str::to_owned);
    let lockfiles = changes.as_slice().iter().filter(|change| is_lockfile(config, change)).filter_map(path);
    let lockfiles: BTreeSet<RepoDir> = lockfiles.map(|path| RepoDir::of_file(&path)).collect();
    let beside: BTreeSet<Beside> = changes.as_slice().iter().filter_map(path).map(|path| Beside::of(&path)).collect();
    let is_touched = |service: &ServiceId| {
        let directories = config.services[service.0].lockfile_directories();
        let is_near = |own: &RepoDir| lockfiles.contains(own) || beside.iter().any(|beside| beside.may_matter_in(own));
        directories.iter().any(is_near)
    };
    config.graph.services().filter(is_touched).collect()
}

/// How a file may affect the packages of lockfiles in its directory and elsewhere.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    /// It is a settings file. Its settings apply to all packages of lockfiles in this directory and, for some formats,
    /// to those of lockfiles below this directory.
    Settings(&'static SettingsFile, RepoDir),
    /// It is a package.json in this directory. It may have settings that apply to all packages, and dependencies of a
    /// workspace package, which a yarn.lock does not list.
    Manifest(RepoDir),
    /// It does not affect lockfiles.
    Nothing,
}

impl Beside {
    fn of(path: &str) -> Self {
        let directory = RepoDir::of_file(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        if name == "package.json" {
            return Self::Manifest(directory);
        }
        match SettingsFile::at(path) {
            Some((file, directory)) => Self::Settings(file, directory),
            None => Self::Nothing,
        }
    }

    /// Whether the file may affect the packages of the lockfile at a path.
    fn may_matter_to(&self, lockfile: &str) -> bool {
        let own = RepoDir::of_file(lockfile);
        let format = LockfileFormat::of(lockfile.rsplit('/').next().unwrap_or_default().as_bytes());
        match (self, format) {
            (Self::Manifest(directory), format) if format != Some(LockfileFormat::Yarn) => *directory == own,
            (Self::Settings(file, directory), Some(format)) => {
                file.directories(format, &own).any(|read| read == *directory)
            }
            _ => self.may_matter_in(&own),
        }
    }

    /// Whether the file may affect the packages of a lockfile in a directory.
    fn may_matter_in(&self, own: &RepoDir) -> bool {
        match self {
            Self::Settings(file, directory) => file.may_matter(directory, own),
            Self::Manifest(directory) => own.holds(directory),
            Self::Nothing => false,
        }
    }
}

/// Returns the names of the settings that differ between base and tip; none if the lockfile has settings at only one of
/// the two.
fn differing(settings: [Option<&SharedSettings>; 2]) -> Vec<String> {
    let [Some(before), Some(after)] = settings else { return Vec::new() };
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

/// Returns the paths of the files that the settings `keys` come from: settings files, or the lockfile itself. Each key
/// begins with the path of its file, relative to the directory of `lockfile`.
pub(super) fn settings_files<'k>(
    lockfile: &str,
    keys: impl IntoIterator<Item = &'k String>,
) -> impl Iterator<Item = RepoPath> {
    let directory = RepoDir::of_file(lockfile);
    let file = move |key: &'k String| directory.resolve(key.split_once(": ").map_or(key, |(file, _)| file)).ok();
    keys.into_iter().filter_map(file).map(|file| RepoPath::from_git(file.as_str()))
}

fn is_lockfile(config: &Config, change: &Change) -> bool {
    let is_named = || {
        let path = change.path.as_bytes();
        let mut closures = config.services.values().filter_map(|service| service.closure()?.file.as_deref());
        closures.any(|file| file.as_bytes() == path)
    };
    LockfileFormat::of(change.path.file_name()).is_some() || is_named()
}

/// The services with different packages at base and at the tip. Each pair of lockfiles is compared once for all services.
#[derive(Default)]
struct Pairs<'r> {
    /// The position in `comparisons` of each pair of lockfiles.
    positions: BTreeMap<([*const Resolution; 2], WithDevelopment), usize>,
    comparisons: Vec<ClosureComparison<'r>>,
    differing: Vec<Differing>,
}

/// A service, and its package in a lockfile at base and at the tip.
struct Differing {
    service: ServiceId,
    /// The cause, without the packages that differ.
    change: LockfileChange,
    /// The position of the comparison of the two lockfiles.
    comparison: usize,
    packages: [Option<usize>; 2],
}

impl<'r> Pairs<'r> {
    fn add(
        &mut self,
        (service, change): (ServiceId, LockfileChange),
        closures: [Option<&'r Closure>; 2],
        with: WithDevelopment,
    ) {
        let resolutions = closures.map(|closure| closure.map(|closure| &*closure.resolution));
        let key = resolutions.map(|resolution| resolution.map_or(std::ptr::null(), std::ptr::from_ref));
        let comparison = *self.positions.entry((key, with)).or_insert_with(|| {
            self.comparisons.push(ClosureComparison::new(resolutions[0], resolutions[1], with));
            self.comparisons.len() - 1
        });
        let packages = closures.map(|closure| closure.map(|closure| closure.package));
        self.differing.push(Differing { service, change, comparison, packages });
    }

    /// Returns the causes, with the packages that differ.
    fn changes(self) -> Vec<(ServiceId, LockfileChange)> {
        let Self { comparisons, differing, .. } = self;
        let compared = differing.into_par_iter().map(|Differing { service, change, comparison, packages }| {
            let [before, after] = packages;
            let mut packages = comparisons[comparison].changes(before, after);
            let more = packages.len().saturating_sub(NAMED);
            packages.truncate(NAMED);
            (service, LockfileChange { packages, more, ..change })
        });
        compared.collect()
    }
}
