//! Rules for workspaces that several ecosystems share.

use std::collections::BTreeMap;

use super::{Area, Standalone, Taken, TakenFor};
use crate::inputs::source::{DeclaredAt, SourceTree};
use crate::model::name::RepoDir;

/// Returns the files of these names at the root of a workspace: they affect all of its packages.
pub(super) fn shared(tree: &SourceTree, root: &RepoDir, names: &[&str]) -> Vec<Taken> {
    let files = names.iter().map(|name| root.join(name)).filter(|path| tree.has(path));
    let taken = |path: String| {
        let at = DeclaredAt::whole(tree, &path);
        Taken { area: Area::File(path), why: TakenFor::Workspace, at }
    };
    files.map(taken).collect()
}

/// Returns whether a manifest makes a package, and whether that is sure. A member of a workspace is a package, and so
/// is a manifest with no other manifest above it. Any other manifest may be part of the package above. If it has a
/// lockfile of its own, it makes a package that is not certain.
pub(super) fn standing<M>(
    tree: &SourceTree,
    manifests: &BTreeMap<RepoDir, M>,
    directory: &RepoDir,
    is_member: bool,
    lockfiles: &[&str],
) -> Option<Standalone> {
    let is_below = || directory.and_above().skip(1).any(|above| manifests.contains_key(&above));
    if is_member || !is_below() {
        return Some(Standalone::Yes);
    }
    lockfiles.iter().any(|lockfile| tree.has(&directory.join(lockfile))).then_some(Standalone::Unsure)
}
