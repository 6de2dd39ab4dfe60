//! Directories of services that seem to have been renamed, for a hint with the new name.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::Config;
use crate::model::change::{Change, ChangeSet, Status};
use crate::model::name::{Escaped, ServiceName};

/// A directory that seems to have moved: files that it no longer has were added, with the same names, to another
/// directory that no filter matches. `Display` is an advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved<'a> {
    service: &'a ServiceName,
    from: &'a str,
    to: Vec<u8>,
}

impl Moved<'_> {
    /// Returns the service whose directory it is.
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

/// Returns the directories that seem to have moved, in the order of filters.yaml, each with the directory where most of
/// its files are.
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
    // What is gone from them, by the name below the directory.
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

/// Returns each way to split a path into a directory and the rest.
fn splits(path: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| (&path[..at], &path[at + 1..]))
}
