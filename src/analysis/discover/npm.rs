//! The packages of npm, pnpm, yarn and bun.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::member_globs::{MemberGlobs, Order};
use super::npm_range::may_satisfy;
use super::workspace_packages::{shared, standing};
use super::{Area, Contribution, Package, PackageEdge, Taken, TakenFor};
use crate::inputs::source::{DeclaredAt, Ecosystem, PackageDependency, PackageJson, PnpmWorkspace, SourceTree};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::RepoDir;

/// Files at the root of a workspace that decide which dependencies its packages get.
const SHARED: [&str; 13] = [
    "package.json",
    "pnpm-workspace.yaml",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "bunfig.toml",
];

/// The lockfiles. A package outside of every workspace has a lockfile of its own.
const LOCKFILES: [&str; 6] =
    ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];

/// A root of a workspace, with the patterns of its packages.
struct Workspace {
    root: RepoDir,
    globs: MemberGlobs,
}

/// Returns the packages, and the edges: between packages of one workspace, and to directories that a package names.
pub(super) fn read(tree: &SourceTree) -> Contribution {
    let mut found = Contribution::default();
    let mut manifests: BTreeMap<RepoDir, PackageJson> = BTreeMap::new();
    let is_own = |directory: &RepoDir| directory.parts().all(|part| part != "node_modules");
    let files: Vec<(RepoDir, &SourceFile)> =
        tree.named("package.json").filter(|(directory, _)| is_own(directory)).collect();
    let read = files.into_par_iter().map(|(directory, file)| (directory, PackageJson::read(file)));
    for (directory, manifest) in read.collect::<Vec<_>>() {
        match manifest {
            Ok(manifest) => _ = manifests.insert(directory, manifest),
            Err(problem) => found.problems.push(problem),
        }
    }
    let workspaces = workspaces(tree, &manifests, &mut found.problems);
    let workspace_of: BTreeMap<&RepoDir, usize> =
        manifests.keys().filter_map(|directory| Some((directory, workspace_of(&workspaces, directory)?))).collect();
    let mut by_name: BTreeMap<(usize, &str), Vec<&RepoDir>> = BTreeMap::new();
    for (directory, manifest) in &manifests {
        if let (Some(workspace), Some(name)) = (workspace_of.get(directory), &manifest.name) {
            by_name.entry((*workspace, name)).or_default().push(directory);
        }
    }
    let shared: Vec<Vec<Taken>> = workspaces.iter().map(|workspace| shared(tree, &workspace.root, &SHARED)).collect();
    for (directory, manifest) in &manifests {
        let workspace = workspace_of.get(directory);
        let Some(standalone) = standing(tree, &manifests, directory, workspace.is_some(), &LOCKFILES) else { continue };
        let of_workspace = workspace.filter(|workspace| workspaces[**workspace].root != *directory);
        let mut takes = of_workspace.map_or_else(Vec::new, |workspace| shared[*workspace].clone());
        for dependency in &manifest.dependencies {
            let edge =
                |to: &RepoDir| PackageEdge { from: directory.clone(), to: to.clone(), at: dependency.at.clone() };
            match meant(directory, dependency) {
                Meant::Path(to) => found.edges.push(edge(&to)),
                Meant::File(path) => takes.push(named(Area::File(path), &dependency.at)),
                Meant::Package { name, range } => {
                    let named = workspace.and_then(|workspace| by_name.get(&(*workspace, name)));
                    let fits = |to: &&&RepoDir| {
                        let version = manifests[**to].version.as_deref();
                        range.is_none_or(|range| version.is_none_or(|version| may_satisfy(version, range)))
                    };
                    found.edges.extend(named.into_iter().flatten().filter(fits).map(|to| edge(to)));
                }
                Meant::Elsewhere => {}
            }
        }
        found.packages.push(Package {
            ecosystem: Ecosystem::Npm,
            directory: directory.clone(),
            name: manifest.name.clone(),
            at: manifest.at.clone(),
            standalone,
            takes,
        });
    }
    found
}

