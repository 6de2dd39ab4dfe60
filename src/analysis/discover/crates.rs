//! The packages of Cargo.

use std::collections::{BTreeMap, BTreeSet};

use super::member_globs::{MemberGlobs, Order};
use super::workspace_packages::{shared, standing};
use super::{Area, Contribution, Package, PackageEdge, Taken, TakenFor};
use crate::inputs::source::{CargoDependency, CargoToml, CrateSource, DeclaredAt, Ecosystem, SourceTree};
use crate::model::diagnostic::{Located, SourceFile, Span};
use crate::model::name::RepoDir;

/// Files at the root of a workspace that decide how its packages are built.
const SHARED: [&str; 6] =
    ["Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", ".cargo/config.toml", ".cargo/config"];

/// The manifests, by their directories.
type Manifests<'t> = BTreeMap<RepoDir, (CargoToml, &'t SourceFile)>;

/// Returns the packages, and an edge for each dependency on a path, of any kind (normal, build, dev).
pub(super) fn read(tree: &SourceTree) -> Contribution {
    let mut found = Contribution::default();
    let mut manifests = Manifests::new();
    for (directory, file) in tree.named("Cargo.toml") {
        match CargoToml::read(file) {
            Ok(manifest) => _ = manifests.insert(directory, (manifest, file)),
            Err(problem) => found.problems.push(problem),
        }
    }
    let workspaces = workspaces(&manifests);
    let root_of = |directory| Some((directory, root_of(&manifests, &workspaces, directory)?));
    let roots: BTreeMap<&RepoDir, RepoDir> = manifests.keys().filter_map(root_of).collect();
    let members = members(&manifests, &workspaces, &roots);
    let shared: BTreeMap<&RepoDir, Vec<Taken>> =
        roots.values().map(|root| (root, shared(tree, root, &SHARED))).collect();
    for (directory, (manifest, file)) in &manifests {
        let root = roots.get(directory).filter(|_| members.contains(directory));
        let Some(name) = &manifest.name else { continue };
        let Some(standalone) = standing(tree, &manifests, directory, root.is_some(), &["Cargo.lock"]) else { continue };
        let place = |span: Span| DeclaredAt { file: (*file).clone(), span };
        let mut takes = root.filter(|root| *root != directory).map_or_else(Vec::new, |root| shared[root].clone());
        for source in &manifest.sources {
            let path = directory.resolve_file(&source.value).ok().filter(|path| !directory.holds_file(path));
            // A source file outside of the package may have modules beside it, so its whole directory counts.
            let beside = path.and_then(|path| RepoDir::parse(path.rsplit_once('/').map_or(".", |(dir, _)| dir)).ok());
            takes.extend(beside.map(|beside| Taken {
                area: Area::Below(beside),
                why: TakenFor::Manifest,
                at: place(source.defined),
            }));
        }
        let edges = manifest.dependencies.iter().filter_map(|dependency| {
            let to = path_of(&workspaces, directory, root, dependency)?;
            Some(PackageEdge { from: directory.clone(), to, at: place(dependency.at) })
        });
        found.edges.extend(edges);
        found.edges.extend(patched(&manifests, &roots, directory, root));
        found.packages.push(Package {
            ecosystem: Ecosystem::Cargo,
            directory: directory.clone(),
            name: Some(name.value.clone()),
            at: manifest.at(file),
            standalone,
            takes,
        });
    }
    found
}

/// A workspace.
struct Workspace<'m> {
    members: MemberGlobs,
    /// The directories that `members` names without a wildcard.
    listed: BTreeSet<RepoDir>,
    excluded: BTreeSet<RepoDir>,
    /// The sources of the dependencies that members take with `workspace = true`, by key.
    dependencies: BTreeMap<&'m str, &'m CrateSource>,
}

/// Returns the workspaces, by their roots.
fn workspaces<'m>(manifests: &'m Manifests<'_>) -> BTreeMap<&'m RepoDir, Workspace<'m>> {
    let workspace = |(root, (manifest, _)): (&'m RepoDir, &'m (CargoToml, _))| {
        let workspace = manifest.workspace.as_ref()?;
        let directories = |list: &[Located<String>]| {
            list.iter().filter_map(|directory| root.resolve(&directory.value).ok()).collect::<BTreeSet<_>>()
        };
        let texts = workspace.members.iter().map(|member| member.value.as_str());
        let shared = workspace.dependencies.iter().rev();
        let workspace = Workspace {
            members: MemberGlobs::read(texts, Order::Any).0,
            listed: directories(&workspace.members),
            excluded: directories(&workspace.exclude),
            dependencies: shared.map(|shared| (shared.key.as_str(), &shared.from)).collect(),
        };
        Some((root, workspace))
    };
    manifests.iter().filter_map(workspace).collect()
}

/// Returns the root of a package's workspace: the root that the package names, or else the package itself if it is a
/// root, or else the nearest root above it whose workspace does not exclude the package. `None` if there is none.
fn root_of(
    manifests: &Manifests<'_>,
    workspaces: &BTreeMap<&RepoDir, Workspace<'_>>,
    directory: &RepoDir,
) -> Option<RepoDir> {
    if let Some(named) = &manifests[directory].0.workspace_root {
        return directory.resolve(named).ok().filter(|root| manifests.contains_key(root));
    }
    let is_root = |root: &RepoDir| {
        let is_below = |listed: &BTreeSet<RepoDir>| directory.and_above().any(|above| listed.contains(&above));
        let takes = |workspace: &Workspace<'_>| !is_below(&workspace.excluded) || is_below(&workspace.listed);
        workspaces.get(root).is_some_and(|workspace| root == directory || takes(workspace))
    };
    directory.and_above().find(is_root)
}

