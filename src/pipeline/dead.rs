//! Services whose patterns match nothing: what affects them can never change (spec section 6).

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use crate::config::{Config, Shape};
use crate::diagnostic::Diagnostic;
use crate::filter::members;
use crate::git::{self, Repository};
use crate::name::{CommitId, Escaped, ServiceId};
use crate::tree::{Entry, ObjectId, Region};

/// What a service whose patterns match no tracked file comes to (`--dead`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dead {
    /// An error in the structured shape, a warning in the flat one.
    #[default]
    ByShape,
    /// An error.
    Error,
    /// A warning.
    Warn,
    /// Nothing.
    Allow,
}

/// A content that is in more places than this (an empty file, a licence) does not tell where a file went.
const TELLING: usize = 16;

/// Two trees: where files were, and where they are.
pub(super) struct Trees<'a> {
    pub(super) repository: &'a Repository,
    pub(super) base: Option<CommitId>,
    pub(super) head: CommitId,
}

/// Warns of dead services, or refuses them.
pub(super) fn say(
    dead: &[ServiceId],
    config: &Config,
    policy: Dead,
    trees: &Trees,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Error> {
    let fatal = match policy {
        Dead::Allow => return Ok(()),
        Dead::Warn => false,
        Dead::Error => true,
        Dead::ByShape => config.shape == Shape::Structured,
    };
    if dead.is_empty() {
        return Ok(());
    }
    let mut said = Vec::new();
    for (service, moved) in dead.iter().zip(trees.moved(config, dead)?) {
        let name = config.graph.name(*service);
        let message = format!("the patterns of `{name}` match no tracked file, so nothing can ever affect it");
        let problem =
            if fatal { Diagnostic::error("dead-filter", message) } else { Diagnostic::warning("dead-filter", message) };
        let first = config.filters.get(config.services[service.0].filter).patterns().next();
        let problem = match first {
            Some((_, _, pattern)) => problem.located(&config.source, pattern, "matches nothing"),
            None => problem.located(&config.source, &config.services[service.0].name, "has no patterns"),
        };
        said.push(match moved {
            Some((from, to)) => {
                problem.help(format!("its files moved: write `{}` for `{}`", Escaped::new(&to), Escaped::new(&from)))
            }
            None => problem.help("mend the patterns, or take the service out; `--dead allow` plans all the same"),
        });
    }
    if fatal && !said.is_empty() {
        return Err(Error::Dead { problems: said });
    }
    warnings.extend(said);
    Ok(())
}

impl Trees<'_> {
    /// Returns for each of these services the directory that held most of its files, and the one where the same contents
    /// are now: each tree is read once for all of them, and that of head only if base had some of their files.
    fn moved(&self, config: &Config, services: &[ServiceId]) -> Result<Vec<Option<(String, String)>>, git::Error> {
        let nowhere = || Ok(vec![None; services.len()]);
        let Some(base) = self.base.filter(|base| self.repository.contains(base)) else { return nowhere() };
        let filters = || services.iter().map(|service| config.services[service.0].filter);
        let directories = filters().flat_map(|filter| config.filters.get(filter).directories());
        let before = self.repository.entries_in(&base, &Region::below(directories))?;
        let own = members(&config.filters, before.len(), |at| (before.get(at).path, before.get(at).extent()));
        let of = |filter| own.of(filter).iter().map(|at| before.get(*at));
        let wanted: BTreeSet<ObjectId> = filters().flat_map(of).map(|entry| entry.id).collect();
        if wanted.is_empty() {
            return nowhere();
        }
        let after = self.repository.entries(&self.head)?;
        let mut now: BTreeMap<ObjectId, Vec<&[u8]>> = BTreeMap::new();
        for Entry { id, path, .. } in after.iter() {
            if wanted.contains(&id) {
                now.entry(id).or_default().push(path);
            }
        }
        let moved = |filter| {
            let mut votes: BTreeMap<(&[u8], &[u8]), usize> = BTreeMap::new();
            for entry in of(filter) {
                for path in now.get(&entry.id).filter(|places| places.len() <= TELLING).into_iter().flatten() {
                    if let Some(pair) = moved_directory(entry.path, path) {
                        *votes.entry(pair).or_default() += 1;
                    }
                }
            }
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let best = votes.into_iter().max_by_key(|(_, votes)| *votes);
            best.map(|((from, to), _)| (text(from), text(to)))
        };
        Ok(filters().map(moved).collect())
    }
}

/// The directories that differ between two places of a file: `a/old` and `b/new` for `a/old/x/f` and `b/new/x/f`. None
/// where the file itself is called otherwise.
fn moved_directory<'a>(from: &'a [u8], to: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let common = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count();
    let slash = from[from.len() - common..].iter().position(|byte| *byte == b'/')?;
    let rest = common - slash;
    (from.len() > rest && to.len() > rest).then(|| (&from[..from.len() - rest], &to[..to.len() - rest]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_places_share_at_their_end_is_left_out() {
        let moved = |from: &'static str, to: &'static str| {
            let pair = moved_directory(from.as_bytes(), to.as_bytes());
            pair.map(|(from, to)| (std::str::from_utf8(from).unwrap(), std::str::from_utf8(to).unwrap()))
        };
        assert_eq!(moved("a/old/x/f", "b/new/x/f"), Some(("a/old", "b/new")));
        assert_eq!(moved("a/api/f", "a/b/api/f"), Some(("a", "a/b")));
        assert_eq!(moved("a/old-api/f", "a/new-api/f"), Some(("a/old-api", "a/new-api")));
        assert_eq!(moved("a/f", "a/g"), None);
        assert_eq!(moved("f", "a/f"), None);
    }
}
