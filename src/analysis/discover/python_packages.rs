//! The packages of uv and poetry.

use std::collections::BTreeMap;

use super::member_globs::{MemberGlobs, Order};
use super::workspace_packages::{shared, standing};
use super::{Area, Contribution, Package, PackageEdge, Taken, TakenFor};
use crate::inputs::source::python::{PyProject, PySource, PyWorkspace};
use crate::inputs::source::{DeclaredAt, Ecosystem, SourceTree};
use crate::model::diagnostic::{Diagnostic, Located, SourceFile};
use crate::model::name::RepoDir;

/// Files at the root of a workspace that decide which dependencies its packages get.
const SHARED: [&str; 4] = ["pyproject.toml", "uv.lock", "uv.toml", ".python-version"];

/// The lockfiles. A package outside of every workspace has a lockfile of its own.
const LOCKFILES: [&str; 4] = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"];

/// A package, or the root of a workspace.
struct Project<'t> {
    file: &'t SourceFile,
    manifest: PyProject,
    /// The root of its workspace; `None` if it is in no workspace.
    root: Option<RepoDir>,
}

/// Returns the packages, and the edges: between packages of one workspace, and to directories that a package names.
pub(super) fn read(tree: &SourceTree) -> Contribution {
    let mut found = Contribution::default();
    let mut projects: BTreeMap<RepoDir, Project<'_>> = BTreeMap::new();
    for (directory, file) in tree.named("pyproject.toml") {
        match PyProject::read(file) {
            // Other files have only settings of tools.
            Ok(manifest) if manifest.name.is_some() || manifest.workspace.is_some() => {
                projects.insert(directory, Project { file, manifest, root: None });
            }
            Ok(_) => {}
            Err(problem) => found.problems.push(problem),
        }
    }
    join_workspaces(&mut projects, &mut found.problems);
    let members = members(&projects);
    for (directory, project) in &projects {
        let Some(standalone) = standing(tree, &projects, directory, project.root.is_some(), &LOCKFILES) else {
            continue;
        };
        let place = |located: &Located<String>| DeclaredAt { file: project.file.clone(), span: located.defined };
        let mut takes = project.root.iter().flat_map(|root| shared(tree, root, &SHARED)).collect::<Vec<_>>();
        for dependency in &project.manifest.dependencies {
            for source in sources(&projects, directory, &dependency.value) {
                match source {
                    Source::Member => {
                        let member = project.root.as_ref().and_then(|root| members.get(&(root, &*dependency.value)));
                        found.edges.extend(member.map(|to| PackageEdge {
                            from: directory.clone(),
                            to: (*to).clone(),
                            at: place(dependency),
                        }));
                    }
                    Source::Path(base, path, at) => match local(base, path) {
                        Some(Area::Below(to)) => found.edges.push(PackageEdge { from: directory.clone(), to, at }),
                        Some(area) => takes.push(Taken { area, why: TakenFor::Manifest, at }),
                        None => {}
                    },
                }
            }
        }
        found.packages.push(Package {
            ecosystem: Ecosystem::Python,
            directory: directory.clone(),
            name: project.manifest.name.as_ref().map(|name| name.value.clone()),
            at: project.manifest.name.as_ref().map_or_else(|| DeclaredAt::start_of(project.file), place),
            standalone,
            takes,
        });
    }
    found
}

/// Sets the workspace of each project: the nearest workspace of which the project is the root or a member.
fn join_workspaces(projects: &mut BTreeMap<RepoDir, Project<'_>>, problems: &mut Vec<Diagnostic>) {
    let mut roots = BTreeMap::new();
    for (directory, Project { file, manifest, .. }) in &*projects {
        let Some(PyWorkspace { members, exclude }) = &manifest.workspace else { continue };
        let excluded: Vec<String> = exclude.iter().map(|pattern| format!("!{}", pattern.value)).collect();
        let patterns = members.iter().map(|pattern| pattern.value.as_str()).chain(excluded.iter().map(String::as_str));
        let (globs, broken) = MemberGlobs::read(patterns, Order::Any);
        for pattern in broken {
            let message = format!("the workspace's pattern `{pattern}` cannot be read, so it names no package");
            let at = members.iter().chain(exclude).find(|member| pattern.ends_with(&member.value));
            let span = at.map_or_else(Default::default, |member| member.defined);
            problems.push(Diagnostic::warning("unreadable-source", message).label(file, span, ""));
        }
        roots.insert(directory.clone(), globs);
    }
    for (directory, project) in projects {
        let is_in = |root: &RepoDir, globs: &MemberGlobs| {
            root == directory || root.relative(directory).is_some_and(|path| globs.contain(path))
        };
        project.root = directory.and_above().find(|above| roots.get(above).is_some_and(|globs| is_in(above, globs)));
    }
}

