//! Services with an image: directories with a Dockerfile, and the builds of compose files, bake files and workflows.

use std::collections::{BTreeMap, BTreeSet};

use super::image_names::ImageNames;
use super::image_reads::{self, ImageReads};
use super::{Area, Contribution, Package, PackageEdge, Standalone, Taken, TakenFor};
use crate::inputs::source::docker::ListedContexts;
use crate::inputs::source::{
    BuildContext, BuildTarget, ComposeFiles, DeclaredAt, DeclaredBuild, DockerfileOf, Ecosystem, NamedContext,
    SourceTree, Workflow, bake_builds, is_bake_file, is_compose_file, is_workflow_file,
};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::RepoDir;

/// Directories whose Dockerfiles do not count as services.
const APART: [&str; 6] = [".devcontainer", "node_modules", "vendor", "testdata", "fixtures", "__fixtures__"];

/// Files that make their directory a package of another kind.
const MANIFESTS: [&str; 4] = ["package.json", "go.mod", "Cargo.toml", "pyproject.toml"];

/// A build, and the directory of its service.
struct Placed {
    directory: RepoDir,
    build: DeclaredBuild,
}

/// Returns a package for each build of an image, and edges to the directories and images that the builds name.
pub(super) fn read(tree: &SourceTree) -> Contribution {
    let mut found = Contribution::default();
    let mut placed: Vec<Placed> = Vec::new();
    let mut compose = ComposeFiles::of(tree);
    let mut holders = Holders { tree, known: BTreeMap::new() };
    for file in tree.texts() {
        match builds(tree, &mut compose, file) {
            Ok(builds) => placed.extend(builds.into_iter().filter_map(|build| place(&mut holders, build))),
            Err(problem) => found.problems.push(problem),
        }
    }
    let named: BTreeMap<(String, String), RepoDir> = placed
        .iter()
        .map(|placed| ((placed.build.at.file.name().to_owned(), placed.build.name.clone()), placed.directory.clone()))
        .collect();
    let built: BTreeSet<String> = placed.iter().filter_map(|placed| dockerfile(&placed.build)).collect();
    placed.extend(left(tree, &built));
    let mut images = ImageNames::default();
    for Placed { directory, build } in &placed {
        build.images.iter().for_each(|image| images.add(image, directory));
    }
    for (Placed { directory, build }, reads) in placed.iter().zip(all_reads(tree, &placed)) {
        found.edges.extend(edges(directory, build, &named));
        for (image, at) in reads.images {
            let edge = |to: &RepoDir| PackageEdge { from: directory.clone(), to: to.clone(), at: at.clone() };
            found.edges.extend(images.of(&image).map(edge));
        }
        found.packages.push(package(tree, directory.clone(), build.at.clone(), reads.takes));
    }
    found.builds.extend(placed.into_iter().map(|Placed { directory, build }| (directory, build)));
    found
}

/// Returns a build for each Dockerfile that no other file names. The context of the build is the Dockerfile's
/// directory.
fn left(tree: &SourceTree, known: &BTreeSet<String>) -> Vec<Placed> {
    let mut left = Vec::new();
    for path in tree.listing().paths() {
        let Ok(path) = std::str::from_utf8(path) else { continue };
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_apart = above.split('/').any(|part| APART.contains(&part));
        if matches!(name, "Dockerfile" | "Containerfile") && !is_apart && !known.contains(path) {
            let directory = RepoDir::of_file(path);
            let build = DeclaredBuild {
                name: path.to_owned(),
                at: DeclaredAt::whole(tree, path),
                context: BuildContext::Directory(directory.clone()),
                dockerfile: DockerfileOf::File(path.to_owned()),
                target: BuildTarget::Last,
                arguments: BTreeMap::new(),
                likely: BTreeMap::new(),
                contexts: BTreeMap::new(),
                variables: BTreeSet::new(),
                images: Vec::new(),
            };
            left.push(Placed { directory, build });
        }
    }
    left
}

