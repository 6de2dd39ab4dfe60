//! Finds directories of services that seem to have been renamed, for a hint with the new name.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::Config;
use crate::model::change::{Change, ChangeSet, Status};
use crate::model::name::{Escaped, ServiceName};

/// A directory of a service that seems to have been renamed: files in it were deleted, and files with the same names
/// were added to another directory, where no filter matches them. `Display` writes a suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved<'a> {
    service: &'a ServiceName,
    from: &'a str,
    to: Vec<u8>,
}

impl Moved<'_> {
    /// Returns the service that has the directory.
    pub(super) fn service(&self) -> &ServiceName {
        self.service
    }
}

impl fmt::Display for Moved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, from, to } = self;
        let to = Escaped::new(to.as_slice());
        write!(f, "`{from}` of `{service}` seems to be `{to}` now: mend its `path` and `filters`")
    }
}

/// Returns the directories that seem to have been renamed, in the order of filters.yaml, each with the directory that
/// has most of its files now.
pub(super) fn moved<'a>(config: &'a Config, changes: &ChangeSet, unmatched: &[&Change]) -> Vec<Moved<'a>> {
    let mut added = unmatched.iter().filter(|change| change.status == Status::Added).peekable();
    if added.peek().is_none() {
        return Vec::new();
    }
    let directories: BTreeMap<&[u8], usize> = config
        .services
        .values()
        .enumerate()
        .filter_map(|(service, definition)| Some((definition.path.as_ref()?.as_str().as_bytes(), service)))
        .collect();
    // The files that these directories no longer have, by path below the directory.
    let mut gone: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for change in changes.as_slice().iter().filter(|change| change.status == Status::Deleted) {
        for (above, below) in splits(change.path.as_bytes()) {
            if let Some(service) = directories.get(above) {
                gone.entry(below).or_default().push(*service);
            }
        }
    }
    let mut found: BTreeMap<usize, BTreeMap<&[u8], usize>> = BTreeMap::new();
    for change in added {
        for (above, below) in splits(change.path.as_bytes()) {
            for service in gone.get(below).into_iter().flatten() {
                *found.entry(*service).or_default().entry(above).or_default() += 1;
            }
        }
    }
    let moved = |(service, places): (usize, BTreeMap<&[u8], usize>)| {
        let (name, definition) = config.services.get_index(service)?;
        let (to, _) = places.into_iter().max_by_key(|(_, files)| *files)?;
        Some(Moved { service: name, from: definition.path.as_ref()?.as_str(), to: to.to_vec() })
    };
    found.into_iter().filter_map(moved).collect()
}

/// Returns all ways to split a path into a directory and the rest of the path.
fn splits(path: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| (&path[..at], &path[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Options};
    use crate::model::diagnostic::SourceFile;
    use crate::model::name::RepoPath;

    /// Returns the suggestions for changes. Every added path counts as one that no filter matches.
    fn advices(changes: &[(&str, Status)]) -> Vec<String> {
        let text = "services: {api: {path: services/api}, web: {path: services/web}}";
        let (config, _) = config::parse(
            &SourceFile::new("filters.yaml", text),
            Options::default(),
            &crate::analysis::discover::Discovered::default(),
        )
        .unwrap();
        let change = |(path, status): &(&str, Status)| Change::new(RepoPath::from_git(*path), *status);
        let changes = ChangeSet::new(changes.iter().map(change).collect());
        let unmatched: Vec<&Change> =
            changes.as_slice().iter().filter(|change| change.status == Status::Added).collect();
        moved(&config, &changes, &unmatched).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_directory_moved_to_where_most_of_its_files_are() {
        let found = advices(&[
            ("services/api/main.go", Status::Deleted),
            ("services/api/go.mod", Status::Deleted),
            ("services/gateway/main.go", Status::Added),
            ("services/gateway/go.mod", Status::Added),
            ("elsewhere/go.mod", Status::Added),
        ]);
        let advice = "`services/api` of `api` seems to be `services/gateway` now: mend its `path` and `filters`";
        assert_eq!(found, [advice]);
    }

    #[test]
    fn files_of_other_names_are_no_move() {
        assert!(advices(&[("services/api/main.go", Status::Deleted), ("services/x/lib.go", Status::Added)]).is_empty());
        assert!(advices(&[("services/api/main.go", Status::Modified), ("x/main.go", Status::Added)]).is_empty());
        assert!(advices(&[("other/main.go", Status::Deleted), ("x/main.go", Status::Added)]).is_empty());
    }
}
