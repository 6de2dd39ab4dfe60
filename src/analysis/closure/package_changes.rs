use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

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

/// A package's versions at both times, and what leads to it.
#[derive(Default)]
struct Seen<'r> {
    from: BTreeSet<(&'r str, &'r str)>,
    to: BTreeSet<(&'r str, &'r str)>,
    via: Option<&'r str>,
}

/// A package's closure: the lockfile, and the position of the package there.
type Closure<'r> = Option<(&'r Resolution, usize)>;

/// Returns how two closures of a package differ, in the order of names; nothing where only who needs which package differs.
/// Of a package that is not there at one of the times, all that it reaches differs.
#[must_use]
pub fn package_changes(before: Closure<'_>, after: Closure<'_>, with: WithDevelopment) -> Vec<PackageChange> {
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    let known = |closure: Closure<'_>| digests(closure, with);
    let (known_before, known_after) = (known(before), known(after));
    for (package, via) in walk(after, with, &known_before) {
        let seen = seen.entry(package.0).or_default();
        seen.to.insert((package.1, package.2));
        seen.via = Some(via);
    }
    for (package, via) in walk(before, with, &known_after) {
        let seen = seen.entry(package.0).or_default();
        seen.from.insert((package.1, package.2));
        seen.via.get_or_insert(via);
    }
    let changes = seen.into_iter().filter(|(_, seen)| seen.from != seen.to).map(|(name, seen)| {
        let texts = |only: &BTreeSet<(&str, &str)>, other: &BTreeSet<(&str, &str)>| -> Vec<String> {
            let versions: BTreeSet<&str> = only.difference(other).map(|(version, _)| *version).collect();
            versions.into_iter().map(str::to_owned).collect()
        };
        PackageChange {
            name: name.to_owned(),
            from: texts(&seen.from, &seen.to),
            to: texts(&seen.to, &seen.from),
            via: seen.via.filter(|via| *via != name).map(str::to_owned),
        }
    });
    changes.collect()
}

/// Returns the digests of all closures within one.
fn digests(closure: Closure<'_>, with: WithDevelopment) -> HashSet<ClosureDigest> {
    let Some((resolution, start)) = closure else { return HashSet::new() };
    let (mut found, mut seen) = (HashSet::new(), HashSet::from([start]));
    let mut left = vec![start];
    while let Some(package) = left.pop() {
        found.insert(resolution.digest(package, with));
        left.extend(resolution.needs(package, with).filter(|to| seen.insert(*to)));
    }
    found
}

/// A package as it differs: name, version, identity.
type Told<'r> = (&'r str, &'r str, &'r str);

/// Returns the packages that a package reaches, each with the first step to it, nearest first. What another time reaches too,
/// with all behind it, is left out.
fn walk<'r>(closure: Closure<'r>, with: WithDevelopment, known: &HashSet<ClosureDigest>) -> Vec<(Told<'r>, &'r str)> {
    let Some((resolution, start)) = closure else { return Vec::new() };
    let packages = resolution.lockfile().packages();
    let mut found = Vec::new();
    let mut seen = HashSet::from([start]);
    let mut left: VecDeque<(usize, Option<usize>)> = VecDeque::from([(start, None)]);
    while let Some((package, first)) = left.pop_front() {
        if let Some(first) = first {
            let told = &packages[package];
            let name = if told.name.is_empty() { told.identity.as_str() } else { told.name.as_str() };
            found.push(((name, told.version.as_str(), told.identity.as_str()), packages[first].name.as_str()));
        }
        for to in resolution.needs(package, with) {
            if !known.contains(&resolution.digest(to, with)) && seen.insert(to) {
                left.push_back((to, Some(first.unwrap_or(to))));
            }
        }
    }
    found
}