/// Returns the packages of all workspaces: the roots, the packages that name their workspace, the packages that the
/// patterns of a workspace name, and the packages below the root on which any of these packages depends by a path.
fn members(
    manifests: &Manifests<'_>,
    workspaces: &BTreeMap<&RepoDir, Workspace<'_>>,
    roots: &BTreeMap<&RepoDir, RepoDir>,
) -> BTreeSet<RepoDir> {
    let is_named = |directory: &RepoDir, root: &RepoDir| {
        manifests[directory].0.workspace_root.is_some()
            || directory == root
            || root
                .relative(directory)
                .is_some_and(|path| workspaces.get(root).is_some_and(|workspace| workspace.members.contain(path)))
    };
    let named = roots.iter().filter(|(directory, root)| is_named(directory, root));
    let mut left: Vec<RepoDir> = named.map(|(directory, _)| (*directory).clone()).collect();
    let mut members: BTreeSet<RepoDir> = left.iter().cloned().collect();
    while let Some(directory) = left.pop() {
        let root = roots.get(&directory);
        for dependency in &manifests[&directory].0.dependencies {
            let to = path_of(workspaces, &directory, root, dependency);
            if let Some(to) = to.filter(|to| roots.get(to) == root)
                && members.insert(to.clone())
            {
                left.push(to);
            }
        }
    }
    members
}

/// Returns the directory of the package that a dependency means; `None` if the package is not in the repository.
fn path_of(
    workspaces: &BTreeMap<&RepoDir, Workspace<'_>>,
    directory: &RepoDir,
    root: Option<&RepoDir>,
    dependency: &CargoDependency,
) -> Option<RepoDir> {
    match &dependency.from {
        CrateSource::Path(path) => directory.resolve(path).ok(),
        CrateSource::Workspace => {
            let root = root?;
            let CrateSource::Path(path) = workspaces.get(root)?.dependencies.get(dependency.key.as_str())? else {
                return None;
            };
            root.resolve(path).ok()
        }
        CrateSource::Elsewhere => None,
    }
}

/// Returns the edges of a package to crates in `[patch]`. There is an edge to each crate that the package needs by
/// name, and to each crate outside of the workspace, since a package from a registry may need that crate.
fn patched(
    manifests: &Manifests<'_>,
    roots: &BTreeMap<&RepoDir, RepoDir>,
    directory: &RepoDir,
    root: Option<&RepoDir>,
) -> Vec<PackageEdge> {
    let root = root.unwrap_or(directory);
    let (manifest, file) = &manifests[root];
    let patches = manifest.patches.iter().filter_map(|patch| {
        let CrateSource::Path(path) = &patch.from else { return None };
        let to = root.resolve(path).ok()?;
        let needs = manifests[directory].0.dependencies.iter().any(|dependency| dependency.name == patch.name);
        let at = DeclaredAt { file: (*file).clone(), span: patch.at };
        (needs || roots.get(&to) != Some(root)).then_some(PackageEdge { from: directory.clone(), to, at })
    });
    patches.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn crates_depend_on_each_other_by_path() {
        let files = [
            (
                "Cargo.toml",
                "[workspace]\nmembers = ['crates/*']\nexclude = ['crates/old']\ndependencies.b = { path = 'crates/b' }\n",
            ),
            ("Cargo.lock", ""),
            ("crates/a/Cargo.toml", "[package]\nname = 'a'\n[dependencies]\nb.workspace = true\nserde = '1'\n"),
            (
                "crates/b/Cargo.toml",
                "[package]\nname = 'b'\nbuild = '../../tools/build.rs'\n[dev-dependencies]\nc = { path = '../../lib/c' }\n",
            ),
            ("crates/old/Cargo.toml", "[package]\nname = 'old'\n[workspace]\n[dependencies]\nb = { path = '../b' }\n"),
            ("lib/c/Cargo.toml", "[package]\nname = 'c'\n"),
            ("lib/c/tests/fixture/Cargo.toml", "[package]\nname = 'fixture'\n"),
        ];
        let expected = [
            "a crates/a: crates/a/** Cargo.lock Cargo.toml -> b crates/a/Cargo.toml:4:1",
            "b crates/b: crates/b/** tools/** Cargo.lock Cargo.toml -> c crates/b/Cargo.toml:5:1",
            "old crates/old: crates/old/** -> b crates/old/Cargo.toml:5:1",
            "c lib/c: lib/c/** Cargo.lock Cargo.toml",
        ];
        assert_eq!(found(&files), expected);
    }

    #[test]
    fn a_root_may_be_a_package_and_patch_others() {
        let files = [
            (
                "Cargo.toml",
                "[package]\nname = 'r'\n[workspace]\n[dependencies]\na = { path = 'a' }\n[patch.crates-io]\np = { path = 'p' }\na = { path = 'a' }\n",
            ),
            ("a/Cargo.toml", "[package]\nname = 'a'\n[target.'cfg(unix)'.build-dependencies]\nb = { path = '../b' }\n"),
            ("b/Cargo.toml", "[package]\nname = 'b'\n"),
            ("p/Cargo.toml", "[package]\nname = 'p'\n[workspace]\n"),
            ("z/Cargo.toml", "[package]\nname = 'z'\nworkspace = '..'\n"),
        ];
        let expected = [
            "r .: ** !a/** !b/** !p/** !z/** -> a Cargo.toml:5:1 -> p Cargo.toml:7:1",
            "a a: a/** Cargo.toml -> b a/Cargo.toml:4:1 -> p Cargo.toml:7:1",
            "b b: b/** Cargo.toml -> p Cargo.toml:7:1",
            "p p: p/**",
            "z z: z/** Cargo.toml -> p Cargo.toml:7:1",
        ];
        assert_eq!(found(&files), expected);
    }
}
