use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::HashInput;
use crate::analysis::definition::{ChangedKey, changed_keys};
use crate::model::name::Escaped;

/// One difference between two fingerprints of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputDifference {
    /// How the record differs.
    pub sign: DifferenceSign,
    /// The record (one input of a fingerprint) as text. If both fingerprints have the record, the text has its value in
    /// the later fingerprint. If the service's definition differs, there is a difference for each key that differs, and
    /// the text is the key with its value.
    pub record: String,
}

/// How a record differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceSign {
    /// Only the later fingerprint has it.
    Added,
    /// Only the earlier fingerprint has it.
    Removed,
    /// Both have it, with different values.
    Changed,
}

/// Writes `+`, `-` or `~`, and the record.
impl fmt::Display for InputDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.sign {
            DifferenceSign::Added => '+',
            DifferenceSign::Removed => '-',
            DifferenceSign::Changed => '~',
        };
        write!(f, "{sign} {}", self.record)
    }
}

/// Returns the differences between the records of two fingerprints of one service, in the order of the records; empty
/// exactly if the fingerprints are equal.
pub fn differences<'a>(
    before: impl Iterator<Item = HashInput<'a>>,
    after: impl Iterator<Item = HashInput<'a>>,
) -> Vec<InputDifference> {
    let mut pairs: BTreeMap<Key<'a>, (Option<HashInput<'a>>, Option<HashInput<'a>>)> = BTreeMap::new();
    before.for_each(|record| pairs.entry(key(record)).or_default().0 = Some(record));
    after.for_each(|record| pairs.entry(key(record)).or_default().1 = Some(record));
    // The sign and the later state of each record that differs, and its earlier state if both fingerprints have the
    // record.
    let signed = pairs.into_values().filter_map(|pair| match pair {
        (Some(before), Some(after)) => (before != after).then_some((DifferenceSign::Changed, after, Some(before))),
        (Some(before), None) => Some((DifferenceSign::Removed, before, None)),
        (None, after) => after.map(|after| (DifferenceSign::Added, after, None)),
    });
    let signed: Vec<(DifferenceSign, HashInput, Option<HashInput>)> = signed.collect();
    let files = signed
        .iter()
        .filter_map(|(_, record, _)| if let HashInput::File(entry) = record { Some(entry.path) } else { None });
    let files: BTreeSet<&[u8]> = files.collect();
    let packages = signed
        .iter()
        .filter_map(|(_, record, _)| if let HashInput::Package(path, _) = record { Some(*path) } else { None });
    let packages: BTreeSet<&str> = packages.collect();
    // A directory is left out if files below it are listed, and a closure if its packages are listed, since the files
    // and the packages say more.
    let is_told = |record: &HashInput| match record {
        HashInput::Directory(entry) => {
            let below = if entry.path.is_empty() { Vec::new() } else { [entry.path, b"/"].concat() };
            files.range(below.as_slice()..).next().is_some_and(|path| path.starts_with(&below))
        }
        HashInput::Closure(path, _) => packages.contains(path),
        _ => false,
    };
    let told = signed.iter().filter(|(_, record, _)| !is_told(record));
    told.flat_map(|(sign, record, before)| match (record, before) {
        (HashInput::Definition(after), Some(HashInput::Definition(before))) => of_definition(before, after),
        _ => vec![InputDifference { sign: *sign, record: record.to_string() }],
    })
    .collect()
}

/// Returns the keys that differ between two definitions.
fn of_definition(before: &str, after: &str) -> Vec<InputDifference> {
    let changed = changed_keys(before, after).into_iter().map(|ChangedKey { key, before, after }| {
        let (sign, values) = match (before, after) {
            (Some(before), Some(after)) => (DifferenceSign::Changed, format!("{after}, which was {before}")),
            (Some(gone), None) => (DifferenceSign::Removed, gone.to_string()),
            (None, new) => (DifferenceSign::Added, new.unwrap_or_default().to_string()),
        };
        InputDifference { sign, record: format!("definition {}: {}", Escaped::new(&key), Escaped::new(&values)) }
    });
    let changed: Vec<InputDifference> = changed.collect();
    if changed.is_empty() {
        // Two texts that differ and are not both JSON.
        return vec![InputDifference {
            sign: DifferenceSign::Changed,
            record: HashInput::Definition(after).to_string(),
        }];
    }
    changed
}

/// The key that identifies a record in both fingerprints.
type Key<'a> = (u8, &'a [u8], &'a [u8]);

fn key(record: HashInput<'_>) -> Key<'_> {
    match record {
        HashInput::Format(_) => (0, b"", b""),
        HashInput::Service(_) => (1, b"", b""),
        HashInput::Directory(entry) => (2, entry.path, b""),
        HashInput::File(entry) => (3, entry.path, b""),
        HashInput::Closure(path, _) => (4, path.as_bytes(), b""),
        HashInput::Lockfile(entry) => (5, entry.path, b""),
        HashInput::Package(path, package) => (6, path.as_bytes(), package.key.as_bytes()),
        HashInput::Settings(path, _) => (7, path.as_bytes(), b""),
        HashInput::Definition(_) => (8, b"", b""),
        HashInput::Global(_) => (9, b"", b""),
        HashInput::Dependency(name, _) => (10, name.as_str().as_bytes(), b""),
    }
}
