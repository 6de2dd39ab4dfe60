use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Lockfile, LockfileError, Need, NeededFor};

/// The dependency lists of a package, as in a package.json: names and requested versions.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct NeedLists {
    dependencies: BTreeMap<String, String>,
    dev_dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
    peer_dependencies: BTreeMap<String, String>,
}

impl NeedLists {
    /// Returns the names and the requested versions.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&str, &str, NeededFor)> {
        let lists = [
            (&self.dependencies, NeededFor::Use),
            (&self.optional_dependencies, NeededFor::Use),
            (&self.peer_dependencies, NeededFor::Use),
            (&self.dev_dependencies, NeededFor::Development),
        ];
        lists.into_iter().flat_map(|(list, purpose)| {
            list.iter().map(move |(name, wanted)| (name.as_str(), wanted.as_str(), purpose))
        })
    }

    /// Adds the dependencies of a package. `find` finds a package by the name under which it is installed, and also
    /// returns how much work that took. Optional packages and peers may be missing.
    pub(super) fn add_to(
        &self,
        lockfile: &mut Lockfile,
        from: usize,
        find: impl Fn(&str) -> (Option<usize>, usize),
    ) -> Result<(), LockfileError> {
        for (name, wanted, purpose) in self.wanted() {
            let (found, work) = find(name);
            lockfile.spend(work)?;
            let to = match found {
                Some(to) => to,
                None if self.optional_dependencies.contains_key(name) => continue,
                None if self.peer_dependencies.contains_key(name) => continue,
                None => lockfile.add_unknown(name, wanted)?,
            };
            let need = Need::under(to, purpose, name, &lockfile.packages[to].name);
            lockfile.need(from, need)?;
        }
        Ok(())
    }
}
