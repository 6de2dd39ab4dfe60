use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{Resolution, WithDevelopment};

/// A package that differs between two closures: one lacks it, or has another version or another identity of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Its versions before; none if it was not there.
    pub from: Vec<String>,
    /// Its versions after; none if it is not there.
    pub to: Vec<String>,
    /// The direct dependency that leads to it; `None` if it is a direct dependency itself.
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

/// A lockfile at one time.
struct Side<'r> {
    resolution: Option<&'r Resolution>,
    /// The number of each package. Equal packages at both times have the same number, whatever they need.
    numbers: Vec<usize>,
}

/// What distinguishes a package: name, version, identity.
type PackageKey<'r> = (&'r str, &'r str, &'r str);

/// A package that another one reaches, and the first step to it.
type Reached = (usize, usize);

/// The versions of a name that exist at one time only, and what leads to them.
#[derive(Default)]
struct Differing<'r> {
    from: BTreeSet<&'r str>,
    to: BTreeSet<&'r str>,
    via: Option<&'r str>,
}

impl<'r> ClosureComparison<'r> {
    /// Compares two states.
    #[must_use]
    pub fn new(before: Option<&'r Resolution>, after: Option<&'r Resolution>, with: WithDevelopment) -> Self {
        let mut numbers: HashMap<PackageKey<'r>, usize> = HashMap::new();
        let [before, after] = [before, after].map(|resolution| Side::of(resolution, &mut numbers));
        Self { before, after, with, count: numbers.len() }
    }

    /// Returns how the closures of a package differ, in the order of names; empty if the closures have the same
    /// packages. If one of the states lacks the package, everything that it reaches differs.
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
    fn of(resolution: Option<&'r Resolution>, numbers: &mut HashMap<PackageKey<'r>, usize>) -> Self {
        let packages = resolution.into_iter().flat_map(|resolution| resolution.lockfile().packages());
        let numbers = packages.map(|package| {
            let next = numbers.len();
            let package = (package.called(), package.version.as_str(), package.identity.as_str());
            *numbers.entry(package).or_insert(next)
        });
        Self { resolution, numbers: numbers.collect() }
    }

    /// Returns the packages that a package reaches, nearest first.
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

    /// Returns for each number whether a package with it is reached.
    fn marked(&self, reached: &[Reached], count: usize) -> Vec<bool> {
        let mut marked = vec![false; count];
        for (package, _) in reached {
            marked[self.numbers[*package]] = true;
        }
        marked
    }

    /// Returns the reached packages that are not marked, each with the name of the first step to it.
    fn without(&self, reached: &[Reached], marked: &[bool]) -> impl Iterator<Item = (PackageKey<'r>, &'r str)> {
        let packages = self.resolution.map(|resolution| resolution.lockfile().packages()).unwrap_or_default();
        reached.iter().filter(|(package, _)| !marked[self.numbers[*package]]).map(|(package, first)| {
            let package = &packages[*package];
            ((package.called(), package.version.as_str(), package.identity.as_str()), packages[*first].called())
        })
    }
}
