use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{ClosureDigest, Resolution, WithDevelopment};

/// A package of a closure that another one lacks, or has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Its versions before; none where it was not there.
    pub from: Vec<String>,
    /// Its versions after; none where it is not there.
    pub to: Vec<String>,
    /// What the package needs itself that leads to it; none where it is that.
    pub via: Option<String>,
}

/// Two states of a lockfile, of which the closures of many packages are compared.
pub struct ClosureComparison<'r> {
    before: Side<'r>,
    after: Side<'r>,
    with: WithDevelopment,
}

/// A lockfile at one time; none where there was none.
struct Side<'r> {
    resolution: Option<&'r Resolution>,
    /// The first of the packages with each digest: those with equal ones are one package.
    first: BTreeMap<ClosureDigest, usize>,
}

/// A package's versions at both times, and what leads to it.
#[derive(Default)]
struct Seen<'r> {
    from: BTreeSet<(&'r str, &'r str)>,
    to: BTreeSet<(&'r str, &'r str)>,
    via: Option<&'r str>,
}

impl<'r> ClosureComparison<'r> {
    /// Takes both states.
    #[must_use]
    pub fn new(before: Option<&'r Resolution>, after: Option<&'r Resolution>, with: WithDevelopment) -> Self {
        Self { before: Side::of(before, with), after: Side::of(after, with), with }
    }

    /// Returns how the closures of a package differ, in the order of names; nothing where only who needs which package
    /// differs. Where the package is not there at one of the times, all that it reaches differs.
    #[must_use]
    pub fn changes(&self, before: Option<usize>, after: Option<usize>) -> Vec<PackageChange> {
        let (reached_before, reached_after) =
            (self.before.reached(before, self.with), self.after.reached(after, self.with));
        let was_there = |digest: &ClosureDigest| self.before.first.get(digest).is_some_and(|at| reached_before[*at]);
        let is_there = |digest: &ClosureDigest| self.after.first.get(digest).is_some_and(|at| reached_after[*at]);
        let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
        for ((name, version, identity), via) in self.after.walk(after, self.with, was_there) {
            let seen = seen.entry(name).or_default();
            seen.to.insert((version, identity));
            seen.via.get_or_insert(via);
        }
        for ((name, version, identity), via) in self.before.walk(before, self.with, is_there) {
            let seen = seen.entry(name).or_default();
            seen.from.insert((version, identity));
            seen.via.get_or_insert(via);
        }
        let changes = seen.into_iter().filter(|(_, seen)| seen.from != seen.to).map(|(name, seen)| {
            let versions = |only: &BTreeSet<(&str, &str)>, other: &BTreeSet<(&str, &str)>| -> Vec<String> {
                let versions: BTreeSet<&str> = only.difference(other).map(|(version, _)| *version).collect();
                versions.into_iter().map(str::to_owned).collect()
            };
            PackageChange {
                name: name.to_owned(),
                from: versions(&seen.from, &seen.to),
                to: versions(&seen.to, &seen.from),
                via: seen.via.filter(|via| *via != name).map(str::to_owned),
            }
        });
        changes.collect()
    }
}

/// A package as it differs: name, version, identity.
type Told<'r> = (&'r str, &'r str, &'r str);

impl<'r> Side<'r> {
    fn of(resolution: Option<&'r Resolution>, with: WithDevelopment) -> Self {
        let mut first = BTreeMap::new();
        if let Some(resolution) = resolution {
            for package in 0..resolution.lockfile().packages().len() {
                first.entry(resolution.digest(package, with)).or_insert(package);
            }
        }
        Self { resolution, first }
    }

    /// Returns for each package whether a package reaches it, or one with its digest.
    fn reached(&self, start: Option<usize>, with: WithDevelopment) -> Vec<bool> {
        let (Some(resolution), Some(start)) = (self.resolution, start) else { return vec![false; self.first.len()] };
        let mut found = vec![false; resolution.lockfile().packages().len()];
        for package in std::iter::once(start).chain(resolution.reached(start, with)) {
            found[self.first[&resolution.digest(package, with)]] = true;
        }
        found
    }

    /// Returns the packages that a package reaches, each with the first step to it, nearest first. What is known, with all
    /// behind it, is left out.
    fn walk(
        &self,
        start: Option<usize>,
        with: WithDevelopment,
        is_known: impl Fn(&ClosureDigest) -> bool,
    ) -> Vec<(Told<'r>, &'r str)> {
        let (Some(resolution), Some(start)) = (self.resolution, start) else { return Vec::new() };
        let packages = resolution.lockfile().packages();
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([start]);
        let mut left: VecDeque<(usize, Option<usize>)> = VecDeque::from([(start, None)]);
        while let Some((package, first)) = left.pop_front() {
            if let Some(first) = first {
                let told = &packages[package];
                found.push(((told.called(), told.version.as_str(), told.identity.as_str()), packages[first].called()));
            }
            for to in resolution.needs(package, with) {
                if !is_known(&resolution.digest(to, with)) && seen.insert(to) {
                    left.push_back((to, Some(first.unwrap_or(to))));
                }
            }
        }
        found
    }
}