/// Returns the directories of the members of workspaces, by the root of the workspace and the name of the member.
fn members<'p>(projects: &'p BTreeMap<RepoDir, Project<'_>>) -> BTreeMap<(&'p RepoDir, &'p str), &'p RepoDir> {
    let member = |(directory, project): (&'p RepoDir, &'p Project<'_>)| {
        Some(((project.root.as_ref()?, project.manifest.name.as_ref()?.value.as_str()), directory))
    };
    projects.iter().filter_map(member).collect()
}

/// Where a package comes from.
enum Source<'p> {
    /// The workspace.
    Member,
    /// A path, relative to a directory.
    Path(&'p RepoDir, &'p str, DeclaredAt),
}

/// Returns the sources in the repository from which a project takes the package `name`. If the project names no
/// sources, these are the sources that the root of its workspace names.
fn sources<'p>(
    projects: &'p BTreeMap<RepoDir, Project<'_>>,
    directory: &'p RepoDir,
    name: &str,
) -> impl Iterator<Item = Source<'p>> {
    let of = |base: &'p RepoDir| {
        let project = projects.get(base)?;
        Some((base, project.file, project.manifest.sources.get(name)?))
    };
    let of_root = || of(projects.get(directory)?.root.as_ref()?);
    of(directory).or_else(of_root).into_iter().flat_map(|(base, file, sources)| {
        sources.iter().map(move |source| match &source.value {
            PySource::Workspace => Source::Member,
            PySource::Path(path) => Source::Path(base, path, DeclaredAt { file: file.clone(), span: source.defined }),
        })
    })
}

/// Returns the directory or the archive that a path in a manifest means; `None` if the path leads out of the
/// repository.
fn local(base: &RepoDir, path: &str) -> Option<Area> {
    let is_archive = [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().any(|end| path.ends_with(end));
    if path.starts_with('/') {
        None
    } else if is_archive {
        base.resolve_file(path).ok().map(Area::File)
    } else {
        base.resolve(path).ok().map(Area::Below)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn members_of_a_uv_workspace_depend_on_each_other_by_their_sources() {
        let files = [
            (
                "pyproject.toml",
                "[project]\nname = \"app\"\ndependencies = [\"lib\"]\n[tool.uv.sources]\nlib = { workspace = true }\n\
                 util = { workspace = true }\n[tool.uv.workspace]\nmembers = [\"packages/*\"]\nexclude = [\"packages/old\"]\n",
            ),
            ("uv.lock", ""),
            ("packages/lib/pyproject.toml", "[project]\nname = \"Lib\"\ndependencies = [\"util>=1\", \"requests\"]\n"),
            (
                "packages/util/pyproject.toml",
                "[project]\nname = \"util\"\ndependencies = [\"near\"]\n[tool.uv.sources]\nnear = { path = \"../../near\" }\n",
            ),
            ("packages/old/pyproject.toml", "[project]\nname = \"old\"\n"),
            ("near/x.py", ""),
        ];
        assert_eq!(
            found(&files),
            [
                "app .: ** !packages/lib/** !packages/util/** pyproject.toml uv.lock -> lib pyproject.toml:3:17",
                "lib packages/lib: packages/lib/** pyproject.toml uv.lock -> util packages/lib/pyproject.toml:3:17",
                "util packages/util: packages/util/** near/** pyproject.toml uv.lock",
            ]
        );
    }

    #[test]
    fn poetry_packages_depend_on_the_directories_that_they_name() {
        let files = [
            (
                "api/pyproject.toml",
                "[tool.poetry]\nname = \"api\"\n[tool.poetry.dependencies]\nlib = { path = \"../lib\", develop = true }\n\
                 wheel = { path = \"../wheels/w.whl\" }\n",
            ),
            ("lib/pyproject.toml", "[tool.poetry]\nname = \"lib\"\n"),
            ("lib/tests/fixture/pyproject.toml", "[project]\nname = \"fixture\"\n"),
            ("tools/pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
            ("broken/pyproject.toml", "["),
        ];
        let problem = "`broken/pyproject.toml` cannot be read, so nothing that it declares is known";
        assert_eq!(
            found(&files),
            ["api api: api/** wheels/w.whl -> lib api/pyproject.toml:4:16", "lib lib: lib/**", problem]
        );
    }
}
