//! How lockfiles affect services.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::structured::literal;
use super::{Config, Service};
use crate::analysis::closure::WithDevelopment;
use crate::analysis::filter::{Effect, Filter, FilterEntry, FilterId, Filters, Match, Statuses, matches_of};
use crate::glob::{Pattern, Verdict, is_at_or_below};
use crate::inputs::lockfile::{LOCKFILE_NAMES, LockfileFormat};
use crate::model::change::Change;
use crate::model::diagnostic::Located;
use crate::model::name::{RepoDir, ServiceId};

/// How lockfiles affect a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LockfileUse {
    /// As files: the service's patterns decide whether a change of a lockfile affects the service.
    #[default]
    Whole,
    /// Like `Whole`, and it is intended that the patterns match no lockfile.
    Unchecked,
    /// By packages: the service is affected if a change of a lockfile changes the packages that its own package gets.
    Closure(LockedClosure),
}

/// A package, and the lockfile that decides which other packages it gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedClosure {
    /// The path of the lockfile from the root of the repository. If it is `None`, the lockfiles that list the package
    /// are searched for in the service's path, in the package's directory, and in all directories above these.
    pub file: Option<String>,
    /// The package's name, or its directory from the root of the repository. `None` for the package in the service's
    /// path.
    pub package: Option<String>,
    /// Whether changes of the package's development dependencies affect the service.
    pub with: WithDevelopment,
}

/// Copies of the services' filters, made before [`Config::with_lockfiles`] excluded lockfiles from them.
#[derive(Debug, Clone, Default)]
pub(super) struct LockfilePatterns {
    originals: Vec<Filter>,
    /// The same filters, compiled on first use: only lockfiles that affect a service as files need them.
    compiled: OnceLock<Filters>,
    of: BTreeMap<ServiceId, Vec<FilterId>>,
}

impl Service {
    /// Returns the package whose lockfile entries affect the service; `None` if lockfiles affect the service as files.
    #[must_use]
    pub fn closure(&self) -> Option<&LockedClosure> {
        match &self.lockfile {
            LockfileUse::Closure(closure) => Some(closure),
            LockfileUse::Whole | LockfileUse::Unchecked => None,
        }
    }

    /// Returns the directories that may contain the service's lockfiles. If the service names a lockfile, this is the
    /// directory of that file. Otherwise it is the service's path, its package's directory, and all directories above
    /// these. The list is empty if lockfiles affect the service as files.
    #[must_use]
    pub fn lockfile_directories(&self) -> Vec<RepoDir> {
        let Some(closure) = self.closure() else { return Vec::new() };
        if let Some(file) = &closure.file {
            return vec![RepoDir::of_file(file)];
        }
        // If `package` is a name and not a directory, this adds a directory that need not exist, and the root.
        let package = closure.package.as_deref().and_then(|package| RepoDir::parse(package).ok());
        let mut directories: Vec<RepoDir> = Vec::new();
        for directory in self.path.iter().chain(&package).flat_map(RepoDir::and_above) {
            if !directories.contains(&directory) {
                directories.push(directory);
            }
        }
        directories
    }

    /// Returns the file names that the service's lockfiles may have: the name of the lockfile if the service names one,
    /// or else all known names.
    pub fn lockfile_names(&self) -> impl Iterator<Item = &str> {
        let named = self.closure().and_then(|closure| closure.file.as_deref());
        let named = named.map(|file| file.rsplit('/').next().unwrap_or_default());
        let usual = LOCKFILE_NAMES.iter().map(|(name, _)| *name).filter(move |_| named.is_none());
        named.into_iter().chain(usual)
    }

    /// Whether a file with this path may be a lockfile that affects the service by packages.
    #[must_use]
    pub fn may_lock(&self, path: &str) -> bool {
        match self.closure() {
            None => false,
            Some(LockedClosure { file: Some(file), .. }) => file == path,
            Some(_) => {
                let directory = RepoDir::of_file(path);
                LockfileFormat::of(path.rsplit('/').next().unwrap_or_default().as_bytes()).is_some()
                    && self.lockfile_directories().contains(&directory)
            }
        }
    }
}

