//! Finds hard links that existed before a build. An untracked file may be another name of a tracked one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::analysis::observe::BuildReads;
use crate::inputs::git::TrackedFiles;

/// Adds the tracked files that a build read by another name.
pub(super) fn with_other_names(mut reads: BuildReads, root: &Path, tracked: &TrackedFiles) -> BuildReads {
    let others = reads.others.iter();
    let linked: Vec<((u64, u64), usize)> =
        others.filter_map(|(path, command)| Some((linked_file(root, path)?, *command))).collect();
    if linked.is_empty() {
        return reads;
    }
    let entries = tracked.listing.iter().enumerate();
    let named: BTreeMap<(u64, u64), usize> =
        entries.filter_map(|(position, entry)| Some((linked_file(root, entry.path)?, position))).collect();
    for (file, command) in linked {
        if let Some(position) = named.get(&file) {
            reads.files.entry(*position).or_insert(command);
        }
    }
    reads
}

/// Returns the identity of a file that has several names.
fn linked_file(root: &Path, path: &[u8]) -> Option<(u64, u64)> {
    let found = root.join(OsStr::from_bytes(path)).symlink_metadata().ok()?;
    (found.is_file() && found.nlink() > 1).then(|| (found.dev(), found.ino()))
}
