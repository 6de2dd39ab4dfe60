use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use sha2::{Digest as _, Sha256};

use crate::inputs::lockfile::{Lockfile, Need, NeededFor};

/// The digest of a package's closure, or of settings that apply to all packages. `Display` is 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClosureDigest([u8; 32]);

/// Whether closures include development dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum WithDevelopment {
    /// Yes.
    #[default]
    Yes,
    /// No: `dev: false`.
    No,
}

/// A lockfile, with the digests of the closures of its packages. The digests are computed on first use.
#[derive(Debug, Default)]
pub struct Resolution {
    lockfile: Lockfile,
    with_development: OnceLock<Vec<ClosureDigest>>,
    without_development: OnceLock<Vec<ClosureDigest>>,
}

impl Resolution {
    /// Creates the resolution of a lockfile.
    #[must_use]
    pub fn new(lockfile: Lockfile) -> Self {
        Self { lockfile, ..Self::default() }
    }

    /// Returns the lockfile.
    #[must_use]
    pub fn lockfile(&self) -> &Lockfile {
        &self.lockfile
    }

    /// Returns the digest of a package's closure. It does not cover the settings that apply to all packages.
    #[must_use]
    pub fn digest(&self, package: usize, with: WithDevelopment) -> ClosureDigest {
        self.digests(with)[package]
    }

    /// Computes the digests of all closures, so that [`digest`](Self::digest) only looks them up.
    pub fn compute_digests(&self, with: WithDevelopment) {
        self.digests(with);
    }

    fn digests(&self, with: WithDevelopment) -> &[ClosureDigest] {
        let made = match with {
            WithDevelopment::Yes => &self.with_development,
            WithDevelopment::No => &self.without_development,
        };
        made.get_or_init(|| digests(&self.lockfile, with))
    }

    /// Returns the packages that a package needs directly.
    pub fn needs(&self, package: usize, with: WithDevelopment) -> impl Iterator<Item = usize> {
        needs(&self.lockfile, package, with).map(|need| need.to)
    }

    /// Returns all other packages that a package needs, directly or through others, each once.
    #[must_use]
    pub fn reached(&self, start: usize, with: WithDevelopment) -> Vec<usize> {
        let mut seen = vec![false; self.lockfile.packages().len()];
        seen[start] = true;
        let (mut left, mut found) = (vec![start], Vec::new());
        while let Some(package) = left.pop() {
            let next = self.needs(package, with).filter(|to| !std::mem::replace(&mut seen[*to], true));
            let known = left.len();
            left.extend(next);
            found.extend_from_slice(&left[known..]);
        }
        found
    }
}

impl ClosureDigest {
    /// Returns the bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the digest of settings that apply to all packages.
    #[must_use]
    pub fn of_settings(settings: &BTreeMap<String, String>) -> Self {
        let mut hash = Words::default();
        for (key, value) in settings {
            hash.word(key.as_bytes());
            hash.word(value.as_bytes());
        }
        hash.finish()
    }
}

impl fmt::Display for ClosureDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn needs(lockfile: &Lockfile, package: usize, with: WithDevelopment) -> impl Iterator<Item = &Need> {
    let counts = move |purpose| with == WithDevelopment::Yes || purpose == NeededFor::Use;
    lockfile.needs(package).iter().filter(move |need| counts(need.purpose))
}

/// Returns the digest of each package's closure, computed in one pass from the digests of the packages that the package
/// needs. The packages of a cycle need the same packages, directly or through others, so one digest of all members of
/// the cycle is part of the digest of each.
fn digests(lockfile: &Lockfile, with: WithDevelopment) -> Vec<ClosureDigest> {
    let packages = lockfile.packages();
    let mut graph: DiGraph<(), (), usize> = DiGraph::with_capacity(packages.len(), packages.len());
    for _ in packages {
        graph.add_node(());
    }
    for from in 0..packages.len() {
        for need in needs(lockfile, from, with) {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(need.to), ());
        }
    }
    let own = packages.iter().map(|package| {
        let mut hash = Words::default();
        hash.word(package.name.as_bytes());
        hash.word(package.identity.as_bytes());
        hash.finish()
    });
    let mut digests = Digests { lockfile, with, circle_of: vec![usize::MAX; packages.len()], known: own.collect() };
    // A cycle comes after everything that its members need. petgraph's version of Kosaraju's algorithm, unlike its
    // version of Tarjan's algorithm, is not recursive, so a long chain of packages cannot overflow the stack.
    for (number, circle) in kosaraju_scc(&graph).into_iter().enumerate() {
        let circle: Vec<usize> = circle.into_iter().map(NodeIndex::index).collect();
        digests.close(number, circle);
    }
    digests.known
}