impl Config {
    /// Returns the configuration in which a service's wildcards no longer match the lockfiles that affect the service
    /// by packages.
    #[must_use]
    pub fn with_lockfiles(mut self) -> Self {
        if self.services.values().all(|service| service.closure().is_none()) {
            return self;
        }
        let filters = (0..self.filters.len()).map(|at| self.filters.get(Filters::id(at)).clone());
        let mut filters: Vec<Filter> = filters.collect();
        let (mut originals, mut of) = (Vec::new(), BTreeMap::new());
        let mut known = KnownLockfiles::default();
        for id in self.graph.services() {
            let service = &self.services[id.0];
            let directories = service.lockfile_directories();
            if directories.is_empty() {
                continue;
            }
            let at = service.place("lockfile", "");
            let kept: &mut Vec<FilterId> = of.entry(id).or_default();
            for filter in service.own_filters() {
                let Filter::Ordered(entries) = &mut filters[filter.position()] else { continue };
                // A lockfile that a Dockerfile copies by name also affects the service only by packages, so the inputs
                // exclude the lockfile.
                let effect = if filter == service.filter { Effect::Lockfile } else { Effect::Exclude };
                let mut taken = Vec::new();
                for directory in directories.iter().filter(|directory| may_match_in(entries, directory)) {
                    let is_taken_whole = is_taken_whole(entries, directory);
                    let lockfiles = known.of(service, directory).iter();
                    let lockfiles = lockfiles.filter(|(path, _)| is_taken_whole || may_match(entries, path));
                    taken.extend(lockfiles.map(|(_, pattern)| FilterEntry {
                        effect,
                        statuses: Statuses::ANY,
                        pattern: at.as_ref().map(|()| pattern.clone()),
                    }));
                }
                kept.push(Filters::id(originals.len()));
                originals.push(Filter::Ordered(entries.clone()));
                entries.extend(taken);
            }
        }
        self.filters = Filters::new(filters);
        self.lockfiles = LockfilePatterns { originals, compiled: OnceLock::new(), of };
        self
    }

    /// Returns the match between a changed lockfile and the patterns that a service had before
    /// [`Config::with_lockfiles`] excluded lockfiles from them; `None` if these patterns do not match.
    #[must_use]
    pub fn plain_match<'a>(&'a self, service: ServiceId, change: &'a Change) -> Option<Match<'a>> {
        let own = self.lockfiles.of.get(&service)?;
        let LockfilePatterns { originals, compiled, .. } = &self.lockfiles;
        let found = matches_of(compiled.get_or_init(|| Filters::new(originals.clone())), change);
        found.into_iter().find(|(filter, _)| own.contains(filter)).map(|(_, found)| found)
    }
}

/// The paths that lockfiles may have in directories, each with a pattern that matches only this path. Many services
/// have directories in common.
#[derive(Default)]
struct KnownLockfiles {
    /// By a directory and the path of the lockfile that a service names.
    known: BTreeMap<(RepoDir, Option<String>), Vec<ExactPath>>,
}

/// A path, and the pattern that matches only this path.
type ExactPath = (String, Pattern);

impl KnownLockfiles {
    fn of(&mut self, service: &Service, directory: &RepoDir) -> &[ExactPath] {
        let named = service.closure().and_then(|closure| closure.file.clone());
        self.known.entry((directory.clone(), named)).or_insert_with(|| {
            let paths = service.lockfile_names().map(|name| directory.join(name));
            paths.filter_map(|path| Some((path.clone(), Pattern::parse(&literal(&path)).ok()?))).collect()
        })
    }
}

/// Whether one of the including patterns matches everything below a directory.
fn is_taken_whole(entries: &[FilterEntry], directory: &RepoDir) -> bool {
    entries.iter().filter(|entry| entry.effect == Effect::Include).any(|entry| {
        let whole = entry.pattern.value.whole_directory();
        whole.is_some_and(|whole| is_at_or_below(directory.git_path(), whole))
    })
}

/// Whether one of the including patterns may match a file that is directly in a directory.
fn may_match_in(entries: &[FilterEntry], directory: &RepoDir) -> bool {
    entries.iter().filter(|entry| entry.effect == Effect::Include).any(|entry| {
        let (within, directory) = (entry.pattern.value.directory(), directory.git_path());
        // For a pattern without wildcards, `within` is the path of a file.
        is_at_or_below(directory, within) || within.rsplit_once('/').map_or("", |(above, _)| above) == directory
    })
}

/// Whether one of the including patterns may match a path.
fn may_match(entries: &[FilterEntry], path: &str) -> bool {
    let is_below = |pattern: &Located<Pattern>| is_at_or_below(path, pattern.value.directory());
    entries.iter().filter(|entry| entry.effect == Effect::Include && is_below(&entry.pattern)).any(|entry| {
        let pattern = &entry.pattern.value;
        pattern.matches(path.as_bytes()) != Verdict::No
    })
}
