use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::IndexMap;

use super::{ClosureDigest, Resolution, WithDevelopment};

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
    /// For each number, whether a package with an unchanged closure has this number.
    has_unchanged: Vec<bool>,
}

/// One of the two states of a lockfile.
struct Side<'r> {
    resolution: Option<&'r Resolution>,
    /// The number of each package. Packages with the same name, version and identity have the same number in both
    /// states.
    numbers: Vec<usize>,
    /// Whether the closure of each package is unchanged: some package of the other state has the same closure. Then all
    /// packages in it have unchanged closures too.
    unchanged: Vec<bool>,
}

/// The name, version and identity of a package. Packages that differ in one of these are different.
type PackageKey<'r> = (&'r str, &'r str, &'r str);

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
        let mut numbers: IndexMap<PackageKey<'r>, usize> = IndexMap::new();
        let digests = [before, after].map(|resolution| resolution.map(|of| of.all_digests(with)).unwrap_or_default());
        let before = Side::of(before, with, &digests[1], &mut numbers);
        let after = Side::of(after, with, &digests[0], &mut numbers);
        let mut has_unchanged = vec![false; numbers.len()];
        for (number, unchanged) in before.numbers.iter().zip(&before.unchanged) {
            has_unchanged[*number] |= unchanged;
        }
        Self { before, after, with, count: numbers.len(), has_unchanged }
    }

    /// Returns the packages that differ between the two closures of a package, sorted by name. `before` and `after` are
    /// the positions of the package in the two states. If a state lacks the package (`None`), all packages of its
    /// closure in the other state differ.
    #[must_use]
    pub fn changes(&self, before: Option<usize>, after: Option<usize>) -> Vec<PackageChange> {
        let [reached_before, reached_after] = self.reached(before, after);
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

impl ClosureComparison<'_> {
    /// Returns the packages of the closures of a package in the two states. Packages with unchanged closures are left
    /// out if both closures certainly have them.
    fn reached(&self, before: Option<usize>, after: Option<usize>) -> [Vec<Reached>; 2] {
        let sides = [(&self.before, before), (&self.after, after)];
        let near = sides.map(|(side, start)| side.walk(start, self.with, |package| !side.unchanged[package]));
        if sides.iter().all(|(side, start)| start.is_some_and(|start| !side.unchanged[start])) && self.decide(&near) {
            near
        } else {
            sides.map(|(side, start)| side.walk(start, self.with, |_| true))
        }
    }

    /// Whether the parts of two closures up to the first unchanged packages decide how the closures differ. Both
    /// closures must reach the same unchanged packages, so that they have all further packages in common. And no
    /// changed package may be among these further ones, with dependencies that have not changed.
    fn decide(&self, near: &[Vec<Reached>; 2]) -> bool {
        let sides = [&self.before, &self.after];
        let [before, after] = [0, 1].map(|at| sides[at].unchanged_of(&near[at], self.with));
        let is_elsewhere = |side: &Side, (package, _): &Reached| {
            !side.unchanged[*package] && self.has_unchanged[side.numbers[*package]]
        };
        before == after && sides.iter().zip(near).all(|(side, near)| !near.iter().any(|one| is_elsewhere(side, one)))
    }
}

impl<'r> Side<'r> {
    /// Returns a state. `others` are the digests of all closures of the other state.
    fn of(
        resolution: Option<&'r Resolution>,
        with: WithDevelopment,
        others: &BTreeSet<ClosureDigest>,
        numbers: &mut IndexMap<PackageKey<'r>, usize>,
    ) -> Self {
        let packages = resolution.map(|resolution| resolution.lockfile().packages()).unwrap_or_default();
        let is_unchanged = |package| resolution.is_some_and(|of| others.contains(&of.digest(package, with)));
        let unchanged = (0..packages.len()).map(is_unchanged).collect();
        let numbers = packages.iter().map(|package| {
            let next = numbers.len();
            let package = (package.called(), package.version.as_str(), package.identity.as_str());
            *numbers.entry(package).or_insert(next)
        });
        Self { resolution, numbers: numbers.collect(), unchanged }
    }

    /// Returns the packages of a package's closure, nearest first. Packages are reached through the package itself and
    /// those for which `is_passed` is true.
    fn walk(&self, start: Option<usize>, with: WithDevelopment, is_passed: impl Fn(usize) -> bool) -> Vec<Reached> {
        let (Some(resolution), Some(start)) = (self.resolution, start) else { return Vec::new() };
        let mut found = Vec::new();
        let mut seen = vec![false; self.numbers.len()];
        seen[start] = true;
        let mut left: VecDeque<(usize, Option<usize>)> = VecDeque::from([(start, None)]);
        while let Some((package, first)) = left.pop_front() {
            found.extend(first.map(|first| (package, first)));
            if first.is_some() && !is_passed(package) {
                continue;
            }
            for to in resolution.needs(package, with) {
                if !std::mem::replace(&mut seen[to], true) {
                    left.push_back((to, Some(first.unwrap_or(to))));
                }
            }
        }
        found
    }

    /// Returns the digests of the reached packages with unchanged closures.
    fn unchanged_of(&self, reached: &[Reached], with: WithDevelopment) -> BTreeSet<ClosureDigest> {
        let unchanged = reached.iter().filter(|(package, _)| self.unchanged[*package]);
        unchanged.filter_map(|(package, _)| Some(self.resolution?.digest(*package, with))).collect()
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
