//! Closures of random graphs, in the shapes of Cargo.lock and pnpm-lock.yaml, against a search from each package.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rebake::analysis::closure::{ClosureComparison, PackageChange, Resolution, WithDevelopment};
use rebake::inputs::lockfile::{LockedPackage, Lockfile, LockfileFormat, NeededFor};

use crate::random::{Random, for_seeds};

/// A graph of packages: the first ones are those of the workspace. Each other one has a version; one that is not there has
/// none.
#[derive(Clone)]
struct Graph {
    format: LockfileFormat,
    members: usize,
    versions: Vec<Option<usize>>,
    needs: Vec<BTreeMap<usize, NeededFor>>,
}

/// What a package is, and what it needs.
type Reached = (usize, Option<usize>, Vec<(usize, NeededFor)>);

impl Graph {
    fn random(random: &mut Random, format: LockfileFormat) -> Self {
        let (members, others) = (1 + random.below(4), random.below(9));
        let count = members + others;
        let mut graph = Self { format, members, versions: vec![Some(1); count], needs: vec![BTreeMap::new(); count] };
        for from in 0..count {
            for _ in 0..random.below(4) {
                let (to, purpose) = (random.below(count), graph.purpose(random, from));
                graph.needs[from].insert(to, purpose);
            }
        }
        graph
    }

    /// Returns what a package may need another one for: only pnpm says it, and only of packages of the workspace.
    fn purpose(&self, random: &mut Random, from: usize) -> NeededFor {
        let may_say = self.format == LockfileFormat::Pnpm && from < self.members;
        if may_say && random.one_in(3) { NeededFor::Development } else { NeededFor::Use }
    }

    /// Returns the graph with a package bumped, added, removed, or with other needs.
    fn changed(&self, random: &mut Random) -> Self {
        let mut graph = self.clone();
        for _ in 0..=random.below(2) {
            let package = random.below(graph.versions.len());
            match random.below(4) {
                0 if package >= graph.members => graph.versions[package] = Some(1 + random.below(3)),
                1 if package >= graph.members => graph.versions[package] = None,
                _ => {
                    let to = random.below(graph.versions.len());
                    let purpose = graph.purpose(random, package);
                    if graph.needs[package].remove(&to) != Some(purpose) {
                        graph.needs[package].insert(to, purpose);
                    }
                }
            }
        }
        graph
    }

    /// Returns what a package needs and the file can say: nothing that is not there.
    fn needs(&self, package: usize) -> impl Iterator<Item = (usize, NeededFor)> {
        let needs = self.needs[package].iter().map(|(to, purpose)| (*to, *purpose));
        needs.filter(move |(to, _)| *to != package && self.versions[*to].is_some())
    }

    /// Returns all that a member reaches, one package after the other.
    fn naive(&self, member: usize, with: WithDevelopment) -> BTreeSet<Reached> {
        let counts = |need: &(usize, NeededFor)| with == WithDevelopment::Yes || need.1 == NeededFor::Use;
        let (mut left, mut seen) = (vec![member], BTreeSet::from([member]));
        let mut closure = BTreeSet::new();
        while let Some(package) = left.pop() {
            closure.insert((package, self.versions[package], self.needs(package).filter(counts).collect()));
            left.extend(self.needs(package).filter(counts).map(|(to, _)| to).filter(|to| seen.insert(*to)));
        }
        closure
    }

    fn resolution(&self) -> Resolution {
        let text = if self.format == LockfileFormat::Cargo { self.cargo() } else { self.pnpm() };
        Resolution::new(Lockfile::read(self.format, &text, &BTreeMap::new()).unwrap())
    }

    fn cargo(&self) -> String {
        let mut text = "version = 4\n".to_owned();
        for package in self.order() {
            let Some(version) = self.versions[package] else { continue };
            write!(text, "[[package]]\nname = \"p{package}\"\nversion = \"{version}.0.0\"\n").unwrap();
            if package >= self.members {
                text.push_str("source = \"registry+https://r\"\n");
            }
            let needs: Vec<String> = self.needs(package).map(|(to, _)| format!("\"p{to}\"")).collect();
            writeln!(text, "dependencies = [{}]", needs.join(", ")).unwrap();
        }
        text
    }

