use std::collections::{BTreeMap, BTreeSet, VecDeque};

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{Resolution, WithDevelopment};

/// A package that differs between two closures: one closure lacks it, or has it with another version or another
/// identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Those of its versions that only the earlier closure has.
    pub from: Vec<String>,
    /// Those of its versions that only the later closure has.
    pub to: Vec<String>,
    /// The direct dependency through which it is needed; `None` if it is a direct dependency itself.
    pub via: Option<String>,
}

/// Two states of a lockfile, for comparing the closures of many packages.
pub struct ClosureComparison<'r> {
    before: Side<'r>,
    after: Side<'r>,
    with: WithDevelopment,
    /// The number of different packages in both states together.
    count: usize,
}

/// One of the two states of a lockfile.
struct Side<'r> {
    resolution: Option<&'r Resolution>,
    /// The number of each package. Packages with the same name, version and identity have the same number in both
    /// states.
    numbers: Vec<usize>,
}

/// The name, version and identity of a package. Packages that differ in one of these are different.
type PackageKey<'r> = (&'r str, &'r str, &'r str);

/// A number for each package. A package that is in two lockfiles has one number.
type PackageNumbers<'r> = IndexMap<PackageKey<'r>, usize, RandomState>;

/// A package of a closure, and the direct dependency through which it is needed, as positions in the lockfile.
type Reached = (usize, usize);

/// The versions of a package that only one of the two closures has, and the direct dependency through which the package
/// is needed.
#[derive(Default)]
struct Differing<'r> {
    from: BTreeSet<&'r str>,
    to: BTreeSet<&'r str>,
    via: Option<&'r str>,
}

impl<'r> ClosureComparison<'r> {
    /// Returns the comparison of two states of a lockfile. `None` stands for the state before the lockfile was added,
    /// or after it was removed.
    #[must_use]
    pub fn new(before: Option<&'r Resolution>, after: Option<&'r Resolution>, with: WithDevelopment) -> Self {
        let mut numbers = PackageNumbers::default();
        let [before, after] = [before, after].map(|resolution| Side::of(resolution, &mut numbers));
        Self { before, after, with, count: numbers.len() }
    }

    /// Returns the packages that differ between the two closures of a package, sorted by name. `before` and `after` are
    /// the positions of the package in the two states. If a state lacks the package (`None`), all packages of its
    /// closure in the other state differ.
    #[must_use]
    pub fn changes(&self, before: Option<usize>, after: Option<usize>) -> Vec<PackageChange> {
        let reached_before = self.before.walk(before, self.with);
        let reached_after = self.after.walk(after, self.with);
        let (was_there, is_there) =
            (self.before.marked(&reached_before, self.count), self.after.marked(&reached_after, self.count));
        let mut differing: BTreeMap<&str, Differing> = BTreeMap::new();
        for ((name, version, _), via) in self.after.without(&reached_after, &was_there) {
            let differing = differing.entry(name).or_default();
            differing.to.insert(version);
            differing.via.get_or_insert(via);
        }
        for ((name, version, _), via) in self.before.without(&reached_before, &is_there) {
            let differing = differing.entry(name).or_default();
            differing.from.insert(version);
            differing.via.get_or_insert(via);
        }
        let owned = |versions: &BTreeSet<&str>| versions.iter().map(|version| (*version).to_owned()).collect();
        let changes = differing.into_iter().map(|(name, differing)| PackageChange {
            name: name.to_owned(),
            from: owned(&differing.from),
            to: owned(&differing.to),
            via: differing.via.filter(|via| *via != name).map(str::to_owned),
        });
        changes.collect()
    }
}

impl<'r> Side<'r> {
    fn of(resolution: Option<&'r Resolution>, numbers: &mut PackageNumbers<'r>) -> Self {
        let packages = resolution.into_iter().flat_map(|resolution| resolution.lockfile().packages());
        let numbers = packages.map(|package| {
            let next = numbers.len();
            let package = (package.called(), package.version.as_str(), package.identity.as_str());
            *numbers.entry(package).or_insert(next)
        });
        Self { resolution, numbers: numbers.collect() }
    }

    /// Returns the packages of a package's closure, nearest first.
    fn walk(&self, start: Option<usize>, with: WithDevelopment) -> Vec<Reached> {
        let (Some(resolution), Some(start)) = (self.resolution, start) else { return Vec::new() };
        let mut found = Vec::new();
        let mut seen = vec![false; self.numbers.len()];
        seen[start] = true;
        let mut left: VecDeque<(usize, Option<usize>)> = VecDeque::from([(start, None)]);
        while let Some((package, first)) = left.pop_front() {
            found.extend(first.map(|first| (package, first)));
            for to in resolution.needs(package, with) {
                if !std::mem::replace(&mut seen[to], true) {
                    left.push_back((to, Some(first.unwrap_or(to))));
                }
            }
        }
        found
    }

    /// Returns, for each number, whether a reached package has this number.
    fn marked(&self, reached: &[Reached], count: usize) -> Vec<bool> {
        let mut marked = vec![false; count];
        for (package, _) in reached {
            marked[self.numbers[*package]] = true;
        }
        marked
    }

    /// Returns the reached packages that are not marked, each with the name of the direct dependency through which it
    /// is reached.
    fn without(&self, reached: &[Reached], marked: &[bool]) -> impl Iterator<Item = (PackageKey<'r>, &'r str)> {
        let packages = self.resolution.map(|resolution| resolution.lockfile().packages()).unwrap_or_default();
        reached.iter().filter(|(package, _)| !marked[self.numbers[*package]]).map(|(package, first)| {
            let package = &packages[*package];
            ((package.called(), package.version.as_str(), package.identity.as_str()), packages[*first].called())
        })
    }
}