/// Reads the roots of workspaces, in order. A pnpm-workspace.yaml takes precedence over `workspaces` of the
/// package.json beside it.
fn workspaces(
    tree: &SourceTree,
    manifests: &BTreeMap<RepoDir, PackageJson>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Workspace> {
    let mut roots: BTreeMap<RepoDir, (Vec<String>, Order, DeclaredAt)> = BTreeMap::new();
    for (directory, manifest) in manifests {
        if let Some(patterns) = &manifest.workspaces {
            // Only npm reads its patterns in order.
            let is_npm = tree.has(&directory.join("package-lock.json"));
            let order = if is_npm { Order::Last } else { Order::Any };
            roots.insert(directory.clone(), (patterns.clone(), order, manifest.at.clone()));
        }
    }
    for (directory, file) in tree.named("pnpm-workspace.yaml") {
        let at = DeclaredAt::start_of(file);
        match PnpmWorkspace::read(file) {
            Ok(PnpmWorkspace { packages: Some(patterns) }) => {
                roots.insert(directory, (patterns, Order::Any, at));
            }
            // The file has only settings.
            Ok(PnpmWorkspace { packages: None }) => _ = roots.entry(directory).or_insert((Vec::new(), Order::Any, at)),
            Err(problem) => problems.push(problem),
        }
    }
    let read = |(root, (patterns, order, at)): (RepoDir, (Vec<String>, Order, DeclaredAt))| {
        let (globs, broken) = MemberGlobs::read(patterns.iter().map(String::as_str), order);
        for pattern in broken {
            let message = format!("the workspace's pattern `{pattern}` cannot be read, so it names no package");
            problems.push(Diagnostic::warning("unreadable-source", message).label(&at.file, at.span, ""));
        }
        Workspace { root, globs }
    };
    roots.into_iter().map(read).collect()
}

/// Returns the position of the nearest workspace of which a directory is the root or a package.
fn workspace_of(workspaces: &[Workspace], directory: &RepoDir) -> Option<usize> {
    directory.and_above().find_map(|above| {
        let at = workspaces.binary_search_by(|workspace| workspace.root.cmp(&above)).ok()?;
        let is_in = || workspaces[at].globs.contain(above.relative(directory)?).then_some(());
        (above == *directory || is_in().is_some()).then_some(at)
    })
}

fn named(area: Area, at: &DeclaredAt) -> Taken {
    Taken { area, why: TakenFor::Manifest, at: at.clone() }
}

/// What an entry of `dependencies` means.
enum Meant<'d> {
    /// The package in a directory.
    Path(RepoDir),
    /// A package in an archive file.
    File(String),
    /// A package with this name: the package of the workspace, if its version is in the range.
    Package {
        name: &'d str,
        /// `None` if any version will do.
        range: Option<&'d str>,
    },
    /// Something outside of the repository.
    Elsewhere,
}

/// Returns what a dependency means. If settings of the package manager decide whether the dependency is a package of
/// the workspace, it counts as one.
fn meant<'d>(directory: &RepoDir, dependency: &'d PackageDependency) -> Meant<'d> {
    let PackageDependency { name, wanted, .. } = dependency;
    let path = |text: &str| directory.resolve(text.trim_end_matches('/')).map_or(Meant::Elsewhere, Meant::Path);
    let archive = |text: &str| directory.resolve_file(text).map_or(Meant::Elsewhere, Meant::File);
    let any = |name: &'d str| Meant::Package { name, range: None };
    let Some((protocol, rest)) = wanted.split_once(':') else {
        return match wanted.as_str() {
            text if is_archive(text) => archive(text),
            text if text.starts_with("./") || text.starts_with("../") => path(text),
            // `owner/repository` on GitHub.
            text if text.contains('/') => Meant::Elsewhere,
            range => Meant::Package { name, range: Some(range) },
        };
    };
    match protocol {
        "file" if is_archive(rest) => archive(rest),
        "file" | "link" | "portal" => path(rest.trim_start_matches("//").trim_start_matches("~/")),
        "workspace" if rest.starts_with('.') => path(rest),
        // `workspace:name@range` is another name for a package.
        "workspace" | "npm" => match rest.rfind('@').filter(|at| *at > 0) {
            Some(at) if protocol == "workspace" => any(&rest[..at]),
            Some(at) => Meant::Package { name: &rest[..at], range: Some(&rest[at + 1..]) },
            None if protocol == "workspace" => any(name),
            None => any(rest),
        },
        "catalog" => any(name),
        _ => Meant::Elsewhere,
    }
}