/// The most rounds in which [`Digests::distinguish`] compares the needs of a cycle's members.
const ROUNDS: usize = 16;

/// The digest of each package so far: the digest of its closure if its cycle is done, else the digest of the package
/// alone. A package that is in no cycle counts as a cycle of its own.
struct Digests<'l> {
    lockfile: &'l Lockfile,
    with: WithDevelopment,
    /// The number of each package's cycle; `usize::MAX` before the cycle is reached.
    circle_of: Vec<usize>,
    known: Vec<ClosureDigest>,
}

impl Digests<'_> {
    /// Computes the digests of the closures of a cycle's members.
    fn close(&mut self, number: usize, mut circle: Vec<usize>) {
        for member in &circle {
            self.circle_of[*member] = number;
        }
        if let [member] = circle[..] {
            self.known[member] = self.with_needs(number, member);
            return;
        }
        self.distinguish(number, &mut circle);
        let mut members: Vec<ClosureDigest> = circle.iter().map(|member| self.with_needs(number, *member)).collect();
        members.sort_unstable();
        members.dedup();
        let mut whole = Words::default();
        for member in members {
            whole.word(&member.0);
        }
        let whole = whole.finish();
        for member in circle {
            let mut hash = Words::default();
            hash.word(&self.known[member].0);
            hash.word(&whole.0);
            self.known[member] = hash.finish();
        }
    }

    /// Gives different digests to members of a cycle that are the same package but need different packages. Each round
    /// includes the digests of the needed packages in the digest of each member, until a round finds no further
    /// difference. If this takes more than [`ROUNDS`] rounds, members that are still equal are told apart by their
    /// order in the file.
    fn distinguish(&mut self, number: usize, circle: &mut [usize]) {
        circle.sort_unstable();
        let count = |digests: &Self, circle: &[usize]| {
            circle.iter().map(|member| digests.known[*member]).collect::<BTreeSet<_>>().len()
        };
        let mut distinct = count(self, circle);
        for _ in 0..ROUNDS {
            if distinct == circle.len() {
                return;
            }
            let next: Vec<ClosureDigest> = circle.iter().map(|member| self.with_needs(number, *member)).collect();
            circle.iter().zip(next).for_each(|(member, digest)| self.known[*member] = digest);
            let more = count(self, circle);
            if more == distinct {
                return;
            }
            distinct = more;
        }
        let mut twins: BTreeMap<ClosureDigest, usize> = BTreeMap::new();
        for member in circle {
            let twin = twins.entry(self.known[*member]).or_default();
            let mut hash = Words::default();
            hash.word(&self.known[*member].0);
            hash.word(&twin.to_be_bytes());
            *twin += 1;
            self.known[*member] = hash.finish();
        }
    }

    /// Returns a digest of a package's digest so far, and of the digests of the packages that it needs directly.
    fn with_needs(&self, number: usize, package: usize) -> ClosureDigest {
        let mut needed: Vec<(ClosureDigest, bool, &str, NeededFor)> = needs(self.lockfile, package, self.with)
            .map(|need| (self.known[need.to], self.circle_of[need.to] == number, need.label.as_str(), need.purpose))
            .collect();
        needed.sort_unstable();
        // A package that is needed for use is present whether or not it is also needed for development.
        needed.dedup_by(|next, kept| (next.0, next.1, next.2) == (kept.0, kept.1, kept.2));
        let mut hash = Words::default();
        hash.word(&self.known[package].0);
        for (digest, is_within, label, purpose) in needed {
            hash.word(&digest.0);
            hash.word(if is_within { b"within" } else { b"behind" });
            hash.word(label.as_bytes());
            hash.word(match purpose {
                NeededFor::Use => b"use",
                NeededFor::Development => b"development",
            });
        }
        hash.finish()
    }
}

/// A hash of words, each with its length before it.
#[derive(Default)]
struct Words(Vec<u8>);

impl Words {
    fn word(&mut self, word: &[u8]) {
        self.0.extend_from_slice(&(word.len() as u64).to_be_bytes());
        self.0.extend_from_slice(word);
    }

    fn finish(self) -> ClosureDigest {
        ClosureDigest(Sha256::digest(self.0).into())
    }
}
