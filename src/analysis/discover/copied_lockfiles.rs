//! Lockfiles that images copy as part of a directory.
//!
//! If a pattern of a service names a lockfile itself, any change of the lockfile counts. If a pattern names only the
//! directory of the lockfile, only changes of the packages that the service gets from the lockfile count. An image that
//! copies the lockfile and the manifests of several packages gets the dependencies of all these packages. So the
//! patterns of its service name the lockfile.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::{Area, Contribution, Taken, TakenFor};
use crate::inputs::lockfile::LOCKFILE_NAMES;
use crate::inputs::source::{Ecosystem, SourceTree};
use crate::model::name::RepoDir;

/// Adds the lockfiles that the image of a service copies as part of a directory, if they are in the service's directory
/// or above it. A lockfile in a service's own directory is added only if another package is below that directory.
pub(super) fn add(tree: &SourceTree, all: &mut Contribution) {
    let directories: BTreeSet<String> = all.packages.iter().map(|package| package.directory.join("")).collect();
    // Many images have the same directories above them.
    let mut known: BTreeMap<RepoDir, Vec<String>> = BTreeMap::new();
    for image in all.packages.iter_mut().filter(|package| package.ecosystem == Ecosystem::Docker) {
        let own = image.directory.join("");
        let mut behind = directories.range::<str, _>((Bound::Excluded(own.as_str()), Bound::Unbounded));
        let holds_others = behind.next().is_some_and(|next| next.starts_with(&own));
        let mut copied = Vec::new();
        for directory in image.directory.and_above().skip(usize::from(!holds_others)) {
            let lockfiles = known.entry(directory).or_insert_with_key(|directory| lockfiles(tree, directory));
            copied.extend(lockfiles.iter().filter_map(|path| {
                let holds = |taken: &&Taken| matches!(&taken.area, Area::Below(area) if area.holds_file(path));
                let at = image.takes.iter().find(holds)?.at.clone();
                Some(Taken { area: Area::File(path.clone()), why: TakenFor::Lockfile, at })
            }));
        }
        image.takes.extend(copied);
    }
}

/// Returns the paths of the lockfiles in a directory.
fn lockfiles(tree: &SourceTree, directory: &RepoDir) -> Vec<String> {
    LOCKFILE_NAMES.iter().map(|(name, _)| directory.join(name)).filter(|path| tree.has(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    const COPIES_ALL: &str = "FROM node\nCOPY . .\n";

    #[test]
    fn an_image_of_the_whole_workspace_names_its_lockfile() {
        let compose = "services: {web: {build: {context: ., dockerfile: web/Dockerfile}}}";
        let files = |dockerfile| {
            [
                ("compose.yaml", compose),
                ("package.json", r#"{"workspaces": ["*"]}"#),
                ("pnpm-lock.yaml", ""),
                ("web/package.json", "{}"),
                ("web/Dockerfile", dockerfile),
                ("other/package.json", "{}"),
                ("other/pnpm-lock.yaml", ""),
            ]
        };
        let web = |dockerfile| found(&files(dockerfile)).into_iter().find(|line| line.starts_with("web ")).unwrap();
        assert_eq!(web(COPIES_ALL), "web web: web/** ** pnpm-lock.yaml package.json pnpm-lock.yaml");
        assert_eq!(web("FROM node\nCOPY web .\n"), "web web: web/** package.json pnpm-lock.yaml");
    }

    #[test]
    fn a_package_without_others_below_it_has_its_own_lockfile_to_itself() {
        let alone = [("a/package.json", "{}"), ("a/package-lock.json", ""), ("a/Dockerfile", COPIES_ALL)];
        assert_eq!(found(&alone), ["a a: a/**"]);
        let files = [&alone[..], &[("a/b/package.json", "{}"), ("a/b/yarn.lock", "")]].concat();
        assert_eq!(found(&files)[0], "a a: a/** a/package-lock.json");
    }
}
