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
    /// Returns the name, the requested version and the purpose of each dependency.
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

    /// Adds the dependencies of the package at position `from`. `find` returns the position of the package that is
    /// installed under a name, and the work of the search for [`Lockfile::spend`]. An optional dependency or peer
    /// dependency that is not installed is left out.
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