    fn pnpm(&self) -> String {
        let mut text = "lockfileVersion: '9.0'\nimporters:\n".to_owned();
        let lists = |text: &mut String, package: usize, indent: &str| {
            for (key, purpose) in [("dependencies", NeededFor::Use), ("devDependencies", NeededFor::Development)] {
                for (number, (to, _)) in self.needs(package).filter(|need| need.1 == purpose).enumerate() {
                    if number == 0 {
                        writeln!(text, "{indent}{key}:").unwrap();
                    }
                    let reference = match self.versions[to] {
                        _ if to < self.members => format!("link:../p{to}"),
                        version => format!("{}.0.0", version.unwrap()),
                    };
                    if package < self.members {
                        write!(text, "{indent}  p{to}:\n{indent}    specifier: x\n{indent}    version: {reference}\n")
                            .unwrap();
                    } else {
                        writeln!(text, "{indent}  p{to}: {}", reference.replace("link:../", "link:")).unwrap();
                    }
                }
            }
        };
        let empty = |package: usize| if self.needs(package).next().is_none() { " {}" } else { "" };
        for member in 0..self.members {
            writeln!(text, "  p{member}:{}", empty(member)).unwrap();
            lists(&mut text, member, "    ");
        }
        let has_packages = (self.members..self.versions.len()).any(|package| self.versions[package].is_some());
        text.push_str(if has_packages { "snapshots:\n" } else { "" });
        for package in self.order().filter(|package| *package >= self.members) {
            let Some(version) = self.versions[package] else { continue };
            writeln!(text, "  p{package}@{version}.0.0:{}", empty(package)).unwrap();
            lists(&mut text, package, "    ");
        }
        text
    }

    /// The order in which packages are written: members first in pnpm's; it must not matter.
    fn order(&self) -> impl Iterator<Item = usize> {
        (0..self.versions.len()).rev()
    }
}

fn name(package: usize) -> String {
    format!("p{package}")
}

/// Returns the position of a package of the workspace.
fn entry(resolution: &Resolution, member: usize) -> usize {
    let lockfile = resolution.lockfile();
    lockfile.in_directory(&name(member)).unwrap_or_else(|| lockfile.named(&name(member))[0])
}

/// Each changed package, with the direct dependency through which it is needed.
fn differences(changes: &[PackageChange]) -> BTreeMap<String, String> {
    let via = |change: &PackageChange| change.via.clone().unwrap_or_else(|| change.name.clone());
    changes.iter().map(|change| (change.name.clone(), via(change))).collect()
}

/// The same, by searching both closures to their ends, nearest packages first.
fn slow_differences(states: [(&Resolution, usize); 2], with: WithDevelopment) -> BTreeMap<String, String> {
    let [before, after] = states.map(|(resolution, start)| {
        let packages = resolution.lockfile().packages();
        let (mut found, mut seen, mut at) = (Vec::new(), BTreeSet::from([start]), 0);
        let mut next = vec![(start, None)];
        while let Some((package, first)) = next.get(at).copied() {
            for to in resolution.needs(package, with).filter(|to| seen.insert(*to)) {
                next.push((to, Some(first.unwrap_or(to))));
            }
            let LockedPackage { version, identity, .. } = &packages[package];
            let key = (packages[package].called().to_owned(), version.clone(), identity.clone());
            found.extend(first.map(|first| (key, packages[first].called().to_owned())));
            at += 1;
        }
        found
    });
    let mut differences = BTreeMap::new();
    for (own, other) in [(&after, &before), (&before, &after)] {
        for ((name, ..), via) in own.iter().filter(|(key, _)| other.iter().all(|(known, _)| known != key)) {
            differences.entry(name.clone()).or_insert_with(|| via.clone());
        }
    }
    differences
}

/// A pair of graphs a seed; `REBAKE_SEED=0..100000` makes it 100,000.
#[test]
fn closures_differ_where_a_search_finds_a_difference() {
    for_seeds(1_000, |random: &mut Random| {
        let format = *random.pick(&[LockfileFormat::Cargo, LockfileFormat::Pnpm]);
        let before = Graph::random(random, format);
        let after = before.changed(random);
        let [then, now] = [&before, &after].map(Graph::resolution);
        for with in [WithDevelopment::Yes, WithDevelopment::No] {
            let comparison = ClosureComparison::new(Some(&then), Some(&now), with);
            for member in 0..before.members {
                let (from, to) = (entry(&then, member), entry(&now, member));
                let [searched_before, searched_after] = [&before, &after].map(|graph| graph.naive(member, with));
                let differ = then.digest(from, with) != now.digest(to, with);
                assert_eq!(differ, searched_before != searched_after, "member {member}");
                let changes = comparison.changes(Some(from), Some(to));
                assert_eq!(
                    differences(&changes),
                    slow_differences([(&then, from), (&now, to)], with),
                    "member {member}"
                );
                assert!(differ || changes.is_empty(), "member {member}");
                let versions = |searched: BTreeSet<Reached>| -> BTreeSet<(usize, Option<usize>)> {
                    searched.into_iter().map(|(package, version, _)| (package, version)).collect()
                };
                let told: BTreeSet<String> = changes.into_iter().map(|change| change.name).collect();
                let expected: BTreeSet<String> = versions(searched_before)
                    .symmetric_difference(&versions(searched_after))
                    .map(|(package, _)| *package)
                    .filter(|package| *package >= before.members)
                    .map(name)
                    .collect();
                assert!(told.is_superset(&expected), "member {member}: {told:?} {expected:?}");
            }
        }
    });
}
