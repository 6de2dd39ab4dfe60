//! Rules for workspaces. Several ecosystems use them.

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

/// Returns whether the directory of a manifest is surely a package ([`Standalone::Yes`]), perhaps one
/// ([`Standalone::Unsure`]), or none (`None`). A member of a workspace is surely a package, and so is a directory if no
/// directory above it has a manifest of the same kind. Any other directory may be part of the package above it; it is
/// perhaps a package if it has a lockfile of its own.
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
