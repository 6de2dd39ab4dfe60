use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::*;
use crate::inputs::lockfile::{Lockfile, LockfileFormat};

fn resolution(format: LockfileFormat, text: &str) -> Resolution {
    Resolution::new(Lockfile::read(format, text, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// A small generator of random numbers, with the seed that a failure prints.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// A graph of packages: the first ones are those of the workspace. Each other one has a version; one that is not there has
/// none.
#[derive(Clone)]
struct Graph {
    members: usize,
    versions: Vec<Option<usize>>,
    needs: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn random(random: &mut Random) -> Self {
        let (members, others) = (1 + random.below(4), random.below(9));
        let count = members + others;
        let mut needs = vec![BTreeSet::new(); count];
        for from in &mut needs {
            for _ in 0..random.below(4) {
                from.insert(random.below(count));
            }
        }
        Self { members, versions: vec![Some(1); count], needs }
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
                    if !graph.needs[package].remove(&to) {
                        graph.needs[package].insert(to);
                    }
                }
            }
        }
        graph
    }

    /// Returns what a package needs and the file can say: nothing that is not there.
    fn needs(&self, package: usize) -> impl Iterator<Item = usize> {
        self.needs[package].iter().copied().filter(move |to| *to != package && self.versions[*to].is_some())
    }

    /// Returns all that a member reaches, one package after the other: the packages, and what each needs.
    fn naive(&self, member: usize) -> BTreeSet<(usize, Option<usize>, Vec<usize>)> {
        let (mut left, mut seen) = (vec![member], BTreeSet::from([member]));
        let mut closure = BTreeSet::new();
        while let Some(package) = left.pop() {
            closure.insert((package, self.versions[package], self.needs(package).collect()));
            left.extend(self.needs(package).filter(|to| seen.insert(*to)));
        }
        closure
    }

    fn cargo(&self) -> String {
        let mut text = "version = 4\n".to_owned();
        for package in self.order() {
            let Some(version) = self.versions[package] else { continue };
            write!(text, "[[package]]\nname = \"p{package}\"\nversion = \"{version}.0.0\"\n").unwrap();
            if package >= self.members {
                text.push_str("source = \"registry+https://r\"\n");
            }
            let needs: Vec<String> = self.needs(package).map(|to| format!("\"p{to}\"")).collect();
            writeln!(text, "dependencies = [{}]", needs.join(", ")).unwrap();
        }
        text
    }

    fn pnpm(&self) -> String {
        let mut text = "lockfileVersion: '9.0'\nimporters:\n".to_owned();
        let list = |text: &mut String, package: usize, indent: &str| {
            for (number, to) in self.needs(package).enumerate() {
                if number == 0 {
                    writeln!(text, "{indent}dependencies:").unwrap();
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
        };
        for member in 0..self.members {
            writeln!(text, "  p{member}:{}", if self.needs(member).next().is_none() { " {}" } else { "" }).unwrap();
            list(&mut text, member, "    ");
        }
        text.push_str("snapshots:\n");
        for package in self.order().filter(|package| *package >= self.members) {
            let Some(version) = self.versions[package] else { continue };
            let empty = if self.needs(package).next().is_none() { " {}" } else { "" };
            writeln!(text, "  p{package}@{version}.0.0:{empty}").unwrap();
            list(&mut text, package, "    ");
        }
        text
    }

    /// The order in which packages are written: members first in pnpm's; it must not matter.
    fn order(&self) -> impl Iterator<Item = usize> {
        (0..self.versions.len()).rev()
    }
}

/// How many pairs of graphs are compared.
const PAIRS: u64 = 2_000;

#[test]
fn closures_of_random_graphs_differ_where_a_search_finds_a_difference() {
    let name = |member: usize| format!("p{member}");
    for seed in 1..=PAIRS {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let before = Graph::random(&mut random);
        let after = before.changed(&mut random);
        let texts = |graph: &Graph| if seed % 2 == 0 { graph.cargo() } else { graph.pnpm() };
        let format = if seed % 2 == 0 { LockfileFormat::Cargo } else { LockfileFormat::Pnpm };
        let [then, now] = [&before, &after].map(|graph| resolution(format, &texts(graph)));
        let entry = |resolution: &Resolution, member| {
            let lockfile = resolution.lockfile();
            lockfile.named(&name(member)).or(lockfile.in_directory(&name(member))).unwrap()
        };
        for member in 0..before.members {
            let (from, to) = (entry(&then, member), entry(&now, member));
            let differ = then.digest(from, WithDevelopment::Yes) != now.digest(to, WithDevelopment::Yes);
            assert_eq!(differ, before.naive(member) != after.naive(member), "seed {seed}, member {member}");
            let changes =
                ClosureComparison::new(Some(&then), Some(&now), WithDevelopment::Yes).changes(Some(from), Some(to));
            assert!(differ || changes.is_empty(), "seed {seed}, member {member}");
            let versions = |graph: &Graph| -> BTreeSet<(usize, Option<usize>)> {
                graph.naive(member).into_iter().map(|(package, version, _)| (package, version)).collect()
            };
            let told: BTreeSet<String> = changes.into_iter().map(|change| change.name).collect();
            let expected: BTreeSet<String> = versions(&before)
                .symmetric_difference(&versions(&after))
                .map(|(package, _)| *package)
                .filter(|package| *package >= before.members)
                .map(name)
                .collect();
            assert!(told.is_superset(&expected), "seed {seed}, member {member}: {told:?} {expected:?}");
        }
    }
}

const BEFORE: &str = "lockfileVersion: '9.0'\nimporters:\n  a:\n    dependencies:\n      next: {specifier: ^1, version: 1.0.0}\n      old: {specifier: ^1, version: 1.0.0}\n    devDependencies:\n      tool: {specifier: ^1, version: 1.0.0}\n  b:\n    dependencies:\n      same: {specifier: ^1, version: 1.0.0}\nsnapshots:\n  next@1.0.0:\n    dependencies:\n      react: 18.2.0\n      same: 1.0.0\n  react@18.2.0: {}\n  old@1.0.0: {}\n  same@1.0.0: {}\n  tool@1.0.0: {}\n";

fn changes(before: &str, after: &str, member: &str, with: WithDevelopment) -> Vec<String> {
    let [then, now] = [before, after].map(|text| resolution(LockfileFormat::Pnpm, text));
    let entry = |resolution: &Resolution| resolution.lockfile().in_directory(member);
    let changes = ClosureComparison::new(Some(&then), Some(&now), with).changes(entry(&then), entry(&now)).into_iter();
    let shown = |change: PackageChange| {
        let via = change.via.map(|via| format!(" via {via}")).unwrap_or_default();
        format!("{} {} → {}{via}", change.name, change.from.join(", "), change.to.join(", "))
    };
    changes.map(shown).collect()
}

#[test]
fn changes_say_from_what_to_what_and_via_whom() {
    let bumped = BEFORE
        .replace("18.2.0", "18.3.1")
        .replace("tool@1.0.0", "tool@2.0.0")
        .replace("tool: {specifier: ^1, version: 1.0.0}", "tool: {specifier: ^1, version: 2.0.0}");
    assert_eq!(
        changes(BEFORE, &bumped, "a", WithDevelopment::Yes),
        ["react 18.2.0 → 18.3.1 via next", "tool 1.0.0 → 2.0.0"]
    );
    assert_eq!(changes(BEFORE, &bumped, "a", WithDevelopment::No), ["react 18.2.0 → 18.3.1 via next"]);
    assert_eq!(changes(BEFORE, &bumped, "b", WithDevelopment::Yes), [""; 0]);
    let removed = BEFORE.replace("      old: {specifier: ^1, version: 1.0.0}\n", "").replace("  old@1.0.0: {}\n", "");
    assert_eq!(changes(BEFORE, &removed, "a", WithDevelopment::Yes), ["old 1.0.0 → "]);
    assert_eq!(changes(&removed, BEFORE, "a", WithDevelopment::Yes), ["old  → 1.0.0"]);
    assert_eq!(
        changes(BEFORE, "lockfileVersion: '9.0'\nimporters: {}\n", "b", WithDevelopment::Yes),
        ["same 1.0.0 → "]
    );
}