fn is_archive(path: &str) -> bool {
    path.starts_with('.') && [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn packages_of_a_workspace_depend_on_each_other_by_name() {
        let files = [
            ("package.json", r#"{"workspaces": ["packages/*", "!packages/old"], "devDependencies": {"b": "*"}}"#),
            ("packages/a/package.json", r#"{"name": "@x/a", "version": "2.1.0"}"#),
            (
                "packages/b/package.json",
                r#"{"name": "b", "dependencies": {"@x/a": "^2"}, "peerDependencies": {"c": "1"}}"#,
            ),
            (
                "packages/c/package.json",
                r#"{"name": "c", "version": "2.0.0", "dependencies": {"@x/a": "^1", "b": "latest"}}"#,
            ),
            ("packages/old/package.json", r#"{"name": "old"}"#),
            ("package-lock.json", ""),
        ];
        assert_eq!(
            found(&files),
            [
                "root .: ** !packages/a/** !packages/b/** !packages/c/** -> b package.json:1:74",
                "x/a packages/a: packages/a/** package-lock.json package.json",
                "b packages/b: packages/b/** package-lock.json package.json -> x/a packages/b/package.json:1:40",
                "c packages/c: packages/c/** package-lock.json package.json -> b packages/c/package.json:1:71",
            ]
        );
    }

    #[test]
    fn protocols_say_where_a_package_is() {
        let files = [
            ("pnpm-workspace.yaml", "packages: ['*']\n"),
            ("package.json", "{}"),
            ("a/package.json", r#"{"name": "a", "version": "1.0.0"}"#),
            (
                "b/package.json",
                r#"{"name": "b", "dependencies": {"z": "workspace:a@*", "y": "link:../lib", "x": "file:./x.tgz"}}"#,
            ),
            (
                "c/package.json",
                r#"{"name": "c", "dependencies": {"z": "npm:a@^1", "b": "catalog:", "a": "github:o/a"}}"#,
            ),
            (
                "d/package.json",
                r#"{"name": "d", "dependencies": {"a": "npm:a@^2", "b": "o/b", "c": "https://x/c.tgz"}}"#,
            ),
        ];
        let expected = [
            "root .: ** !a/** !b/** !c/** !d/**",
            "a a: a/** package.json pnpm-workspace.yaml",
            "b b: b/** lib/** package.json pnpm-workspace.yaml -> a b/package.json:1:37",
            "c c: c/** package.json pnpm-workspace.yaml -> a c/package.json:1:37 -> b c/package.json:1:54",
            "d d: d/** package.json pnpm-workspace.yaml",
        ];
        assert_eq!(found(&files), expected);
    }

    #[test]
    fn a_package_of_no_workspace_is_one_where_nothing_is_above_it() {
        let files = [
            ("a/package.json", r#"{"name": "a", "dependencies": {"b": "*", "c": "../c"}}"#),
            ("a/test/fixture/package.json", r#"{"name": "fixture"}"#),
            ("a/tool/package.json", r#"{"name": "tool"}"#),
            ("a/tool/yarn.lock", ""),
            ("b/package.json", r#"{"name": "b"}"#),
            ("c/package.json", r#"{"name": "c"}"#),
            ("c/node_modules/d/package.json", r#"{"name": "d"}"#),
        ];
        assert_eq!(
            found(&files),
            ["a a: a/** -> c a/package.json:1:47", "tool a/tool: a/tool/**", "b b: b/**", "c c: c/**"]
        );
    }
}
