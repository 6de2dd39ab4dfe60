//! Lockfiles that images copy as part of a directory.
//!
//! If a pattern of a service names a lockfile itself, any change of the lockfile counts. If a pattern names only the
//! directory of the lockfile, only changes of the packages that the service gets from the lockfile count. An image that
//! copies the lockfile and the manifests of several packages gets the dependencies of all these packages. So the
//! patterns of its service name the lockfile.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::{Area, Contribution, Taken, TakenFor};
use crate::inputs::lockfile::LOCKFILE_NAMES;
use crate::inputs::source::{Ecosystem, SourceTree};

/// Adds the lockfiles that the image of a service copies as part of a directory, if they are in the service's directory
/// or above it. A lockfile in a service's own directory is added only if another package is below that directory.
pub(super) fn add(tree: &SourceTree, all: &mut Contribution) {
    let directories: BTreeSet<String> = all.packages.iter().map(|package| package.directory.join("")).collect();
    for image in all.packages.iter_mut().filter(|package| package.ecosystem == Ecosystem::Docker) {
        let own = image.directory.join("");
        let mut behind = directories.range::<str, _>((Bound::Excluded(own.as_str()), Bound::Unbounded));
        let holds_others = behind.next().is_some_and(|next| next.starts_with(&own));
        let directories = image.directory.and_above().skip(usize::from(!holds_others));
        let lockfiles = directories.flat_map(|directory| LOCKFILE_NAMES.map(|(name, _)| directory.join(name)));
        let copied = lockfiles.filter(|path| tree.has(path)).filter_map(|path| {
            let copies = |taken: &&Taken| matches!(&taken.area, Area::Below(area) if area.holds_file(&path));
            let at = image.takes.iter().find(copies)?.at.clone();
            Some(Taken { area: Area::File(path), why: TakenFor::Lockfile, at })
        });
        let copied: Vec<Taken> = copied.collect();
        image.takes.extend(copied);
    }
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