/// Returns the builds that a file declares.
fn builds(
    tree: &SourceTree,
    compose: &mut ComposeFiles<'_>,
    file: &SourceFile,
) -> Result<Vec<DeclaredBuild>, Diagnostic> {
    let name = file.name().rsplit('/').next().unwrap_or_default();
    if is_compose_file(name) {
        return compose.builds(file);
    }
    if is_workflow_file(file.name()) {
        return Workflow::read(file).map(|workflow| workflow.builds);
    }
    if !is_bake_file(name) {
        return Ok(Vec::new());
    }
    // The paths in the file are relative to the directory in which the user calls bake: the directory of the file, or
    // the root.
    let beside = bake_builds(file, &RepoDir::of_file(file.name()))?;
    let is_there = |build: &DeclaredBuild| dockerfile(build).is_none_or(|path| tree.has(&path));
    if beside.iter().all(is_there) { Ok(beside) } else { bake_builds(file, &RepoDir::root()) }
}

fn dockerfile(build: &DeclaredBuild) -> Option<String> {
    if let DockerfileOf::File(path) = &build.dockerfile { Some(path.clone()) } else { None }
}

/// Returns a build with the directory of its service: the directory of the Dockerfile. The service's directory is the
/// context instead if the context does not contain the Dockerfile, or if the context is not the root and the
/// Dockerfile's directory has other Dockerfiles too. `None` if the files of the build are only known when the build
/// runs, or are not in the repository.
fn place(holders: &mut Holders<'_>, build: DeclaredBuild) -> Option<Placed> {
    let BuildContext::Directory(context) = &build.context else { return None };
    let directory = match &build.dockerfile {
        DockerfileOf::Inline(_) => context.clone(),
        DockerfileOf::Unknown(_) => return None,
        DockerfileOf::File(path) if !holders.tree.has(path) => return None,
        DockerfileOf::File(path) => {
            let directory = RepoDir::of_file(path);
            let is_shared = !context.is_root() && holders.has(&directory);
            if context.holds(&directory) && !is_shared { directory } else { context.clone() }
        }
    };
    Some(Placed { directory, build })
}

/// Finds the directories that contain several Dockerfiles.
struct Holders<'t> {
    tree: &'t SourceTree,
    known: BTreeMap<RepoDir, bool>,
}

impl Holders<'_> {
    fn has(&mut self, directory: &RepoDir) -> bool {
        let listing = self.tree.listing();
        *self.known.entry(directory.clone()).or_insert_with(|| {
            let beginning = directory.join("");
            let names = listing.below(directory.git_path().as_bytes()).filter_map(|position| {
                let path = std::str::from_utf8(listing.get(position).path).ok()?;
                path.strip_prefix(&beginning).filter(|name| !name.contains('/')).map(str::to_lowercase)
            });
            names.filter(|name| name.contains("dockerfile") && !name.ends_with(".dockerignore")).count() > 1
        })
    }
}

/// Returns the files and the images that each build reads. Builds that differ only in their names read the same files,
/// so only the first of them has any.
fn all_reads(tree: &SourceTree, placed: &[Placed]) -> Vec<ImageReads> {
    let mut seen = BTreeSet::new();
    let is_first = placed.iter().map(|Placed { directory, build }| {
        let recipe = (&build.context, &build.dockerfile, &build.target, &build.arguments, &build.contexts);
        seen.insert((directory, recipe))
    });
    let is_first: Vec<bool> = is_first.collect();
    ListedContexts::for_builds(placed.iter().map(|placed| &placed.build.context), |contexts, at| {
        if is_first[at] { reads(tree, &placed[at].build, contexts) } else { ImageReads::default() }
    })
}

/// Returns the files and the images that a build reads.
fn reads<'t>(tree: &'t SourceTree, build: &DeclaredBuild, contexts: &mut ListedContexts<'t>) -> ImageReads {
    let BuildContext::Directory(context) = &build.context else { return ImageReads::default() };
    let mut reads = image_reads::read(tree, build, context, contexts);
    let dockerfile =
        dockerfile(build).map(|path| Taken { area: Area::File(path), why: TakenFor::Manifest, at: build.at.clone() });
    reads.takes.extend(dockerfile);
    let variables = build.variables.iter().cloned();
    reads.takes.extend(variables.map(|path| Taken {
        area: Area::File(path),
        why: TakenFor::Manifest,
        at: build.at.clone(),
    }));
    reads
}

