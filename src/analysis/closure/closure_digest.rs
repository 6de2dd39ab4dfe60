use std::fmt;
use std::sync::OnceLock;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use sha2::{Digest as _, Sha256};

use crate::inputs::lockfile::{Lockfile, NeededFor};

/// The digest of a closure. `Display` is 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClosureDigest([u8; 32]);

/// Whether what is needed for development belongs to closures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum WithDevelopment {
    /// It does.
    #[default]
    Yes,
    /// It does not: `dev: false`.
    No,
}

/// A lockfile with the digests of all closures, each made when one is first asked for.
#[derive(Debug, Default)]
pub struct Resolution {
    lockfile: Lockfile,
    with_development: OnceLock<Vec<ClosureDigest>>,
    without_development: OnceLock<Vec<ClosureDigest>>,
}

impl Resolution {
    /// Takes a lockfile.
    #[must_use]
    pub fn new(lockfile: Lockfile) -> Self {
        Self { lockfile, ..Self::default() }
    }

    /// Returns the lockfile.
    #[must_use]
    pub fn lockfile(&self) -> &Lockfile {
        &self.lockfile
    }

    /// Returns the digest of what a package reaches, without what counts for all packages.
    #[must_use]
    pub fn digest(&self, package: usize, with: WithDevelopment) -> ClosureDigest {
        let made = match with {
            WithDevelopment::Yes => &self.with_development,
            WithDevelopment::No => &self.without_development,
        };
        made.get_or_init(|| digests(&self.lockfile, with))[package]
    }

    /// Returns what a package needs.
    pub fn needs(&self, package: usize, with: WithDevelopment) -> impl Iterator<Item = usize> {
        needs(&self.lockfile, package, with).map(|(to, _)| to)
    }
}

impl ClosureDigest {
    /// Returns its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the digest of this one and of what counts for all packages.
    #[must_use]
    pub fn with<'s>(&self, settings: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let mut hash = Words::default();
        hash.word(&self.0);
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

fn needs(lockfile: &Lockfile, package: usize, with: WithDevelopment) -> impl Iterator<Item = (usize, &str)> {
    let counts = move |purpose| with == WithDevelopment::Yes || purpose == NeededFor::Use;
    lockfile.needs(package).iter().filter(move |need| counts(need.purpose)).map(|need| (need.to, need.label.as_str()))
}

/// Makes the digest of each package's closure, in one pass: that of a package is made of those that it needs. Packages that
/// need each other in a circle reach the same, so each circle has one digest, made of its members.
fn digests(lockfile: &Lockfile, with: WithDevelopment) -> Vec<ClosureDigest> {
    let packages = lockfile.packages();
    let mut graph: DiGraph<(), (), usize> = DiGraph::with_capacity(packages.len(), packages.len());
    for _ in packages {
        graph.add_node(());
    }
    for from in 0..packages.len() {
        for (to, _) in needs(lockfile, from, with) {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
    }
    let own: Vec<ClosureDigest> = packages
        .iter()
        .map(|package| {
            let mut hash = Words::default();
            hash.word(package.name.as_bytes());
            hash.word(package.identity.as_bytes());
            hash.finish()
        })
        .collect();
    let mut closures = own.clone();
    let mut circle_of = vec![usize::MAX; packages.len()];
    // A circle stands behind all that its members need.
    for (number, circle) in tarjan_scc(&graph).into_iter().enumerate() {
        for member in &circle {
            circle_of[member.index()] = number;
        }
        let mut members: Vec<ClosureDigest> = Vec::with_capacity(circle.len());
        for member in &circle {
            let member = member.index();
            let mut needed: Vec<(ClosureDigest, bool, &str)> = needs(lockfile, member, with)
                .map(|(to, label)| {
                    let is_within = circle_of[to] == number;
                    (if is_within { own[to] } else { closures[to] }, is_within, label)
                })
                .collect();
            needed.sort_unstable();
            needed.dedup();
            let mut hash = Words::default();
            hash.word(&own[member].0);
            for (digest, is_within, label) in needed {
                hash.word(&digest.0);
                hash.word(if is_within { b"within" } else { b"behind" });
                hash.word(label.as_bytes());
            }
            members.push(hash.finish());
        }
        if let ([member], [digest]) = (&circle[..], &members[..]) {
            closures[member.index()] = *digest;
            continue;
        }
        members.sort_unstable();
        let mut whole = Words::default();
        for member in &members {
            whole.word(&member.0);
        }
        let whole = whole.finish();
        for member in circle {
            let mut hash = Words::default();
            hash.word(&own[member.index()].0);
            hash.word(&whole.0);
            closures[member.index()] = hash.finish();
        }
    }
    closures
}

/// A hash of words, each behind its length.
#[derive(Default)]
struct Words(Sha256);

impl Words {
    fn word(&mut self, word: &[u8]) {
        self.0.update((word.len() as u64).to_be_bytes());
        self.0.update(word);
    }

    fn finish(self) -> ClosureDigest {
        ClosureDigest(self.0.finalize().into())
    }
}
