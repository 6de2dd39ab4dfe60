//! Finds the directories to which the files of services were moved, by the contents of the files.

use std::collections::{BTreeMap, BTreeSet};

use super::Trees;
use crate::analysis::filter::{FilterId, matches_of, members_of_listing};
use crate::config::Config;
use crate::inputs::git;
use crate::model::change::Status;
use crate::model::name::ServiceId;
use crate::model::tree::{ObjectId, Region};

/// Returns, for each of these services, the directory of its files at base, and the directory where files with the same
/// contents were added since; `None` if there are no such files. Only added files that belong to no service count. If
/// there are several pairs of directories, the pair with most files is returned.
pub(super) fn renamed(
    trees: &Trees,
    config: &Config,
    services: &[ServiceId],
) -> Result<Vec<Option<(String, String)>>, git::GitError> {
    let nowhere = || Ok(vec![None; services.len()]);
    let repository = trees.repository;
    let Some(head) = trees.range.tip.commit else { return nowhere() };
    let base = trees.range.comparison.base().or(repository.first_parent(&head).unwrap_or_default());
    let Some(base) = base.filter(|base| repository.contains(base)) else { return nowhere() };
    let filters = || services.iter().map(|service| config.services[service.0].filter);
    let directories = filters().flat_map(|filter| config.filters.get(filter).directories());
    let before = repository.entries_in(&base, Region::below(directories))?;
    let own = members_of_listing(&config.filters, &before);
    let of = |filter| own.of(filter).iter().map(|at| before.get(*at));
    let mut times: BTreeMap<ObjectId, usize> = BTreeMap::new();
    filters().flat_map(of).for_each(|entry| *times.entry(entry.id).or_default() += 1);
    // If several files have the same content (an empty file, a licence), the content does not show where one of these
    // files was moved.
    let wanted: BTreeSet<ObjectId> = times.into_iter().filter(|(_, times)| *times == 1).map(|(id, _)| id).collect();
    if wanted.is_empty() {
        return nowhere();
    }
    let owned: BTreeSet<FilterId> = config.services.values().map(|service| service.filter).collect();
    let changes = repository.diff(Some(&base), &head)?;
    let added = changes.as_slice().iter().filter(|change| change.status == Status::Added);
    let free =
        added.filter(|change| matches_of(&config.filters, change).iter().all(|(filter, _)| !owned.contains(filter)));
    let free: BTreeSet<&[u8]> = free.map(|change| change.path.as_bytes()).collect();
    let parents =
        free.iter().map(|path| path.iter().rposition(|byte| *byte == b'/').map_or(&[][..], |end| &path[..end]));
    let after = repository.entries_in(&head, Region::below(parents))?;
    let mut now: BTreeMap<ObjectId, Vec<&[u8]>> = BTreeMap::new();
    for entry in after.iter().filter(|entry| wanted.contains(&entry.id) && free.contains(entry.path)) {
        now.entry(entry.id).or_default().push(entry.path);
    }
    let renamed = |filter| {
        let mut votes: BTreeMap<(&[u8], &[u8]), usize> = BTreeMap::new();
        for entry in of(filter) {
            for path in now.get(&entry.id).into_iter().flatten() {
                if let Some(pair) = moved_directory(entry.path, path) {
                    *votes.entry(pair).or_default() += 1;
                }
            }
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let best = votes.into_iter().max_by_key(|(_, votes)| *votes);
        best.map(|((from, to), _)| (text(from), text(to)))
    };
    Ok(filters().map(renamed).collect())
}

/// Returns what remains of two paths without their common end: `a/old` and `b/new` for `a/old/x/f` and `b/new/x/f`.
/// `None` if the names of the files differ.
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