/// Returns the edges of a build: one to the directory of each of its named contexts.
fn edges(directory: &RepoDir, build: &DeclaredBuild, named: &BTreeMap<(String, String), RepoDir>) -> Vec<PackageEdge> {
    let target = |context: &NamedContext| match context {
        NamedContext::Directory(directory) => Some(directory.clone()),
        NamedContext::Build(name) => named.get(&(build.at.file.name().to_owned(), name.clone())).cloned(),
        NamedContext::Image(_) | NamedContext::Elsewhere | NamedContext::Unknown(_) => None,
    };
    let edge = |to| PackageEdge { from: directory.clone(), to, at: build.at.clone() };
    build.contexts.values().filter_map(target).map(edge).collect()
}

fn package(tree: &SourceTree, directory: RepoDir, at: DeclaredAt, takes: Vec<Taken>) -> Package {
    // A Dockerfile below the manifest of another package may belong to that package.
    let mut above = directory.clone();
    let mut standalone = Standalone::Yes;
    while !above.is_root() && standalone == Standalone::Yes {
        above = RepoDir::of_file(above.as_str());
        if !above.is_root() && MANIFESTS.iter().any(|name| tree.has(&above.join(name))) {
            standalone = Standalone::Unsure;
        }
    }
    let name = directory.as_str().rsplit('/').next().filter(|_| !directory.is_root()).map(str::to_owned);
    Package { ecosystem: Ecosystem::Docker, directory, name, at, standalone, takes }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn a_directory_with_a_dockerfile_is_a_service() {
        let files = [
            ("svc/api/Dockerfile", ""),
            ("svc/web/package.json", r#"{"name": "web"}"#),
            ("svc/web/Dockerfile", ""),
            ("svc/web/docker/Dockerfile", ""),
            ("svc/api/testdata/Dockerfile", ""),
            (".devcontainer/Dockerfile", ""),
        ];
        assert_eq!(
            found(&files),
            ["api svc/api: svc/api/**", "web svc/web: svc/web/**", "docker svc/web/docker: svc/web/docker/**"]
        );
    }

    #[test]
    fn a_dockerfile_that_nothing_builds_takes_what_only_a_directory_above_has() {
        let dockerfile = "FROM scratch\nCOPY svc/web /web\nCOPY libs/common go.sum gone own *.md ./\n";
        let files = [
            ("svc/web/Dockerfile", dockerfile),
            ("svc/web/own", ""),
            ("svc/own", ""),
            ("libs/common/x", ""),
            ("libs/other", ""),
            ("go.sum", ""),
            ("a.md", ""),
        ];
        assert_eq!(found(&files), ["web svc/web: svc/web/** libs/common/** go.sum"]);
        let dockerfile = "FROM scratch\nCOPY go.sum ./\nCOPY libs/*/y /y\nCOPY . .\n";
        let files = [("svc/web/Dockerfile", dockerfile), ("svc/web/own", ""), ("libs/common/x", ""), ("go.sum", "")];
        assert_eq!(found(&files), ["web svc/web: svc/web/** ** libs/** go.sum"]);
        let files = &[
            ("svc/web/Dockerfile", "FROM scratch\nCOPY svc/web /web\nCOPY libs/common go.sum gone own *.md ./\n"),
            ("svc/web/own", ""),
            ("libs/common/x", ""),
        ];
        // The directory of the build is known.
        let compose = [("compose.yaml", "services: {web: {build: svc/web}}")];
        let declared = found(&[&files[..], &compose[..]].concat());
        assert_eq!(declared, ["web svc/web: svc/web/**"]);
    }

    #[test]
    fn what_an_image_copies_is_its_services_own_whoever_owns_it_too() {
        let npm = r#"{"name": "ui", "version": "1.0.0"}"#;
        let files = |dockerfile| {
            [
                ("svc/Dockerfile", dockerfile),
                ("svc/cmd/main", ""),
                ("svc/ui/package.json", npm),
                ("svc/ui/Dockerfile", "FROM scratch\nCOPY . .\n"),
                ("svc/ui/src/x", ""),
                ("svc/ui/src/y", ""),
            ]
        };
        let svc = |dockerfile| found(&files(dockerfile)).into_iter().find(|line| line.starts_with("svc ")).unwrap();
        assert_eq!(svc("FROM scratch\nCOPY . .\n"), "svc svc: svc/**");
        assert_eq!(svc("FROM scratch\nCOPY ui /ui\n"), "svc svc: svc/**");
        assert_eq!(svc("FROM scratch\nCOPY ui/src/x cmd /\n"), "svc svc: svc/** !svc/ui/** svc/ui/src/x");
        assert_eq!(svc("FROM scratch\nCOPY cmd /\n"), "svc svc: svc/** !svc/ui/**");
    }

    #[test]
    fn a_build_argument_with_a_default_may_name_an_image() {
        let compose = "services:\n  base: {image: 'acme/base:dev', build: base}\n\
                       \x20 a: {build: {context: a, args: {BASE: '${BASE:-acme/base:dev}'}}}\n  b: {build: {context: b, args: [BASE]}}\n";
        let dockerfile = "ARG BASE\nFROM $BASE\n";
        let files = [
            ("compose.yaml", compose),
            (".env", "BASE=acme/base:1\n"),
            ("base/Dockerfile", "FROM alpine\n"),
            ("a/Dockerfile", dockerfile),
            ("b/Dockerfile", dockerfile),
        ];
        let edge = |service: &str| format!("{service} {service}: {service}/** .env -> base {service}/Dockerfile:2:6");
        assert_eq!(found(&files), [edge("a"), edge("b"), "base base: base/**".to_owned()]);
    }

    #[test]
    fn a_file_with_the_values_of_build_arguments_is_an_input() {
        let compose = "services: {api: {build: {context: api, args: [REF]}}, web: {build: web}}";
        let add = "FROM scratch\nARG REF\nADD https://acme.org/$REF.tgz /x\nCOPY main /\n";
        let files = [
            ("compose.yaml", compose),
            (".env", "REF=1\n"),
            ("api/Dockerfile", add),
            ("api/main", ""),
            ("web/Dockerfile", ""),
        ];
        assert_eq!(found(&files), ["api api: api/** .env", "web web: web/**"]);
    }

    #[test]
    fn a_whole_context_reaches_no_further_than_the_context() {
        let files = [("svc/api/Dockerfile", "FROM scratch\nCOPY . .\n"), ("svc/api/src/x", ""), ("y", "")];
        assert_eq!(found(&files), ["api svc/api: svc/api/**"]);
    }

    #[test]
    fn builds_say_which_directories_become_images() {
        let compose = "services:\n  api:\n    build: {context: ., dockerfile: api/Dockerfile, additional_contexts: {base: 'service:base', lib: ./lib}}\n\
                       \x20 base: {build: ./base, image: 'registry/base:${TAG}'}\n  db: {image: postgres}\n  gone: {build: ./gone}\n";
        let workflow = "jobs:\n  web:\n    steps:\n      - {uses: docker/build-push-action@v6, with: {context: web, file: docker/web.Dockerfile}}\n\
                        \x20     - {uses: docker/build-push-action@v6, with: {context: '${{ inputs.x }}'}}\n";
        let bake = "target \"job\" { context = \"job\" }\n";
        let files = [
            ("compose.yaml", compose),
            (".github/workflows/ci.yml", workflow),
            ("deploy/docker-bake.hcl", bake),
            ("api/Dockerfile", "FROM base\nCOPY --from=lib x /x\nCOPY api schemas/*.sql ./\nCOPY scripts /scripts\n"),
            (".dockerignore", "**/secret"),
            ("schemas/1.sql", ""),
            ("schemas/2.txt", ""),
            ("scripts/run/a", ""),
            ("scripts/run/secret", ""),
            ("base/Dockerfile", "FROM alpine\n"),
            ("docker/web.Dockerfile", "FROM registry/base:1\nCOPY . .\n"),
            ("docker/other.Dockerfile", ""),
            ("job/Dockerfile", ""),
            ("lib/x", ""),
            ("web/x", ""),
        ];
        assert_eq!(
            found(&files),
            [
                "api api: api/** lib/** schemas/1.sql scripts/run/a -> base compose.yaml:3:22",
                "base base: base/**",
                "job job: job/**",
                "web web: web/** docker/web.Dockerfile -> base docker/web.Dockerfile:1:6",
            ]
        );
    }

    #[test]
    fn a_broken_file_is_said() {
        let problem = "`compose.yaml` cannot be read, so nothing that it declares is known";
        assert_eq!(found(&[("compose.yaml", "services: [a]"), ("a/Dockerfile", "")]), ["a a: a/**", problem]);
    }
}
